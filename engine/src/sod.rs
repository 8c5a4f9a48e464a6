//! Segregation of duties: the exhaustive scan for users who hold two toxic actions at once.
//!
//! For every user and every rule: does the user, at any instant of the period, hold both actions
//! through roles? Who holds a role holds what its parent roles have, transitively; grants and
//! hierarchy edges are valid for half-open intervals. Actions are projected onto the rules first:
//! a permission that no rule names costs nothing.
//!
//! A grant's scope and a permission's resource type are not taken into account: two actions held
//! in different scopes count as held together. That errs on the side of a finding. Cycles in the
//! hierarchy are tolerated.
//!
//! Names are matched as they are written, so a name that doesn't resolve gives nothing. It must not
//! pass for "nothing": a role that is in neither the permissions nor the roles may permit anything,
//! and an action that no role permits may be one by another name. Where that is all that stands
//! between a user and a conflict, the pair is [`Verdict::Unknown`]; a certain conflict stays one.

mod hierarchy;
mod sweep;

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use sweep::scan;

/// The roles of the datasets that the scan reads.
pub const ROLES: [&str; 5] = ["user", "role-grant", "role", "permission", "sod-rule"];

/// A half-open interval of time; no `to` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first one after it.
    pub to: Option<DateTime<Utc>>,
}

impl Interval {
    /// Whether the instant lies in it.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// A role held by a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub user: String,
    /// Which role.
    pub role: String,
    /// When.
    pub held: Interval,
}

/// An edge of the role hierarchy: who holds `role` holds what `parent` has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The role.
    pub role: String,
    /// Its parent.
    pub parent: String,
    /// When.
    pub valid: Interval,
}

/// Two actions that no one may hold together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// One action.
    pub action_a: String,
    /// The other.
    pub action_b: String,
    /// Its severity, in the rule set's own words.
    pub severity: String,
}

/// What is scanned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// User → type (`human`, `service`), by user id.
    pub users: BTreeMap<String, String>,
    /// Who holds which role when; also of users that are not in `users`.
    pub grants: Vec<Grant>,
    /// The hierarchy.
    pub edges: Vec<Edge>,
    /// Role → actions.
    pub permissions: BTreeMap<String, BTreeSet<String>>,
    /// The roles that are declared, with a parent or without one.
    pub roles: BTreeSet<String>,
    /// The rules.
    pub rules: Vec<Rule>,
}

impl World {
    /// Whether what the role permits is known.
    fn knows(&self, role: &str) -> bool {
        self.permissions.contains_key(role) || self.roles.contains(role)
    }
}

/// What is found of a user and a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// At no instant of the period both actions are held.
    Apart,
    /// At some instant both are.
    Conflict(Conflict),
    /// It can't be told: what doesn't resolve, as `role clerk > payer` (the shortest way to the
    /// unknown role, of several the first by the roles' names) or `action enter`.
    Unknown(String),
}

/// How a user comes to hold both actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The beginning of the first uninterrupted time of holding both that reaches into the period;
    /// it may lie before the period.
    pub since: DateTime<Utc>,
    /// `ROLE > PARENT > … : action_a` at that time (at the period's beginning, if it began
    /// before): the shortest path, of several the first by the roles' names.
    pub path_a: String,
    /// The same for the other action.
    pub path_b: String,
}

/// A user and a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The user's type; `None` for one who is granted roles and not known.
    pub user_type: Option<&'a str>,
    /// The rule.
    pub rule: &'a Rule,
    /// What is found.
    pub verdict: Verdict,
}
