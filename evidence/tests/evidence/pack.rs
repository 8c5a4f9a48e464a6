//! What a sealed pack is, and what its verifier sees.

use crate::fixture::{Fixture, billed, fixture, run_of, violates};
use crate::workspace::{ORIGIN, Workspace, failures, files};
use serde_json::json;
use tieout_controls::{Count, Decision, Digest, Outcome};
use tieout_evidence::key::SigningKey;
use tieout_evidence::logbook;
use tieout_evidence::note::NoteKey;
use tieout_evidence::verify::{Anchor, Verdict, VerifyError, verify};

#[test]
fn a_sealed_pack_is_valid_and_gives_back_the_result() {
    let workspace = Workspace::new();
    let sealed = workspace.seal(0);
    let name = sealed.folder.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("20260201T093000Z-") && name.len() == 29, "{name}");
    let verification = workspace.verify(&sealed.folder);
    assert_eq!(failures(&verification), [""; 0]);
    assert_eq!(verification.verdict, Verdict::Valid);
    assert_eq!(verification.notes, [""; 0]);
    let pack = verification.pack.unwrap();
    assert_eq!(pack.result, fixture().result);
    assert_eq!((pack.digest, pack.log_index), (sealed.digest, Count(1)));
    assert_eq!(pack.sealed_at, "2026-02-01T09:30:00Z");
}

#[test]
fn records_are_told_with_what_is_disclosed() {
    let workspace = Workspace::new();
    let pack = workspace.verify(&workspace.seal(0).folder).pack.unwrap();
    let rule = json!({"file": "billing/foc-r03/rule.rego", "line": "7", "last_line": "12"});
    assert_eq!(
        pack.records[0],
        json!({
            "v": "1", "kind": "record", "control": "CM-02", "decision": "violates",
            "dataset": "approval", "file": "0", "row": "2", "population": "1",
            "key": {"change_id": "CHG-2"},
            "facts": [{
                "rule": rule, "code": "author-approves",
                "expected": "not the author", "actual": "bruno@example.com",
                "message": "bruno@example.com approved a change of bruno@example.com",
            }],
            "causes": [], "exposure": null, "values": {},
            "personal": {
                "approver": "bruno@example.com", "author": "bruno@example.com",
                "deployed_by": null,
            },
            "_sd_alg": "sha-256",
        })
    );
    assert_eq!(
        pack.records[1],
        json!({
            "v": "1", "kind": "record", "control": "FOC-R03", "decision": "violates",
            "dataset": "focus", "file": "0", "row": "2", "population": "3",
            "key": {"InvoiceId": "INV-2025-\"7\""},
            "facts": [{
                "rule": rule, "code": "list-cost-differs",
                "expected": "10.00", "actual": "10.05", "amount": "0.05",
            }],
            "causes": [], "exposure": {"amount": "2", "currency": "EUR"},
            "values": {"ListCost": "2", "ListUnitPrice": null},
        })
    );
    assert_eq!(pack.records[2]["causes"][0]["reason"], "null");
    assert_eq!(pack.records[4]["kind"], "refused");
    assert_eq!(pack.records[4]["line"], "7");
    assert_eq!(pack.records.len(), 5);
    assert_eq!(
        pack.population[0],
        json!({
            "control": "CM-02", "dataset": "approval", "file": "0", "row": "1",
            "key": {"change_id": "CHG-1", "approver": "anna@example.com"},
            "decision": "conforms",
        })
    );
    assert_eq!(pack.population.len(), 7);
}

#[test]
fn personal_values_stand_in_the_disclosures_only() {
    let workspace = Workspace::new();
    for (name, bytes) in files(&workspace.seal(0).folder) {
        let shown = String::from_utf8(bytes).unwrap().contains("@example.com");
        assert_eq!(shown, name.starts_with("disclosures/"), "{name}");
    }
}

