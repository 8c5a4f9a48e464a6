//! What an operator can sign, and what the verifier says of it. The signatures of all of these
//! packs hold.

use crate::fixture::{Fixture, billed, fixture, run_of};
use crate::forge::{Forgery, RECORDS, fixture_pack};
use crate::workspace::{Workspace, failures};
use serde_json::{Value, json};
use tieout_controls::conclude::outcome_of;
use tieout_controls::control::ControlKind;
use tieout_controls::dataset::tie_out;
use tieout_controls::{Count, Decision, Outcome, Totals};
use tieout_evidence::verify::Verdict;

/// The change to a pack is seen, in these words.
fn seen(words: &str, change: impl FnOnce(&mut Forgery)) {
    seen_in(fixture_pack(), words, change);
}

fn seen_in(mut forgery: Forgery, words: &str, change: impl FnOnce(&mut Forgery)) {
    change(&mut forgery);
    let verification = forgery.verify();
    let said = failures(&verification).concat();
    assert_eq!(verification.verdict, Verdict::Invalid, "not seen: {words}");
    assert!(said.contains(words), "{said}\nwithout: {words}");
}

#[test]
fn a_pack_sealed_again_without_a_change_is_valid() {
    let verification = fixture_pack().verify();
    assert_eq!(failures(&verification), [""; 0]);
    assert_eq!(verification.verdict, Verdict::Valid);
}

/// One limit for all who read or write lines: 1 MiB with the newline.
#[test]
fn a_line_that_is_too_long() {
    let of = |length: usize| {
        move |f: &mut Forgery| {
            f.line(1, |line| {
                line["facts"][0]["message"] = "".into();
                let left = length - line.to_string().len();
                line["facts"][0]["message"] = "x".repeat(left).into();
            });
        }
    };
    seen("longer than 1 MiB", of(1 << 20));
    let mut longest = fixture_pack();
    of((1 << 20) - 1)(&mut longest);
    let verification = longest.verify();
    assert_eq!(failures(&verification), [""; 0]);
}

#[test]
fn an_outcome_against_its_counts() {
    let words = "its outcome does not follow";
    seen(words, |f| f.test(1, |t| t["outcome"] = json!({"state": "no-exceptions"})));
    seen(words, |f| {
        f.test(0, |t| t["outcome"] = json!({"state": "inconclusive", "why": ["a whim"]}));
    });
    seen(words, |f| f.test(0, |t| t["outcome"] = json!({"state": "not-tested", "why": "a whim"})));
    // Without its only exception the control would have none.
    seen("differ in violating records", |f| {
        f.test(0, |t| {
            t["counts"] = json!({
                "conforms": "2", "violates": "0", "undetermined": "0", "not_applicable": "0",
            });
            t["outcome"] = json!({"state": "no-exceptions"});
        });
    });
    seen("without a policy and a population", |f| {
        f.test(1, |t| {
            (t["policy"], t["population"]) = (Value::Null, Value::Null);
            t["outcome"] = json!({"state": "not-tested", "why": "a whim"});
        });
    });
    seen("a policy or a population, but not both", |f| f.test(1, |t| t["policy"] = Value::Null));
}

/// A control test without exceptions, whose datasets tie out.
fn clean() -> Fixture {
    let billing = (1..=3).map(|row| billed(row, Decision::Conforms)).collect();
    let mut fixture = run_of(Vec::new(), billing, Vec::new());
    let expected = serde_json::from_value(json!({
        "rows": "3", "totals": {"BilledCost": {"EUR": "10.00"}}, "source": "ledger",
        "obtained_by": "controller", "at": "2026-01-15T09:00:00Z",
    }));
    let focus = &mut fixture.result.datasets[1];
    let totals: Totals = serde_json::from_value(json!({"EUR": "10"})).unwrap();
    focus.totals.insert("BilledCost".into(), totals);
    focus.tie_out = tie_out(focus.rows, &focus.totals, Some(&expected.unwrap()));
    let test = &mut fixture.result.tests[1];
    test.control.kind = ControlKind::ControlTest;
    test.population.as_mut().unwrap().not_tied_out.clear();
    test.outcome = outcome_of(test).unwrap();
    assert_eq!(test.outcome, Outcome::NoExceptions);
    fixture
}

