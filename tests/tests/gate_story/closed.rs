//! What can't be judged is never allowed: exit code 3, or 2, with the reason.

use crate::company::{self, RATES};
use crate::repository::{Branch, MALLORY, Scratch};
use crate::review::Approval::GitHub;
use crate::{Gated, TODAY, gate, review};

/// A base with something wrong, a request that is fine, and Ben's approval of it.
fn case(scratch: &Scratch, made: impl FnOnce(&mut Branch<'_>)) -> Gated {
    let mut branch = Branch::open(scratch, "request");
    made(&mut branch);
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let flags = review::exported(&branch, &[GitHub("ben-k", 0)], "");
    gate(&branch, &flags)
}

fn dearer(branch: &mut Branch<'_>) {
    branch.table.step("VMS-EU-R", "0.54", "2026-08-01");
    branch.commit("dearer");
}

#[track_caller]
fn refused(gated: &Gated, code: i32, words: &[&str]) {
    let said = format!("{}{}{}", gated.markdown, gated.ran.stdout, gated.ran.stderr);
    assert_eq!(gated.ran.code, code, "{said}");
    for word in words {
        assert!(said.replace('\\', "").contains(word), "no `{word}` in:\n{said}");
    }
    for jargon in ["panicked", "unwrap", "Option<", "Err("] {
        assert!(!said.contains(jargon), "`{jargon}` in:\n{said}");
    }
}

#[test]
fn the_same_request_is_allowed_where_nothing_is_wrong() {
    refused(&case(&Scratch::new(), dearer), 0, &["allowed"]);
}

#[test]
fn usage_that_is_missing() {
    let scratch = Scratch::new();
    std::fs::remove_file(scratch.path("data/usage.csv")).unwrap();
    let gated = case(&scratch, dearer);
    assert!([2, 3].contains(&gated.ran.code));
    refused(&gated, gated.ran.code, &["usage"]);
}

#[test]
fn usage_of_which_a_row_is_refused() {
    let scratch = Scratch::new();
    let spoiled = scratch.read("data/usage.csv").replacen(",410000,", ",410000,x", 1);
    scratch.write("data/usage.csv", &spoiled);
    refused(&case(&scratch, dearer), 3, &["usage"]);
}

#[test]
fn usage_of_another_month_than_the_last_closed_one() {
    let scratch = Scratch::new();
    let text = scratch.read("data/usage.csv");
    let june: Vec<&str> = text.lines().filter(|line| !line.starts_with("2026-05")).collect();
    scratch.write("data/usage.csv", &(june.join("\n") + "\n"));
    // What it costs isn't known, so that it would need the most approvals.
    refused(&case(&scratch, dearer), 1, &["no row of the month", "approvals-missing"]);
}

/// The contract's line isn't there: nobody knows the margin.
#[test]
fn a_record_that_is_undetermined() {
    let gated = case(&Scratch::new(), |branch| {
        branch.table.step("VMS-EU-R", "0.54", "2026-08-01").contract = "C-9/9".to_owned();
        branch.commit("another contract");
    });
    refused(&gated, 3, &["Not decided", "RG-03", "margin_percent"]);
}

#[test]
fn an_author_whom_nobody_knows() {
    let gated = case(&Scratch::new(), |branch| {
        branch.by(MALLORY);
        dearer(branch);
    });
    refused(&gated, 3, &["RG-20", "1 unknown"]);
}

/// One known author doesn't make up for another one.
#[test]
fn a_co_author_whom_nobody_knows() {
    let gated = case(&Scratch::new(), |branch| {
        branch.table.step("VMS-EU-R", "0.54", "2026-08-01");
        branch.commit("dearer\n\nCo-authored-by: M <mallory@elsewhere.example>");
    });
    refused(&gated, 3, &["RG-20", "1 unknown"]);
}

#[test]
fn no_day_is_stated() {
    let scratch = Scratch::new();
    let mut branch = Branch::open(&scratch, "request");
    dearer(&mut branch);
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let ran = scratch.tieout(&["gate", "rates", "--base", "main", "--head", "request"]);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("--as-of"), "{}", ran.stderr);
}