#[test]
fn a_pack_stays_valid_when_disclosures_are_deleted() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let path = pack.join("disclosures/population.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let erased = text.replacen(text.lines().next().unwrap(), "null", 1);
    std::fs::write(&path, erased).unwrap();
    let verification = workspace.verify(&pack);
    assert_eq!(verification.verdict, Verdict::Valid, "{:?}", failures(&verification));
    assert!(verification.notes[0].starts_with("1 evaluated record is not disclosed"));
    let population = verification.pack.unwrap().population;
    assert!(population[0].is_null() && population[1].is_object());

    std::fs::remove_dir_all(pack.join("disclosures")).unwrap();
    let verification = workspace.verify(&pack);
    assert_eq!(verification.verdict, Verdict::Valid, "{:?}", failures(&verification));
    assert!(verification.notes[0].starts_with("6 personal fields are not disclosed"));
    assert!(verification.notes[1].starts_with("7 evaluated records are not disclosed"));
    let content = verification.pack.unwrap();
    assert!(content.population.is_empty());
    assert_eq!(content.records[0]["personal"]["_sd"].as_array().unwrap().len(), 3);
    assert_eq!(content.records[0]["facts"][0]["_sd"].as_array().unwrap().len(), 3);
}

#[test]
fn a_disclosure_of_something_else_is_invalid() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    for name in ["disclosures/population.jsonl", "disclosures/records.jsonl"] {
        let path = pack.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        let mut swapped = lines.clone();
        swapped.swap(0, 1);
        for wrong in [
            text.replacen("@example.com", "@example.org", 1),
            swapped.concat(),
            lines[1..].concat(),
            format!("{text}null\n"),
            text.trim_end().to_owned(),
            String::new(),
        ] {
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(workspace.verify(&pack).verdict, Verdict::Invalid);
        }
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(workspace.verify(&pack).verdict, Verdict::Valid);
}

#[test]
fn without_keys_from_outside_the_best_verdict_is_indeterminate() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let whole = workspace.anchor();
    for (operator, log, notes) in
        [(None, None, 2), (whole.operator.clone(), None, 1), (None, whole.log.clone(), 1)]
    {
        let verification = verify(&pack, &Anchor { operator, log, policy: None }).unwrap();
        assert_eq!(verification.verdict, Verdict::Indeterminate);
        assert_eq!(verification.notes.len(), notes);
        assert!(verification.pack.is_some());
    }
}

#[test]
fn other_keys_are_invalid() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let other = SigningKey::from_seed([3; 32], false);
    let whole = workspace.anchor();
    let own = |origin: &str| workspace.log_key.vkey(origin);
    for (operator, log) in [
        (Some(other.public_pem()), whole.log.clone()),
        (whole.operator.clone(), other.vkey(ORIGIN)),
        (whole.operator.clone(), own("tieout.local/another")),
        (whole.operator.clone(), workspace.operator.vkey(ORIGIN)),
    ] {
        let verification = verify(&pack, &Anchor { operator, log, policy: None }).unwrap();
        assert_eq!(verification.verdict, Verdict::Invalid);
        assert!(verification.pack.is_none());
    }
    let unreadable = Anchor { operator: Some("key".into()), ..Anchor::default() };
    assert!(matches!(verify(&pack, &unreadable), Err(VerifyError::Key { .. })));
}

#[test]
fn one_key_for_both_roles_is_refused() {
    let mut workspace = Workspace::new();
    workspace.log_key = SigningKey::from_seed([1; 32], false);
    let error = workspace.try_seal(&fixture(), 0).unwrap_err();
    assert_eq!(error.to_string(), "the operator's key and the log's key are one key");
}

#[test]
fn a_demo_key_is_told() {
    let mut workspace = Workspace::new();
    workspace.operator.demo = true;
    let verification = workspace.verify(&workspace.seal(0).folder);
    assert_eq!(verification.verdict, Verdict::Valid);
    assert!(verification.notes[0].contains("demo key"));
}