fn clean_pack() -> Forgery {
    Forgery::of(&Workspace::new().try_seal(&clean(), 0).unwrap().folder)
}

#[test]
fn a_tie_out_against_its_expectation() {
    assert_eq!(clean_pack().verify().verdict, Verdict::Valid);
    let words = "dataset `focus`: its tie-out does not follow";
    seen_in(clean_pack(), words, |f| {
        f.dataset(1, |d| d["totals"]["BilledCost"]["EUR"] = "9.99".into());
    });
    seen_in(clean_pack(), words, |f| {
        f.dataset(1, |d| d["tie_out"]["expected"]["rows"] = "4".into());
    });
    seen_in(clean_pack(), words, |f| {
        f.dataset(1, |d| {
            d["tie_out"]["state"] = "differs".into();
            d["tie_out"]["differences"] = json!([]);
        });
    });
    // The dataset no longer agrees, the control still does not mind.
    seen_in(clean_pack(), "FOC-R03: it does not say that `focus` is not tied out", |f| {
        f.dataset(1, |d| d["tie_out"] = json!({"state": "no-expectation"}));
    });
    seen_in(clean_pack(), "its outcome does not follow", |f| {
        f.test(1, |t| t["population"]["not_tied_out"] = json!(["`focus` is odd"]));
    });
}

#[test]
fn counts_that_do_not_add_up() {
    let rows = "its rows are not the accepted and the refused";
    seen(rows, |f| f.dataset(1, |d| d["rows"] = "999999".into()));
    seen("more amounts are null", |f| f.dataset(1, |d| d["null_amounts"]["x"] = "6".into()));
    for (field, value, words) in [
        ("base_rows", "7", "its base rows are not the dataset's"),
        ("refused", "0", "its refused rows are not the dataset's"),
        ("excluded", "1", "not those selected, excluded and unknown"),
        ("selected", "4", "not those selected, excluded and unknown"),
        ("records", "6", "its counts are not those of the population's records"),
    ] {
        seen(words, |f| f.test(1, |t| t["population"][field] = value.into()));
    }
    seen("its records are not the selected rows", |f| {
        f.test(1, |t| {
            t["population"]["selected"] = "4".into();
            t["population"]["excluded"] = "1".into();
        });
    });
    let most = u64::MAX.to_string();
    seen("its counts are not those of the population's records", |f| {
        f.test(0, |t| {
            t["counts"]["conforms"] = most.as_str().into();
            t["population"]["records"] = most.as_str().into();
        });
    });
    seen("its base dataset is not among those read", |f| {
        f.test(1, |t| t["population"]["datasets"]["focus"] = "approval".into());
    });
    seen("it does not say that rows of `focus` were refused", |f| {
        f.test(0, |t| {
            t["population"]["datasets"]["focus"] = "focus".into();
            t["population"]["not_tied_out"] = json!(["`approval` is odd", "`focus` is odd"]);
        });
    });
    seen("it reads a dataset `nowhere` that is not there", |f| {
        f.test(1, |t| t["population"]["datasets"]["rate"] = "nowhere".into());
    });
    seen("controls are not in the order of their names", |f| {
        f.document("run.json", |run| run["tests"][1] = run["tests"][0].clone());
    });
    seen("datasets are not in the order of their names", |f| {
        f.document("datasets.json", |datasets| datasets.as_array_mut().unwrap().reverse());
    });
    seen("no `YYYY-MM-DD`", |f| {
        f.document("run.json", |run| run["run"]["period_end"] = "+262142-12-31".into());
    });
    seen("the run's period ends before it begins", |f| {
        f.document("run.json", |run| run["run"]["period_end"] = "2025-01-01".into());
    });
}

#[test]
fn undetermined_groups_against_the_causes_of_the_lines() {
    // The outcome stays exceptions, whatever the groups say.
    let words = "differ in causes of undetermined records";
    seen(words, |f| f.test(1, |t| t["undetermined"] = json!([])));
    seen(words, |f| f.test(1, |t| t["undetermined"][0]["count"] = "9".into()));
    seen(words, |f| f.test(1, |t| t["undetermined"][0]["cause"]["column"] = "Other".into()));
    seen(words, |f| f.test(1, |t| t["undetermined"][0]["exposure"]["EUR"] = "0.01".into()));
    seen("differ in amounts of exceptions", |f| {
        f.test(1, |t| t["exception_amounts"] = json!({"EUR": "0.01"}));
    });
    seen("differ in exceptions by code", |f| f.test(0, |t| t["by_code"] = json!({})));
}

