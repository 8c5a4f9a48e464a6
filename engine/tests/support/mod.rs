//! What the tests of this crate share: files in a temporary folder, a commitment that is easy to
//! see through, datasets with an expectation.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "each test binary uses a part"
)]

use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tieout_controls::dataset::Expectation;
use tieout_controls::paper::RowCommitment;
use tieout_controls::{Count, Digest, profile};
use tieout_engine::dataset::{DatasetSpec, Loaded, Reading, SourceFile, read};
use tieout_engine::progress::Quiet;
use tieout_engine::run::RunError;

/// SHA-256 over the rows, each with a line feed.
pub struct Plain(Sha256, u64);

impl RowCommitment for Plain {
    fn add(&mut self, row: &[u8]) {
        self.0.update(row);
        self.0.update(b"\n");
        self.1 += 1;
    }

    fn finish(self: Box<Self>) -> (Count, Digest) {
        (Count(self.1), Digest(self.0.finalize().into()))
    }
}

pub fn commitments(_dataset: &str) -> Box<dyn RowCommitment> {
    Box::new(Plain(Sha256::new(), 0))
}

/// A folder of files that is gone after the test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> SourceFile {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        SourceFile { shown: name.to_owned(), path }
    }
}

/// A dataset named after its profile's role.
pub fn spec(profile: &str, files: Vec<SourceFile>) -> DatasetSpec {
    let profile = profile::named(profile).unwrap();
    let name = profile.role.to_owned();
    DatasetSpec { name, profile, files, reading: Reading::default(), expected: None }
}

/// An expectation of that many rows and no money.
pub fn rows(rows: u64) -> Expectation {
    Expectation {
        rows: Count(rows),
        totals: std::collections::BTreeMap::new(),
        source: "the test".into(),
        obtained_by: "the tester".into(),
        at: chrono::DateTime::UNIX_EPOCH,
    }
}

pub fn load(spec: &DatasetSpec) -> Result<Loaded, RunError> {
    read(spec, &commitments, &Quiet)
}

/// Code, message and help of an input error.
pub fn complaint<T: std::fmt::Debug>(outcome: Result<T, RunError>) -> (String, String, String) {
    match outcome.unwrap_err() {
        RunError::Input { code, message, help } => {
            (code.to_owned(), message, help.unwrap_or_default())
        }
        other => panic!("not an input error: {other:?}"),
    }
}

/// A service map read from that text.
pub fn service_map(text: impl AsRef<[u8]>) -> Loaded {
    let folder = Folder::new();
    load(&spec("service-map-1", vec![folder.write("map.csv", text)])).unwrap()
}

/// The refused rows as `row:line:column:code`.
pub fn refused(loaded: &Loaded) -> Vec<String> {
    let line = |r: &tieout_controls::RefusedRow| {
        let text = |n: &Option<Count>| n.map_or("-".to_owned(), |n| n.to_string());
        let column = r.column.as_deref().unwrap_or("-");
        format!("{}:{}:{column}:{}", r.row, text(&r.line), r.code)
    };
    loaded.refused.iter().map(line).collect()
}

/// The values of a column over all batches, as packs write them; null is `null`.
pub fn column(loaded: &Loaded, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    for batch in &loaded.batches {
        let array = batch.column_by_name(name).unwrap();
        for row in 0..batch.num_rows() {
            let value = tieout_policies::column::value_at(array.as_ref(), row).unwrap();
            values.push(value.to_text().unwrap_or_else(|| "null".to_owned()));
        }
    }
    values
}

/// The folder of public data beside the repository, where there is one.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {path} is not beside the repository");
    None
}

/// A Parquet file of one batch.
pub fn write(
    folder: &Folder,
    name: &str,
    columns: Vec<(&str, arrow_array::ArrayRef)>,
) -> SourceFile {
    let batch = arrow_array::RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    folder.write(name, bytes)
}

