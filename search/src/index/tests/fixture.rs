//! Packs made by hand, as verification would give them.

use crate::index::{Contents, Hits, Index, Locked, Made};
use crate::query;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;
use tieout_controls::result::{CodeSummary, RunParameters};
use tieout_controls::{Control, Count, Digest, Outcome, RunResult, TestResult, Totals, conclude};
use tieout_evidence::verify::{Verdict, VerifiedPack};

pub(super) fn pack(log_index: u64, records: Vec<Value>, population: Vec<Value>) -> VerifiedPack {
    VerifiedPack {
        withheld: Vec::new(),
        id: String::new(),
        folder: PathBuf::new(),
        digest: digest(log_index),
        log_index: Count(log_index),
        sealed_at: "2026-01-31T12:00:00Z".to_owned(),
        result: run(vec![test("FOC-R03", Outcome::Exceptions)]),
        records,
        population,
    }
}

/// A digest that differs for each number.
pub(super) fn digest(number: u64) -> Digest {
    format!("{number:064x}").parse().unwrap()
}

pub(super) fn run(tests: Vec<TestResult>) -> RunResult {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    RunResult {
        schema_version: "1".to_owned(),
        run: RunParameters {
            workspace: "meridian".to_owned(),
            period_start: day("2025-01-01"),
            period_end: day("2026-01-01"),
            as_of: day("2026-01-31"),
            configuration: digest(7),
            engine: "tieout".to_owned(),
            overrides: std::collections::BTreeMap::new(),
        },
        datasets: Vec::new(),
        refused_rows: Vec::new(),
        tests,
    }
}

/// A result with one exception of 12.50 EUR under the code `list-cost-differs`.
pub(super) fn test(id: &str, outcome: Outcome) -> TestResult {
    let control: Control = serde_json::from_value(json!({
        "id": id,
        "company_id": "BIL-07",
        "title": "Costs are price times quantity",
        "family": "billing",
        "kind": "substantive-reperformance",
        "assertion": "accuracy",
        "objective": "charges are computed from the agreed prices",
        "risk": "customers pay a wrong amount",
        "severity": "high",
        "owner": "billing operations",
        "frequency": "monthly",
        "population": {"base": "focus", "query": {"sql": "SELECT * FROM base"}},
        "policy": {"bundle": "billing", "rule": "foc-r03"},
    }))
    .unwrap();
    let amounts: Totals = serde_json::from_value(json!({"EUR": "12.50"})).unwrap();
    let mut result = conclude::not_tested(control, false, String::new());
    result.outcome = outcome;
    result.exception_amounts = amounts.clone();
    result.by_code.insert("list-cost-differs".to_owned(), CodeSummary { count: Count(1), amounts });
    result
}

/// A violating record of an invoice.
pub(super) fn violation(invoice: &str, amount: &str, currency: &str, text: &str) -> Value {
    json!({
        "v": "1",
        "kind": "record",
        "control": "FOC-R03",
        "decision": "violates",
        "dataset": "aws",
        "file": "0",
        "row": "7",
        "population": "9",
        "key": {"InvoiceId": invoice, "ChargePeriodStart": "2025-01-31T23:00:00Z"},
        "facts": [{
            "rule": {"file": "billing/foc-r03/rule.rego", "line": "12", "last_line": "19"},
            "code": "list-cost-differs",
            "amount": amount,
            "message": text,
        }],
        "causes": [],
        "exposure": {"amount": "250.00", "currency": currency},
        "values": {"ListCost": "31.40", "BillingCurrency": currency, "PricingUnit": "Hours"},
    })
}

/// A passing record of an invoice.
pub(super) fn conforming(control: &str, invoice: &str) -> Value {
    json!({
        "control": control,
        "dataset": "aws",
        "file": "0",
        "row": "8",
        "key": {"InvoiceId": invoice, "ChargePeriodStart": "2025-02-28T00:00:00Z"},
        "decision": "conforms",
    })
}

/// A refused row.
pub(super) fn refused(code: &str, reason: &str) -> Value {
    json!({
        "v": "1",
        "kind": "refused",
        "dataset": "aws",
        "file": "data/focus.csv",
        "row": "3",
        "line": "4",
        "column": "BilledCost",
        "code": code,
        "reason": reason,
    })
}

/// An index in a folder that goes away with it.
pub(super) struct Built {
    pub(super) index: Index,
    pub(super) folder: TempDir,
}

/// The maker of the indexes of tests.
pub(super) const MADE: Made<'static> = Made { key: &[3; 32], state: "as sealed" };

pub(super) fn contents(packs: &[VerifiedPack]) -> Contents {
    let packs = packs.iter().map(|pack| (pack.clone(), Verdict::Valid)).collect();
    Contents { packs, ..Contents::default() }
}

pub(super) fn built(packs: &[VerifiedPack]) -> Built {
    let folder = tempfile::tempdir().unwrap();
    let locked = Locked::take(folder.path()).unwrap().unwrap();
    let index = locked.rebuild(MADE, &contents(packs)).unwrap();
    Built { index, folder }
}

impl Built {
    pub(super) fn search(&self, text: &str) -> Hits {
        let query = query::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        self.index.search(&query, 1_000_000).unwrap()
    }

    /// The hits as `log index/kind/number`.
    pub(super) fn found(&self, text: &str) -> Vec<String> {
        let hits = self.search(text);
        assert_eq!(hits.total, u64::try_from(hits.hits.len()).unwrap(), "{text}");
        let name =
            |hit: crate::index::Hit| format!("{}/{}/{}", hit.log_index, hit.kind, hit.number);
        hits.hits.into_iter().map(name).collect()
    }
}