#[test]
fn policies_that_did_not_decide() {
    let rego = "policy/billing/foc-r03/rule.rego";
    let digest = "CM-02: its policy's digest is not that of the bundle's files";
    seen(digest, |f| {
        f.files.insert(rego.to_owned(), b"# anything\n".to_vec());
    });
    seen(digest, |f| {
        f.files.insert("policy/billing/more/README.md".to_owned(), b"more\n".to_vec());
    });
    seen(digest, |f| {
        f.test(0, |t| t["policy"]["digest"] = "0".repeat(64).into());
    });
    seen("its policy's source is not in the folder", |f| {
        f.test(0, |t| t["policy"]["source"] = "billing/foc-r03/rule.rego".into());
    });
    seen("its policy is another than the control names", |f| {
        f.test(0, |t| t["control"]["policy"]["rule"] = "foc-r03".into());
    });
    let query = "`policy/population/FOC-R03.sql` is not the query of its population";
    seen(query, |f| {
        let text = b"-- population of FOC-R03: all of them\n".to_vec();
        f.files.insert("policy/population/FOC-R03.sql".to_owned(), text);
    });
    seen(query, |f| f.test(1, |t| t["population"]["query"] = "0".repeat(64).into()));
    seen(query, |f| f.test(1, |t| t["control"]["population"]["where"] = "false".into()));
    seen("`policy/population/FOC-R03.sql` is missing", |f| {
        f.files.remove("policy/population/FOC-R03.sql");
    });
    seen("names a rule in `policy/nowhere.rego`", |f| {
        f.line(1, |line| line["facts"][0]["rule"]["file"] = "nowhere.rego".into());
    });
}

#[test]
fn records_that_no_population_has() {
    let differ = "the disclosed record and its line differ";
    seen(differ, |f| f.line(1, |line| line["row"] = "1".into()));
    seen(differ, |f| f.line(1, |line| line["key"]["InvoiceId"] = "INV-1".into()));
    seen(differ, |f| {
        f.line(1, |line| line["key"]["more"] = "1".into());
        f.predicate(|p| p["fields"]["clear"].as_array_mut().unwrap().push("more".into()));
    });
    // The line's personal key is another than the population's.
    seen(differ, |f| f.disclosure(3, |d| d[2] = "carla@example.com".into()));
    seen("another dataset than its population's base", |f| {
        f.line(1, |line| line["dataset"] = "nonexistent".into());
    });
    let row = "a row that its dataset does not have";
    seen(row, |f| f.line(1, |line| line["row"] = "99999999".into()));
    seen(row, |f| f.line(1, |line| line["row"] = "0".into()));
    seen("a row that was refused", |f| f.line(1, |line| line["row"] = "6".into()));
    seen("a file that its dataset does not have", |f| f.line(1, |line| line["file"] = "1".into()));
    seen("a record without file and row", |f| f.line(1, |line| line["file"] = Value::Null));
    seen("a record of CM-02 among another control's", |f| {
        f.files.remove("disclosures/population.jsonl");
        f.line(1, |line| line["control"] = "CM-02".into());
        f.test(0, |t| t["counts"]["violates"] = "2".into());
        f.test(0, |t| t["counts"]["conforms"] = "0".into());
        f.test(0, |t| {
            t["by_code"]["list-cost-differs"] = json!({"count": "1", "amounts": {"EUR": "0.05"}});
            t["exception_amounts"] = json!({"EUR": "0.05"});
        });
        f.test(1, |t| {
            t["counts"]["violates"] = "1".into();
            t["counts"]["conforms"] = "2".into();
            t["by_code"]["list-cost-differs"] = json!({"count": "1", "amounts": {"EUR": "-1.25"}});
            t["exception_amounts"] = json!({"EUR": "-1.25"});
        });
    });
}

/// Changes the disclosed record of that index in the population.
fn disclosed(forgery: &mut Forgery, index: usize, edit: impl Fn(&mut Value)) {
    forgery.population(|at, disclosure| {
        if at == index {
            edit(&mut disclosure[2]);
        }
    });
}

