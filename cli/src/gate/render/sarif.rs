//! SARIF 2.1.0 within the limits of GitHub's code scanning: one run, at most 25,000 results of one,
//! short texts. One result for each control and changed rate, never one for a row of usage, at the
//! line of the table. What doesn't fit is counted in a notification, never left out in silence.

use super::super::result::{Finding, GateResult};
use crate::report::sarif::{encoded, level};
use serde_json::{Value, json};

/// GitHub's limit of results in a run (docs.github.com, SARIF support for code scanning).
const RESULTS: usize = 25_000;
/// A text is cut there; the whole stands in the other outputs.
const TEXT: usize = 500;

/// The log.
pub(super) fn write(result: &GateResult) -> Value {
    // What blocks comes first, so that no limit hides it.
    let waived = result.others().map(|(finding, _)| finding);
    let all: Vec<&Finding> = result.blocking().chain(waived).collect();
    let told: Vec<Value> = all.iter().take(RESULTS).map(|f| one(result, f)).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tieout",
                "version": result.engine.rsplit(' ').next(),
                "rules": result.controls.iter().map(|control| json!({
                    "id": control.id,
                    "name": control.title,
                    "shortDescription": {"text": control.title},
                    "fullDescription": {"text": control.title},
                    "help": {"text": format!("`tieout explain {}`: objective, risk, rule", control.id)},
                    "defaultConfiguration": {"level": level(control.severity)},
                })).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("tieout/gate/{}/", result.workspace)},
            "invocations": [{
                "executionSuccessful": result.open.is_empty(),
                "toolExecutionNotifications": notifications(result, all.len()),
            }],
            "columnKind": "unicodeCodePoints",
            "results": told,
            "properties": {
                "verdict": result.verdict.word(),
                "diffDigest": result.diff_digest,
            },
        }],
    })
}

fn one(result: &GateResult, finding: &Finding) -> Value {
    let mut value = json!({
        "ruleId": finding.control,
        "kind": "fail",
        "level": level(finding.severity),
        "message": {"text": cut(&format!("{}: {}", finding.subject, finding.message))},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": encoded(&finding.file)},
            "region": {"startLine": line(finding)},
        }}],
        "partialFingerprints": {"tieoutFinding/v1": super::fingerprint(finding)},
    });
    let index = result.controls.iter().position(|control| control.id == finding.control);
    let mut put = |key: &str, of: Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.insert(key.to_owned(), of);
        }
    };
    if let Some(index) = index {
        put("ruleIndex", index.into());
    }
    if let Some(waiver) = &finding.waiver {
        let justification = format!("waiver {waiver}");
        put("suppressions", json!([{"kind": "external", "justification": justification}]));
    }
    value
}

fn line(finding: &Finding) -> u64 {
    finding.line.as_ref().and_then(|line| line.parse().ok()).unwrap_or(1)
}

fn notifications(result: &GateResult, findings: usize) -> Vec<Value> {
    let warning = |text: String| json!({"level": "warning", "message": {"text": cut(&text)}});
    let open = result.open.iter().take(RESULTS);
    let mut told: Vec<Value> =
        open.map(|open| warning(format!("{}: {}", open.control, open.why))).collect();
    if let Some(rest) = findings.checked_sub(RESULTS).filter(|rest| *rest > 0) {
        told.push(warning(format!("{rest} more findings don't fit here; the JSON output has all")));
    }
    told
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture;
    use super::*;
    use tieout_controls::control::Severity;

    /// A hundred thousand findings: the run holds what the host takes, what blocks first, and tells of
    /// the others.
    #[test]
    fn the_hosts_limits_hold_by_construction() {
        let mut result = fixture::result();
        let low = Finding { severity: Severity::Low, ..result.findings[0].clone() };
        let blocking = result.findings[0].clone();
        result.findings = vec![low; 100_000];
        result.findings.push(blocking);
        let log = write(&result);
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), RESULTS);
        assert_ne!(results[0]["level"], "note");
        let told = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(told.contains("75001 more findings"), "{told}");
    }
}
