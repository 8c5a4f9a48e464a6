//! Nothing falls out of a population unseen.

#[cfg(test)]
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use support::running::{control, exposed, go, plan, test, watched, why};
use support::{Folder, complaint, rows, spec};
use tieout_controls::control::{ControlKind, Effective, TableRef};
use tieout_controls::record::FieldClass;
use tieout_controls::{Control, Outcome};
use tieout_engine::dataset::DatasetSpec;
use tieout_engine::progress::Progress;
use tieout_engine::run::RunError;

const CHANGES: &str = "\
change_id,type,artefact,old_hash,new_hash,author,created,deployed_by,deployed_at,effective_from,emergency,tests_ref
c1,rate,table,,,ann,2025-02-01T00:00:00Z,,,2025-02-02T00:00:00Z,false,
c2,rate,table,,,bob,2025-03-01T00:00:00Z,dan,,2025-03-02T00:00:00Z,true,
c3,code,app,,,cyd,2025-04-01T00:00:00Z,,,2025-04-02T00:00:00Z,false,
";
const APPROVALS: &str = "\
change_id,step,approver,role,decision,decided_at,evidence
c1,1,eve,lead,approved,2025-02-01T10:00:00Z,
c1,2,fay,cfo,approved,2025-02-01T11:00:00Z,
c2,1,bob,lead,approved,2025-03-01T10:00:00Z,
";
const NEVER: &str = "violation contains {\"code\": \"x\"} if input.change_id == \"none\"";

fn datasets(folder: &Folder) -> Vec<DatasetSpec> {
    let mut change = spec("change-1", vec![folder.write("change.csv", CHANGES)]);
    change.expected = Some(rows(3));
    let mut approval = spec("approval-1", vec![folder.write("approval.csv", APPROVALS)]);
    approval.expected = Some(rows(3));
    vec![change, approval]
}

fn joined(sql: &str) -> Control {
    let mut control = control("change", sql);
    control.population.joins = vec!["approval".into()];
    control
}

#[test]
fn base_is_selected_and_excluded_and_unknown() {
    let folder = Folder::new();
    let mut control = control("change", "SELECT _file, _row, change_id FROM base");
    control.population.condition = Some("deployed_by = 'dan'".into());
    let (test, records) = test(&plan(control, NEVER, datasets(&folder)));
    let population = test.population.clone().unwrap();
    let counts =
        [population.base_rows, population.selected, population.excluded, population.unknown];
    assert_eq!(counts.map(|count| count.0), [3, 1, 0, 2]);
    assert_eq!(population.records.0, 1);
    assert_eq!(test.counts.conforms.0, 1);
    assert_eq!(test.counts.undetermined.0, 2);
    assert_eq!(
        why(&test),
        [
            "2 records undetermined: `deployed_by`: can't tell whether the record belongs to the population"
        ]
    );
    let words: Vec<_> = records.iter().map(|r| r.decision.word()).collect();
    assert_eq!(words, ["conforms", "undetermined", "undetermined"]);
    assert_eq!(records[1].record.key[0].value.to_text().unwrap(), "c1");
    assert_eq!(records[1].record.row.unwrap().0, 1);
    assert_eq!(records[1].values[0].name, "deployed_by");
}

#[test]
fn a_left_join_to_one_keeps_every_record_and_the_sum_of_its_parts() {
    let folder = Folder::new();
    let sql = "SELECT b._file, b._row, b.change_id, a.n FROM base b LEFT JOIN \
               (SELECT change_id, COUNT(*) AS n FROM approval GROUP BY change_id) a ON a.change_id = b.change_id";
    let (test, records) = test(&plan(joined(sql), NEVER, datasets(&folder)));
    assert_eq!(test.outcome, Outcome::NoExceptions);
    let population = test.population.unwrap();
    assert_eq!((population.records.0, population.selected.0), (3, 3));
    assert!(population.not_tied_out.is_empty());
    assert_eq!(population.datasets["approval"], "approval");
    let keys: Vec<_> = records.iter().map(|r| r.record.key[0].value.to_text().unwrap()).collect();
    assert_eq!(keys, ["c1", "c2", "c3"]);
}

#[test]
fn a_join_that_fans_out_is_seen() {
    let folder = Folder::new();
    let sql = "SELECT b._file, b._row, b.change_id FROM base b LEFT JOIN approval a ON a.change_id = b.change_id";
    let (test, _) = test(&plan(joined(sql), NEVER, datasets(&folder)));
    assert_eq!(
        why(&test),
        [
            "population not reconciled: query returns 4 rows for 3 selected records; a join fans out: 1 rows too many"
        ]
    );
}