#[test]
fn a_population_that_is_not_one() {
    seen("a row that was there before", |f| disclosed(f, 5, |record| record["row"] = "1".into()));
    // Withheld, but for its line: the row is known.
    seen("a row that was there before", |f| {
        disclosed(f, 2, |record| record["row"] = "2".into());
        f.lines("disclosures/population.jsonl", |lines| lines[3] = "null".into());
    });
    seen("the disclosed record has no record line", |f| {
        disclosed(f, 0, |record| record["decision"] = "violates".into());
    });
    seen("the disclosed record and its line differ", |f| {
        disclosed(f, 3, |record| record["decision"] = "conforms".into());
    });
    let counts = "CM-02: the disclosed population and the result differ in counts";
    seen(counts, |f| disclosed(f, 0, |record| record["decision"] = "not-applicable".into()));
    seen(counts, |f| {
        disclosed(f, 0, |record| record["decision"] = "not-applicable".into());
        f.lines("disclosures/population.jsonl", |lines| lines[1] = "null".into());
    });
    seen("a record of FOC-R03 among another control's", |f| {
        disclosed(f, 0, |record| record["control"] = "FOC-R03".into());
    });
    seen("another dataset than its population's base", |f| {
        disclosed(f, 0, |record| record["dataset"] = "focus".into());
    });
    seen("a key of other columns", |f| disclosed(f, 2, |record| record["key"] = json!({})));
    for field in ["control", "dataset", "file", "row", "key", "decision"] {
        seen("disclosures/population.jsonl`, line 1: the disclosure is not", |f| {
            disclosed(f, 0, |record| {
                record.as_object_mut().unwrap().shift_remove(field);
            });
        });
    }
    seen("the disclosure is not of a record", |f| {
        disclosed(f, 0, |record| record["x"] = "1".into())
    });
    seen("not laid out as the format says", |f| {
        disclosed(f, 0, |record| {
            let file = record.as_object_mut().unwrap().shift_remove("file").unwrap();
            record["file"] = file;
        });
    });
    seen("not laid out as the format says", |f| f.population(|_, d| d[1] = "other".into()));
    seen("a salt that is not 128 bits", |f| f.population(|_, d| d[0] = "AA".into()));
}

#[test]
fn personal_fields_that_are_told_otherwise() {
    let withheld = "what is withheld is not what the format withholds";
    for field in ["expected", "actual", "message"] {
        seen(withheld, |f| {
            f.line(0, |line| {
                let digests = line["facts"][0].as_object_mut().unwrap().shift_remove("_sd");
                line["facts"][0][field] = "in the clear".into();
                line["facts"][0]["_sd"] = digests.unwrap();
            });
        });
    }
    seen(withheld, |f| f.line(0, |line| line["personal"]["_sd"] = json!([])));
    seen("not a digest", |f| f.line(0, |line| line["personal"]["_sd"][0] = "x".into()));
    let other = "not a field that is withheld there";
    // An amount that no sum contains, a second code, a list in place of a text.
    seen(other, |f| f.disclosure(0, |d| d[1] = "amount".into()));
    seen(other, |f| f.disclosure(0, |d| d[1] = "code".into()));
    seen(other, |f| f.disclosure(0, |d| d[1] = "actual".into()));
    seen(other, |f| f.disclosure(0, |d| d[2] = json!(["x"])));
    seen(other, |f| f.disclosure(4, |d| d[1] = "approver".into()));
}

#[test]
fn refused_rows_that_no_dataset_has() {
    let no = "has a refused row that no dataset has";
    seen(no, |f| f.line(4, |line| line["dataset"] = "nowhere".into()));
    seen(no, |f| f.line(4, |line| line["file"] = "other.csv".into()));
    seen(no, |f| f.line(4, |line| line["row"] = "0".into()));
    seen(no, |f| f.line(4, |line| line["row"] = "7".into()));
    seen("does not have the refused rows of `focus`", |f| {
        f.lines(RECORDS, |lines| lines.truncate(4));
    });
}