#[test]
fn the_same_run_gives_the_same_pack() {
    let (one, two) = (Workspace::new(), Workspace::new());
    assert_eq!(files(&one.seal(0).folder), files(&two.seal(0).folder));
    // Another time and other keys: another signature, nothing else.
    let mut three = Workspace::new();
    three.operator = SigningKey::from_seed([7; 32], false);
    let (first, other) = (files(&one.seal(1).folder), files(&three.seal(9).folder));
    for (path, bytes) in &first {
        let signed = path.starts_with("proofs/")
            || ["SHA256SUMS", "statement.dsse.json", "intent.dsse.json"].contains(&path.as_str());
        assert_eq!(*bytes != other[path], signed, "{path}");
    }
}

#[test]
fn another_result_has_other_salts() {
    let workspace = Workspace::new();
    let mut other = fixture();
    other.result.datasets[0].commitment = Digest([8; 32]);
    let one = files(&workspace.seal(0).folder);
    let two = files(&workspace.try_seal(&other, 0).unwrap().folder);
    let lines = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
        let text = files["population/000000.txt"].clone();
        String::from_utf8(text).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(lines(&one).iter().all(|line| !lines(&two).contains(line)));
}

#[test]
fn packs_are_chained_in_the_log() {
    let workspace = Workspace::new();
    let sealed: Vec<_> = (0..5).map(|second| workspace.seal(second)).collect();
    let key = NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
    let log = tieout_evidence::log::read(&workspace.path("log"), &key).unwrap();
    let statements = logbook::statements_of(&workspace.path("log"), &log).unwrap();
    // Each after its announcement.
    let packs = sealed.iter().zip(&statements);
    let digests: Vec<_> = packs.flat_map(|(pack, intent)| [intent.digest, pack.digest]).collect();
    assert_eq!(log.entries, digests);
    for (number, pack) in sealed.iter().enumerate() {
        assert_eq!(pack.log_index, Count::of(2 * number + 1));
        assert_eq!(workspace.verify(&pack.folder).verdict, Verdict::Valid);
    }
    let audit = || {
        let present = tieout_evidence::log::present(&workspace.path("packs")).unwrap();
        tieout_evidence::log::audit(&log, &statements, &present)
    };
    assert_eq!(audit(), [""; 0]);
    std::fs::remove_dir_all(&sealed[2].folder).unwrap();
    assert_eq!(
        audit(),
        ["log entry 5 has no pack and no statement here: moved, or an interrupted run"]
    );
}

/// Records of one control that conform, but for every tenth.
fn many(number: u64) -> Fixture {
    let decide = |n: u64| match n % 10 {
        0 => violates("list-cost-differs", Some("0.01"), None, None),
        _ => Decision::Conforms,
    };
    let records = (1..=number).map(|n| billed(n, decide(n))).collect();
    run_of(Vec::new(), records, Vec::new())
}

#[test]
fn more_than_one_chunk() {
    let workspace = Workspace::new();
    let fixture = many(65_537);
    let pack = workspace.try_seal(&fixture, 0).unwrap().folder;
    assert_eq!(std::fs::read(pack.join("population/000001.txt")).unwrap().len(), 44);
    let verification = workspace.verify(&pack);
    assert_eq!(failures(&verification), [""; 0]);
    assert_eq!(verification.pack.unwrap().population.len(), 65_537);
}

#[test]
fn a_run_without_records_is_sealed() {
    let workspace = Workspace::new();
    let fixture = run_of(Vec::new(), Vec::new(), Vec::new());
    let pack = workspace.try_seal(&fixture, 0).unwrap().folder;
    let verification = workspace.verify(&pack);
    assert_eq!(failures(&verification), [""; 0]);
    assert_eq!(verification.notes, [""; 0]);
    assert_eq!(verification.pack.unwrap().result, fixture.result);
}

