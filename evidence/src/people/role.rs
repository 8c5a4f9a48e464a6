//! Roles of keys, and which statements each of them may make.

use super::disposition::{Clearance, Disposition};
use super::key::{KeyEnrolled, KeyRevoked, KeyRotated};
use super::sign_off::{Addendum, Completion, ExternalSignOff, Review};
use crate::claims::PREDICATE_TYPE;
use crate::erasure::{Erasure, Hold, Release};
use crate::intent::{Abandoned, Intent};
use crate::statement::Stated;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of the statement that a pack is.
pub const PACK: &str = PREDICATE_TYPE;

/// What a key is for. One key has one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Says whose the other keys are. The first such key comes from outside, never from the log.
    Authority,
    /// Runs controls and seals packs.
    Operator,
    /// Signs packs off.
    Reviewer,
    /// Answers for the erasure of personal data.
    PrivacyOfficer,
    /// Signs the log's checkpoints, and no statements.
    Log,
    /// Cosigns them.
    Witness,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Authority,
        Self::Operator,
        Self::Reviewer,
        Self::PrivacyOfficer,
        Self::Log,
        Self::Witness,
    ];

    /// Whether a key of this role may make a statement of that type; of a type that is not known here,
    /// none may.
    pub fn may_state(self, kind: &str) -> bool {
        use Role::{Authority, Operator, PrivacyOfficer, Reviewer};
        let roles: &[Self] = match kind {
            KeyEnrolled::TYPE | KeyRevoked::TYPE => &[Authority],
            KeyRotated::TYPE => &[Authority, Operator, Reviewer, PrivacyOfficer],
            PACK | Intent::TYPE | Abandoned::TYPE | ExternalSignOff::TYPE => &[Operator],
            Review::TYPE | Addendum::TYPE | Disposition::TYPE => &[Operator, Reviewer],
            Completion::TYPE | Clearance::TYPE => &[Reviewer],
            Erasure::TYPE => &[Operator, PrivacyOfficer],
            Hold::TYPE | Release::TYPE => &[Operator, Reviewer, PrivacyOfficer],
            _ => &[],
        };
        roles.contains(&self)
    }

    /// Whether a statement in the log can give a key this role. The keys of authority, log and witnesses
    /// come from outside: what they vouch for can't be what vouches for them.
    pub fn is_enrolled(self) -> bool {
        matches!(self, Self::Operator | Self::Reviewer | Self::PrivacyOfficer)
    }

    /// Its word in statements.
    pub fn word(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Operator => "operator",
            Self::Reviewer => "reviewer",
            Self::PrivacyOfficer => "privacy-officer",
            Self::Log => "log",
            Self::Witness => "witness",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