#[test]
fn a_statement_of_something_else() {
    let columns = "the statement differ in the columns";
    for (field, names) in [
        ("clear", json!([])),
        ("clear", json!(["InvoiceId", "ListCost", "ListUnitPrice", "change_id", "more"])),
        ("personal", json!([])),
        ("personal", json!(["approver", "author"])),
        ("personal", json!(["approver", "author", "deployed_by", "more"])),
    ] {
        seen(columns, |f| f.predicate(|p| p["fields"][field] = names));
    }
    // Of what is withheld the names are unknown, but there are some.
    let erased = |f: &mut Forgery| {
        f.files.retain(|path, _| !path.starts_with("disclosures/"));
    };
    seen(columns, |f| {
        erased(f);
        f.predicate(|p| p["fields"]["personal"] = json!([]));
    });
    for sealed_at in ["1999 or so", "2026-02-01T09:30:00+01:00", "2026-02-01 09:30:00Z", ""] {
        seen("`sealedAt` is not an instant", |f| f.predicate(|p| p["sealedAt"] = sealed_at.into()));
    }
    for id in ["hello".to_owned(), "0".repeat(31), "G".repeat(32), "A".repeat(32)] {
        seen("`packId` is not 32", |f| f.predicate(|p| p["packId"] = id.into()));
    }
    seen("`demoKey` is neither", |f| f.predicate(|p| p["operator"]["demoKey"] = "no".into()));
    seen("differ in the results", |f| {
        f.in_step = false;
        f.predicate(|p| p["results"][1]["outcome"] = "no-exceptions".into());
    });
    let most = u64::MAX.to_string();
    for tree in ["records", "population"] {
        seen("", |f| {
            f.in_step = false;
            f.predicate(|p| p[tree]["treeSize"] = most.as_str().into());
        });
    }
}

#[test]
fn a_run_that_was_not_announced() {
    seen("`intent.dsse.json` is missing", |f| f.leave_out = &["intent.dsse.json"]);
    seen("`proofs/intent.tlog-proof` is missing", |f| f.leave_out = &["proofs/intent.tlog-proof"]);
    seen("another announcement than the statement names", |f| f.names = Some("7".repeat(64)));
    seen("signed by another key than the result", |f| f.announcer = Some([9; 32]));
    // Signed by somebody else under the operator's name.
    seen("the signature does not hold", |f| {
        let operator = f.keyid();
        f.announcer = Some([9; 32]);
        f.announcer_says = Some(operator);
    });
    seen("the run was announced after its result", |f| f.indices = [1, 0]);
    seen("no announcement of a run in the form of one", |f| {
        f.intent(|s| s["predicateType"] = "urn:tieout:predicate:waiver:v1".into());
    });
    seen("no announcement of a run in the form of one", |f| {
        f.intent(|s| s["predicate"]["more"] = "1".into());
    });
    seen("no announcement of a run in the form of one", |f| {
        f.intent(|s| s["predicate"]["announcedAt"] = "2026-02-01".into());
    });
    seen("larger than 1 MiB, which no announcement of a run is", |f| {
        f.intent(|s| s["predicate"]["announcedAt"] = "2".repeat(1 << 20).into());
    });
    seen("its subject is another configuration", |f| {
        f.intent(|s| s["subject"][0]["digest"]["sha256"] = "7".repeat(64).into());
    });
    seen("the entry before the result is not the one that it names", |f| {
        f.previous = Some("7".repeat(64));
    });
}

#[test]
fn another_run_than_was_announced() {
    let other = |what: &str, edit: fn(&mut Value)| {
        let words = format!("the result and what was announced differ in {what}");
        seen(&words, |f| f.intent(move |statement| edit(&mut statement["predicate"])));
    };
    let parameters = "the run's parameters";
    other(parameters, |p| p["run"]["period_end"] = "2025-07-01".into());
    other(parameters, |p| p["run"]["as_of"] = "2026-01-30".into());
    other(parameters, |p| p["run"]["workspace"] = "other".into());
    other(parameters, |p| p["run"]["engine"] = "tieout 0.0.9".into());
    other(parameters, |p| p["run"]["overrides"]["CM-02.days"] = "--days 7".into());
    other("the datasets", |p| p["datasets"][0]["rows"] = "3".into());
    other("the datasets", |p| p["datasets"][1]["commitment"] = "7".repeat(64).into());
    other("the datasets", |p| drop(p["datasets"].as_array_mut().unwrap().pop()));
    other("the datasets", |p| {
        let more = json!({"name": "more", "rows": "1", "commitment": "7".repeat(64)});
        p["datasets"].as_array_mut().unwrap().push(more);
    });
    other("the controls", |p| drop(p["controls"].as_array_mut().unwrap().pop()));
    other("the controls", |p| {
        let mut more = p["controls"][1].clone();
        more["control"] = "FOC-R04".into();
        p["controls"].as_array_mut().unwrap().push(more);
    });
    other("the policies", |p| p["controls"][0]["policy"]["digest"] = "7".repeat(64).into());
    other("the policies", |p| p["controls"][0]["policy"]["version"] = "1.0.1".into());
    // Announced to be tested, or not to be.
    other("the policies", |p| p["controls"][0]["policy"] = Value::Null);
    other("how the controls are defined", |p| {
        p["controls"][0]["definition"] = "7".repeat(64).into();
    });
    // The other way round: a tolerance that was set once the result was known.
    seen("differ in how the controls are defined", |f| {
        let before = f.announced();
        f.test(1, |t| t["control"]["severity"] = "low".into());
        f.intent(move |statement| statement["predicate"] = before);
    });
}