#[test]
fn a_calendar_that_is_missing() {
    let scratch = Scratch::with(|scratch| {
        let line = "  calendar: {files: [books/calendar.csv], profile: fiscal-calendar-1}\n";
        scratch.write("tieout.yaml", &company::WORKSPACE.replace(line, ""));
    });
    // Which month is closed, and whether the change touches one, nobody says.
    refused(&case(&scratch, dearer), 1, &["no closed period", "RG-08", "approvals-missing"]);
}

#[test]
fn a_directory_that_is_missing() {
    let scratch = Scratch::with(|scratch| {
        let line = "  accounts: {files: [people/accounts.csv], profile: account-person-1}\n";
        scratch.write("tieout.yaml", &company::WORKSPACE.replace(line, ""));
    });
    refused(&case(&scratch, dearer), 2, &["waiver-approver"]);
}

#[test]
fn a_merge_that_conflicts() {
    let scratch = Scratch::new();
    let mut branch = Branch::open(&scratch, "request");
    dearer(&mut branch);
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let mut meanwhile = Branch::open(&scratch, "meanwhile");
    meanwhile.table.step("VMS-EU-R", "0.52", "2026-09-01");
    meanwhile.commit("dearer, later");
    scratch.git(&["checkout", "-q", "-f", "main"]);
    branch.base = "meanwhile".to_owned();
    refused(&gate(&branch, &[]), 3, &["conflict", RATES]);
}

#[test]
fn a_row_of_the_proposed_table_that_cannot_be_read() {
    let gated = case(&Scratch::new(), |branch| {
        branch.table.step("VMS-EU-R", "0,54 EUR", "2026-08-01").price = "much".to_owned();
        branch.commit("a word for a price");
    });
    // What is left of the table ends a rate: that stands against it as well.
    assert!([1, 3].contains(&gated.ran.code), "{}", gated.ran.code);
    refused(&gated, gated.ran.code, &["Not decided", "line 3", "unit_price"]);
}

#[test]
fn a_table_that_is_gone() {
    let gated = case(&Scratch::new(), |branch| {
        branch.scratch.git(&["rm", "-q", RATES]);
        let commit = branch.scratch.commit(crate::repository::ANNA, "2026-06-09", "no rates");
        branch.commits.push(commit);
    });
    assert!([2, 3].contains(&gated.ran.code), "{}{}", gated.ran.stdout, gated.ran.stderr);
    refused(&gated, gated.ran.code, &[RATES]);
}

/// A policy of the company that can't be evaluated: the gate can't do its work, and says so.
#[test]
fn an_engine_that_fails() {
    let scratch = Scratch::with(|scratch| {
        let own = "own: {bundles: [policies/own]}\noutput: out\n";
        scratch.write("tieout.yaml", &company::WORKSPACE.replace("output: out\n", own));
        scratch.write("policies/own/bundle.yaml", "name: own\nversion: [\n");
    });
    refused(&case(&scratch, dearer), 2, &["policies/own/bundle.yaml"]);
}

#[test]
fn an_export_of_approvals_that_is_not_one() {
    let scratch = Scratch::new();
    let mut branch = Branch::open(&scratch, "request");
    dearer(&mut branch);
    scratch.git(&["checkout", "-q", "-f", "main"]);
    for (form, text) in [
        ("github", "{\"message\": \"Not Found\"}"),
        ("github", ""),
        ("gitlab", "[]"),
        ("change-management", "who,what\nben,yes\n"),
        ("statement", "{}"),
    ] {
        scratch.write("ci/export", text);
        let export = format!("{form}=ci/export");
        let flags = ["--approvals", &export, "--change", "CHG-88"].map(str::to_owned);
        let gated = gate(&branch, &flags);
        let said = format!("{}{}", gated.ran.stdout, gated.ran.stderr);
        assert!([2, 3, 4].contains(&gated.ran.code), "{form} {text}: {}: {said}", gated.ran.code);
        assert!(said.contains("ci/export"), "{said}");
    }
    let flags = ["--approvals".to_owned(), "github=ci/nowhere.json".to_owned()];
    assert_eq!(gate(&branch, &flags).ran.code, 2);
}

