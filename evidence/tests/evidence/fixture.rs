//! A small run, built by hand: two controls, of which one has personal columns, and a refused row.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use tieout_controls::conclude::conclude;
use tieout_controls::control::{
    Assertion, Control, ControlKind, PolicyRef, Population, PopulationQuery, Severity,
};
use tieout_controls::decision::RuleRef;
use tieout_controls::paper::PaperError;
use tieout_controls::record::{Field, FieldClass};
use tieout_controls::result::{PolicyIdentity, PopulationSummary, RunParameters};
use tieout_controls::{
    Cause, Count, DatasetSummary, Decimal, Decision, Digest, EvaluatedRecord, Fact, Money, Reason,
    RecordRef, RefusedRow, RunResult, TestResult, TieOut, Totals, Value, WorkingPaper,
};

/// What is sealed.
pub(crate) struct Fixture {
    pub(crate) result: RunResult,
    pub(crate) records: Vec<EvaluatedRecord>,
    pub(crate) policies: BTreeMap<String, String>,
}

impl WorkingPaper for Fixture {
    fn each_record(
        &self,
        each: &mut dyn FnMut(&EvaluatedRecord) -> Result<(), PaperError>,
    ) -> Result<(), PaperError> {
        self.records.iter().try_for_each(each)
    }
}

/// The run.
pub(crate) fn fixture() -> Fixture {
    let billing = vec![
        billed(1, Decision::Conforms),
        billed(2, violates("list-cost-differs", Some("0.05"), Some("10.00"), Some("10.05"))),
        billed(3, Decision::Undetermined { causes: vec![cause(Reason::Null, "ListUnitPrice")] }),
        billed(4, Decision::NotApplicable),
        billed(5, violates("list-cost-differs", Some("-1.25"), None, None)),
    ];
    let changes = vec![
        approval(1, "anna@example.com", Decision::Conforms),
        approval(2, "bruno@example.com", approves_own("bruno@example.com")),
    ];
    let refused = RefusedRow {
        dataset: "focus".into(),
        file: "focus.csv".into(),
        row: Count(6),
        line: Some(Count(7)),
        column: Some("BilledCost".into()),
        code: "not-a-decimal".into(),
        reason: "not a decimal number".into(),
    };
    run_of(changes, billing, vec![refused])
}

/// The run with those records of CM-02 and of FOC-R03, and those refused rows.
pub(crate) fn run_of(
    changes: Vec<EvaluatedRecord>,
    billing: Vec<EvaluatedRecord>,
    refused_rows: Vec<RefusedRow>,
) -> Fixture {
    let refused = |name: &str| refused_rows.iter().filter(|row| row.dataset == name).count();
    let datasets = vec![
        dataset("approval", changes.len(), refused("approval")),
        dataset("focus", billing.len(), refused("focus")),
    ];
    let controls = [control("CM-02", "approval"), control("FOC-R03", "focus")];
    let sources = ["billing/foc-r03/rule.rego", "billing/cm-02/rule.cedar"];
    let mut policies: BTreeMap<String, String> =
        sources.map(|path| (path.to_owned(), format!("# {path}\n"))).into();
    let bundle = bundle_digest(&policies);
    policies.extend(controls.iter().map(|c| (format!("population/{}.sql", c.id), query_text(c))));
    let tests = controls.into_iter().zip([&changes, &billing]).zip(&datasets);
    let tests = tests.map(|((control, records), base)| test(control, base, bundle, records));
    let result = RunResult {
        schema_version: "1".into(),
        run: RunParameters {
            workspace: "meridian".into(),
            period_start: "2025-01-01".parse().unwrap(),
            period_end: "2026-01-01".parse().unwrap(),
            as_of: "2026-01-31".parse().unwrap(),
            configuration: Digest([3; 32]),
            engine: "tieout 0.1.0".into(),
            overrides: BTreeMap::new(),
        },
        tests: tests.collect(),
        datasets,
        refused_rows,
    };
    let records = changes.into_iter().chain(billing).collect();
    Fixture { result, records, policies }
}

/// As `docs/formats/evidence-pack.md` says.
fn bundle_digest(files: &BTreeMap<String, String>) -> Digest {
    let line = |(path, text): (&String, &String)| format!("{}  {path}\n", sha256(text));
    sha256(&files.iter().map(line).collect::<String>())
}

fn query_text(control: &Control) -> String {
    let (id, base) = (&control.id, &control.population.base);
    format!("-- population of {id}: the rows of {base} where\ntrue\n-- query\nSELECT * FROM base\n")
}

fn sha256(text: &str) -> Digest {
    Digest(Sha256::digest(text).into())
}

fn rule() -> RuleRef {
    RuleRef { file: "billing/foc-r03/rule.rego".into(), line: 7, last_line: 12 }
}

fn cause(reason: Reason, column: &str) -> Cause {
    Cause { reason, rule: rule(), column: Some(column.into()) }
}

/// A decision with one fact.
pub(crate) fn violates(
    code: &str,
    amount: Option<&str>,
    expected: Option<&str>,
    actual: Option<&str>,
) -> Decision {
    let fact = Fact {
        rule: rule(),
        code: code.into(),
        expected: expected.map(Into::into),
        actual: actual.map(Into::into),
        amount: amount.map(|text| Decimal::parse(text).unwrap()),
        message: None,
    };
    Decision::Violates { facts: vec![fact], causes: Vec::new() }
}

