//! Reading the exports in which approvals come.
//!
//! Forges' exports are read by the fields that matter, whatever else stands in them. No message quotes
//! who decided what.

use super::{About, Decision, Given, Source};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tieout_controls::Digest;

/// Reviews of a pull request of GitHub, `GET /repos/{owner}/{repo}/pulls/{number}/reviews`
/// (<https://docs.github.com/en/rest/pulls/reviews>): an array in chronological order, or several of
/// them, one after the other or in another array, as `gh api --paginate` writes pages.
///
/// A comment decides nothing: who approved and then comments has still approved, as the forge sees it.
/// Of a user who is gone the account has no name.
///
/// # Errors
/// It is no such export.
pub(crate) fn github(file: &str, text: &str) -> Outcome<Vec<Given>> {
    let mut given = Vec::new();
    for review in pages::<Review>(file, text)? {
        let decision = match review.state.as_str() {
            "APPROVED" => Decision::Approved,
            "CHANGES_REQUESTED" => Decision::ChangesRequested,
            "DISMISSED" => Decision::Dismissed,
            "COMMENTED" | "PENDING" => continue,
            _ => return Err(invalid(file, "a review has a state that GitHub doesn't document")),
        };
        let login = review.user.map(|user| user.login).unwrap_or_default();
        let Some(decided_at) = review.submitted_at else {
            return Err(undated(file, "GitHub states `submitted_at` of every submitted review"));
        };
        given.push(Given {
            id: format!("github:{}", review.id),
            source: Source::Github,
            account: format!("github:{login}"),
            decision,
            decided_at,
            // The commit may be gone from the forge; then nobody knows any more what was seen.
            about: review.commit_id.map_or(About::Nothing, About::Commit),
        });
    }
    Ok(given)
}

