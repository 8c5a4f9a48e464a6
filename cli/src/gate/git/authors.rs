//! Who made the commits of a request.
//!
//! Authors in git are what somebody typed. They are good for one thing: nobody who stands there, in
//! any part, approves the request. That is why committers and co-authors count too, and why a name
//! that leads to nobody counts as an author whom nobody knows.

use super::{Commit, Repository, text_of};
use crate::diagnostic::Outcome;
use std::collections::BTreeSet;

/// A name in a commit, after the mailmap of the base.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity {
    /// The e-mail; empty where there is none.
    pub(crate) email: String,
    /// The name.
    pub(crate) name: String,
}

impl Identity {
    /// The account by which the directory of people knows it: `git:EMAIL`.
    pub(crate) fn account(&self) -> String {
        format!("git:{}", self.email)
    }
}

/// Whether a commit's signature holds, as git tells with the keys that it knows (`%G?`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signature {
    /// It holds, and the key is trusted.
    Good,
    /// It holds, and whose the key is isn't known, or it has expired.
    Untrusted,
    /// It doesn't hold, or its key was revoked.
    Bad,
    /// It can't be checked here.
    Unchecked,
    /// There is none.
    Missing,
}

/// Who made commits, and whether they are signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Authors {
    /// Every author, committer and co-author.
    pub(crate) identities: BTreeSet<Identity>,
    /// The commits, from the newest.
    pub(crate) commits: Vec<(Commit, Signature)>,
}

/// What is asked of each commit, NUL between and after.
const FORMAT: &str = "--format=tformat:%H%x00%G?%x00%an%x00%ae%x00%cn%x00%ce%x00%B%x00";

impl Repository {
    /// Who made the commits that are in the head and not in the base.
    ///
    /// # Errors
    /// As every command of git.
    pub(crate) fn authors(&self, base: &Commit, head: &Commit) -> Outcome<Authors> {
        let range = format!("{base}..{head}");
        let told = self.git(&["log", "--no-show-signature", FORMAT, &range, "--"])?;
        let told = text_of(&told);
        let fields: Vec<&str> = told.split('\0').collect();
        let mut authors = Authors::default();
        let mut written = BTreeSet::new();
        for commit in fields.chunks_exact(7) {
            let [id, signature, name, email, by, by_email, message] = commit else { continue };
            authors.commits.push((Commit(id.trim().to_owned()), verified(signature)));
            written.insert(identity(name, email));
            written.insert(identity(by, by_email));
            written.extend(message.lines().filter_map(co_author));
        }
        authors.identities = self.mapped(base, written)?;
        Ok(authors)
    }

    /// The identities after the mailmap of the base. What the head says of itself is not heard.
    fn mapped(&self, base: &Commit, written: BTreeSet<Identity>) -> Outcome<BTreeSet<Identity>> {
        // Without an e-mail there is nothing to look up.
        let (known, mut mapped): (BTreeSet<_>, BTreeSet<_>) =
            written.into_iter().partition(|identity| !identity.email.is_empty());
        if known.is_empty() {
            return Ok(mapped);
        }
        let contacts: String =
            known.iter().map(|who| format!("{} <{}>\n", who.name, who.email)).collect();
        let blob = format!("mailmap.blob={base}:.mailmap");
        let args = ["-c", &blob, "check-mailmap", "--stdin"];
        let told = self.git_with(&args, contacts.as_bytes())?;
        let told = text_of(&told);
        mapped.extend(told.lines().map(contact));
        Ok(mapped)
    }
}

fn verified(word: &str) -> Signature {
    match word {
        "G" => Signature::Good,
        "U" | "X" | "Y" => Signature::Untrusted,
        "B" | "R" => Signature::Bad,
        "N" => Signature::Missing,
        _ => Signature::Unchecked,
    }
}

/// What brackets and line ends would make of a name belongs to nobody else.
fn identity(name: &str, email: &str) -> Identity {
    let clean = |text: &str| text.replace(['<', '>', '\n', '\r'], " ").trim().to_owned();
    Identity { email: clean(email), name: clean(name) }
}

/// The co-author of a line, wherever it stands in the message: forges read it anywhere near the end.
fn co_author(line: &str) -> Option<Identity> {
    let (key, who) = line.trim().split_once(':')?;
    key.trim_end().eq_ignore_ascii_case("co-authored-by").then(|| contact(who))
}

/// `NAME <EMAIL>`; without brackets a name alone.
fn contact(text: &str) -> Identity {
    match text.rsplit_once('<') {
        Some((name, email)) => identity(name, email.split('>').next().unwrap_or_default()),
        None => identity(text, ""),
    }
}