#[test]
fn a_revision_that_is_not_there() {
    let scratch = Scratch::new();
    for (base, head) in [("main", "nowhere"), ("nowhere", "main"), ("main", "--exec=true")] {
        let head = format!("--head={head}");
        let ran = scratch.tieout(&["gate", "rates", "--base", base, &head, "--as-of", TODAY]);
        assert_eq!(ran.code, 2, "{base} {head}: {}{}", ran.stdout, ran.stderr);
    }
}

/// What is protected can't be read, so that nobody knows what is.
#[test]
fn a_protected_pattern_that_is_none() {
    let scratch = Scratch::with(|scratch| {
        let gate = "gate:\n  protected: [\"ops/[x\"]\n";
        scratch.write("tieout.yaml", &company::WORKSPACE.replace("gate:\n", gate));
    });
    refused(&case(&scratch, dearer), 2, &["file-pattern", "ops/[x"]);
}

/// However the workspace writes the path of what judges, the request that changes it is named.
#[test]
fn a_directory_that_is_written_another_way() {
    let scratch = Scratch::with(|scratch| {
        let text = company::WORKSPACE.replace("[people/grants.csv]", "[./people//grants.csv]");
        scratch.write("tieout.yaml", &text);
    });
    let gated = case(&scratch, |branch| {
        let own = company::GRANTS.replace("emil,engineer", "emil,rate-approver");
        branch.write("people/grants.csv", &own);
        dearer(branch);
    });
    refused(&gated, 1, &["RG-23", "request into main", "people/grants.csv"]);
}

/// The contracts have a row that can't be read: none of them is used, and that is said.
#[test]
fn a_contract_that_cannot_be_read() {
    let scratch = Scratch::with(|scratch| {
        let text =
            scratch.read("books/contracts.csv") + "C-X,one,N,DE,vm-small,0.4,EUR,,2026-01-01,,,,\n";
        scratch.write("books/contracts.csv", &text);
    });
    refused(&case(&scratch, dearer), 3, &["1 rows of `contracts` can't be read", "RG-03"]);
}

/// An emergency whose missing review nobody would see isn't let pass.
#[test]
fn an_emergency_that_nobody_would_review() {
    let scratch = Scratch::with(|scratch| {
        let (before, rest) = company::WORKSPACE.split_once("  changes:\n").unwrap();
        let (_, after) = rest.split_once("controls:\n").unwrap();
        scratch.write("tieout.yaml", &format!("{before}controls:\n{after}"));
    });
    let mut branch = Branch::open(&scratch, "request");
    dearer(&mut branch);
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let mut flags = review::exported(&branch, &[GitHub("ben-k", 0)], "");
    refused(&gate(&branch, &flags), 0, &["allowed"]);
    flags.extend(["--emergency", "INC-77"].map(str::to_owned));
    refused(&gate(&branch, &flags), 3, &["reviewed after", "change-1"]);
}

/// A commit of the base from the future: since when the window is, nobody knows.
#[test]
fn a_base_with_a_commit_of_which_the_date_cannot_be() {
    let gated = case(&Scratch::new(), |branch| {
        branch.merged("2026-06-12");
        dearer(branch);
    });
    refused(&gated, 3, &["is dated after the day asked", "within the window"]);
    let next_day = case(&Scratch::new(), |branch| {
        branch.merged("2026-06-11");
        dearer(branch);
    });
    refused(&next_day, 0, &["allowed"]);
}

