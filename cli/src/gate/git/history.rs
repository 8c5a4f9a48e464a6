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

impl Repository {
    /// The last commit on the first-parent history of the base that was made before an instant, and
    /// where a file of the base was in it. `None` where all are later, as in a shallow clone.
    ///
    /// The time of a commit is what its committer's clock said. A commit that is dated before one
    /// that it builds upon says nothing: it is passed over, so that a merge with a false date doesn't
    /// become the beginning of the window and hide what it changed.
    ///
    /// # Errors
    /// As every command of git.
    pub(crate) fn revision_before(
        &self,
        base: &Commit,
        path: &str,
        instant: DateTime<Utc>,
    ) -> Outcome<Option<Revision>> {
        let args = ["log", "--first-parent", "--reverse", "--format=tformat:%H %ct", &base.0, "--"];
        let told = text_of(&self.git(&args)?);
        let Some(commit) = last_before(&told, instant.timestamp()) else { return Ok(None) };
        let tree = self.tree(&commit)?;
        let path = self.changed(&tree, &self.tree(base)?)?.before(path);
        Ok(Some(Revision { commit, tree, path }))
    }
}

/// The last of the lines `COMMIT SECONDS`, from the oldest, that is before an instant and after none.
fn last_before(lines: &str, seconds: i64) -> Option<Commit> {
    let (mut latest, mut found) = (i64::MIN, None);
    for line in lines.lines() {
        let (id, made) = line.split_once(' ')?;
        let made: i64 = made.parse().ok()?;
        if made < latest {
            continue;
        }
        latest = made;
        if made < seconds {
            found = Some(Commit(id.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_with_a_false_date_is_passed_over() {
        let found = |lines: &str| last_before(lines, 150).map(|commit| commit.to_string());
        assert_eq!(found("a 100\nb 120\nc 200\n").as_deref(), Some("b"));
        assert_eq!(found("a 100\nb 120\nc 200\nd 130\n").as_deref(), Some("b"));
        assert_eq!(found("a 100\nb 900\nc 120\n").as_deref(), Some("a"));
        assert_eq!(found("a 150\n"), None);
        assert_eq!(found(""), None);
    }
}