#[test]
fn rows_that_an_inner_join_loses_are_missed_even_when_the_count_is_right() {
    let folder = Folder::new();
    let sql = "SELECT b._file, b._row, b.change_id FROM base b JOIN approval a ON a.change_id = b.change_id";
    let (test, _) = test(&plan(joined(sql), NEVER, datasets(&folder)));
    assert_eq!(
        why(&test),
        [
            "population not reconciled: query returns 3 rows for 3 selected records; a join fans out: 1 rows too many; 1 records are lost, by an inner join or a WHERE"
        ]
    );
}

#[test]
fn lost_and_multiplied_rows_stand_in_the_way_of_every_kind_of_control() {
    let folder = Folder::new();
    let fans_out = "SELECT b._file, b._row, b.change_id FROM base b LEFT JOIN approval a ON a.change_id = b.change_id";
    let whole = "SELECT _file, _row, change_id FROM base";
    let mut refused = datasets(&folder);
    let broken = APPROVALS.replace("2025-03-01T10:00:00Z", "2025-03-01");
    refused[1].files = vec![folder.write("broken.csv", broken)];
    let unstated = |mut datasets: Vec<DatasetSpec>| {
        datasets.iter_mut().for_each(|dataset| dataset.expected = None);
        datasets
    };
    let lost = "population not reconciled: query returns 4 rows for 3 selected records; a join fans out: 1 rows too many";
    let beside = "population not reconciled: `approval`: 1 row refused by its schema profile";
    for kind in [ControlKind::Monitoring, ControlKind::DataPrecondition] {
        let of = |sql: &str, datasets: Vec<DatasetSpec>| {
            let mut control = joined(sql);
            control.kind = kind;
            test(&plan(control, NEVER, unstated(datasets))).0
        };
        assert_eq!(why(&of(fans_out, datasets(&folder))), [lost]);
        assert_eq!(why(&of(whole, refused.clone())), [beside]);
        let tested = of(whole, datasets(&folder));
        assert_eq!(tested.outcome, Outcome::NoExceptions);
        assert_eq!(tested.population.unwrap().not_tied_out.len(), 2);
    }
    let mut both = unstated(datasets(&folder));
    both[0].expected = Some(rows(3));
    let (tested, _) = test(&plan(joined(fans_out), NEVER, both));
    let unexpected = "population not tied out: `approval` has no independent expectation";
    assert_eq!(why(&tested), [lost, unexpected]);
}

#[test]
fn a_bundle_decides_only_for_a_period_in_which_it_is_in_force() {
    let folder = Folder::new();
    let sql = "SELECT _file, _row, change_id FROM base";
    let go = |from: Option<&str>, to: Option<&str>| {
        let mut plan = plan(control("change", sql), NEVER, datasets(&folder));
        let bundle = std::sync::Arc::make_mut(&mut plan.controls[0].bundle);
        bundle.effective_from = from.map(|day| day.parse().unwrap());
        bundle.effective_to = to.map(|day| day.parse().unwrap());
        go(&plan)
    };
    // The run's period is 2025: until before 2026-01-01.
    go(Some("2025-01-01"), Some("2026-01-01")).unwrap();
    go(Some("2024-07-01"), None).unwrap();
    go(None, Some("2026-07-01")).unwrap();
    for (from, to, interval) in [
        (Some("2025-01-02"), None, " from 2025-01-02"),
        (None, Some("2025-12-31"), " until before 2025-12-31"),
        (Some("2026-01-01"), Some("2027-01-01"), " from 2026-01-01 until before 2027-01-01"),
        (Some("2024-01-01"), Some("2025-01-01"), " from 2024-01-01 until before 2025-01-01"),
    ] {
        let (code, message, help) = complaint(go(from, to));
        assert_eq!(code, "bundle-not-in-force");
        assert_eq!(
            message,
            format!(
                "control `T-01`: the policy bundle `test` 1.0.0 is in force{interval}, the run's period is from 2025-01-01 until before 2026-01-01"
            )
        );
        assert!(help.starts_with("choose the version of `test` that is in force"), "{help}");
    }
}

