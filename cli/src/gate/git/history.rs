//! What the base was at an earlier time.

use super::{Commit, Repository, Tree, text_of};
use crate::diagnostic::Outcome;
use chrono::{DateTime, Utc};

/// A file as it was in an earlier commit of the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    /// The commit.
    pub(crate) commit: Commit,
    /// Its tree.
    pub(crate) tree: Tree,
    /// The file's path then; `None` where there was no such file.
    pub(crate) path: Option<String>,
}

/// What the history of the base says of an earlier time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// The last commit before that time, and where a file of the base was in it; `None` where all are
    /// later, as in a shallow clone.
    pub(crate) revision: Option<Revision>,
    /// A commit of which the date can't be: it can't be read, or lies in the future.
    pub(crate) doubtful: Option<Commit>,
}

impl Repository {
    /// The last commit on the first-parent history of the base that was made before an instant, and
    /// where a file of the base was in it. `end` is the first instant that no commit can have been made at.
    ///
    /// The time of a commit is what its committer's clock said, and at least that of every commit that it
    /// builds upon: a merge that is dated back doesn't become the beginning of the window, and hides
    /// nothing of what it changed.
    ///
    /// # Errors
    /// As every command of git.
    pub(crate) fn before(
        &self,
        (base, path): (&Commit, &str),
        instant: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Outcome<Past> {
        let args = ["log", "--first-parent", "--reverse", "--format=tformat:%H %ct", &base.0, "--"];
        let told = text_of(&self.git(&args)?);
        let (found, doubtful) = last_before(&told, instant.timestamp(), end.timestamp());
        let Some(commit) = found else { return Ok(Past { revision: None, doubtful }) };
        let tree = self.tree(&commit)?;
        let path = self.changed(&tree, &self.tree(base)?)?.before(path);
        Ok(Past { revision: Some(Revision { commit, tree, path }), doubtful })
    }
}

/// The last of the lines `COMMIT SECONDS`, from the oldest, that is before an instant and after none; and the
/// first of which the time can't be.
fn last_before(lines: &str, seconds: i64, end: i64) -> (Option<Commit>, Option<Commit>) {
    let (mut latest, mut found, mut doubtful) = (i64::MIN, None, None);
    for line in lines.lines() {
        let (id, made) = line.split_once(' ').unwrap_or((line, ""));
        // What git can't read of a date says as little as one that is still to come.
        let made: i64 = made.parse().unwrap_or(i64::MAX);
        if made >= end {
            doubtful.get_or_insert_with(|| Commit(id.to_owned()));
        }
        if made < latest || made == i64::MAX {
            continue;
        }
        latest = made;
        if made < seconds {
            found = Some(Commit(id.to_owned()));
        }
    }
    (found, doubtful)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &str) -> (String, String) {
        let word = |commit: Option<Commit>| commit.map_or("-".to_owned(), |c| c.to_string());
        let (found, doubtful) = last_before(lines, 150, 300);
        (word(found), word(doubtful))
    }

    #[test]
    fn a_commit_with_a_false_date_is_passed_over() {
        let found = |lines: &str| told(lines).0;
        assert_eq!(found("a 100\nb 120\nc 200\n"), "b");
        assert_eq!(found("a 100\nb 120\nc 200\nd 130\n"), "b");
        assert_eq!(found("a 100\nb 120\nc 110\n"), "b");
        assert_eq!(found("a 100\nb 250\nc 120\n"), "a");
        assert_eq!(found("a 150\n"), "-");
        assert_eq!(found(""), "-");
    }

    #[test]
    fn a_date_that_cannot_be_is_told_and_not_believed() {
        let of = |found: &str, doubtful: &str| (found.to_owned(), doubtful.to_owned());
        assert_eq!(told("a 100\nb 299\n"), of("a", "-"));
        assert_eq!(told("a 100\nb 300\nc 120\n"), of("a", "b"));
        // Neither the end of the search nor the beginning of the window.
        assert_eq!(told("a 100\nb \nc 120\nd 200\n"), of("c", "b"));
        assert_eq!(told("a \nb 120\n"), of("b", "a"));
        assert_eq!(told("a 100\nb 99999999999999999999\n"), of("a", "b"));
    }
}
