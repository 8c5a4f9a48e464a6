//! A blocked request with everything in it, as the writers meet it.

use super::result::*;
use std::collections::BTreeMap;
use tieout_controls::control::Severity;

fn text(text: &str) -> String {
    text.to_owned()
}

fn side(shown: &str) -> Side {
    Side {
        shown: text(shown),
        revision: None,
        file: text("rates.csv"),
        digest: "ab".repeat(32),
        rows: text("12"),
    }
}

fn finding(control: &str, severity: Severity, waiver: Option<&str>) -> Finding {
    Finding {
        control: text(control),
        severity,
        code: text("below-margin-floor"),
        subject: text("vm-small/eu/retail"),
        effective_from: Some(text("2026-06-01T00:00:00Z")),
        tier_from: None,
        message: text("a margin of 1.2 % on the contract's 0.40, the floor is 5"),
        amount: Some(text("-18420.00")),
        currency: Some(text("EUR")),
        file: text("rates.csv"),
        line: Some(text("7")),
        waiver: waiver.map(text),
    }
}

/// The result.
pub(super) fn result() -> GateResult {
    let money = Money { old: text("230250.00"), new: text("211830.00"), delta: text("-18420.00") };
    let moved =
        |value: &str| Moved { value: text(value), currency: text("EUR"), money: money.clone() };
    GateResult {
        schema_version: text("1"),
        gate: text("rates"),
        workspace: text("pricing"),
        engine: text("tieout 0.1.0"),
        as_of: text("2026-06-10"),
        base: side("main"),
        head: side("feature"),
        diff_digest: "cd".repeat(32),
        inputs: Vec::new(),
        rows: Reconciled { unchanged: text("11"), only_base: text("1"), only_head: text("1") },
        policies: Vec::new(),
        period: None,
        legacy: Legacy {
            baseline: Some(BaselineLine {
                file: text("baseline.json"),
                digest: "12".repeat(32),
                dataset: text("rates"),
                table: "34".repeat(32),
                as_of: text("2026-01-05"),
                reason: text("from before the gate"),
                entries: text("2"),
            }),
            passed: text("1"),
            unlisted: text("0"),
            renewed: false,
            cleared: vec![ClearedLine {
                rate_key: text("disk/eu/retail"),
                kind: text("gap"),
                tier_from: None,
                effective_from: text("2026-02-01T00:00:00Z"),
                effective_to: Some(text("2026-03-01T00:00:00Z")),
            }],
        },
        changes: vec![
            ChangeLine {
                rate_key: text("vm-small/eu/retail"),
                kind: text("price-cut"),
                other_rate_key: None,
                tier_from: None,
                effective_from: text("2026-06-01T00:00:00Z"),
                effective_to: None,
                old: Some(text("0.50 EUR")),
                new: Some(text("0.46 EUR")),
                percent: Some(text("-8.0000")),
                in_base: false,
                legacy: false,
                retroactive: true,
                invoices_touched: Some(text("3")),
                invoices: ["INV-1", "INV-2", "INV-3"].map(text).to_vec(),
                coverage: text("priced"),
                delta: Some(text("-18420.00")),
                currency: Some(text("EUR")),
                file: text("rates.csv"),
                line: Some(text("7")),
            },
            ChangeLine {
                rate_key: text("gpu-new/eu/-"),
                kind: text("added"),
                other_rate_key: None,
                tier_from: None,
                effective_from: text("2026-07-01T00:00:00Z"),
                effective_to: None,
                old: None,
                new: Some(text("2.10 EUR")),
                percent: None,
                in_base: false,
                legacy: false,
                retroactive: false,
                invoices_touched: Some(text("0")),
                invoices: Vec::new(),
                coverage: text("unpriced"),
                delta: None,
                currency: None,
                file: text("rates.csv"),
                line: Some(text("9")),
            },
        ],
        rerating: Some(Rerating {
            month: text("2026-05"),
            rows: text("40960"),
            usage: "ef".repeat(32),
            groups: BTreeMap::from([(text("rated"), [text("210"), text("210")])]),
            quantity: BTreeMap::from([(text("Hours"), text("460500"))]),
            totals: BTreeMap::from([(text("EUR"), money.clone())]),
            moved: BTreeMap::from([(text("EUR"), text("-18420.00"))]),
            by: BTreeMap::from([
                (text("cost_centre"), vec![moved("BU Retail")]),
                (text("service"), vec![moved("vm-small")]),
            ]),
            unrated: vec![text("disk-old/eu/-: 12 GB")],
            unpriced: vec![text("gpu-new/eu/-")],
        }),
        request: RequestSummary {
            authors: text("1"),
            unknown_authors: text("0"),
            approvals: vec![ApprovalLine {
                id: text("review 1"),
                source: text("github"),
                counts: false,
                why: vec![text("author-approves")],
            }],
            protected_changes: vec![text("waivers.yaml")],
            emergency: None,
            role: text("rate-approver"),
        },
        controls: vec![
            ControlLine {
                id: text("RG-03"),
                title: text("Margin floor"),
                severity: Severity::High,
                outcome: text("exceptions"),
                records: text("2"),
            },
            ControlLine {
                id: text("RG-07"),
                title: text("Notice period"),
                severity: Severity::Medium,
                outcome: text("exceptions"),
                records: text("2"),
            },
        ],
        findings: vec![
            finding("RG-03", Severity::High, None),
            finding("RG-07", Severity::Medium, Some("W-1")),
        ],
        open: vec![Open {
            control: text("RG-10"),
            why: text("`method_in_force` is missing"),
            line: Some(text("9")),
        }],
        waivers: vec![
            WaiverLine { id: text("W-1"), state: text("applied"), about: text("RG-07, 1 finding") },
            WaiverLine { id: text("W-2"), state: text("unused"), about: text("nothing it covers") },
        ],
        verdict: GateVerdict::Blocked,
        fail_on: Severity::Medium,
    }
}