#[test]
fn a_validity_interval_is_of_days_or_of_instants() {
    let folder = Folder::new();
    let mut all = datasets(&folder);
    let header = "party,country,vat_id,valid_from,valid_to,checked_at,proof\n";
    all.push(spec("vat-registration-1", vec![folder.write("vat.csv", header)]));
    let mut control = control("change", "SELECT _file, _row, change_id FROM base");
    let mut go = |key: &str, from: &str, to: &str| {
        let table = TableRef {
            dataset: "vat-registration".into(),
            key: vec![key.into()],
            effective: Some(Effective { from: from.into(), to: to.into() }),
        };
        control.tables = [("t".to_owned(), table)].into();
        go(&plan(control.clone(), NEVER, all.clone()))
    };
    go("party", "valid_from", "valid_to").unwrap();
    go("party", "checked_at", "checked_at").unwrap();
    for (from, to) in [("valid_from", "checked_at"), ("checked_at", "valid_to"), ("proof", "proof")]
    {
        let (code, message, help) = complaint(go("party", from, to));
        assert_eq!(code, "table-column", "{message}");
        assert!(message.contains(from) && message.contains(to), "{message}");
        assert_eq!(help, "name two columns that are both dates or both timestamps");
    }
}

#[test]
fn absence_is_of_roles_and_columns_that_are_there() {
    let folder = Folder::new();
    let of = |role: &str, theirs: &str, ours: &str| {
        let mut control = joined("SELECT _file, _row, change_id FROM base");
        let columns = [(theirs.to_owned(), ours.to_owned())].into();
        control.population.absence_of = [(role.to_owned(), columns)].into();
        go(&plan(control, NEVER, datasets(&folder)))
    };
    of("approval", "change_id", "change_id").unwrap();
    // A column of the base that the query doesn't select.
    of("approval", "approver", "author").unwrap();
    for (role, theirs, ours, said) in [
        ("hold", "hold_id", "change_id", "names the role `hold`, which the control doesn't read"),
        (
            "approval",
            "chang_id",
            "change_id",
            "names the column `chang_id`, which `approval` doesn't have",
        ),
        (
            "approval",
            "change_id",
            "chang_id",
            "names the column `chang_id`, which a record doesn't have",
        ),
        ("approval", "step", "change_id", "compares `step` (integer) with `change_id` (string)"),
    ] {
        let (code, message, help) = complaint(of(role, theirs, ours));
        let said = format!("control `T-01`: `absence_of` {said}");
        assert_eq!((code.as_str(), message), ("absence-column", said));
        assert!(!help.is_empty());
    }
}

#[test]
fn groups_count_their_rows_and_a_null_key_is_undetermined() {
    let folder = Folder::new();
    let mut control = control(
        "change",
        "SELECT deployed_by, COUNT(*) AS _records, MIN(change_id) AS change_id FROM base GROUP BY deployed_by",
    );
    control.population.group_by = vec!["deployed_by".into()];
    let (tested, records) = test(&plan(control.clone(), NEVER, datasets(&folder)));
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].decision.word(), "undetermined");
    assert_eq!(records[1].decision.word(), "conforms");
    assert_eq!((records[1].record.file, records[1].record.row), (None, None));
    assert_eq!(records[1].record.key[0].value.to_text().unwrap(), "dan");
    assert_eq!(records[1].record.key[0].class, FieldClass::Personal);
    assert_eq!(tested.population.unwrap().selected.0, 3);

    control.population.query = tieout_controls::control::PopulationQuery::Sql(
        "SELECT deployed_by, COUNT(*) AS _records, MIN(change_id) AS change_id FROM base WHERE deployed_by IS NOT NULL GROUP BY deployed_by".into(),
    );
    let (tested, _) = test(&plan(control, NEVER, datasets(&folder)));
    assert_eq!(
        why(&tested),
        ["population not reconciled: query groups 1 rows for 3 selected records"]
    );
}

