//! Approvals as the places where they are given export them.

use crate::repository::Branch;
use serde_json::json;

/// An approval of a request, and where it was given.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Approval {
    /// A review on GitHub of the branch's commit of that number.
    GitHub(&'static str, usize),
    /// An approval of a merge request on GitLab.
    GitLab(&'static str),
    /// A line of the change management's export, about the evaluated diff.
    ChangeManagement(&'static str),
    /// A statement that the holder of the key `keys/NAME.pem` signs for the account.
    Statement(&'static str, &'static str),
}

use Approval::{ChangeManagement, GitHub, GitLab, Statement};

/// Writes the exports of a request's approvals; gives the flags that name them.
pub(crate) fn exported(branch: &Branch<'_>, approvals: &[Approval], digest: &str) -> Vec<String> {
    let (mut github, mut gitlab, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let mut flags = Vec::new();
    let commit = |place: &usize| branch.commits[*place].as_str();
    for (place, approval) in approvals.iter().enumerate() {
        let at = format!("2026-06-09T18:{place:02}:00Z");
        match approval {
            // `GET /repos/{owner}/{repo}/pulls/{number}/reviews`
            GitHub(login, of) => github.push(json!({
                "id": 9000 + place,
                "node_id": "PRR_x",
                "user": {"login": login, "id": 70 + place, "type": "User"},
                "body": "fine with me",
                "state": "APPROVED",
                "submitted_at": at,
                "commit_id": commit(of),
            })),
            // `GET /projects/{id}/merge_requests/{iid}/approvals`
            GitLab(username) => gitlab.push(json!({
                "user": {"id": 30 + place, "username": username, "state": "active"},
                "approved_at": at,
            })),
            ChangeManagement(name) => {
                lines.push(format!("CHG-88,{name},approved,{at},{digest}\n"));
            }
            Statement(account, key) => {
                let file = format!("ci/{}-{place}.json", branch.name);
                let key = format!("keys/{key}.pem");
                std::fs::create_dir_all(branch.scratch.path("ci")).unwrap();
                let signed = branch.scratch.tieout(&[
                    "approve",
                    digest,
                    "--account",
                    account,
                    "--key",
                    &key,
                    "-o",
                    &file,
                ]);
                assert_eq!(signed.code, 0, "{}", signed.stderr);
                flags.extend(["--approvals".to_owned(), format!("statement={file}")]);
            }
        }
    }
    let mut write = |kind: &str, extension: &str, text: String| {
        let file = format!("ci/{}.{kind}.{extension}", branch.name);
        branch.scratch.write(&file, &text);
        flags.extend(["--approvals".to_owned(), format!("{kind}={file}")]);
    };
    if !github.is_empty() {
        write("github", "json", json!(github).to_string());
    }
    if !gitlab.is_empty() {
        write("gitlab", "json", json!({"iid": 7, "approved_by": gitlab}).to_string());
        // `GET …/versions`: what the merge request's head was when somebody approved it.
        let versions = branch.commits.iter().enumerate().map(|(place, commit)| {
            json!({"id": place, "head_commit_sha": commit, "created_at": "2026-06-09T17:00:00Z"})
        });
        write("gitlab-versions", "json", json!(versions.collect::<Vec<_>>()).to_string());
    }
    if !lines.is_empty() {
        let header = "change_id,approver,decision,decided_at,diff_digest\n";
        let other = "CHG-87,Emil Q,rejected,2026-06-08T10:00:00Z,\n";
        write("change-management", "csv", format!("{header}{other}{}", lines.concat()));
        flags.extend(["--change".to_owned(), "CHG-88".to_owned()]);
    }
    flags
}