/// The first half was merged with a date before the window; the commit that it builds upon is within.
#[test]
fn a_half_that_was_dated_back() {
    let scratch = Scratch::new();
    scratch.write("README.md", "a word\n");
    scratch.commit(crate::repository::ANNA, "2026-05-20", "a word");
    let gated = case(&scratch, |branch| {
        branch.table.step("VMS-EU-R", "0.545", "2026-07-15");
        branch.merged("2026-02-01");
        branch.table.step("VMS-EU-R", "0.594", "2026-08-01");
        branch.commit("the other half");
    });
    refused(&gated, 1, &["RG-15", "18.8"]);
}

/// The table goes to another file in one request, and another one under its name comes in the next.
#[test]
fn a_table_under_the_name_of_another() {
    let scratch = Scratch::new();
    scratch.git(&["mv", RATES, "old.csv"]);
    scratch.commit(crate::repository::ANNA, "2026-06-08", "moved away");
    let gated = case(&scratch, |branch| {
        branch.table.rate("VMS-EU-R").price = "5.00".to_owned();
        branch.commit("another one");
    });
    refused(&gated, 2, &["added by the request"]);
}

/// The next request would be judged by a table that nobody has compared with this one.
#[test]
fn a_workspace_that_names_another_table() {
    let scratch = Scratch::with(|scratch| {
        let dear = company::Table::of_the_company().csv().replace(",0.50,", ",5.00,");
        scratch.write("other.csv", &dear);
    });
    let named = |line: &'static str| {
        let usual = "  rates: {files: [rates.csv], profile: rate-table-1}\n";
        assert!(company::WORKSPACE.contains(usual));
        company::WORKSPACE.replace(usual, line)
    };
    for (number, (line, code)) in [
        ("  rates: {files: [other.csv], profile: rate-table-1}\n", 3),
        ("  prices: {files: [other.csv], profile: rate-table-1}\n", 3),
        (
            "  rates: {files: [other.csv], profile: rate-table-1}\n  \
             old: {files: [rates.csv], profile: rate-table-1}\n",
            3,
        ),
        ("  rates: [\n", 3),
        // A second table beside it needs the most approvals, and is fine.
        (
            "  rates: {files: [./rates.csv], profile: rate-table-1}\n  \
             more: {files: [other.csv], profile: rate-table-1}\n",
            1,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut branch = Branch::open(&scratch, &format!("named-{number}"));
        branch.write("tieout.yaml", &named(line));
        branch.commit("another table");
        scratch.git(&["checkout", "-q", "-f", "main"]);
        let gated = gate(&branch, &[]);
        refused(&gated, code, &[if code == 3 { "tieout.yaml" } else { "RG-20" }]);
    }
}

/// On some machines both names are one file.
#[test]
fn a_table_renamed_by_the_case_of_its_letters() {
    let renamed = case(&Scratch::new(), |branch| {
        branch.rename("Rates.csv");
        branch.commit("a capital");
    });
    refused(&renamed, 3, &["`Rates.csv` and `rates.csv`", "case of letters"]);
    let beside = case(&Scratch::new(), |branch| {
        branch.write("RATES.csv", "anything\n");
        branch.commit("another one");
    });
    refused(&beside, 3, &["`rates.csv` and `RATES.csv`", "case of letters"]);
}

/// Announced tomorrow is not announced.
#[test]
fn an_announcement_that_is_still_to_come() {
    let gated = case(&Scratch::new(), |branch| {
        branch.table.step("VMS-EU-R", "0.54", "2026-08-01").announced = "2026-06-11".to_owned();
        branch.commit("dearer");
    });
    refused(&gated, 3, &["RG-07", "notice_days"]);
}