#[test]
fn a_cent_of_difference_stands_in_the_way_of_a_conclusion() {
    let folder = Folder::new();
    let pools = "pool_id,period,service_id,gl_account,amount,currency,behaviour,pass_through,shareholder_activity\n\
                 p1,2025-01,s,4400,100.10,EUR,fixed,0,false\np2,2025-01,s,4400,0.20,EUR,fixed,0,false\n";
    let mut pool = spec("cost-pool-1", vec![folder.write("pool.csv", pools)]);
    let control = exposed(
        control(
            "cost-pool",
            "SELECT _file, _row, pool_id AS change_id, amount, currency FROM base",
        ),
        "amount",
        "currency",
    );
    let (tested, _) = test(&plan(control.clone(), NEVER, vec![pool.clone()]));
    assert_eq!(
        why(&tested),
        ["population not tied out: `cost-pool` has no independent expectation"]
    );

    let mut expected = rows(2);
    expected.source = "trial balance".into();
    expected.totals = serde_json::from_str(r#"{"amount":{"EUR":"100.31"}}"#).unwrap();
    pool.expected = Some(expected);
    let (tested, records) = test(&plan(control, NEVER, vec![pool]));
    assert_eq!(
        why(&tested),
        [
            "population not tied out: `cost-pool`: amount EUR is 0.01 below the 100.31 expected by trial balance"
        ]
    );
    assert_eq!(
        serde_json::to_string(&tested.population.unwrap().totals).unwrap(),
        r#"{"EUR":"100.3"}"#
    );
    assert_eq!(records[0].exposure.as_ref().unwrap().amount.to_string(), "100.1");
}

#[test]
fn a_missing_dataset_is_not_tested_and_two_are_an_error() {
    let folder = Folder::new();
    let sql = "SELECT _file, _row, change_id FROM base";
    let mut both = datasets(&folder);
    let mut other = both[0].clone();
    other.name = "other-changes".into();
    let only_approvals = vec![both.remove(1)];
    let (tested, _) = test(&plan(joined(sql), NEVER, only_approvals));
    let Outcome::NotTested { why } = tested.outcome else { panic!("tested") };
    assert_eq!(why, "no dataset of the role `change` is in the workspace");

    let mut two = datasets(&folder);
    two.push(other);
    let mut plan = plan(joined(sql), NEVER, two);
    let (code, message, help) = complaint(go(&plan));
    assert_eq!(code, "ambiguous-dataset");
    assert_eq!(message, "control `T-01`: `change` and `other-changes` all have the role `change`");
    assert_eq!(
        help,
        "say which one under `controls.settings.T-01.datasets`, such as `change: change`"
    );
    plan.controls[0].bindings.insert("change".into(), "other-changes".into());
    assert_eq!(test(&plan).0.population.unwrap().base, "other-changes");
    plan.controls[0].bindings.insert("change".into(), "approval".into());
    assert_eq!(complaint(go(&plan)).0, "unknown-dataset");
}

#[test]
fn queries_that_are_inexact_or_unrepeatable_are_refused() {
    let folder = Folder::new();
    let refusals = [
        ("SELECT _file, _row, CAST(1 AS DOUBLE) AS x FROM base", "population-float"),
        ("SELECT _file, _row, uuid() AS x FROM base", "volatile-function"),
        ("SELECT _file, _row, change_id FROM base\nWHERE created < now()", "volatile-function"),
        ("SELECT _file, _row FROM base WHERE effective_from > current_date", "volatile-function"),
        (
            "SELECT _file, _row FROM base WHERE change_id IN (SELECT CAST(random() AS VARCHAR))",
            "volatile-function",
        ),
        ("SELECT _file, _row, (SELECT AVG(_row) FROM base) > 1 AS x FROM base", "population-float"),
        ("SELECT _file, _row, _row / 3 AS x FROM base", "population-query"),
        (
            "SELECT _file, _row FROM base WHERE _row > (SELECT AVG(CAST(_row AS DECIMAL(9, 2))) FROM base)",
            "population-query",
        ),
        (
            "SELECT _file, _row FROM base WHERE _row > (SELECT SUM(CAST(_row AS DECIMAL(9, 2))) FROM base)",
            "population-query",
        ),
        (
            "SELECT _file, _row FROM base WHERE _row > (SELECT SUM(_row) FROM base)",
            "population-query",
        ),
        ("SELECT _file, _row, _row * 2 AS x FROM base", "population-query"),
        ("SELECT _file, _row, SUM(_row) OVER () AS x FROM base", "population-query"),
        ("SELECT _file, _row, AVG(_row) OVER () AS x FROM base", "population-float"),
        ("EXPLAIN SELECT _file, _row FROM base", "population-query"),
        ("DROP TABLE base", "population-query"),
        ("CREATE TABLE x AS SELECT 1", "population-query"),
        ("SELECT 1; SELECT 2", "population-query"),
        ("SELECT change_id FROM base", "population-columns"),
        ("SELECT _file, _row, _row FROM base", "population-query"),
        ("SELECT _file, CAST(_row AS VARCHAR) AS _row FROM base", "population-columns"),
        ("SELECT _file, _row FROM change", "population-query"),
        ("SELECT _file, _row FROM '/etc/passwd'", "population-query"),
    ];
    for (sql, expected) in refusals {
        let (code, message, _) =
            complaint(go(&plan(control("change", sql), NEVER, datasets(&folder))));
        assert_eq!(code, expected, "{sql}: {message}");
        assert!(message.contains("`T-01`"), "{message}");
        println!("{message}");
    }
    for (expression, what) in [
        ("CAST(1.255 AS DECIMAL(9, 2))", "a cast from Decimal128(4, 3) to Decimal128(9, 2)"),
        ("TRY_CAST(1.255 AS DECIMAL(76, 2))", "a cast from Decimal128(4, 3) to Decimal256(76, 2)"),
        ("CAST(1.5 AS BIGINT)", "a cast from Decimal128(2, 1) to Int64"),
        ("CAST(1.5 AS TINYINT)", "a cast from Decimal128(2, 1) to Int8"),
        ("AVG(CAST(_row AS DECIMAL(9, 2))) OVER ()", "an average"),
        ("(SELECT MEDIAN(CAST(_row AS DECIMAL(9, 2))) FROM base)", "a median"),
        ("(SELECT APPROX_DISTINCT(change_id) FROM base)", "`approx_distinct`"),
    ] {
        let sql = format!("SELECT _file, _row, change_id, {expression} AS x FROM base");
        let refused = complaint(go(&plan(control("change", &sql), NEVER, datasets(&folder))));
        let said = format!("control `T-01`: {what} rounds by a rule that the query doesn't name");
        assert_eq!((refused.0.as_str(), refused.1), ("population-query", said), "{expression}");
    }
    let sql = "SELECT _file, _row, change_id, CAST(_row AS DECIMAL(9, 2)) AS a, \
               CAST(1.5 AS DECIMAL(76, 38)) AS b, CAST(1.5 AS VARCHAR) AS c, \
               SUM(CAST(_row AS DECIMAL(76, 38))) OVER () AS d, COUNT(*) OVER () AS e FROM base";
    go(&plan(control("change", sql), NEVER, datasets(&folder))).unwrap();
    let sql = "SELECT _file, _row, change_id FROM base\nWHERE created < now()";
    let (_, message, _) = complaint(go(&plan(control("change", sql), NEVER, datasets(&folder))));
    assert_eq!(message, "control `T-01`, line 2, column 17: `now` gives another answer each time");
}

#[test]
fn an_unknown_column_is_named_with_its_place_and_the_likely_one() {
    let folder = Folder::new();
    let sql = "SELECT _file, _row,\n  change_ID, changed_id FROM base";
    let (_, message, help) = complaint(go(&plan(control("change", sql), NEVER, datasets(&folder))));
    assert_eq!(
        message,
        "control `T-01`, query, line 2, column 14: there is no column `changed_id`"
    );
    assert_eq!(help, "did you mean `change_id`?");
    let mut control = control("change", "SELECT _file, _row FROM base");
    for (condition, code) in [
        ("emergancy", "population-query"),
        ("change_id", "population-condition"),
        ("created < now()", "volatile-function"),
        ("TRUE) OR (TRUE", "population-query"),
    ] {
        control.population.condition = Some(condition.into());
        let (found, message, _) = complaint(go(&plan(control.clone(), NEVER, datasets(&folder))));
        assert_eq!(found, code, "{message}");
        println!("{message}");
    }
}

/// Is asked to stop once the query runs: the third time since the control's test began.
struct Impatient(AtomicUsize);

impl Progress for Impatient {
    fn step(&self, what: &str) {
        if what.starts_with("testing") {
            self.0.store(1, Ordering::SeqCst);
        }
    }

    fn cancelled(&self) -> bool {
        let asked = self.0.load(Ordering::SeqCst);
        if asked > 0 {
            self.0.store(asked + 1, Ordering::SeqCst);
        }
        asked > 2
    }
}

#[test]
fn a_query_that_runs_for_long_can_be_interrupted() {
    let folder = Folder::new();
    let mut changes = CHANGES.to_owned();
    for n in 0..5_000 {
        changes +=
            &format!("x{n},rate,t,,,ann,2025-02-01T00:00:00Z,,,2025-02-02T00:00:00Z,false,\n");
    }
    let change = spec("change-1", vec![folder.write("change.csv", changes)]);
    // A hundred thousand million pairs of pairs.
    let sql = "SELECT _file, _row, change_id, \
               (SELECT COUNT(*) FROM base a, base b, base c WHERE a.change_id || b.change_id > c.change_id) AS n \
               FROM base";
    let plan = plan(control("change", sql), NEVER, vec![change]);
    let stopped = watched(&plan, &Impatient(AtomicUsize::new(0)));
    assert!(matches!(stopped, Err(RunError::Interrupted)), "{stopped:?}");
}

#[test]
fn a_run_is_the_same_twice() {
    let folder = Folder::new();
    let sql = "SELECT b._file, b._row, b.change_id, b.author, a.approver FROM base b LEFT JOIN \
               (SELECT change_id, MAX(approver) AS approver FROM approval GROUP BY change_id) a ON a.change_id = b.change_id";
    let rego = "violation contains {\"code\": \"own\"} if input.approver == input.author";
    let mut control = joined(sql);
    control.population.erasable = Some("who it is decides".into());
    let plan = plan(control, rego, datasets(&folder));
    let (one, two) = (go(&plan).unwrap(), go(&plan).unwrap());
    assert_eq!(one.result, two.result);
    assert_eq!(one.records, two.records);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let plan = plan.clone();
            std::thread::spawn(move || go(&plan).unwrap().records)
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), one.records);
    }
    let test = &one.result.tests[0];
    assert_eq!(test.outcome, Outcome::Exceptions);
    assert_eq!(test.counts.violates.0, 1);
    assert_eq!(test.counts.undetermined.0, 1);
    let violating = &one.records[1];
    let fields: Vec<_> = violating.values.iter().map(|f| (f.name.as_str(), f.class)).collect();
    assert_eq!(fields, [("author", FieldClass::Personal), ("approver", FieldClass::Personal)]);
    let query = &one.policies["population/T-01.sql"];
    let digest = {
        use sha2::Digest as _;
        tieout_controls::Digest(sha2::Sha256::digest(query.as_bytes()).into())
    };
    assert_eq!(digest, test.population.as_ref().unwrap().query);
}

