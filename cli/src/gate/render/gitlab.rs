//! GitLab's code quality report: an array of `description`, `check_name`, `fingerprint`, `severity`
//! (info, minor, major, critical, blocker), `location.path` and `location.lines.begin`.

use super::super::result::{Finding, GateResult};
use serde_json::{Value, json};
use tieout_controls::control::Severity;

/// The findings that stand; waived ones are told as `info`.
pub(super) fn write(result: &GateResult) -> Value {
    result.findings.iter().map(|finding| entry(result, finding)).collect()
}

fn entry(result: &GateResult, finding: &Finding) -> Value {
    let severity = match finding.severity {
        _ if finding.waiver.is_some() => "info",
        severity if severity >= result.fail_on && severity == Severity::Critical => "blocker",
        Severity::Critical => "critical",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
    };
    let waived = finding.waiver.as_ref().map_or_else(String::new, |w| format!(" (waived: {w})"));
    let line: u64 = finding.line.as_ref().and_then(|line| line.parse().ok()).unwrap_or(1);
    json!({
        "description": format!("{}: {}{waived}", finding.subject, finding.message),
        "check_name": format!("{}/{}", finding.control, finding.code),
        "fingerprint": super::fingerprint(finding),
        "severity": severity,
        "location": {"path": finding.file, "lines": {"begin": line}},
    })
}