/// Usage that was sealed where the meters are: what comes without its seal, or otherwise, judges nothing.
#[test]
fn usage_that_nobody_vouches_for() {
    let listed =
        "gate:\n  usage_signers: [{account: \"key:billing\", key: keys/billing.pub.pem}]\n";
    let scratch = Scratch::with(|scratch| {
        let workspace = scratch.read("tieout.yaml").replace("gate:\n", listed);
        scratch.write("tieout.yaml", &workspace);
        let made = scratch.tieout(&["key", "new", "--role", "approver", "keys/billing.pem"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let public = scratch.read("keys/billing.pem.pub");
        scratch.write("keys/billing.pub.pem", &public);
        scratch.git(&["add", "-f", "keys/billing.pub.pem"]);
    });
    let name = std::cell::Cell::new(0);
    let judged = || {
        name.set(name.get() + 1);
        let mut branch = Branch::open(&scratch, &format!("request-{}", name.get()));
        dearer(&mut branch);
        scratch.git(&["checkout", "-q", "-f", "main"]);
        gate(&branch, &review::exported(&branch, &[GitHub("ben-k", 0)], ""))
    };
    refused(&judged(), 4, &["data/usage.csv.dsse.json", "can't be read"]);
    // A summary of the company's own meters, sealed by Billing.
    let folder = scratch.path("meters");
    sealed_summary(&scratch, &folder);
    std::fs::copy(folder.join("usage.csv"), scratch.path("data/usage.csv")).unwrap();
    let seal = std::fs::read(folder.join("usage.csv.dsse.json")).unwrap();
    let beside = scratch.path("data/usage.csv.dsse.json");
    std::fs::write(&beside, &seal).unwrap();
    let accepted = judged();
    assert_ne!(accepted.ran.code, 4, "{}", accepted.ran.stderr);
    let text = scratch.read("data/usage.csv");
    scratch.write("data/usage.csv", &format!("{text}\n"));
    refused(&judged(), 4, &["not the one that was sealed"]);
    scratch.write("data/usage.csv", &text);
    for place in (0..seal.len()).step_by(97) {
        let mut flipped = seal.clone();
        flipped[place] ^= 1;
        std::fs::write(&beside, flipped).unwrap();
        let judged = judged();
        assert_eq!(judged.ran.code, 4, "byte {place}: {}", judged.ran.stderr);
    }
}

/// `usage.csv` of a workspace with two intervals of one meter, and its seal.
fn sealed_summary(scratch: &Scratch, folder: &std::path::Path) {
    std::fs::create_dir_all(folder).unwrap();
    let deck = scratch.tieout(&[
        "deck",
        "generate",
        "meters/deck",
        "--world",
        "metering",
        "--usage-rows",
        "2000",
        "--faults",
        "none",
    ]);
    assert_eq!(deck.code, 0, "{}", deck.stderr);
    let key = scratch.path("keys/billing.pem");
    let made = tieout_tests::tieout(
        &folder.join("deck"),
        &[
            "gate",
            "usage",
            "-o",
            "../usage.csv",
            "--account",
            "key:billing",
            "--key",
            key.to_str().unwrap(),
        ],
    );
    assert_eq!(made.code, 0, "{}{}", made.stdout, made.stderr);
}

/// The file that says what judges is protected under whatever name it is given.
#[test]
fn a_workspace_file_under_another_name() {
    let scratch = Scratch::with(|scratch| {
        std::fs::rename(scratch.path("tieout.yaml"), scratch.path("pricing.yaml")).unwrap();
    });
    let told = |name: &str, own: &str| {
        let mut branch = Branch::open(&scratch, name);
        branch.write("pricing.yaml", own);
        dearer(&mut branch);
        scratch.git(&["checkout", "-q", "-f", "main"]);
        let mut flags = review::exported(&branch, &[GitHub("ben-k", 0)], "");
        flags.extend(["--config", "pricing.yaml"].map(str::to_owned));
        gate(&branch, &flags)
    };
    refused(&told("same", company::WORKSPACE), 0, &["allowed"]);
    let own = format!("{}# a remark\n", company::WORKSPACE);
    refused(&told("other", &own), 1, &["RG-23", "other into main", "pricing.yaml"]);
}