#[test]
fn text_made_of_personal_columns_is_personal_under_any_name() {
    let folder = Folder::new();
    let sql = "SELECT b._file, b._row, b.change_id, b.artefact, b.author || '!' AS loud, a.first AS early, \
               a.n, b.author = a.first AS same, (SELECT MAX(approver) FROM approval) AS last \
               FROM base b LEFT JOIN (SELECT change_id, MIN(approver) AS first, COUNT(approver) AS n \
               FROM approval GROUP BY change_id) a ON a.change_id = b.change_id";
    let rego = "violation contains {\"code\": \"x\", \"actual\": input.n} if {\n\
                input.loud != \"\"\ninput.early != \"\"\ninput.last != \"\"\ninput.artefact != \"\"\ninput.same == false\n}";
    let mut control = joined(sql);
    control.population.erasable = Some("who it is decides".into());
    let (_, records) = test(&plan(control, rego, datasets(&folder)));
    let fields: Vec<_> = records[0]
        .values
        .iter()
        .map(|f| (f.name.as_str(), f.class == FieldClass::Personal))
        .collect();
    let expected = [
        ("artefact", false),
        ("loud", true),
        ("early", true),
        ("n", false),
        ("same", false),
        ("last", true),
    ];
    assert_eq!(fields, expected);
}

/// What a verdict needs of a person is gone with the person.
#[test]
fn a_rule_that_reads_persons_says_why() {
    let folder = Folder::new();
    let sql = "SELECT _file, _row, change_id, author, author = deployed_by AS same FROM base";
    let run = |sees: &str, reason: Option<&str>| {
        let mut control = control("change", sql);
        control.population.erasable = reason.map(str::to_owned);
        let rego = format!("violation contains {{\"code\": \"x\"}} if input.{sees}");
        go(&plan(control, &rego, datasets(&folder)))
    };
    let needed = "control `T-01`: the rule reads `author`, which can be erased";
    let needless =
        "control `T-01`: `erasable` gives a reason, and the rule reads no personal column";
    run("same", None).unwrap();
    run("author == \"ann\"", Some("who it is decides")).unwrap();
    for (sees, reason, said) in [
        ("author == \"ann\"", None, needed),
        ("author == \"ann\"", Some(" "), needed),
        ("same", Some("who it is decides"), needless),
    ] {
        let (code, message, help) = complaint(run(sees, reason));
        assert_eq!((code.as_str(), message.as_str()), ("control-erasable", said));
        assert!(!help.is_empty());
    }
}
