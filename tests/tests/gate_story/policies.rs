//! Changes of the policies that decide over the company's credits: what each no longer finds, what its tests
//! are worth, who may approve it. Six credits are all there is, so that what is found is plain to see.

use crate::TODAY;
use crate::repository::{ANNA, Branch, Scratch};
use crate::review::{self, Approval};
use serde_json::Value as Json;
use std::path::Path;
use tieout_tests::{Ran, peers_wanted, repository, run};

/// Three are over 1,000 in euros, one in dollars.
const CREDITS: &str = "\
credit_id,kind,dispute_id,sla_id,period,amount,currency,issued_at,approved_by,reverses,gl_entry
CR-1,final,D-1,,2026-05,400.00,EUR,2026-05-02T08:00:00Z,ben,,
CR-2,final,D-2,,2026-05,1500.00,EUR,2026-05-03T08:00:00Z,ben,,
CR-3,final,D-3,,2026-05,2500.00,EUR,2026-05-04T08:00:00Z,cleo,,
CR-4,sla,,S-1,2026-05,900.00,USD,2026-05-05T08:00:00Z,cleo,,
CR-5,reversal,,,2026-05,1200.00,USD,2026-05-06T08:00:00Z,dan,CR-9,
CR-6,final,D-6,,2026-05,30000.00,EUR,2026-05-07T08:00:00Z,dan,,
";

const BUNDLE: &str = "\
name: house
version: 1.0.0
sources: [Credit policy 2026]
owner: Finance
approver: Board
";

const CHANGELOG: &str = "# Changelog\n\n## 1.0.0\n\n- The first rules.\n";

const RULE: &str = "\
# METADATA
# title: Credits stay under the limit
# description: No credit is larger than the limit.
# custom:
#   severity: high
#   references: [Credit policy 2026]
package house.large_credit

violation contains {\"code\": \"credit-too-large\", \"actual\": input.amount} if {
\tinput.amount > data.parameters.limit
}
";

const TESTS: &str = "\
package house.large_credit_test

import data.house.large_credit

