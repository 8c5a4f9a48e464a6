use super::*;
use crate::gate::people::{AccountRow, DelegationRow, GrantRow, Held};
use std::cell::Cell;

const NOW: Digest = Digest([1; 32]);
const OTHER: Digest = Digest([2; 32]);

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn directory() -> Directory {
    let from = at("2026-01-01T00:00:00Z");
    let held = Held { from, to: None };
    let account = |account: &str, person: &str, kind| AccountRow {
        account: account.to_owned(),
        person: Some(person.to_owned()),
        kind,
        held,
    };
    let accounts = vec![
        account("github:octocat", "P1", Kind::Personal),
        account("github:ben", "P2", Kind::Personal),
        account("github:team", "P3", Kind::Shared),
        account("gitlab:root", "P1", Kind::Personal),
        account("gitlab:ryley", "P2", Kind::Personal),
        account("snow:anna", "P1", Kind::Personal),
        account("carla", "P4", Kind::Personal),
    ];
    let grants = vec![
        GrantRow { user_id: "P1".to_owned(), role: "approver".to_owned(), held },
        GrantRow {
            user_id: "P4".to_owned(),
            role: "approver".to_owned(),
            held: Held { from, to: Some(at("2026-02-01T00:00:00Z")) },
        },
    ];
    let delegation = DelegationRow { from: "P9".to_owned(), to: "P2".to_owned(), held };
    Directory::new(accounts, grants, Vec::new(), vec![delegation])
}

fn judged(given: &[Given], digest_of: &dyn Fn(&str) -> Outcome<Option<Digest>>) -> Vec<Row> {
    let directory = directory();
    let context = Context {
        directory: &directory,
        authors: &BTreeSet::from(["P9".to_owned()]),
        releasers: &BTreeSet::from(["P4".to_owned()]),
        role: "approver",
        digest: NOW,
        now: at("2026-01-31T23:59:59Z"),
    };
    rows(given, &context, digest_of).unwrap()
}

fn by_commit(commit: &str) -> Outcome<Option<Digest>> {
    Ok(match commit {
        "same" => Some(NOW),
        "other" => Some(OTHER),
        _ => None,
    })
}

fn review(id: u64, user: &str, state: &str, commit: &str, minute: u32) -> String {
    let user = match user {
        "" => "null".to_owned(),
        user => format!(r#"{{"login":"{user}","id":1,"type":"User","site_admin":false}}"#),
    };
    let commit = if commit.is_empty() { "null".to_owned() } else { format!("\"{commit}\"") };
    format!(
        r#"{{"id":{id},"node_id":"MDE3","user":{user},"body":"","state":"{state}","_links":{{}},
        "submitted_at":"2026-01-17T17:{minute:02}:43Z","commit_id":{commit},
        "author_association":"COLLABORATOR"}}"#
    )
}

fn told(rows: &[Row]) -> Vec<(&str, Decision, bool)> {
    rows.iter().map(|r| (r.account.as_str(), r.decision, r.bound_to_diff)).collect()
}

#[test]
fn the_last_decision_of_each_github_user_counts_and_is_bound_by_its_commit() {
    let reviews = [
        review(80, "octocat", "CHANGES_REQUESTED", "other", 1),
        review(81, "octocat", "APPROVED", "same", 2),
        review(82, "octocat", "COMMENTED", "other", 3),
        review(83, "ben", "APPROVED", "same", 4),
        review(84, "Ben", "DISMISSED", "same", 5),
        review(85, "team", "APPROVED", "other", 6),
        review(86, "", "APPROVED", "gone", 7),
        review(87, "dora", "APPROVED", "", 8),
    ];
    let page = |part: &[String]| format!("[{}]", part.join(","));
    let expected = [
        ("github:octocat", Decision::Approved, true),
        ("github:Ben", Decision::Dismissed, true),
        ("github:team", Decision::Approved, false),
        ("github:", Decision::Approved, false),
        ("github:dora", Decision::Approved, false),
    ];
    let (first, second) = reviews.split_at(3);
    for text in [
        page(&reviews),
        page(first) + "\n" + &page(second),
        format!("[{},{}]", page(first), page(second)),
    ] {
        let mut given = github("r.json", &text).unwrap();
        let rows = judged(&given, &by_commit);
        assert_eq!(told(&rows), expected);
        let octocat = &rows[0];
        assert_eq!(octocat.person.as_deref(), Some("P1"));
        assert!(octocat.holds_role && !octocat.author && !octocat.acts_for_author);
        let ben = &rows[1];
        assert!(ben.acts_for_author && !ben.holds_role);
        assert_eq!((rows[2].account_kind, &rows[2].person), (Kind::Shared, &None));
        given.reverse();
        assert_eq!(judged(&given, &by_commit), rows, "in any order");
    }
}

