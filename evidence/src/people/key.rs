//! The statements about keys. The subject of each is a key's id: the SHA-256 of its SubjectPublicKeyInfo.

use super::role::Role;
use super::{is_person, is_text};
use crate::encoding::{base64, from_base64};
use crate::public_key::PublicKey;
use crate::statement::Stated;
use serde::{Deserialize, Serialize};
use tieout_controls::Count;

/// An authority says that a key is a person's, for one role, from the next entry of the log on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyEnrolled {
    /// Which of the authority's statements it is, from 1: one that is kept back leaves a gap.
    pub number: Count,
    /// What the key is for.
    pub role: Role,
    /// Whose it is: a pseudonymous id, see [`is_person`].
    pub person: String,
    /// The key: SubjectPublicKeyInfo in DER, base64.
    pub spki: String,
}

/// One key takes the place of another, of the same person and role. The same statement is there twice,
/// signed by the old key and by the new one; with the second of them the change is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyRotated {
    /// The old key.
    pub from: String,
    /// The new one, which is the subject.
    pub to: String,
}

/// An authority says that a key is not to be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyRevoked {
    /// As in [`KeyEnrolled`].
    pub number: Count,
    /// The first index of the log at which somebody else may have had the key. What the key signed at it
    /// or after it is not relied on, wherever this statement itself stands.
    pub compromised_since: Count,
    /// Why.
    pub reason: String,
}

impl Stated for KeyEnrolled {
    const TYPE: &'static str = "urn:tieout:predicate:key-enrolled:v1";
    const SUBJECT: &'static str = "public-key";
    const WHAT: &'static str = "enrolment of a key";

    fn is_canonical(&self) -> bool {
        self.number.0 > 0 && is_person(&self.person) && key(&self.spki).is_some()
    }
}

impl Stated for KeyRotated {
    const TYPE: &'static str = "urn:tieout:predicate:key-rotated:v1";
    const SUBJECT: &'static str = "public-key";
    const WHAT: &'static str = "change of a key";

    fn is_canonical(&self) -> bool {
        let keys = (key(&self.from), key(&self.to));
        matches!(keys, (Some(from), Some(to)) if from != to)
    }
}

impl Stated for KeyRevoked {
    const TYPE: &'static str = "urn:tieout:predicate:key-revoked:v1";
    const SUBJECT: &'static str = "public-key";
    const WHAT: &'static str = "revocation of a key";

    fn is_canonical(&self) -> bool {
        self.number.0 > 0 && is_text(&self.reason)
    }
}

/// Whether statements of that type are about keys.
pub fn is_about_keys(kind: &str) -> bool {
    [KeyEnrolled::TYPE, KeyRotated::TYPE, KeyRevoked::TYPE].contains(&kind)
}

/// A key as the statements write it.
pub fn spki(key: &PublicKey) -> String {
    base64(&key.to_spki())
}

/// The key that is so written; `None` when it is none, or a weak one.
pub(super) fn key(text: &str) -> Option<PublicKey> {
    PublicKey::from_spki(&from_base64(text)?).ok()
}
