//! The pages of the schema profiles: every profile has one, and its worked example runs.

#![cfg(test)]

use std::path::Path;
use tieout_controls::profile;
use tieout_tests::{repository, tieout, workspace, write};

/// The fenced blocks of a page in that language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == format!("```{language}") {
            let block: Vec<_> = lines.by_ref().take_while(|l| *l != "```").collect();
            found.push(block.join("\n") + "\n");
        }
    }
    found
}

fn page(role: &str) -> String {
    let path = repository().join(format!("docs/reference/profiles/{role}.md"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn every_column_is_on_its_page() {
    for profile in profile::all() {
        let page = page(profile.role);
        for column in profile.columns {
            assert!(
                page.contains(&format!("`{}`", column.name)),
                "{}: {}",
                profile.name,
                column.name
            );
        }
    }
}

fn accepted(folder: &Path, role: &str, yaml: &str, csv: &str) {
    write(&folder.join(format!("data/{role}.csv")), csv);
    let yaml = yaml.lines().filter(|l| !l.starts_with("keys:")).collect::<Vec<_>>().join("\n");
    workspace(
        folder,
        &format!("{yaml}\nkeys: {{operator: keys/operator.pem, log: keys/log.pem}}\n"),
    );
    let ran = tieout(folder, &["run", "-o", "json=result.json"]);
    let text = std::fs::read_to_string(folder.join("result.json"));
    let text = text.unwrap_or_else(|_| panic!("{role}: {}{}", ran.stdout, ran.stderr));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let datasets = report["result"]["datasets"].as_array().unwrap();
    assert_eq!(datasets.len(), 1, "{role}");
    assert_ne!(datasets[0]["accepted"], "0", "{role}: {}", report["result"]["refused_rows"]);
    assert_eq!(datasets[0]["refused"], "0", "{role}: {}", report["result"]["refused_rows"]);
}

#[test]
fn every_worked_example_runs() {
    let roles: std::collections::BTreeSet<_> = profile::all().map(|p| p.role).collect();
    for role in roles {
        let page = page(role);
        let (yaml, csv) = (blocks(&page, "yaml"), blocks(&page, "csv"));
        assert!(!yaml.is_empty() && !csv.is_empty(), "{role} has no worked example");
        let folder = tempfile::tempdir().unwrap();
        accepted(folder.path(), role, &yaml[0], &csv[0]);
    }
}