/// Columns and words are those of the profile.
#[test]
fn rows_are_of_the_profile() {
    let given = github("r.json", &format!("[{}]", review(1, "octocat", "APPROVED", "same", 1)));
    let row = serde_json::to_value(&judged(&given.unwrap(), &by_commit)[0]).unwrap();
    let profile = tieout_controls::profile::named("gate-approval-1").unwrap();
    let columns: Vec<_> = profile.columns.iter().map(|column| column.name).collect();
    assert_eq!(row.as_object().unwrap().keys().collect::<Vec<_>>(), columns);
    assert_eq!(row["decided_at"], "2026-01-17T17:01:43Z");
    let words = |value: Vec<serde_json::Value>| {
        value.iter().map(|v| v.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    use serde_json::to_value as json;
    let sources = [Source::Github, Source::Gitlab, Source::ChangeManagement, Source::Statement];
    assert_eq!(
        words(sources.iter().map(|s| json(s).unwrap()).collect()),
        ["github", "gitlab", "change-management", "statement"]
    );
    let kinds = [Kind::Personal, Kind::Shared, Kind::Service, Kind::BreakGlass, Kind::Unknown];
    assert_eq!(
        words(kinds.iter().map(|k| json(k).unwrap()).collect()),
        ["personal", "shared", "service", "break-glass", "unknown"]
    );
    let decisions = [Decision::Approved, Decision::ChangesRequested, Decision::Dismissed];
    assert_eq!(
        words(decisions.iter().map(|d| json(d).unwrap()).collect()),
        ["approved", "changes-requested", "dismissed"]
    );
}

#[test]
fn a_commits_diff_is_evaluated_once() {
    let reviews: Vec<_> =
        (1..5).map(|n| review(n, &format!("u{n}"), "APPROVED", "same", 1)).collect();
    let given = github("r.json", &format!("[{}]", reviews.join(","))).unwrap();
    let asked = Cell::new(0);
    judged(&given, &|commit| {
        asked.set(asked.get() + 1);
        by_commit(commit)
    });
    assert_eq!(asked.get(), 1);
}

#[test]
fn gitlab_approvals_are_bound_by_the_version_that_was_the_head_then() {
    let text = r#"{"id":5,"iid":5,"approvals_required":2,"approved_by":[
        {"user":{"name":"Administrator","username":"root","id":1},"approved_at":"2026-01-09T21:32:14.105Z"},
        {"user":{"name":"Nico","username":"ryley","id":2},"approved_at":"2026-01-09T23:00:00Z"}]}"#;
    let versions = r#"[
        {"id":2,"head_commit_sha":"other","created_at":"2026-01-09T22:00:00Z","state":"collected"},
        {"id":1,"head_commit_sha":"same","created_at":"2026-01-09T20:00:00Z","state":"collected"}]"#;
    let bound = |versions| {
        let given = gitlab("a.json", text, versions).unwrap();
        let rows = judged(&given, &by_commit);
        rows.iter().map(|r| (r.account.clone(), r.bound_to_diff)).collect::<Vec<_>>()
    };
    let expected = |root| -> Vec<(String, bool)> {
        vec![("gitlab:root".to_owned(), root), ("gitlab:ryley".to_owned(), false)]
    };
    assert_eq!(bound(Some(("v.json", versions))), expected(true));
    assert_eq!(bound(None), expected(false));
    assert_eq!(bound(Some(("v.json", "[]"))), expected(false));
    let state = r#"{"rules":[
        {"id":1,"approved_by":[{"username":"root","approved_at":"2026-01-09T21:32:14Z"}]},
        {"id":2,"approved_by":[{"username":"root","approved_at":"2026-01-09T21:32:14Z"}]},
        {"id":3}]}"#;
    assert_eq!(gitlab("s.json", state, None).unwrap().len(), 1);
    let undated = r#"{"approved_by":[{"user":{"username":"root"}}]}"#;
    let failed = gitlab("a.json", undated, None).unwrap_err();
    assert_eq!(failed.diagnostics[0].code, "approval-undated");
}