#[test]
fn what_the_format_does_not_have() {
    let unknown = "a field or a form of a value that the format does not have";
    seen(unknown, |f| f.document("run.json", |run| run["hidden"] = json!({"verdict": "clean"})));
    seen(unknown, |f| f.test(0, |t| t["note"] = "reviewed".into()));
    seen(unknown, |f| f.test(0, |t| t["outcome"]["why"] = json!(["reviewed"])));
    seen(unknown, |f| f.dataset(0, |d| d["note"] = "reviewed".into()));
    seen(unknown, |f| f.test(1, |t| t["control"]["references"] = json!([])));
}

/// Whatever the pack says of its keys.
/// Another way to write the same text is another line, so that it could hide something.
#[test]
fn an_escape_that_no_text_needs() {
    for (plain, escaped) in [("InvoiceId", "\\u0049nvoiceId"), ("billing/foc", "billing\\/foc")] {
        seen("laid out", |f| {
            f.lines(RECORDS, |lines| lines[1] = lines[1].replacen(plain, escaped, 1));
        });
    }
}

#[test]
fn the_demo_keys_are_known() {
    use sha2::{Digest, Sha256};
    let demo = |role: &str| -> [u8; 32] {
        Sha256::digest(format!("tieout demo {role} key, not for evidence")).into()
    };
    for (operator, log) in
        [(demo("operator"), [2; 32]), ([1; 32], demo("log")), (demo("log"), demo("operator"))]
    {
        let mut forgery = fixture_pack();
        forgery.keys(operator, log);
        let verification = forgery.verify();
        assert_eq!(failures(&verification), [""; 0]);
        assert!(verification.notes[0].starts_with("sealed with a demo key"));
    }
}

/// What an engine may honestly find, though it is no clean population.
#[test]
fn honest_oddities_are_valid() {
    let valid = |fixture: &mut Fixture| {
        for test in &mut fixture.result.tests {
            test.outcome = outcome_of(test).unwrap();
        }
        let workspace = Workspace::new();
        let pack = workspace.try_seal(fixture, 0).unwrap().folder;
        let verification = workspace.verify(&pack);
        assert_eq!(failures(&verification), [""; 0]);
    };
    // A join that doubles a row, and says so.
    let twice = vec![billed(1, Decision::Conforms), billed(1, Decision::Conforms)];
    let mut fan_out = run_of(Vec::new(), twice, Vec::new());
    let focus = &mut fan_out.result.datasets[1];
    (focus.rows, focus.accepted) = (Count(1), Count(1));
    let population = fan_out.result.tests[1].population.as_mut().unwrap();
    (population.base_rows, population.selected) = (Count(1), Count(1));
    let reason = "query returns 2 rows for 1 selected records; a join fans out: 1 rows too many";
    population.not_reconciled.push(reason.into());
    valid(&mut fan_out);
    // Groups, of which there are fewer than rows, and rows that could not be selected.
    let mut groups = fixture();
    let changes = &mut groups.result.tests[0];
    changes.control.population.group_by = vec!["change_id".into(), "approver".into()];
    for record in &mut groups.records[..2] {
        (record.record.file, record.record.row) = (None, None);
    }
    let approval = &mut groups.result.datasets[0];
    (approval.rows, approval.accepted) = (Count(9), Count(9));
    let population = changes.population.as_mut().unwrap();
    (population.base_rows, population.selected) = (Count(9), Count(9));
    valid(&mut groups);
}
