//! The report for programs: the result as sealed, with the pack's identity, the verification and
//! the records named. Its schema is published as `docs/reference/run-result.schema.json`; every
//! number is a string, because JSON numbers don't survive every reader.

use super::ReportError;
use super::content::{Content, Exception, Undetermined};
use serde::Serialize;
use tieout_controls::{Count, Digest, RunResult};

#[derive(Serialize)]
struct Report<'a> {
    /// The format of this document.
    schema_version: &'static str,
    pack: PackIdentity<'a>,
    verification: VerificationReport<'a>,
    result: &'a RunResult,
    exceptions: Vec<&'a Exception>,
    undetermined: Vec<&'a Undetermined>,
}

#[derive(Serialize)]
struct PackIdentity<'a> {
    digest: Digest,
    log_index: Count,
    sealed_at: &'a str,
}

#[derive(Serialize)]
struct VerificationReport<'a> {
    verdict: &'static str,
    checks: Vec<CheckReport<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct CheckReport<'a> {
    what: &'a str,
    failure: Option<&'a str>,
}

/// Writes the report, indented, with a final line feed.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    let checks = content.verification.checks.iter();
    let report = Report {
        schema_version: "1",
        pack: PackIdentity {
            digest: content.pack.digest,
            log_index: content.pack.log_index,
            sealed_at: &content.pack.sealed_at,
        },
        verification: VerificationReport {
            verdict: content.verdict(),
            checks: checks
                .map(|check| CheckReport { what: &check.what, failure: check.failure.as_deref() })
                .collect(),
            notes: &content.verification.notes,
        },
        result: content.result,
        exceptions: content.tests.iter().flat_map(|t| &t.exceptions).collect(),
        undetermined: content.tests.iter().flat_map(|t| &t.undetermined).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&report).map_err(|e| ReportError::new("json", e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, fixture, render};
    use serde_json::{Value, json};

    fn report() -> Value {
        let (pack, verification) = fixture::pack();
        serde_json::from_slice(&render(Format::Json, &pack, &verification, None).unwrap()).unwrap()
    }

    #[test]
    fn no_number_is_a_json_number() {
        fn numbers(of: &Value) -> usize {
            match of {
                Value::Number(_) => 1,
                Value::Array(items) => items.iter().map(numbers).sum(),
                Value::Object(fields) => fields.values().map(numbers).sum(),
                _ => 0,
            }
        }
        assert_eq!(numbers(&report()), 0);
    }

    #[test]
    fn exceptions_stand_with_exact_amounts_and_hostile_texts_as_they_are() {
        let report = report();
        let exceptions = report["exceptions"].as_array().unwrap();
        let amounts: Vec<_> = exceptions.iter().map(|e| e["amount"].as_str()).collect();
        let expected =
            [Some("-120.000000000000000000"), Some(fixture::HUGE), Some("0.10"), None, None];
        assert_eq!(amounts, expected);
        let text = report.to_string();
        for hostile in fixture::HOSTILE {
            assert!(text.contains(&json!(hostile).to_string()), "{hostile}");
        }
        assert_eq!(exceptions[4]["record"]["personal"], json!([["user_id", "u-1042"]]));
        assert_eq!(exceptions[4]["record"]["withheld"], true);
    }
}
