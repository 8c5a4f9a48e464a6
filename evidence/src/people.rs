//! People and keys: whose key it is, what it may state and between which entries of the log, and what
//! the sign-offs of a pack come to. The statements are described in `docs/formats/people.md`.
//!
//! Everything here is made of statements in the log and of keys that come from outside: what a statement
//! says of its signer is never taken for who signed it.

pub mod disposition;
pub mod file;
pub mod finding;
pub mod key;
pub mod keyring;
pub mod net;
pub mod role;
pub mod sign_off;

mod rules;

pub use disposition::{Clearance, Disposition, Kind};
pub use file::{AuditFile, Entry, PackPlace, Said, examine};
pub use finding::{Broken, Finding};
pub use key::{KeyEnrolled, KeyRevoked, KeyRotated};
pub use keyring::{Holder, Keyring};
pub use net::{Net, NetError, net_of};
pub use role::Role;
pub use sign_off::{Addendum, Completion, Conclusion, ExternalSignOff, Review, ReviewRole};

/// The longest text in a statement, in bytes.
const MAX_TEXT: usize = 4096;

/// Whether the text says something, on one line.
fn is_text(text: &str) -> bool {
    let framed = text.trim() == text && !text.is_empty();
    framed && text.len() <= MAX_TEXT && !text.chars().any(char::is_control)
}

/// Whether it is a person's pseudonymous id: small letters, digits and `-`, at most 64. Names and
/// addresses are none, because what is in the log can't be erased.
pub fn is_person(id: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&id.len()) && id.bytes().all(known) && !id.starts_with('-')
}