#[test]
fn change_management_is_read_in_its_words_from_csv_and_json() {
    let csv = format!(
        "\u{feff}change_id, approver,decision,decided_at,diff_digest,note\r\n\
         CHG-1,anna,Approved,2026-01-09T21:32:14+01:00,{NOW},\"a, \"\"b\"\"\r\nc\"\r\n\
         CHG-1,ben,requested,,,\r\n\
         CHG-2,ben,approved,soon,,\r\n\
         CHG-1,carla,Rejected,2026-01-09T21:32:14Z,,\r\n"
    );
    let json = format!(
        r#"[{{"change_id":"CHG-1","approver":"anna","decision":"approved",
        "decided_at":"2026-01-09T20:32:14Z","diff_digest":"{NOW}"}},
        {{"change_id":"CHG-1","approver":"carla","decision":"declined","sys_id":7,
        "decided_at":"2026-01-09T21:32:14Z"}}]"#
    );
    for text in [csv, json] {
        let rows = judged(&changes("c", &text, "snow", "CHG-1").unwrap(), &by_commit);
        let expected = [
            ("snow:anna", Decision::Approved, true),
            ("snow:carla", Decision::ChangesRequested, false),
        ];
        assert_eq!(told(&rows), expected);
        assert_eq!(rows[0].decided_at, at("2026-01-09T20:32:14Z"));
    }
}

#[test]
fn what_is_no_export_is_refused_without_a_word_of_it() {
    let head = "change_id,approver,decision,decided_at,diff_digest\n";
    let csv = |rest: &str| changes("c", &format!("{head}{rest}"), "snow", "CHG-1");
    for failed in [
        github("r", ""),
        github("r", "{\"message\":\"anna\"}"),
        github("r", "[{\"id\":1,\"state\":\"anna\",\"submitted_at\":\"2026-01-17T17:00:00Z\"}]"),
        github("r", "[{\"id\":1,\"state\":\"APPROVED\"}]"),
        github("r", "[{\"id\":1,\"state\":\"APPROVED\",\"submitted_at\":\"anna\"}]"),
        gitlab("r", "{}", None),
        gitlab("r", "[]", None),
        changes("c", "approver,decision,decided_at\nanna,approved,x\n", "snow", "CHG-1"),
        changes("c", "", "snow", "CHG-1"),
        csv("CHG-1,anna,maybe,2026-01-09T21:32:14Z,\n"),
        csv("CHG-1,anna,approved,2026-01-09 21:32:14,\n"),
        csv("CHG-1,anna,approved,2026-01-09T21:32:14Z,abc\n"),
        csv("CHG-1,anna\n"),
    ] {
        let diagnostics = failed.unwrap_err().diagnostics;
        assert!(!diagnostics[0].message.contains("anna"), "{}", diagnostics[0].message);
    }
}

#[test]
fn a_statement_is_about_its_diff_and_its_request() {
    let approval = |digest, request: Option<&str>, decided: &str| Approval {
        digest,
        account: "carla".to_owned(),
        request: request.map(str::to_owned),
        decided_at: at(decided),
    };
    let bound = |approvals: &[Approval]| {
        let rows = judged(&statements(approvals, "PR-1"), &by_commit);
        assert_eq!(rows.len(), 1);
        (rows[0].bound_to_diff, rows[0].holds_role, rows[0].releaser)
    };
    assert_eq!(bound(&[approval(NOW, None, "2026-01-10T00:00:00Z")]), (true, true, true));
    assert!(bound(&[approval(NOW, Some("PR-1"), "2026-01-10T00:00:00Z")]).0);
    assert!(!bound(&[approval(NOW, Some("PR-2"), "2026-01-10T00:00:00Z")]).0);
    assert!(!bound(&[approval(OTHER, None, "2026-01-10T00:00:00Z")]).0);
    let both = [
        approval(NOW, None, "2026-01-10T00:00:00Z"),
        approval(OTHER, None, "2026-01-11T00:00:00Z"),
    ];
    assert!(bound(&both).0);
    // The role was held until February.
    assert_eq!(bound(&[approval(NOW, None, "2026-02-10T00:00:00Z")]), (true, false, true));
}
