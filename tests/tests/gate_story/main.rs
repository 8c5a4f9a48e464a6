//! A repository of rates, and the requests of a spring: what each does, who approved it, and what its
//! author, its approver and the finance people read about it. Money is worked out in [`usage`], by sums that
//! are written out.

#![cfg(test)]

mod closed;
mod company;
mod flips;
mod legacy;
mod policies;
mod pulls;
mod release;
mod repository;
mod review;
mod usage;

use company::{RATES, Table};
use pulls::{At, PULLS, Pull};
use repository::{Branch, Scratch};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use tieout_tests::Ran;

/// The day on which the requests are looked at.
const TODAY: &str = "2026-06-10";

#[test]
fn every_request_ends_as_its_story_says() {
    let scratch = Scratch::new();
    let mut wrong = Vec::new();
    for (number, pull) in PULLS.iter().enumerate() {
        let told = story(&scratch, number, pull);
        wrong.extend(told.into_iter().map(|what| format!("#{number} {}: {what}", pull.title)));
    }
    assert!(PULLS.len() >= 25);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a run of the gate gave.
pub(crate) struct Gated {
    pub(crate) ran: Ran,
    pub(crate) markdown: String,
    pub(crate) sarif: Json,
    pub(crate) json: Json,
}

/// Runs the gate over a branch, with these flags beside.
pub(crate) fn gate(branch: &Branch<'_>, flags: &[String]) -> Gated {
    let scratch = branch.scratch;
    let outputs = ["md", "sarif", "json"].map(|form| (form, format!("ci/out.{form}")));
    let mut arguments =
        vec!["gate", "rates", "--base", &branch.base, "--head", &branch.name, "--as-of", TODAY];
    let named = outputs.each_ref().map(|(form, file)| format!("{form}={file}"));
    for output in &named {
        arguments.extend(["-o", output]);
    }
    arguments.extend(flags.iter().map(String::as_str));
    std::fs::create_dir_all(scratch.path("ci")).unwrap();
    for (_, file) in &outputs {
        let _ = std::fs::remove_file(scratch.path(file));
    }
    let ran = scratch.tieout(&arguments);
    let [markdown, sarif, json] =
        outputs.map(|(_, file)| std::fs::read_to_string(scratch.path(&file)).unwrap_or_default());
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or(Json::Null);
    Gated { ran, sarif: parsed(&sarif), json: parsed(&json), markdown }
}

/// The branch, its approvals and the gate.
pub(crate) fn judged<'s>(scratch: &'s Scratch, name: &str, pull: &Pull) -> (Branch<'s>, Gated) {
    let mut branch = Branch::open(scratch, name);
    (pull.made)(&mut branch);
    scratch.git(&["checkout", "-q", "-f", "main"]);
    // An approver reads the digest in the comment of a first run.
    let first = gate(&branch, &[]);
    let digest = first.json["diff_digest"].as_str().unwrap_or_default().to_owned();
    let mut flags: Vec<String> = pull.flags.iter().map(ToString::to_string).collect();
    flags.extend(review::exported(&branch, pull.approved, &digest));
    let gated = gate(&branch, &flags);
    (branch, gated)
}

/// A request's story; gives what went otherwise.
fn story(scratch: &Scratch, number: usize, pull: &Pull) -> Vec<String> {
    let usual: Vec<_> = pull.disk.iter().map(|(file, _)| (*file, scratch.read(file))).collect();
    for (file, text) in pull.disk {
        scratch.write(file, text);
    }
    let (branch, gated) = judged(scratch, &format!("pull-{number}"), pull);
    for (file, text) in usual {
        scratch.write(file, &text);
    }
    let mut wrong = Vec::new();
    if gated.ran.code != pull.exit {
        let said = format!("{}{}", gated.ran.stdout, gated.ran.stderr);
        wrong.push(format!("ends with {}, not {}\n{said}", gated.ran.code, pull.exit));
    }
    let mut says: Vec<String> = pull.says.iter().map(ToString::to_string).collect();
    for (control, code, at) in pull.alerts {
        says.push(format!("{control} `{code}`"));
        if let Some(line) = line(&branch, *at) {
            says.push(format!("`{}:{line}`", branch.file));
        }
    }
    if let Some(money) = pull.money.map(|of| of(&scratch.usage)).filter(|money| *money != 0) {
        says.push(usage::shown(money, "EUR"));
    }
    for word in says.iter().filter(|word| !told(&gated.markdown, word)) {
        wrong.push(format!("the comment doesn't say `{word}`\n{}", gated.markdown));
    }
    let (found, expected) = (alerts(&gated.sarif), expected(&branch, pull));
    if found != expected {
        wrong.push(format!("SARIF has {found:#?}, not {expected:#?}"));
    }
    if let Some(money) = pull.money {
        wrong.extend(sums(&gated.json, usage::may_in_euros(&scratch.usage), money(&scratch.usage)));
    }
    wrong
}