/// A run of one control over these datasets, period 2025.
pub mod running {
    use super::commitments;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use tieout_controls::control::{
        Assertion, ControlKind, Exposure, PolicyRef, Population, PopulationQuery, Severity,
    };
    use tieout_controls::result::RunParameters;
    use tieout_controls::{Control, Digest, EvaluatedRecord, Outcome, TestResult};
    use tieout_engine::dataset::DatasetSpec;
    use tieout_engine::plan::{Plan, PlannedControl};
    use tieout_engine::progress::{Progress, Quiet};
    use tieout_engine::run::{RunError, RunOutput, run};
    use tieout_policies::bundle::{Bundle, Language, Rule};

    pub fn control(base: &str, sql: &str) -> Control {
        Control {
            id: "T-01".parse().unwrap(),
            company_id: None,
            title: "a test".into(),
            family: "billing".into(),
            kind: ControlKind::ControlTest,
            assertion: Assertion::Accuracy,
            objective: "to test".into(),
            risk: "none".into(),
            severity: Severity::Low,
            owner: "the tester".into(),
            frequency: "daily".into(),
            population: Population {
                base: base.into(),
                joins: Vec::new(),
                condition: None,
                group_by: Vec::new(),
                query: PopulationQuery::Sql(sql.into()),
                exposure: None,
                absence_of: BTreeMap::new(),
                personal: Vec::new(),
                erasable: None,
            },
            policy: PolicyRef { bundle: "test".into(), rule: "t-01".into() },
            tables: BTreeMap::new(),
            parameters: BTreeMap::new(),
            references: Vec::new(),
        }
    }

    pub fn exposed(mut control: Control, amount: &str, currency: &str) -> Control {
        control.population.exposure =
            Some(Exposure { amount: amount.into(), currency: currency.into() });
        control
    }

    pub fn bundle(rego: &str) -> Bundle {
        let path = "test/t-01/rule.rego";
        let source = format!("package test.t_01\n\n{rego}\n");
        let rule = Rule {
            name: "t-01".into(),
            language: Language::Rego,
            path: path.into(),
            source: source.clone(),
            request: None,
        };
        Bundle {
            name: "test".into(),
            version: "1.0.0".into(),
            jurisdiction: None,
            effective_from: None,
            effective_to: None,
            sources: Vec::new(),
            owner: "the tester".into(),
            approver: "the tester".into(),
            digest: Digest([7; 32]),
            rules: [("t-01".to_owned(), rule)].into(),
            tables: BTreeMap::new(),
            files: [(path.to_owned(), source)].into(),
        }
    }

    pub fn plan(control: Control, rego: &str, datasets: Vec<DatasetSpec>) -> Plan {
        Plan {
            parameters: RunParameters {
                workspace: "test".into(),
                period_start: "2025-01-01".parse().unwrap(),
                period_end: "2026-01-01".parse().unwrap(),
                as_of: "2026-01-31".parse().unwrap(),
                configuration: Digest([1; 32]),
                engine: "tieout test".into(),
                overrides: BTreeMap::new(),
            },
            datasets,
            controls: vec![PlannedControl {
                control,
                mandatory: false,
                bindings: BTreeMap::new(),
                bundle: Arc::new(bundle(rego)),
            }],
        }
    }

    pub fn go(plan: &Plan) -> Result<RunOutput, RunError> {
        run(plan, &commitments, &Quiet)
    }

    /// A run by somebody else's progress.
    pub fn watched(plan: &Plan, progress: &dyn Progress) -> Result<RunOutput, RunError> {
        run(plan, &commitments, progress)
    }

    /// The only test's result, and its records.
    pub fn test(plan: &Plan) -> (TestResult, Vec<EvaluatedRecord>) {
        let output = go(plan).unwrap();
        let [test] = <[_; 1]>::try_from(output.result.tests).unwrap();
        (test, output.records)
    }

    pub fn why(test: &TestResult) -> Vec<String> {
        match &test.outcome {
            Outcome::Inconclusive { why } => why.clone(),
            other => panic!("not inconclusive: {other:?}"),
        }
    }
}