fn field(name: &str, value: Value, class: FieldClass) -> Field {
    Field { name: name.into(), value, class }
}

pub(crate) fn text(value: &str) -> Value {
    Value::String(value.into())
}

/// A billing record.
pub(crate) fn billed(row: u64, decision: Decision) -> EvaluatedRecord {
    let amount = Decimal::from(i64::try_from(row).unwrap());
    let values = match decision {
        Decision::Conforms | Decision::NotApplicable => Vec::new(),
        _ => vec![
            field("ListCost", Value::Number(amount.clone()), FieldClass::Clear),
            field("ListUnitPrice", Value::Null, FieldClass::Clear),
        ],
    };
    EvaluatedRecord {
        control: "FOC-R03".parse().unwrap(),
        record: RecordRef {
            dataset: "focus".into(),
            file: Some(Count(0)),
            row: Some(Count(row)),
            key: vec![field("InvoiceId", text("INV-2025-\"7\""), FieldClass::Clear)],
        },
        decision,
        values,
        exposure: Some(Money { amount, currency: "EUR".into() }),
    }
}

/// A decision with a fact that repeats a person.
pub(crate) fn approves_own(who: &str) -> Decision {
    let mut decision = violates("author-approves", None, Some("not the author"), Some(who));
    if let Decision::Violates { facts, .. } = &mut decision {
        facts[0].message = Some(format!("{who} approved a change of {who}"));
    }
    decision
}

/// An approval of one's own change.
pub(crate) fn approval(row: u64, approver: &str, decision: Decision) -> EvaluatedRecord {
    EvaluatedRecord {
        control: "CM-02".parse().unwrap(),
        record: RecordRef {
            dataset: "approval".into(),
            file: Some(Count(0)),
            row: Some(Count(row)),
            key: vec![
                field("change_id", text(&format!("CHG-{row}")), FieldClass::Clear),
                field("approver", text(approver), FieldClass::Personal),
            ],
        },
        decision,
        values: vec![
            field("approver", text(approver), FieldClass::Personal),
            field("author", text(approver), FieldClass::Personal),
            field("deployed_by", Value::Null, FieldClass::Personal),
        ],
        exposure: None,
    }
}

fn dataset(name: &str, accepted: usize, refused: usize) -> DatasetSummary {
    DatasetSummary {
        name: name.into(),
        profile: format!("{name}-1"),
        files: vec![format!("{name}.csv")],
        rows: Count::of(accepted + refused),
        accepted: Count::of(accepted),
        refused: Count::of(refused),
        totals: BTreeMap::new(),
        null_amounts: BTreeMap::new(),
        period: None,
        commitment: Digest([9; 32]),
        reading: BTreeMap::new(),
        undeclared_columns: Vec::new(),
        absent_columns: Vec::new(),
        tie_out: TieOut::NoExpectation,
    }
}

fn control(id: &str, base: &str) -> Control {
    Control {
        id: id.parse().unwrap(),
        company_id: (base == "focus").then(|| "BIL-07".into()),
        title: "A control".into(),
        family: "billing".into(),
        kind: ControlKind::DataPrecondition,
        assertion: Assertion::Accuracy,
        objective: "Two lines\nof it.".into(),
        risk: "Some.".into(),
        severity: Severity::High,
        owner: "controller".into(),
        frequency: "monthly".into(),
        population: Population {
            base: base.into(),
            joins: Vec::new(),
            condition: None,
            group_by: Vec::new(),
            query: PopulationQuery::Sql("SELECT * FROM base".into()),
            exposure: None,
            absence_of: BTreeMap::new(),
            personal: Vec::new(),
            erasable: None,
        },
        policy: PolicyRef { bundle: "billing".into(), rule: id.to_lowercase() },
        tables: BTreeMap::new(),
        parameters: BTreeMap::new(),
        references: Vec::new(),
    }
}

/// The result of a control with those records, all rows of its base.
fn test(
    control: Control,
    base: &DatasetSummary,
    bundle: Digest,
    records: &[EvaluatedRecord],
) -> TestResult {
    let rule = control.policy.rule.clone();
    let extension = if base.name == "focus" { "rego" } else { "cedar" };
    let policy = PolicyIdentity {
        bundle: "billing".into(),
        version: "1.0.0".into(),
        digest: bundle,
        rule: rule.clone(),
        source: format!("billing/{rule}/rule.{extension}"),
    };
    let number = Count::of(records.len());
    let population = PopulationSummary {
        base: base.name.clone(),
        datasets: BTreeMap::from([(base.name.clone(), base.name.clone())]),
        query: sha256(&query_text(&control)),
        base_rows: number,
        selected: number,
        excluded: Count(0),
        unknown: Count(0),
        refused: base.refused,
        records: number,
        totals: Totals::default(),
        not_tied_out: vec![format!("`{}` has no independent expectation", base.name)],
        not_reconciled: Vec::new(),
    };
    conclude(control, false, policy, population, records).unwrap()
}
