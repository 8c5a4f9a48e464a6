//! Approvals of a request, from where they live: exports of a forge or of change management, and own
//! statements. What comes out are rows of `gate-approval-1`; which of them count is policy.
//!
//! An approval is of what was seen. A statement names the digest of the evaluated diff; a review of a
//! forge names a commit, and is of the diff now if that commit's own evaluated diff has the same
//! digest: a later commit voids it unless it changes nothing that is evaluated. What names neither is
//! of nothing in particular.

mod exports;

pub(crate) use exports::{changes, github, gitlab, gitlab_author};

use super::people::{Directory, Kind};
use super::statement::Approval;
use crate::diagnostic::Outcome;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Digest;

/// Where an approval comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// Reviews of a pull request of GitHub.
    Github,
    /// Approvals of a merge request of GitLab.
    Gitlab,
    /// An export of change management.
    ChangeManagement,
    /// A signed statement of ours.
    Statement,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    /// Yes.
    Approved,
    /// Not so.
    ChangesRequested,
    /// A decision that was taken back.
    Dismissed,
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// An evaluated diff.
    Diff(Digest),
    /// A commit.
    Commit(String),
    /// Nothing that can be told.
    Nothing,
}

/// A decision as it was given, before anything is known of who gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// Its name, unique among all.
    pub(crate) id: String,
    /// Where it comes from.
    pub(crate) source: Source,
    /// The account, with its system: `github:anna`.
    pub(crate) account: String,
    /// What was decided.
    pub(crate) decision: Decision,
    /// When.
    pub(crate) decided_at: DateTime<Utc>,
    /// About what.
    pub(crate) about: About,
}

/// By what an approval is judged; all of it from the base.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// The directory of people.
    pub(crate) directory: &'a Directory,
    /// The persons who made the request.
    pub(crate) authors: &'a BTreeSet<String>,
    /// The persons who release.
    pub(crate) releasers: &'a BTreeSet<String>,
    /// The role that approvers hold.
    pub(crate) role: &'a str,
    /// The digest of the evaluated diff.
    pub(crate) digest: Digest,
    /// The end of the day on which the question is asked.
    pub(crate) now: DateTime<Utc>,
}

/// A row of `gate-approval-1`, in the order of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) approval_id: String,
    /// Where it comes from.
    pub(crate) source: Source,
    /// The account.
    pub(crate) account: String,
    /// The person, where one is certain.
    pub(crate) person: Option<String>,
    /// What the account is.
    pub(crate) account_kind: Kind,
    /// Whether the person is an author of the request.
    pub(crate) author: bool,
    /// Whether the person acts for an author.
    pub(crate) acts_for_author: bool,
    /// Whether the person releases.
    pub(crate) releaser: bool,
    /// Whether the person held the role when it was decided, and holds it now.
    pub(crate) holds_role: bool,
    /// Whether it is about the evaluated diff.
    pub(crate) bound_to_diff: bool,
    /// What was decided.
    pub(crate) decision: Decision,
    /// When.
    pub(crate) decided_at: DateTime<Utc>,
}

/// The rows of decisions, sorted by name. Of each account the last decision of a source counts; of
/// statements, which nothing takes back, one about the diff before any other.
///
/// `digest_of` gives the digest of the evaluated diff of a commit, `None` where there is no such commit
/// here. It is asked once of each.
///
/// # Errors
/// What `digest_of` says.
pub(crate) fn rows(
    given: &[Given],
    context: &Context<'_>,
    digest_of: &dyn Fn(&str) -> Outcome<Option<Digest>>,
) -> Outcome<Vec<Row>> {
    let mut digests: BTreeMap<&str, Option<Digest>> = BTreeMap::new();
    for commit in given.iter().filter_map(Given::commit) {
        if !digests.contains_key(commit) {
            digests.insert(commit, digest_of(commit)?);
        }
    }
    let bound = |given: &Given| match &given.about {
        About::Diff(digest) => *digest == context.digest,
        About::Commit(commit) => digests.get(commit.as_str()) == Some(&Some(context.digest)),
        About::Nothing => false,
    };
    let rank = |given: &Given| {
        let first = given.source == Source::Statement && bound(given);
        (first, given.decided_at, given.id.clone())
    };
    let mut last: BTreeMap<(Source, String), &Given> = BTreeMap::new();
    for decision in given {
        let place = last.entry((decision.source, decision.account.to_lowercase()));
        let kept = place.or_insert(decision);
        if rank(decision) > rank(kept) {
            *kept = decision;
        }
    }
    let mut rows: Vec<_> =
        last.into_values().map(|given| context.row(given, bound(given))).collect();
    rows.sort_by(|a, b| a.approval_id.cmp(&b.approval_id));
    Ok(rows)
}

/// The decisions that verified statements are. One for another request is about nothing here.
pub(crate) fn statements(approvals: &[Approval], request: &str) -> Vec<Given> {
    let given = |approval: &Approval| {
        let meant = approval.request.as_deref().is_none_or(|meant| meant == request);
        Given {
            id: format!("statement:{}", approval.account),
            source: Source::Statement,
            account: approval.account.clone(),
            decision: Decision::Approved,
            decided_at: approval.decided_at,
            about: if meant { About::Diff(approval.digest) } else { About::Nothing },
        }
    };
    approvals.iter().map(given).collect()
}

impl Given {
    fn commit(&self) -> Option<&str> {
        match &self.about {
            About::Commit(commit) => Some(commit),
            _ => None,
        }
    }
}

impl Context<'_> {
    fn row(&self, given: &Given, bound_to_diff: bool) -> Row {
        let at = given.decided_at;
        let who = self.directory.person(&given.account, at);
        let is = |test: &dyn Fn(&str) -> bool| who.person().is_some_and(test);
        Row {
            approval_id: given.id.clone(),
            source: given.source,
            account: given.account.clone(),
            person: who.person().map(str::to_owned),
            account_kind: who.kind(),
            author: is(&|person| self.authors.contains(person)),
            acts_for_author: is(&|person| {
                !self.directory.acts_for(person, at).is_disjoint(self.authors)
            }),
            releaser: is(&|person| self.releasers.contains(person)),
            // When it was decided and now: a role that was taken back counts no more than one that was never
            // given, nor does one that is still to come.
            holds_role: is(&|person| {
                self.directory.holds(person, self.role, at)
                    && self.directory.holds(person, self.role, self.now)
            }),
            bound_to_diff,
            decision: given.decision,
            decided_at: at,
        }
    }
}

#[cfg(test)]
mod tests;
