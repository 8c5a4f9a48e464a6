//! The gate: a proposed change of rates or policies, judged by the protected base.
//!
//! What is compared and by whom, in git; who the people are; who approved what; what is waived; what
//! the policies say of it. Everything that judges a request is read from its base: the head is evidence,
//! never a rule.

pub(crate) mod baseline;
pub(crate) mod deployed;
#[cfg(test)]
mod fixture;
pub(crate) mod git;
mod judge;
pub(crate) mod people;
pub(crate) mod policies;
pub(crate) mod rates;
mod register;
pub(crate) mod render;
pub(crate) mod request;
pub(crate) mod result;
pub(crate) mod reviews;
pub(crate) mod scope;
pub(crate) mod sealed;
pub(crate) mod sides;
pub(crate) mod statement;
mod waived;
pub(crate) mod waiver;

pub(crate) use judge::Announce;

use sha2::{Digest as _, Sha256};
use tieout_controls::Digest;

/// SHA-256 of parts, each followed by a zero byte.
fn hashed<'a>(parts: impl IntoIterator<Item = &'a str>) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    Digest(hash.finalize().into())
}
