//! The pages of the schema profiles: every profile has one, and its worked example runs.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::Path;
use tieout_controls::profile::{self, Vocabulary};
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

/// The values of a vocabulary, as a page has them.
fn values(vocabulary: Vocabulary) -> String {
    let country = "country codes of ISO 3166-1 alpha-2, and `XK` for Kosovo";
    match vocabulary {
        Vocabulary::Words(words) => {
            let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            quoted.join(", ")
        }
        Vocabulary::Countries => format!("{country}; Greece is `GR`, the United Kingdom `GB`"),
        Vocabulary::Jurisdictions => {
            format!("{country}, each alone or with a subdivision of ISO 3166-2 (`US-CA`)")
        }
    }
}

#[test]
fn every_closed_vocabulary_is_on_its_page_and_no_other() {
    for role in profile::all().map(|p| p.role).collect::<BTreeSet<_>>() {
        let profiles = profile::all().filter(|p| p.role == role);
        let closed = profiles.flat_map(|p| p.columns).filter_map(|column| {
            Some(format!("| `{}` | {} |", column.name, values(column.vocabulary?)))
        });
        let closed: BTreeSet<_> = closed.collect();
        let page = page(role);
        let section = page.split("\n## ").find(|section| section.starts_with("Allowed values"));
        let lines = section.unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
        let stated: BTreeSet<_> = lines.map(str::to_owned).collect();
        assert_eq!(stated, closed, "{role}");
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
    let roles: BTreeSet<_> = profile::all().map(|p| p.role).collect();
    for role in roles {
        let page = page(role);
        let (yaml, csv) = (blocks(&page, "yaml"), blocks(&page, "csv"));
        assert!(!yaml.is_empty() && !csv.is_empty(), "{role} has no worked example");
        let folder = tempfile::tempdir().unwrap();
        accepted(folder.path(), role, &yaml[0], &csv[0]);
    }
}