limits := {\"limit\": 1000}

codes(record) := found if {
\tfound := {fact.code | some fact in large_credit.violation} with input as record
\t\twith data.parameters as limits
}

test_over if {
\tcodes({\"amount\": 1000.01}) == {\"credit-too-large\"}
}

test_at if {
\tcodes({\"amount\": 1000}) == set()
}

test_missing if {
\tlarge_credit.undetermined == {{\"column\": \"amount\", \"reason\": \"null\"}} with input as {}
\t\twith data.parameters as limits
}

test_facts if {
\tfound := large_credit.violation with input as {\"amount\": 1001}
\t\twith data.parameters as limits
\tfound == {{\"code\": \"credit-too-large\", \"actual\": 1001}}
}
";

const REVERSALS: &str = "\
@id(\"credit\")
permit (principal is Person, action == Action::\"approve\", resource is Credit);

@id(\"reversal\")
@code(\"reversal-approved-alone\")
@message(\"a reversal needs another hand\")
forbid (principal is Person, action == Action::\"approve\", resource is Credit)
when { resource.kind == \"reversal\" };
";

const REQUEST: &str = "\
principal: {type: Person, id: approved_by}
action: approve
resource:
  type: Credit
  id: credit_id
  attributes:
    kind: {column: kind}
";

fn control(id: &str, columns: &str, rule: &str, parameters: &str) -> String {
    format!(
        "id: {id}
title: What the house asks of credits
family: house
kind: control-test
assertion: accuracy
objective: No credit is granted that nobody may grant.
risk: Money leaves.
severity: high
owner: Finance
frequency: monthly
population:
  base: credit
  query:
    sql: SELECT _file, _row, {columns}, amount, currency FROM base
  exposure: {{amount: amount, currency: currency}}
policy: {{bundle: house, rule: {rule}}}
{parameters}"
    )
}

const LIMIT: &str = "\
parameters:
  limit: {type: decimal, value: \"1000\", description: The most that one credit is.}
";

/// The company with its rules over credits, and the data beside.
fn company() -> Scratch {
    Scratch::with(|scratch| {
        let workspace = scratch.read("tieout.yaml");
        let workspace = workspace.replace(
            "controls:\n",
            "own: {catalogue: controls, bundles: [policies/house]}\n\
             controls:\n  include: [HSE-01, HSE-02]\n",
        );
        let workspace = workspace.replace(
            "  accounts: {files",
            "  credits:\n    files: [data/credits.csv]\n    profile: credit-1\n    \
             expected: {rows: \"6\", source: billing, obtained_by: audit, at: 2026-06-10T08:00:00Z}\n  \
             accounts: {files",
        );
        scratch.write("tieout.yaml", &workspace);
        let grants = scratch.read("people/grants.csv").replace(
            "head-of-finance,,2026-01-01T00:00:00Z,,board,\n",
            "head-of-finance,,2026-01-01T00:00:00Z,,board,\n\
             ben,policy-approver,,2026-01-01T00:00:00Z,,board,\n\
             cleo,policy-approver,,2026-01-01T00:00:00Z,,board,\n",
        );
        scratch.write("people/grants.csv", &grants);
        scratch.write("data/credits.csv", CREDITS);
        scratch.write("policies/house/bundle.yaml", BUNDLE);
        scratch.write("policies/house/CHANGELOG.md", CHANGELOG);
        scratch.write("policies/house/large-credit/rule.rego", RULE);
        scratch.write("policies/house/large-credit/rule_test.rego", TESTS);
        scratch.write("policies/house/reversals/rule.cedar", REVERSALS);
        scratch.write("policies/house/reversals/request.yaml", REQUEST);
        let first = control("HSE-01", "credit_id", "large-credit", LIMIT);
        scratch.write("controls/house/HSE-01/control.yaml", &first);
        let second = control("HSE-02", "credit_id, kind, approved_by", "reversals", "")
            .replace("policy:", "  erasable: Who may reverse is decided by name.\npolicy:");
        scratch.write("controls/house/HSE-02/control.yaml", &second);
    })
}

/// What a run of the gate gave.
struct Judged {
    ran: Ran,
    json: Json,
    markdown: String,
}

impl Judged {
    /// Control and code of what was found, sorted, each once.
    fn findings(&self) -> Vec<String> {
        let found = self.json["findings"].as_array().into_iter().flatten();
        let mut all: Vec<String> = found
            .map(|f| format!("{} {}", f["control"].as_str().unwrap(), f["code"].as_str().unwrap()))
            .collect();
        all.sort();
        all.dedup();
        all
    }

    #[track_caller]
    fn is(&self, code: i32, findings: &[&str]) -> &Self {
        let said = format!("{}\n{}{}", self.markdown, self.ran.stdout, self.ran.stderr);
        assert_eq!(
            (self.ran.code, self.findings()),
            (code, findings.iter().map(ToString::to_string).collect()),
            "{said}"
        );
        for jargon in ["panicked", "Option<", "Err(", "/tmp"] {
            assert!(!said.contains(jargon), "`{jargon}` in:\n{said}");
        }
        self
    }
}

fn gate(branch: &Branch<'_>, flags: &[String]) -> Judged {
    let scratch = branch.scratch;
    std::fs::create_dir_all(scratch.path("ci")).unwrap();
    for file in ["ci/p.json", "ci/p.md"] {
        let _ = std::fs::remove_file(scratch.path(file));
    }
    let mut arguments = vec![
        "gate",
        "policies",
        "--base",
        &branch.base,
        "--head",
        &branch.name,
        "--as-of",
        TODAY,
        "-o",
        "json=ci/p.json",
        "-o",
        "md=ci/p.md",
        "-o",
        "text",
    ];
    arguments.extend(flags.iter().map(String::as_str));
    let ran = scratch.tieout(&arguments);
    let read = |file: &str| std::fs::read_to_string(scratch.path(file)).unwrap_or_default();
    let json = serde_json::from_str(&read("ci/p.json")).unwrap_or(Json::Null);
    Judged { ran, json, markdown: read("ci/p.md") }
}

/// A request that writes these files, and its gate with these approvals.
fn request(scratch: &Scratch, name: &str, files: &[(&str, &str)], approved: &[Approval]) -> Judged {
    let mut branch = Branch::open(scratch, name);
    for (file, text) in files {
        branch.write(file, text);
    }
    branch.commits.push(scratch.commit(ANNA, "2026-06-09", name));
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let first = gate(&branch, &[]);
    let digest = first.json["diff_digest"].as_str().unwrap_or_default().to_owned();
    gate(&branch, &review::exported(&branch, approved, &digest))
}

/// The rule with twice the limit, its tests, and its bundle with a version and a star of its own.
fn doubled() -> [(&'static str, String); 4] {
    let tests = TESTS
        .replace("1000.01", "2000.01")
        .replace("\"amount\": 1000}", "\"amount\": 2000}")
        .replace("1001", "2001");
    let log = "## 1.1.0\n\n- ★ Credits up to twice the limit pass.\n\n## 1.0.0";
    [
        ("policies/house/large-credit/rule.rego", RULE.replace(".limit", ".limit * 2")),
        ("policies/house/large-credit/rule_test.rego", tests),
        ("policies/house/bundle.yaml", BUNDLE.replace("1.0.0", "1.1.0")),
        ("policies/house/CHANGELOG.md", CHANGELOG.replace("## 1.0.0", log)),
    ]
}

fn files<'a>(of: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    of.iter().map(|(file, text)| (*file, text.as_str())).collect()
}

const BOTH: [Approval; 2] = [Approval::GitHub("ben-k", 0), Approval::GitHub("cleo-o", 0)];

#[test]
fn a_loosened_rule_names_what_is_no_longer_found_and_what_it_comes_to() {
    let scratch = company();
    let judged = request(&scratch, "looser", &files(&doubled()), &BOTH);
    // CR-2 and CR-5 are over 1,000 and not over 2,000: 1,500 euros and 1,200 dollars.
    judged.is(0, &[]);
    let lines = judged.json["policies"].as_array().unwrap();
    let told: Vec<[&str; 5]> = lines
        .iter()
        .map(|line| {
            ["subject", "loosened", "loosened_amount", "currency", "tightened"]
                .map(|column| line[column].as_str().unwrap())
        })
        .collect();
    let amount = |text: &str| match text.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|b| b == b'0') => whole.to_owned(),
        _ => text.to_owned(),
    };
    assert_eq!(told.len(), 2, "{told:?}");
    for (line, [subject, loosened, money, currency, tightened]) in
        told.iter().zip([["HSE-01", "1", "1500", "EUR", "0"], ["HSE-01", "1", "1200", "USD", "0"]])
    {
        assert_eq!((line[0], line[1], line[3], line[4]), (subject, loosened, currency, tightened));
        assert_eq!(amount(line[2]), money);
    }
    let named = judged.json["policies"][0]["no_longer_found"].to_string();
    assert!(named.contains("CR-2") && named.contains("CR-5") && !named.contains("CR-6"), "{named}");
    assert!(judged.markdown.contains("no longer found: "), "{}", judged.markdown);
    assert!(!judged.markdown.contains("ben"), "a person is named:\n{}", judged.markdown);
    // The period is the last closed month, in which all six were issued.
    assert_eq!(judged.json["period"], "2026-05-01 to 2026-05-31");
    // One approval is enough for 1,000; both amounts are more.
    request(&scratch, "looser-1", &files(&doubled()), &BOTH[..1])
        .is(1, &["RG-20 approvals-missing"]);
}

#[test]
fn a_rule_is_as_good_as_its_tests_version_and_star() {
    let scratch = company();
    let [rule, tests, bundle, log] = doubled();
    // The rule alone: the tests of the old one fail, and the version is the old one's.
    let alone = request(&scratch, "alone", &files(std::slice::from_ref(&rule)), &BOTH);
    alone.is(
        1,
        &[
            "PG-01 part-not-covered",
            "PG-01 test-fails",
            "PG-04 not-starred",
            "PG-04 version-not-raised",
        ],
    );
    let place = &alone.json["findings"][0];
    assert_eq!(place["file"], "policies/house/large-credit/rule.rego");
    let unstarred = [rule.clone(), tests.clone(), bundle.clone()];
    request(&scratch, "unstarred", &files(&unstarred), &BOTH).is(1, &["PG-04 not-starred"]);
    // Tests that only look at large amounts don't notice the limit.
    let weak = (
        "policies/house/large-credit/rule_test.rego",
        TESTS
            .replace("1000.01", "9000")
            .replace("\"amount\": 1000}", "\"amount\": 1}")
            .replace("1001", "9001"),
    );
    let weak = [rule.clone(), weak, bundle.clone(), log.clone()];
    request(&scratch, "weak", &files(&weak), &BOTH).is(1, &["PG-02 mutants-survive"]);
    let none = [rule, ("policies/house/large-credit/rule_test.rego", String::new()), bundle, log];
    let none = request(&scratch, "none", &files(&none), &BOTH);
    assert_ne!(none.ran.code, 0, "{}", none.markdown);
}

#[test]
fn a_parameter_counts_as_what_it_changes() {
    let scratch = company();
    let workspace = scratch.read("tieout.yaml");
    let settings = "    HSE-01: {parameters: {limit: \"2500\"}}\n    RG-01:";
    let looser = workspace.replace("    RG-01:", settings);
    // CR-2, CR-3 and CR-5 are found no more: 4,000 euros, 1,200 dollars.
    let judged = request(&scratch, "limit", &[("tieout.yaml", &looser)], &BOTH);
    judged.is(0, &[]);
    assert_eq!(judged.json["policies"][0]["loosened"], "2");
    // A limit that lets the 30,000 pass is past what one request may lose.
    let settings = settings.replace("2500", "40000");
    let laxest = workspace.replace("    RG-01:", &settings);
    request(&scratch, "limits", &[("tieout.yaml", &laxest)], &BOTH)
        .is(1, &["PG-05 loosened-amount", "RG-20 approvals-missing"]);
}

#[test]
fn a_control_is_not_switched_off_unseen() {
    let scratch = company();
    let workspace = scratch.read("tieout.yaml");
    let without = workspace.replace("include: [HSE-01, HSE-02]", "include: [HSE-02]");
    let judged = request(&scratch, "without", &[("tieout.yaml", &without)], &BOTH);
    judged.is(1, &["PG-05 loosened-amount", "PG-06 control-removed", "RG-20 approvals-missing"]);
    let lower = control("HSE-01", "credit_id", "large-credit", LIMIT).replace(": high", ": low");
    request(&scratch, "lower", &[("controls/house/HSE-01/control.yaml", &lower)], &BOTH)
        .is(1, &["PG-06 severity-lowered"]);
    // What is left out by the query is found no more either.
    let fewer = control("HSE-01", "credit_id", "large-credit", LIMIT)
        .replace("  query:", "  where: kind <> 'reversal'\n  query:");
    let judged =
        request(&scratch, "fewer", &[("controls/house/HSE-01/control.yaml", &fewer)], &BOTH);
    judged.is(0, &[]);
    assert_eq!(judged.json["policies"][0]["loosened"], "1");
}

#[test]
fn cedar_says_what_becomes_allowed() {
    let scratch = company();
    let [_, _, bundle, log] = doubled();
    let exempt =
        REVERSALS.replace("== \"reversal\" }", "== \"reversal\" && principal != Person::\"zoe\" }");
    let rule = ("policies/house/reversals/rule.cedar", exempt);
    // Zoe approved none of the six: the data alone would not show it.
    let judged = request(&scratch, "zoe", &files(&[rule, bundle.clone(), log.clone()]), &BOTH);
    judged.is(1, &["PG-07 became-allowed"]);
    assert!(judged.json["policies"][0]["newly_allowed"].as_str().unwrap().contains("zoe"));
    assert_eq!(judged.json["policies"][0]["loosened"], "0");
    // The same in other words allows nothing new.
    let same = REVERSALS.replace(
        "when { resource.kind == \"reversal\" }",
        "unless { resource.kind != \"reversal\" }",
    );
    let rule = ("policies/house/reversals/rule.cedar", same);
    request(&scratch, "same", &files(&[rule, bundle.clone(), log.clone()]), &BOTH).is(0, &[]);
    // Of what can't be listed nobody knows.
    let like = REVERSALS.replace("resource.kind == \"reversal\"", "resource.kind like \"rev*\"");
    let rule = ("policies/house/reversals/rule.cedar", like);
    request(&scratch, "like", &files(&[rule, bundle, log]), &BOTH).is(3, &[]);
}

#[test]
fn what_judges_it_comes_from_the_base() {
    let scratch = company();
    // The request that loosens PG-05 is judged by PG-05 as it was, and so is what it loosens beside.
    let workspace = scratch.read("tieout.yaml");
    let settings = "    HSE-01: {parameters: {limit: \"40000\"}}\n    \
                    PG-05: {parameters: {max_loosened_amount: \"99999\"}}\n    RG-01:";
    let both = workspace.replace("    RG-01:", settings);
    let judged = request(&scratch, "both", &[("tieout.yaml", &both)], &BOTH);
    judged.is(1, &["PG-05 loosened-amount", "RG-20 approvals-missing"]);
    // Other people, keys or data aren't changed with policies.
    let other = workspace.replace("HSE-01, HSE-02]", "HSE-02, HSE-01]");
    request(&scratch, "order", &[("tieout.yaml", &other)], &[]).is(0, &[]);
    let [rule, tests, bundle, log] = doubled();
    let people = (
        "people/grants.csv",
        scratch.read("people/grants.csv").replace("emil,engineer", "emil,policy-approver"),
    );
    let mixed = [rule, tests, bundle, log, people];
    request(&scratch, "mixed", &files(&mixed), &BOTH).is(1, &["RG-23 protected-files-changed"]);
    let elsewhere = workspace.replace("output: out\n", "output: elsewhere\n");
    request(&scratch, "elsewhere", &[("tieout.yaml", &elsewhere)], &BOTH)
        .is(1, &["RG-20 approvals-missing"]);
}

#[test]
fn approvals_hold_for_what_is_evaluated() {
    let scratch = company();
    let doubled = doubled();
    let mut branch = Branch::open(&scratch, "later");
    for (file, text) in &doubled {
        branch.write(file, text);
    }
    branch.commits.push(scratch.commit(ANNA, "2026-06-09", "looser"));
    let approved = branch.commits.len() - 1;
    let reviews = [Approval::GitHub("ben-k", approved), Approval::GitHub("cleo-o", approved)];
    // A commit elsewhere keeps them, one of the rule doesn't.
    branch.write("README.md", "A word more.\n");
    branch.commits.push(scratch.commit(ANNA, "2026-06-09", "a word"));
    scratch.git(&["checkout", "-q", "-f", "main"]);
    gate(&branch, &review::exported(&branch, &reviews, "")).is(0, &[]);
    scratch.git(&["checkout", "-q", "-f", "later"]);
    branch.write("policies/house/large-credit/rule.rego", &doubled[0].1.replace("* 2", "* 2 * 1"));
    branch.commits.push(scratch.commit(ANNA, "2026-06-09", "again"));
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let judged = gate(&branch, &review::exported(&branch, &reviews, ""));
    assert!(
        judged.findings().contains(&"RG-20 approvals-missing".to_owned()),
        "{:?}",
        judged.findings()
    );
}

#[test]
fn what_cannot_be_compared_is_not_allowed() {
    let scratch = company();
    let doubled = doubled();
    // Data that don't tie out say nothing of either rule.
    scratch.write(
        "data/credits.csv",
        CREDITS.lines().take(5).map(|l| format!("{l}\n")).collect::<String>().as_str(),
    );
    let judged = request(&scratch, "untied", &files(&doubled), &BOTH);
    assert_eq!(judged.ran.code, 1, "{}", judged.markdown);
    assert!(judged.json["open"].to_string().contains("PG-05"), "{}", judged.json["open"]);
    assert_eq!(judged.json["policies"][0]["comparison"], "not-possible");
    scratch.write("data/credits.csv", CREDITS);
    // A rule that can't be read is nobody's fault but the author's, and is told with its line.
    let wrong = [(
        "policies/house/large-credit/rule.rego",
        RULE.replace("input.amount >", "input.amont >"),
    )];
    let judged = request(&scratch, "wrong", &files(&wrong), &[]);
    judged.is(2, &[]);
    assert!(
        judged.ran.stderr.contains("policies/house/large-credit/rule.rego:10:"),
        "{}",
        judged.ran.stderr
    );
    assert!(judged.ran.stderr.contains("amont >"), "{}", judged.ran.stderr);
    // Nobody looked: that takes the most approvals.
    let mut branch = Branch::open(&scratch, "unseen");
    for (file, text) in &doubled {
        branch.write(file, text);
    }
    branch.commits.push(scratch.commit(ANNA, "2026-06-09", "looser"));
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let mut flags = review::exported(&branch, &BOTH, "");
    flags.push("--no-data".to_owned());
    gate(&branch, &flags).is(1, &["RG-20 approvals-missing"]);
}

#[test]
fn the_sealed_result_is_no_result_about_rates() {
    let scratch = company();
    let mut branch = Branch::open(&scratch, "sealed");
    for (file, text) in &doubled() {
        branch.write(file, text);
    }
    branch.commits.push(scratch.commit(ANNA, "2026-06-09", "looser"));
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let mut flags = review::exported(&branch, &BOTH, "");
    flags.push("--sign".to_owned());
    gate(&branch, &flags).is(0, &[]);
    let packs = std::fs::read_dir(scratch.path("out/packs")).unwrap();
    let pack = packs.map(|pack| pack.unwrap().path()).max().unwrap();
    assert!(Path::new(&pack).join("policy/judged/policies.txt").is_file());
    let pack = pack.to_str().unwrap();
    let anchors = ["--operator-key", "keys/operator.pem.pub", "--log-key", "keys/log.pem.vkey"];
    let mut verify = vec!["verify", pack];
    verify.extend(anchors);
    let ran = scratch.tieout(&verify);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let mut compared = vec!["gate", "verify", "--table", "rates.csv", "--result", pack];
    compared.extend(anchors);
    let ran = scratch.tieout(&compared);
    assert_eq!(ran.code, 4, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("gate policies"), "{}", ran.stderr);
}

/// The formats for programs, by the validators that those of a change of rates are put to.
#[test]
fn the_outputs_are_what_their_readers_accept() {
    let scratch = company();
    let [rule, ..] = doubled();
    let mut branch = Branch::open(&scratch, "outputs");
    branch.write(rule.0, &rule.1);
    branch.commits.push(scratch.commit(ANNA, "2026-06-09", "looser"));
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let multitool = std::env::var_os("TIEOUT_SARIF_MULTITOOL").map(std::path::PathBuf::from);
    let xsd = std::env::var_os("TIEOUT_JUNIT_XSD").map(std::path::PathBuf::from);
    let ours = repository();
    let readers = [
        ("json", Some(ours.join("docs/reference/gate-result.schema.json"))),
        ("gitlab", Some(ours.join("tests/peers/gitlab-code-quality.schema.json"))),
        ("sarif", multitool.map(|folder| folder.join("sarif-2.1.0.json"))),
        ("junit", xsd),
    ];
    for (format, schema) in readers {
        let Some(schema) = schema.filter(|file| file.is_file()) else {
            assert!(!peers_wanted(), "no schema for {format} on this machine");
            eprintln!(
                "skipped: the_outputs_are_what_their_readers_accept: {format}: no schema here"
            );
            continue;
        };
        let output = format!("{format}=ci/out.{format}");
        let flags = ["-o".to_owned(), output];
        assert_eq!(gate(&branch, &flags).ran.code, 1);
        let file = scratch.path(&format!("ci/out.{format}"));
        let mut python = std::process::Command::new("python3");
        python.arg(ours.join("tests/peers/gate_outputs.py")).arg(format).arg(schema).arg(file);
        let ran = run(&mut python);
        if ran.stderr.contains("ModuleNotFoundError") && !peers_wanted() {
            eprintln!(
                "skipped: the_outputs_are_what_their_readers_accept: {format}: {}",
                ran.stderr
            );
            continue;
        }
        assert_eq!(ran.code, 0, "{format}: {}{}", ran.stdout, ran.stderr);
    }
}
