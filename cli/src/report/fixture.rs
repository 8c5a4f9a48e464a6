//! A small pack with every kind of outcome and with hostile texts, as the writers meet it.

use std::path::PathBuf;
use tieout_controls::{Count, Digest};
use tieout_evidence::verify::{Check, Verdict, Verification, VerifiedPack};

/// An amount of 38 digits.
pub(super) const HUGE: &str = "12345678901234567890.123456789012345678";

/// A formula, a script and an end of CDATA, as record values.
pub(super) const HOSTILE: [&str; 4] =
    ["=1+1", "<script>alert(1)</script>", "]]>", "@SUM(A1)\u{202e}\u{1b}[2J"];

/// The pack, and the verification that gave it.
pub(super) fn pack() -> (VerifiedPack, Verification) {
    let pack = VerifiedPack {
        withheld: Vec::new(),
        id: String::new(),
        folder: PathBuf::from("somewhere/packs/2026-01-31-meridian"),
        digest: Digest([0xab; 32]),
        log_index: Count(7),
        sealed_at: "2026-02-01T09:30:00Z".to_owned(),
        result: serde_json::from_str(include_str!("fixture/result.json")).unwrap(),
        records: lines(include_str!("fixture/records.jsonl")),
        population: Vec::new(),
    };
    let check = |what: &str| Check { what: what.to_owned(), failure: None };
    let verification = Verification {
        verdict: Verdict::Indeterminate,
        checks: vec![check("SHA256SUMS covers every file"), check("the envelope's signature")],
        notes: vec!["no trust anchor was given: <b>pass one</b> with `--key`".to_owned()],
        pack: Some(pack.clone()),
    };
    (pack, verification)
}

fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