/// What the verifier would refuse is not sealed and not logged.
#[test]
fn a_result_that_contradicts_itself_is_not_sealed() {
    let workspace = Workspace::new();
    let refused = |change: &dyn Fn(&mut Fixture)| {
        let mut fixture = fixture();
        change(&mut fixture);
        let error = workspace.try_seal(&fixture, 0).unwrap_err().to_string();
        assert_eq!(std::fs::read_dir(workspace.path("packs")).unwrap().count(), 0);
        error.strip_prefix("the result contradicts itself: ").unwrap().to_owned()
    };
    let outcome = refused(&|f| f.result.tests[1].outcome = Outcome::NoExceptions);
    assert_eq!(outcome, "FOC-R03: its outcome does not follow from its counts and its population");
    let rows = refused(&|f| f.result.datasets[1].refused = Count(2));
    assert_eq!(rows, "dataset `focus`: its rows are not the accepted and the refused");
    let source = refused(&|f| {
        f.result.tests[0].policy.as_mut().unwrap().source = "billing/cm-02/x.rego".into();
    });
    assert_eq!(source, "CM-02: `policy/billing/cm-02/x.rego` is missing");
    let policy = refused(&|f| {
        f.policies.insert("billing/cm-02/rule.cedar".into(), "# permit all\n".into());
    });
    assert_eq!(policy, "CM-02: its policy's digest is not that of the bundle's files");
}

#[test]
fn a_paper_that_is_not_the_results_is_refused() {
    let workspace = Workspace::new();
    let mut short = fixture();
    short.records.pop();
    let error = workspace.try_seal(&short, 0).unwrap_err();
    assert!(error.to_string().starts_with("FOC-R03: the working paper"), "{error}");
    assert_eq!(std::fs::read_dir(workspace.path("packs")).unwrap().count(), 0);
}

/// Sealing on would give an index a second time, and nobody would notice.
#[test]
fn a_log_that_was_lost_or_put_back_is_not_forked() {
    let workspace = Workspace::new();
    workspace.seal(0);
    let copy = |from: &str, to: &str| {
        std::fs::create_dir(workspace.path(to)).unwrap();
        for (name, bytes) in files(&workspace.path(from)) {
            let path = workspace.path(to).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    };
    copy("log", "older");
    workspace.seal(1);
    std::fs::rename(workspace.path("log"), workspace.path("latest")).unwrap();
    let before = files(&workspace.path("packs"));
    let refused = |what: &str| {
        let error = workspace.try_seal(&fixture(), 2).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert!(error.help.unwrap().contains("latest backup"));
        assert_eq!(files(&workspace.path("packs")), before);
    };
    refused("has no entries");
    assert!(!workspace.path("log/checkpoint").exists());
    std::fs::remove_dir_all(workspace.path("log")).unwrap();
    copy("older", "log");
    refused("does not have pack");
    std::fs::remove_dir_all(workspace.path("log")).unwrap();
    copy("latest", "log");
    assert_eq!(workspace.seal(2).log_index, Count(5));
}

#[test]
fn a_log_that_lost_something_is_refused() {
    let workspace = Workspace::new();
    let sealed = workspace.seal(0);
    let old = std::fs::read(workspace.path("log/checkpoint")).unwrap();
    workspace.seal(1);
    workspace.seal(2);
    let entries = std::fs::read(workspace.path("log/entries")).unwrap();
    let head = std::fs::read(workspace.path("log/checkpoint")).unwrap();
    let refused = |what: &str| {
        let error = workspace.try_seal(&fixture(), 3).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    };
    std::fs::write(workspace.path("log/checkpoint"), &old).unwrap();
    refused("the checkpoint is an old one");
    std::fs::remove_file(workspace.path("log/checkpoint")).unwrap();
    refused("without `checkpoint`");
    std::fs::write(workspace.path("log/checkpoint"), &head).unwrap();
    std::fs::write(workspace.path("log/entries"), &entries[..64]).unwrap();
    refused("entries were lost");
    let mut changed = entries.clone();
    changed[5] ^= 1;
    std::fs::write(workspace.path("log/entries"), changed).unwrap();
    refused("does not have the root");
    std::fs::write(workspace.path("log/entries"), &entries).unwrap();
    workspace.seal(3);
    assert_eq!(workspace.verify(&sealed.folder).verdict, Verdict::Valid);
}
