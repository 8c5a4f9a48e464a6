//! What differs between two trees, renames followed.

use super::{Repository, Tree, text_of};
use crate::diagnostic::Outcome;

/// What became of a file. A file that is more than half the same as one that is gone is that one
/// under another name (`git diff -M`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// It is new.
    Added(String),
    /// It is gone.
    Deleted(String),
    /// It has other content, or another kind.
    Modified(String),
    /// It has another name, and perhaps other content.
    Renamed {
        /// The path before.
        from: String,
        /// The path after.
        to: String,
    },
}

/// What differs, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes(pub(crate) Vec<Change>);

impl Changes {
    /// Where a file of the first tree is in the second; `None` where it is gone.
    pub(crate) fn after(&self, path: &str) -> Option<String> {
        for change in &self.0 {
            match change {
                Change::Renamed { from, to } if from == path => return Some(to.clone()),
                Change::Deleted(gone) if gone == path => return None,
                _ => {}
            }
        }
        Some(path.to_owned())
    }

    /// Where a file of the second tree was in the first; `None` where it is new.
    pub(crate) fn before(&self, path: &str) -> Option<String> {
        for change in &self.0 {
            match change {
                Change::Renamed { from, to } if to == path => return Some(from.clone()),
                Change::Added(new) if new == path => return None,
                _ => {}
            }
        }
        Some(path.to_owned())
    }

    /// Every path that is touched, under its names before and after.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.0.iter().flat_map(Change::paths).collect()
    }
}

impl Change {
    fn paths(&self) -> Vec<&str> {
        match self {
            Self::Added(path) | Self::Deleted(path) | Self::Modified(path) => vec![path],
            Self::Renamed { from, to } => vec![from, to],
        }
    }
}

impl Repository {
    /// What differs between two trees.
    ///
    /// # Errors
    /// As every command of git.
    pub(crate) fn changed(&self, before: &Tree, after: &Tree) -> Outcome<Changes> {
        let args = ["diff-tree", "-r", "-z", "-M", "-l0", "--name-status", "--no-ext-diff"];
        let told = self.git(&[&args[..], &[before.0.as_str(), after.0.as_str()]].concat())?;
        let told = text_of(&told);
        let mut words = told.split('\0').filter(|word| !word.is_empty()).map(str::to_owned);
        let mut changes = Vec::new();
        while let (Some(status), Some(path)) = (words.next(), words.next()) {
            changes.push(match status.chars().next() {
                Some('A') => Change::Added(path),
                Some('D') => Change::Deleted(path),
                Some('R') => {
                    let to = words.next().unwrap_or_default();
                    Change::Renamed { from: path, to }
                }
                _ => Change::Modified(path),
            });
        }
        changes.sort();
        Ok(Changes(changes))
    }
}
