//! The directory of people, from datasets of the base: whose an account is, which roles a person holds,
//! and for whom a person acts.
//!
//! Somebody is a person whom one account names for certain. An account that nobody declares, that
//! several share, that has no person or two of them, is nobody: nobody approves, and nobody is told
//! apart from an author.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Of one person, for daily work.
    Personal,
    /// Of several people.
    Shared,
    /// Of a program; a person may answer for it.
    Service,
    /// Of one person, for emergencies.
    BreakGlass,
    /// Nothing certain is known of it.
    Unknown,
}

/// A half-open interval; no `to` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// The first instant.
    pub(crate) from: DateTime<Utc>,
    /// The first one after it.
    pub(crate) to: Option<DateTime<Utc>>,
}

impl Held {
    fn at(self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// A row of `account-person-1`.
#[derive(Debug, Clone)]
pub(crate) struct AccountRow {
    /// The account, such as `github:anna` or `git:anna@example.com`.
    pub(crate) account: String,
    /// Whose it is.
    pub(crate) person: Option<String>,
    /// What it is.
    pub(crate) kind: Kind,
    /// When.
    pub(crate) held: Held,
}

/// A row of `role-grant-1`.
#[derive(Debug, Clone)]
pub(crate) struct GrantRow {
    /// A person, or an account of one.
    pub(crate) user_id: String,
    /// The role.
    pub(crate) role: String,
    /// When.
    pub(crate) held: Held,
}

/// A row of `role-1`: who holds `role` holds what `parent` has.
#[derive(Debug, Clone)]
pub(crate) struct RoleRow {
    /// The role.
    pub(crate) role: String,
    /// The role that it comes with.
    pub(crate) parent: String,
    /// When.
    pub(crate) held: Held,
}

/// A delegation: `to` acts for `from`, whatever its scope says.
#[derive(Debug, Clone)]
pub(crate) struct DelegationRow {
    /// For whom.
    pub(crate) from: String,
    /// Who acts; a person, or an account of one, as is `from`.
    pub(crate) to: String,
    /// When.
    pub(crate) held: Held,
}

/// Who stands behind an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// A person, and what the account is.
    Known(String, Kind),
    /// Nobody who can be told: a shared account, a service for which no one answers, or an account of
    /// which nothing certain is known.
    Unknown(Kind),
}

impl Who {
    /// The person, if it is certain.
    pub(crate) fn person(&self) -> Option<&str> {
        match self {
            Self::Known(person, _) => Some(person),
            Self::Unknown(_) => None,
        }
    }

    /// What the account is.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Known(_, kind) | Self::Unknown(kind) => *kind,
        }
    }
}

/// The directory.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    accounts: BTreeMap<String, Vec<AccountRow>>,
    grants: Vec<GrantRow>,
    roles: Vec<RoleRow>,
    delegations: Vec<DelegationRow>,
}

impl Directory {
    /// The directory of rows in any order.
    pub(crate) fn new(
        accounts: Vec<AccountRow>,
        grants: Vec<GrantRow>,
        roles: Vec<RoleRow>,
        delegations: Vec<DelegationRow>,
    ) -> Self {
        let mut by_name: BTreeMap<String, Vec<AccountRow>> = BTreeMap::new();
        for row in accounts {
            by_name.entry(folded(&row.account)).or_default().push(row);
        }
        Self { accounts: by_name, grants, roles, delegations }
    }

    /// Who stands behind an account at an instant. Accounts are the same in capitals and small
    /// letters, as forges and mail have it.
    pub(crate) fn person(&self, account: &str, at: DateTime<Utc>) -> Who {
        let rows = self.accounts.get(&folded(account)).into_iter().flatten();
        let (mut persons, mut kinds) = (BTreeSet::new(), BTreeSet::new());
        for row in rows.filter(|row| row.held.at(at)) {
            let person = row.person.as_deref().map(str::trim);
            persons.insert(person.filter(|person| !person.is_empty()));
            kinds.insert(row.kind);
        }
        let one = |kind| kinds.len() == 1 && kinds.contains(&kind);
        match (persons.first(), kinds.first()) {
            _ if one(Kind::Shared) => Who::Unknown(Kind::Shared),
            (Some(Some(person)), Some(kind))
                if persons.len() == 1 && one(*kind) && *kind != Kind::Unknown =>
            {
                Who::Known((*person).to_owned(), *kind)
            }
            (Some(None), _) if persons.len() == 1 && one(Kind::Service) => {
                Who::Unknown(Kind::Service)
            }
            // Nothing is said, or two things are.
            _ => Who::Unknown(Kind::Unknown),
        }
    }

    /// Whether a person holds a role at an instant, by a grant or by the hierarchy of roles.
    pub(crate) fn holds(&self, person: &str, role: &str, at: DateTime<Utc>) -> bool {
        let granted = self.grants.iter().filter(|grant| grant.held.at(at));
        let granted = granted.filter(|grant| self.is(&grant.user_id, person, at));
        let granted = granted.map(|grant| grant.role.as_str()).collect();
        let edges = self.roles.iter().filter(|edge| edge.held.at(at));
        let edges =
            edges.map(|edge| (edge.role.as_str(), edge.parent.as_str())).collect::<Vec<_>>();
        reached(granted, &edges).contains(role)
    }

    /// All for whom a person acts at an instant, through any number of delegations; not the person.
    pub(crate) fn acts_for(&self, person: &str, at: DateTime<Utc>) -> BTreeSet<String> {
        let valid = self.delegations.iter().filter(|delegation| delegation.held.at(at));
        let edges: Vec<_> = valid
            .map(|row| (self.meant(&row.to, at), self.meant(&row.from, at)))
            .filter_map(|(to, from)| Some((to?, from?)))
            .collect();
        let edges: Vec<_> = edges.iter().map(|(to, from)| (to.as_str(), from.as_str())).collect();
        let mut found = reached(BTreeSet::from([person]), &edges);
        found.remove(person);
        found.into_iter().map(str::to_owned).collect()
    }

    /// Whether a name of a dataset, a person or an account, means that person.
    fn is(&self, name: &str, person: &str, at: DateTime<Utc>) -> bool {
        self.meant(name, at).is_some_and(|meant| meant == person)
    }

    /// The person whom a name means: that of the account, where it is one, else the person itself.
    fn meant(&self, name: &str, at: DateTime<Utc>) -> Option<String> {
        match self.accounts.contains_key(&folded(name)) {
            true => self.person(name, at).person().map(str::to_owned),
            false => Some(name.to_owned()),
        }
    }
}

fn folded(account: &str) -> String {
    account.trim().to_lowercase()
}

/// What is reached from somewhere along edges, the beginning included. Circles end.
fn reached<'a>(from: BTreeSet<&'a str>, edges: &[(&'a str, &'a str)]) -> BTreeSet<&'a str> {
    let mut found = from.clone();
    let mut open: Vec<_> = from.into_iter().collect();
    while let Some(at) = open.pop() {
        for (_, next) in edges.iter().filter(|(start, _)| *start == at) {
            if found.insert(next) {
                open.push(next);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
