//! Why a verification can't go on: what is wrong with the pack, or with reading it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a pack could not be verified, which says nothing about the pack.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A key of the anchor is none.
    #[error("the {whose} key given: {why}")]
    Key {
        /// `operator's` or `log's`.
        whose: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The folder is no pack, not even a broken one.
    #[error("no evidence pack: it has neither `SHA256SUMS` nor `statement.dsse.json`")]
    NoPack,
    /// A file or folder can't be read.
    #[error("`{}` can't be read: {source}", super::visible(&path.display().to_string()))]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a step of the verification did not succeed.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something in the pack does not hold.
    Wrong(String),
    /// The system did not let it be read: whether it holds is unknown.
    Unreadable(VerifyError),
}

impl Stop {
    pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Unreadable(VerifyError::Unreadable { path: path.to_owned(), source })
    }

    /// With the place of what is wrong in front.
    pub(super) fn at(self, place: impl FnOnce() -> String) -> Self {
        match self {
            Self::Wrong(what) => Self::Wrong(format!("{}: {what}", place())),
            unreadable @ Self::Unreadable(_) => unreadable,
        }
    }
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

impl From<&str> for Stop {
    fn from(what: &str) -> Self {
        Self::Wrong(what.to_owned())
    }
}

/// How a verification ends early.
#[derive(Debug)]
pub(super) enum Ended {
    /// By a failed check, which is in the report.
    Failed,
    /// By something that can't be read.
    Unreadable(VerifyError),
}
