//! Who may import whom. A folder is a crate, and the values move one way; this is what holds it.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

type Graph = BTreeMap<String, BTreeSet<String>>;

/// For each of our crates, the crates of ours that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("tieout-controls", &[]),
    ("tieout-policies", &["tieout-controls"]),
    ("tieout-evidence", &["tieout-controls"]),
    ("tieout-engine", &["tieout-controls", "tieout-policies"]),
    ("tieout-search", &["tieout-controls", "tieout-evidence"]),
    ("tieout-deck", &[]),
    (
        "tieout-cli",
        &[
            "tieout-controls",
            "tieout-policies",
            "tieout-evidence",
            "tieout-engine",
            "tieout-search",
            "tieout-deck",
        ],
    ),
];

/// What must not be reachable from a crate by any path of normal dependencies.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("tieout-evidence", &["tokio", "datafusion", "tantivy", "cedar-policy"]),
    ("tieout-policies", &["tokio", "datafusion"]),
    ("tieout-search", &["datafusion", "cedar-policy"]),
    ("tieout-engine", &["tantivy", "ed25519-dalek"]),
    ("tieout-deck", &["datafusion", "tokio"]),
];

/// The most packages that each crate's tree may hold, itself included: what has to be trusted.
const SIZES: &[(&str, usize)] = &[
    ("tieout-controls", 30),
    ("tieout-evidence", 40),
    ("tieout-policies", 160),
    ("tieout-search", 140),
    ("tieout-engine", 280),
];

/// The normal dependencies of every package of the lock file on this platform, default features.
fn tree(package: &str) -> Graph {
    let shape = ["--edges", "normal", "--prefix", "depth", "--format", " {p}"];
    parse_tree(&cargo_tree(&[&shape[..], &["--package", package]].concat()))
}

fn cargo_tree(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked"])
        .args(arguments)
        .current_dir(tieout_tests::repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn parse_tree(text: &str) -> Graph {
    let mut graph = Graph::new();
    let mut path: Vec<String> = Vec::new();
    for line in text.lines().filter(|l| !l.is_empty()) {
        let (depth, package) = line.split_once(' ').unwrap();
        let depth: usize = depth.parse().unwrap();
        let name = package.split(' ').next().unwrap().to_owned();
        path.truncate(depth);
        if let Some(parent) = path.last() {
            graph.entry(parent.clone()).or_default().insert(name.clone());
        }
        graph.entry(name.clone()).or_default();
        path.push(name);
    }
    graph
}

/// Every edge of ours that is not allowed, and everything reachable that is forbidden.
fn violations(package: &str, graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for (from, allowed) in ALLOWED {
        let edges = graph.get(*from).into_iter().flatten();
        let ours = edges.filter(|to| to.starts_with("tieout-") && !allowed.contains(&to.as_str()));
        found.extend(ours.map(|to| format!("{from} -> {to}")));
    }
    let forbidden = FORBIDDEN.iter().find(|(name, _)| *name == package).map_or(&[][..], |(_, f)| f);
    let reached = forbidden.iter().filter(|name| graph.contains_key(**name));
    found.extend(reached.map(|name| format!("{package} -> … -> {name}")));
    found
}

#[test]
fn the_edges_between_crates_are_the_allowed_ones() {
    for (package, _) in ALLOWED {
        assert_eq!(violations(package, &tree(package)), [""; 0], "{package}");
    }
}

#[test]
fn a_wrong_edge_is_seen() {
    let graph = parse_tree(
        "0 tieout-evidence v0.1.0\n1 tieout-engine v0.1.0\n2 datafusion v55.2.0\n1 tieout-controls v0.1.0\n",
    );
    let expected = ["tieout-evidence -> tieout-engine", "tieout-evidence -> … -> datafusion"];
    assert_eq!(violations("tieout-evidence", &graph), expected);
}

#[test]
fn what_must_be_trusted_stays_small() {
    for (package, most) in SIZES {
        let size = tree(package).len();
        println!("{package}: {size} packages (at most {most})");
        assert!(size <= *most, "{package} has {size} packages, more than {most}");
    }
}

/// What the README's first command compiled, its second doesn't compile again: tests ask no other
/// features of the crates below us than the program does.
#[test]
fn the_tests_use_the_same_build_of_every_dependency() {
    let features = |arguments: &[&str]| {
        let shape = ["--prefix", "none", "--format", "{p}|{f}"];
        let text = cargo_tree(&[&shape[..], arguments].concat());
        let mut features: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with("tieout-")) {
            let (package, list) = line.trim_end_matches(" (*)").split_once('|').unwrap_or_default();
            features.entry(package.to_owned()).or_default().insert(list.to_owned());
        }
        features
    };
    let program = features(&["--edges", "normal,build", "--package", "tieout-cli"]);
    let tests = features(&["--edges", "normal,build,dev", "--workspace"]);
    assert!(program.len() > 100, "{} packages", program.len());
    for (package, wanted) in program {
        assert_eq!(Some(&wanted), tests.get(&package), "{package}: other features for tests");
    }
}

/// One generation of what defines the types that cross crates.
#[test]
fn the_lock_file_has_one_of_each() {
    let lock = std::fs::read_to_string(tieout_tests::repository().join("Cargo.lock")).unwrap();
    for name in ["arrow-array", "arrow-schema", "datafusion", "object_store", "parquet"] {
        let entry = format!("name = \"{name}\"");
        assert_eq!(lock.lines().filter(|l| *l == entry).count(), 1, "{name}");
    }
}

/// Versions are declared once, in the workspace.
#[test]
fn members_take_their_versions_from_the_workspace() {
    let root = tieout_tests::repository();
    for member in
        ["controls", "policies", "engine", "evidence", "search", "cli", "tests", "tests/deck"]
    {
        let manifest = std::fs::read_to_string(root.join(member).join("Cargo.toml")).unwrap();
        let own =
            manifest.lines().filter(|l| l.contains("version = \"") || l.contains("path = \"../"));
        assert_eq!(own.collect::<Vec<_>>(), [""; 0], "{member}/Cargo.toml");
    }
}
