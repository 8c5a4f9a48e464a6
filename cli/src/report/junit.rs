//! The report for a CI server: a control is a test case.
//!
//! Exceptions are a failure, inconclusive is an error, not tested is skipped. Without durations or
//! times, so that the same pack gives the same bytes; without personal columns even where the pack
//! discloses them, because CI servers show such files to many.

use super::content::{Content, Tested};
use super::{ReportError, shown};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use tieout_controls::{Count, Outcome};

/// How many exceptions a failure lists.
const LISTED: usize = 10;

/// Writes the report.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    let mut suite = TestSuite::new(shown::visible(&content.result.run.workspace));
    let properties = [
        ("pack", content.pack.digest.to_string()),
        ("log_index", content.pack.log_index.to_string()),
        ("verdict", content.verdict().to_owned()),
        ("period_start", content.result.run.period_start.to_string()),
        ("period_end", content.result.run.period_end.to_string()),
    ];
    suite.add_properties(properties.map(property));
    suite.add_test_cases(content.tests.iter().map(test_case));
    let mut report = Report::new("tieout");
    report.add_test_suite(suite);
    let mut bytes = Vec::new();
    report.serialize(&mut bytes).map_err(|e| ReportError::new("junit", e))?;
    Ok(bytes)
}

fn test_case(tested: &Tested<'_>) -> TestCase {
    let control = &tested.test.control;
    let name = shown::visible(&format!("{} {}", tested.name(), control.title));
    let mut case = TestCase::new(name, status(tested));
    case.set_classname(shown::visible(&control.family));
    case.add_properties(
        [
            ("control", control.id.to_string()),
            ("records", tested.test.counts.evaluated().to_string()),
            ("exceptions", tested.test.counts.violates.to_string()),
            ("undetermined", tested.test.counts.undetermined.to_string()),
        ]
        .map(property),
    );
    case
}

fn property((name, value): (&str, String)) -> Property {
    Property::new(name, value)
}

fn status(tested: &Tested<'_>) -> TestCaseStatus {
    let (mut status, word) = match &tested.test.outcome {
        Outcome::NoExceptions => return TestCaseStatus::success(),
        Outcome::NotTested { .. } => (TestCaseStatus::skipped(), "not-tested"),
        Outcome::Inconclusive { .. } => {
            (TestCaseStatus::non_success(NonSuccessKind::Error), "inconclusive")
        }
        Outcome::Exceptions => (TestCaseStatus::non_success(NonSuccessKind::Failure), "exceptions"),
    };
    status.set_type(word);
    status.set_message(message(tested));
    if tested.test.outcome == Outcome::Exceptions {
        status.set_description(description(tested));
    }
    status
}

fn message(tested: &Tested<'_>) -> String {
    if tested.test.outcome != Outcome::Exceptions {
        return shown::visible(&tested.reasons().join("; "));
    }
    let number = shown::counted(tested.test.counts.violates, "exception");
    let of = shown::counted(tested.test.counts.evaluated(), "record");
    match shown::totals(&tested.test.exception_amounts).join(", ") {
        amounts if amounts.is_empty() => format!("{number} in {of}"),
        amounts => format!("{number} in {of}, {amounts}"),
    }
}

fn description(tested: &Tested<'_>) -> String {
    let mut lines = Vec::new();
    for group in tested.groups() {
        let code = shown::visible(shown::or_nothing(group.code));
        let number = shown::count(Count::of(group.exceptions.len()));
        let sum = group.sum().unwrap_or_default();
        lines.push(format!("{code}: {number} {sum}").trim_end().to_owned());
        for exception in group.exceptions.iter().take(LISTED) {
            let record = &exception.record;
            let (key, place) = (record.clear_text(), record.numbered_place());
            // What a rule expected or found of such a record may be personal too.
            let said = if record.is_personal() { String::new() } else { exception.statement() };
            let line = format!("  {key} ({place}): {said}");
            lines.push(line.trim_end_matches(": ").to_owned());
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, fixture, render};
    use quick_junit::{NonSuccessKind, Report, TestCaseStatus};

    #[test]
    fn outcomes_become_statuses() {
        let (pack, verification) = fixture::pack();
        let bytes = render(Format::Junit, &pack, &verification, None).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("time="), "{text}");
        let report = Report::deserialize_from_str(&text).unwrap();
        assert_eq!((report.tests, report.failures, report.errors), (5, 2, 1));
        let suite = &report.test_suites[0];
        let status = |id: &str| {
            let case = suite.test_cases.iter().find(|c| c.name.starts_with(id)).unwrap();
            case.status.clone()
        };
        let TestCaseStatus::NonSuccess { kind, message, description, .. } = status("FOC-R03")
        else {
            panic!("FOC-R03 should fail")
        };
        assert_eq!(kind, NonSuccessKind::Failure);
        let huge = "12,345,678,901,234,567,890.223456789012345678 EUR";
        assert!(message.unwrap().contains(huge));
        let description = description.unwrap();
        assert!(description.contains("]]>") && description.contains("<script>"));
        assert!(description.contains(", pack record 0)"), "{description:?}");
        assert!(text.contains("personal columns left out") && !text.contains("u-1042"));
        let TestCaseStatus::NonSuccess { kind, message, .. } = status("RT-01") else {
            panic!("RT-01 should be an error")
        };
        assert_eq!(kind, NonSuccessKind::Error);
        assert!(message.unwrap().contains("-0.01"));
        assert!(matches!(status("GL-01"), TestCaseStatus::Skipped { .. }));
        assert!(matches!(status("FOC-R01"), TestCaseStatus::Success { .. }));
    }
}
