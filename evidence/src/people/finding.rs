//! What is wrong with a statement of a person or about a key.

use super::role::Role;
use super::sign_off::ReviewRole;
use std::fmt;
use tieout_controls::{Count, Digest};

/// A rule that a statement breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The statement's index in the log.
    pub index: Count,
    /// The digest of its envelope file.
    pub statement: Digest,
    /// Which rule.
    pub broken: Broken,
}

/// The rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It can't be read as what it is or says to be.
    #[error("{0}")]
    Unreadable(String),
    /// The signature is not the key's.
    #[error("the signature does not hold")]
    Signature,
    /// Nobody said whose key it is.
    #[error("signed by the key {0}, which is nobody's")]
    UnknownKey(Digest),
    /// The key's role makes no such statements.
    #[error("signed by a key of the role `{0}`, which makes no such statements")]
    Role(Role),
    /// The key did not speak at that index.
    #[error("signed by a key that speaks {0} only")]
    Range(Range),
    /// Another statement stands at its index.
    #[error("another statement says to stand at the same index of the log")]
    SameIndex,
    /// The key is one that is known already.
    #[error("the key is already {0}'s, with the role `{1}`")]
    KeyTaken(String, Role),
    /// The subject is not the key that it is about.
    #[error("the subject is not the id of the key")]
    KeySubject,
    /// The role comes from outside.
    #[error("a key of the role `{0}` comes from outside the log")]
    NotEnrolled(Role),
    /// An authority's statement is missing.
    #[error("it has the number {found} among the authority's statements, and {expected} was next")]
    KeyNumber {
        /// The number that would have been next.
        expected: Count,
        /// The number it has.
        found: Count,
    },
    /// Only one of the two keys signed the change.
    #[error("only one of the two keys signed the change, so that nothing changed")]
    HalfRotated,
    /// The old key no longer spoke when the change was complete.
    #[error("the old key no longer spoke when the change was complete")]
    RotatedLate,
    /// There is no such key in the log.
    #[error("no statement before it enrolled the key")]
    NotKnown,
    /// What comes from outside is not revoked in the log.
    #[error("a key that comes from outside the log is not revoked in it")]
    NotRevocable,
    /// It is about something else than what it lies with.
    #[error("it is about another pack, or another disposition than lies with this one")]
    Subject,
    /// What it is about came later.
    #[error("what it is about has no lower index in the log")]
    Before,
    /// Nobody knows whose the key is.
    #[error("the key is no person's: no statement enrolled it")]
    NoPerson,
    /// An operator can't review.
    #[error("an operator's key signs off as preparer only")]
    OperatorReviews,
    /// There is nothing to review yet.
    #[error("no {0} has signed off before it")]
    NoneBefore(ReviewRole),
    /// The same key.
    #[error("signed by the key that signed as {0}, too")]
    SameKey(ReviewRole),
    /// The same person.
    #[error("by the person who signed as {0}, too")]
    SamePerson(ReviewRole),
    /// No reviewer concurs.
    #[error("the file is closed and no reviewer concurs")]
    Unreviewed,
    /// Somebody objects.
    #[error("the file is closed over the objection of `{0}`")]
    Objection(String),
    /// Too late.
    #[error("completed {days} days after the report's release, of at most {most}")]
    Late {
        /// Days from release to completion.
        days: i64,
        /// The limit.
        most: u32,
    },
    /// A file is closed once.
    #[error("the file was closed before")]
    ClosedTwice,
    /// After completion only addenda.
    #[error("the file was closed before: only an addendum, with its reason, can be added to it")]
    AfterCompletion,
    /// An addendum to an open file.
    #[error("the file is not closed: there is nothing to add it to afterwards")]
    NotClosed,
    /// Something was withheld or deleted.
    #[error(
        "the file held the statement {0}, which is not here: nothing is deleted from a closed file"
    )]
    Withheld(Digest),
    /// A statement was there and the completion doesn't name it.
    #[error("the completion does not name the statement {0}, which came before it")]
    LeftOut(Digest),
    /// An addendum is missing.
    #[error("it is addendum {found}, and {expected} was next")]
    AddendumNumber {
        /// The number that would have been next.
        expected: Count,
        /// The number it has.
        found: Count,
    },
    /// Nobody clears what they decided.
    #[error("by the person who made the disposition")]
    OwnClearance,
    /// It is about what the pack doesn't have.
    #[error(transparent)]
    Net(#[from] super::net::NetError),
}

/// Between which indices a key speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first index.
    pub from: Count,
    /// The index behind the last one.
    pub to: Option<Count>,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) if to <= self.from => f.write_str("at no index"),
            Some(to) => write!(f, "from index {} to before index {to}", self.from),
            None => write!(f, "from index {} on", self.from),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {} at index {}: {}", self.statement, self.index, self.broken)
    }
}