/// Whether a comment says something, whatever of it is escaped.
fn told(markdown: &str, word: &str) -> bool {
    markdown.replace('\\', "").contains(word)
}

/// An alert of SARIF: rule, file, line, and the waiver that suppresses it.
type Shown = (String, String, u64, String);

fn alerts(sarif: &Json) -> BTreeMap<Shown, usize> {
    let mut found = BTreeMap::new();
    for result in sarif["runs"][0]["results"].as_array().into_iter().flatten() {
        let place = &result["locations"][0]["physicalLocation"];
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let shown = (
            text(&result["ruleId"]),
            text(&place["artifactLocation"]["uri"]),
            place["region"]["startLine"].as_u64().unwrap_or_default(),
            text(&result["suppressions"][0]["justification"]).replace("waiver ", ""),
        );
        *found.entry(shown).or_insert(0) += 1;
    }
    found
}

fn expected(branch: &Branch<'_>, pull: &Pull) -> BTreeMap<Shown, usize> {
    let mut expected = BTreeMap::new();
    for (control, _, at) in pull.alerts {
        let waiver = pull.waived.iter().find(|(waived, _)| waived == control);
        let shown = (
            control.to_string(),
            branch.file.clone(),
            line(branch, *at).unwrap_or(1),
            waiver.map_or_else(String::new, |(_, waiver)| waiver.to_string()),
        );
        *expected.entry(shown).or_insert(0) += 1;
    }
    expected
}

fn line(branch: &Branch<'_>, at: At) -> Option<u64> {
    match at {
        At::Rate(id, day) => Some(branch.table.line(id, day)),
        At::Gone(id, day) => Some(Table::of_the_company().line(id, day)),
        At::Nowhere => None,
    }
}

/// The totals are the month's by our own sums, and every dimension adds up to them.
fn sums(json: &Json, month: usage::Cents, delta: usage::Cents) -> Vec<String> {
    let cents = |value: &Json| -> usage::Cents {
        let text = value.as_str().unwrap_or("0");
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{rest:0<2}").parse().unwrap_or(i128::MIN)
    };
    let mut wrong = Vec::new();
    let mut check = |what: String, found: usage::Cents, is: usage::Cents| {
        if found != is {
            wrong.push(format!("{what} is {found} cents, not {is}"));
        }
    };
    let rerating = &json["rerating"];
    let total = &rerating["totals"]["EUR"];
    check("the difference".to_owned(), cents(&total["delta"]), delta);
    if delta != 0 {
        check("after less before".to_owned(), cents(&total["new"]) - cents(&total["old"]), delta);
    }
    let old = cents(&total["old"]);
    // A base of its own has other prices.
    if json["base"]["shown"] == "main" {
        check("the month".to_owned(), old, month);
    }
    for (dimension, values) in rerating["by"].as_object().into_iter().flatten() {
        let in_euros = values.as_array().into_iter().flatten().filter(|v| v["currency"] == "EUR");
        let (mut before, mut moved) = (0, 0);
        for value in in_euros {
            before += cents(&value["money"]["old"]);
            moved += cents(&value["money"]["delta"]);
        }
        check(format!("the sum by {dimension}"), moved, delta);
        check(format!("the month by {dimension}"), before, old);
    }
    wrong
}

#[test]
fn the_table_of_the_stories_is_the_one_of_the_company() {
    let table = Table::of_the_company();
    assert_eq!(table.line("VMS-EU-R", "2026-01-01"), 2);
    assert!(
        table.csv().lines().nth(1).unwrap().starts_with("VMS-EU-R,2026-01-01T00:00:00Z,,vm-small")
    );
    assert_eq!(RATES, "rates.csv");
    assert!(usage::usage().len() > 2_000);
}
