//! JUnit XML: a control is a test case. A finding that blocks is a failure, one that is waived or below
//! the severity makes the case skipped or passed with a note, what could not be decided is an error.

use super::super::result::{ControlLine, Finding, GateResult};
use crate::diagnostic::{Failure, Outcome};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// How many findings a failure lists.
const LISTED: usize = 20;

/// The file's bytes.
///
/// # Errors
/// Our bug.
pub(super) fn write(result: &GateResult) -> Outcome<Vec<u8>> {
    let mut suite = TestSuite::new(format!("tieout gate {}", result.gate));
    suite.add_test_cases(result.controls.iter().map(|control| case(result, control)));
    let known = |id: &str| result.controls.iter().any(|control| control.id == id);
    for open in result.open.iter().filter(|open| !known(&open.control)) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(open.why.clone());
        suite.add_test_case(TestCase::new(open.control.clone(), status));
    }
    let mut report = Report::new("tieout gate");
    report.add_test_suite(suite);
    let mut bytes = Vec::new();
    report.serialize(&mut bytes).map_err(Failure::internal)?;
    let text = String::from_utf8(bytes).map_err(Failure::internal)?;
    Ok(without_skipped(&text).into_bytes())
}

/// Without the attribute `skipped` of the outermost element, which is the first: the schema that Jenkins
/// publishes has it at suites alone.
fn without_skipped(text: &str) -> String {
    let attribute = text.split_once(" skipped=\"");
    let rest = attribute.and_then(|(before, rest)| Some((before, rest.split_once('"')?.1)));
    rest.map_or_else(|| text.to_owned(), |(before, after)| format!("{before}{after}"))
}

fn case(result: &GateResult, control: &ControlLine) -> TestCase {
    let of = |finding: &&Finding| finding.control == control.id;
    let blocking: Vec<&Finding> = result.blocking().filter(of).collect();
    let open: Vec<&str> = result
        .open
        .iter()
        .filter(|open| open.control == control.id)
        .map(|open| open.why.as_str())
        .collect();
    let waived = result.findings.iter().filter(of).any(|finding| finding.waiver.is_some());
    let status = if !blocking.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(crate::text::counted(blocking.len(), "finding"));
        status.set_description(listed(&blocking));
        status
    } else if !open.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(open.join("; "));
        status
    } else if waived || control.outcome == "not-tested" {
        let mut status = TestCaseStatus::skipped();
        status.set_message(if waived { "waived" } else { "not tested" });
        status
    } else {
        TestCaseStatus::success()
    };
    let mut case = TestCase::new(format!("{} {}", control.id, control.title), status);
    case.set_classname(format!("gate.{}", result.gate));
    case
}

fn listed(findings: &[&Finding]) -> String {
    let line = |f: &&Finding| {
        let at = f.line.as_ref().map_or_else(String::new, |line| format!(":{line}"));
        format!("{}{at}: {} {}: {}", f.file, f.subject, f.code, f.message)
    };
    let mut lines: Vec<String> = findings.iter().take(LISTED).map(line).collect();
    if let Some(rest) = findings.len().checked_sub(LISTED).filter(|rest| *rest > 0) {
        lines.push(format!("and {rest} more"));
    }
    lines.join("\n")
}