#[derive(Deserialize)]
struct Review {
    id: u64,
    user: Option<Login>,
    state: String,
    commit_id: Option<String>,
    submitted_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Login {
    login: String,
}

/// The account that opened a merge request of GitLab, `GET /projects/:id/merge_requests/:iid`
/// (<https://docs.gitlab.com/api/merge_requests/>).
///
/// # Errors
/// It is no such export.
pub(crate) fn gitlab_author(file: &str, text: &str) -> Outcome<String> {
    let opened: Opened = document(file, text)?;
    Ok(format!("gitlab:{}", opened.author.username))
}

#[derive(Deserialize)]
struct Opened {
    author: Username,
}

/// Approvals of a merge request of GitLab, `GET /projects/:id/merge_requests/:iid/approvals`, or its
/// rules with who approved by them, `…/approval_state`
/// (<https://docs.gitlab.com/api/merge_request_approvals/>).
///
/// GitLab says when somebody approved (`approved_at`, in newer versions) and not what. The versions of
/// the merge request, `GET …/versions` (<https://docs.gitlab.com/api/merge_requests/>), say what its
/// head was then: `head_commit_sha` from `created_at` on. Without them approvals are of nothing in
/// particular.
///
/// # Errors
/// It is no such export, or an approval in it has no time.
pub(crate) fn gitlab(
    file: &str,
    text: &str,
    versions: Option<(&str, &str)>,
) -> Outcome<Vec<Given>> {
    let export: Approvals = document(file, text)?;
    let versions = versions.map(|(file, text)| pages::<Version>(file, text));
    let versions = versions.transpose()?.unwrap_or_default();
    let mut approved: Vec<(String, Option<DateTime<Utc>>)> = Vec::new();
    match (export.approved_by, export.rules) {
        (Some(approvals), _) => {
            approved.extend(approvals.into_iter().map(|a| (a.user.username, a.approved_at)));
        }
        (None, Some(rules)) => {
            let by = rules.into_iter().flat_map(|rule| rule.approved_by);
            approved.extend(by.map(|user| (user.username, user.approved_at)));
        }
        (None, None) => return Err(invalid(file, "neither `approved_by` nor `rules` is in it")),
    }
    // Who fulfils several rules stands in each.
    approved.sort();
    approved.dedup();
    let mut given = Vec::new();
    for (username, approved_at) in approved {
        let decided_at = approved_at.ok_or_else(|| {
            undated(file, "export `…/approvals` from a GitLab that states `approved_at`")
        })?;
        let seen = versions.iter().filter(|version| version.created_at <= decided_at);
        let seen = seen.max_by_key(|version| version.created_at);
        given.push(Given {
            id: format!("gitlab:{username}"),
            source: Source::Gitlab,
            account: format!("gitlab:{username}"),
            decision: Decision::Approved,
            decided_at,
            about: seen.map_or(About::Nothing, |v| About::Commit(v.head_commit_sha.clone())),
        });
    }
    Ok(given)
}

#[derive(Deserialize)]
struct Approvals {
    approved_by: Option<Vec<ApprovedBy>>,
    rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct ApprovedBy {
    user: Username,
    approved_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    approved_by: Vec<Username>,
}

#[derive(Deserialize)]
struct Username {
    username: String,
    approved_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Version {
    head_commit_sha: String,
    created_at: DateTime<Utc>,
}

/// Decisions about a change from an export of change management, CSV with a header or a JSON array of
/// objects, with `change_id`, `approver`, `decision`, `decided_at` (RFC 3339, with its offset) and
/// perhaps `diff_digest`; other columns don't matter. `system` is the word before the approvers'
/// accounts, such as `servicenow`. Rows of other changes are passed over.
///
/// Decisions are read in the words of ServiceNow's approval records (`approved`, `rejected`,
/// `cancelled`, `not_required`; `requested` and `not requested` are none yet) and of Jira Service
/// Management's `approverDecision` (`approved`, `declined`; `pending` is none yet,
/// <https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-request/>), and in those of
/// `gate-approval-1`.
///
/// # Errors
/// A column is missing; a row has a decision, an instant or a digest that can't be read.
pub(crate) fn changes(file: &str, text: &str, system: &str, change: &str) -> Outcome<Vec<Given>> {
    let json = text.trim_start().starts_with('[');
    let rows = if json { document(file, text)? } else { csv_rows(file, text)? };
    let mut given = Vec::new();
    for (number, row) in rows.into_iter().enumerate() {
        let row: ChangeRow = row;
        if row.change_id.trim() != change {
            continue;
        }
        let number = number.saturating_add(1);
        let wrong = |what: &str| invalid(file, &format!("row {number}: {what}"));
        let decision = match row.decision.trim().to_lowercase().as_str() {
            "approved" => Decision::Approved,
            "rejected" | "declined" | "changes-requested" => Decision::ChangesRequested,
            "cancelled" | "not_required" | "dismissed" => Decision::Dismissed,
            "requested" | "not requested" | "pending" | "" => continue,
            _ => return Err(wrong("the decision is none of those that are known")),
        };
        let decided_at = DateTime::parse_from_rfc3339(row.decided_at.trim())
            .map_err(|_| wrong("`decided_at` is no instant such as `2026-01-31T09:00:00+01:00`"))?;
        let digest = row.diff_digest.as_deref().map(str::trim).filter(|digest| !digest.is_empty());
        let digest = digest.map(str::parse::<Digest>).transpose();
        let digest = digest.map_err(|_| wrong("`diff_digest` is not 64 hexadecimal digits"))?;
        let approver = row.approver.trim();
        given.push(Given {
            id: format!("{system}:{change}:{approver}"),
            source: Source::ChangeManagement,
            account: format!("{system}:{approver}"),
            decision,
            decided_at: decided_at.to_utc(),
            about: digest.map_or(About::Nothing, About::Diff),
        });
    }
    Ok(given)
}

#[derive(Deserialize)]
struct ChangeRow {
    change_id: String,
    approver: String,
    decision: String,
    decided_at: String,
    #[serde(default)]
    diff_digest: Option<String>,
}

fn csv_rows(file: &str, text: &str) -> Outcome<Vec<ChangeRow>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| invalid(file, "the header can't be read"))?.clone();
    for column in ["change_id", "approver", "decision", "decided_at"] {
        match header.iter().filter(|name| *name == column).count() {
            1 => {}
            0 => return Err(invalid(file, &format!("there is no column `{column}`"))),
            _ => return Err(invalid(file, &format!("there are two columns `{column}`"))),
        }
    }
    let mut rows = Vec::new();
    for (number, row) in reader.deserialize().enumerate() {
        let number = number.saturating_add(1);
        rows.push(row.map_err(|_| {
            invalid(file, &format!("row {number} has not as many cells as the header"))
        })?);
    }
    Ok(rows)
}

/// The items of an array, or of arrays that follow each other or stand in one.
fn pages<T: DeserializeOwned>(file: &str, text: &str) -> Outcome<Vec<T>> {
    let read = serde_json::Deserializer::from_str(text).into_iter::<Vec<T>>();
    match read.collect::<Result<Vec<_>, _>>() {
        Ok(pages) if !pages.is_empty() => Ok(pages.into_iter().flatten().collect()),
        Ok(_) => Err(invalid(file, "it is empty")),
        Err(error) => match serde_json::from_str::<Vec<Vec<T>>>(text) {
            Ok(pages) => Ok(pages.into_iter().flatten().collect()),
            Err(_) => Err(not_json(file, &error)),
        },
    }
}

fn document<T: DeserializeOwned>(file: &str, text: &str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|error| not_json(file, &error))
}

/// What serde_json says of data quotes it; kind and place suffice.
fn not_json(file: &str, error: &serde_json::Error) -> Failure {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a field is missing or of another type",
        _ => "it is not whole JSON",
    };
    invalid(file, &format!("{what}, at line {} column {}", error.line(), error.column()))
}

fn invalid(file: &str, what: &str) -> Failure {
    let message = format!("`{file}` is no export of approvals: {what}");
    let help = "it is read as the forge or change management writes it, whole and unchanged";
    Failure::usage(Diagnostic::new("approval-invalid", message).help(help))
}

fn undated(file: &str, help: &str) -> Failure {
    let message = format!("`{file}` has an approval that says not when it was given");
    let more = "or have the approver sign one: `tieout approve`";
    let diagnostic = Diagnostic::new("approval-undated", message).help(format!("{help}\n{more}"));
    Failure::usage(diagnostic)
}
