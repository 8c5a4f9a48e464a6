//! The report for a code host: SARIF 2.1.0 (OASIS standard).
//!
//! One run; the controls are its rules. One result for each control and code, at the rule's lines
//! in the pack's `policy/` folder, and never one for each billing row: a host shows 5,000 results
//! of a run. What could not be concluded is a result of kind `open`, whose level the standard
//! (section 3.27.10) fixes to `none`, and a notification of level `warning`.

use super::ReportError;
use super::content::{CodeGroup, Content, Place, Tested};
use super::shown;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use tieout_controls::control::Severity;
use tieout_controls::{Count, Outcome, Totals};

/// The base of the paths: the pack's folder, wherever it lies.
const BASE: &str = "PACK";

/// Writes the report, indented, with a final line feed.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    let run = &content.result.run;
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tieout",
                "version": run.engine,
                "rules": content.tests.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("tieout/{}/", run.workspace)},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(content),
            }],
            "originalUriBaseIds": {BASE: {
                "description": {"text": "the folder of the evidence pack"},
            }},
            "columnKind": "unicodeCodePoints",
            "results": content.tests.iter().enumerate().flat_map(results).collect::<Vec<_>>(),
            "properties": {
                "pack": content.pack.digest.to_string(),
                "logIndex": content.pack.log_index.to_string(),
                "verdict": content.verdict(),
            },
        }],
    });
    let mut bytes = serde_json::to_vec_pretty(&log).map_err(|e| ReportError::new("sarif", e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn rule(tested: &Tested<'_>) -> Value {
    let control = &tested.test.control;
    let references = control.references.join("; ");
    let mut properties = json!({
        "tags": [control.family, control.kind.word(), control.assertion.word()],
    });
    if let (Some(object), Some(id)) = (properties.as_object_mut(), &control.company_id) {
        object.insert("companyId".to_owned(), id.as_str().into());
    }
    json!({
        "id": control.id.to_string(),
        "name": control.title,
        "shortDescription": {"text": control.title},
        "fullDescription": {"text": control.objective},
        "help": {"text": format!(
            "{}\n\nRisk: {}\n\nOwner: {}\n\nReferences: {}",
            control.objective, control.risk, control.owner, shown::or_nothing(&references),
        )},
        "defaultConfiguration": {"level": level(control.severity)},
        "properties": properties,
    })
}

fn results((index, tested): (usize, &Tested<'_>)) -> Vec<Value> {
    match &tested.test.outcome {
        Outcome::Exceptions => by_code(tested).iter().map(|g| failed(index, tested, g)).collect(),
        Outcome::Inconclusive { .. } => vec![open(index, tested)],
        Outcome::NoExceptions | Outcome::NotTested { .. } => Vec::new(),
    }
}

/// The groups of a code over all currencies as one.
fn by_code<'a>(tested: &'a Tested<'_>) -> Vec<CodeGroup<'a>> {
    let mut groups: BTreeMap<&str, CodeGroup<'_>> = BTreeMap::new();
    for exception in &tested.exceptions {
        let empty = || CodeGroup { code: &exception.code, exceptions: Vec::new() };
        groups.entry(&exception.code).or_insert_with(empty).exceptions.push(exception);
    }
    groups.into_values().collect()
}

fn failed(index: usize, tested: &Tested<'_>, group: &CodeGroup<'_>) -> Value {
    let control = &tested.test.control;
    let summary = tested.test.by_code.get(group.code);
    let number = summary.map_or(Count::of(group.exceptions.len()), |s| s.count);
    let amounts = summary.map(|s| &s.amounts);
    let money = amounts.map_or_else(String::new, |totals| shown::totals(totals).join(", "));
    let money = if money.is_empty() { money } else { format!(", {money}") };
    let exceptions = shown::counted(number, "exception");
    let text = format!("{}: {exceptions} `{}`{money}", control.title, group.code);
    let place = group.exceptions.iter().find_map(|e| e.rule.as_ref());
    json!({
        "ruleId": control.id.to_string(),
        "ruleIndex": index,
        "kind": "fail",
        "level": level(control.severity),
        "message": {"text": text},
        "locations": locations(tested, place),
        "partialFingerprints": fingerprint(control.id.as_str(), group.code),
        "properties": {
            "code": group.code,
            "count": number.to_string(),
            "amounts": amounts.map(exact),
        },
    })
}

/// Totals by currency, as text.
fn exact(totals: &Totals) -> BTreeMap<&str, String> {
    totals.0.iter().map(|(code, sum)| (code.as_str(), shown::exact(sum, code))).collect()
}

fn open(index: usize, tested: &Tested<'_>) -> Value {
    let control = &tested.test.control;
    json!({
        "ruleId": control.id.to_string(),
        "ruleIndex": index,
        "kind": "open",
        "level": "none",
        "message": {"text": obstacle(tested, "inconclusive")},
        "locations": locations(tested, None),
        "partialFingerprints": fingerprint(control.id.as_str(), "inconclusive"),
        "properties": {
            "undetermined": tested.test.counts.undetermined.to_string(),
        },
    })
}

fn notifications(content: &Content<'_>) -> Vec<Value> {
    let notification = |(index, tested): (usize, &Tested<'_>)| {
        let (word, level) = match &tested.test.outcome {
            Outcome::Inconclusive { .. } => ("inconclusive", "warning"),
            Outcome::NotTested { .. } if tested.test.mandatory => ("not tested", "warning"),
            Outcome::NotTested { .. } => ("not tested", "note"),
            Outcome::Exceptions | Outcome::NoExceptions => return None,
        };
        Some(json!({
            "descriptor": {"id": word.replace(' ', "-")},
            "associatedRule": {"id": tested.test.control.id.to_string(), "index": index},
            "level": level,
            "message": {"text": obstacle(tested, word)},
        }))
    };
    content.tests.iter().enumerate().filter_map(notification).collect()
}

fn obstacle(tested: &Tested<'_>, word: &str) -> String {
    format!("{}: {word}: {}", tested.test.control.title, tested.reasons().join("; "))
}

/// The rule's lines, or the policy's source as a whole.
fn locations(tested: &Tested<'_>, place: Option<&Place>) -> Value {
    let source = tested.test.policy.as_ref().map(|policy| policy.source.as_str());
    let Some(file) = place.map(|place| place.file.as_str()).or(source) else {
        return json!([]);
    };
    let artifact = json!({"uri": format!("policy/{}", encoded(file)), "uriBaseId": BASE});
    let region =
        place.map(|place| json!({"startLine": place.line.0, "endLine": place.last_line.0}));
    match region {
        Some(region) => {
            json!([{"physicalLocation": {"artifactLocation": artifact, "region": region}}])
        }
        None => json!([{"physicalLocation": {"artifactLocation": artifact}}]),
    }
}

/// What stays the same from run to run: the control and the code.
fn fingerprint(control: &str, code: &str) -> Value {
    let digest = Sha256::digest(format!("{control}\n{code}"));
    json!({"controlCode/v1": tieout_controls::Digest(digest.into()).to_string()})
}

/// The level of what is found: none is worse than `error`.
pub(crate) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// A relative path as a URI reference: what RFC 3986 section 2.3 does not leave as it is, and is
/// not the path's own `/`, is percent-encoded.
pub(crate) fn encoded(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-._~/".contains(c) {
            uri.push(c);
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, fixture, render};

    fn run() -> Value {
        let (pack, verification) = fixture::pack();
        let bytes = render(Format::Sarif, &pack, &verification, None).unwrap();
        let log: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(log["runs"].as_array().unwrap().len(), 1);
        log["runs"][0].clone()
    }

    #[test]
    fn there_is_one_result_for_each_control_and_code() {
        let run = run();
        let named: Vec<_> = run["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| format!("{} {} {}", r["ruleId"], r["kind"], r["properties"]["code"]))
            .collect();
        assert_eq!(
            named,
            [
                r#""FOC-R03" "fail" "contracted-cost-differs""#,
                r#""FOC-R03" "fail" "list-cost-differs""#,
                r#""RT-01" "open" null"#,
                r#""SOD-01" "fail" "toxic-pair""#,
            ]
        );
    }

    #[test]
    fn results_point_to_their_rule_and_to_its_lines() {
        let run = run();
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let place = &result["locations"][0]["physicalLocation"];
            assert!(place["artifactLocation"]["uri"].as_str().unwrap().starts_with("policy/"));
            // Section 3.27.10: a result that is not a failure has the level `none`.
            assert_eq!(result["kind"] == "open", result["level"] == "none");
        }
        let list = &run["results"][1];
        assert_eq!(list["properties"]["count"], "2");
        assert_eq!(list["locations"][0]["physicalLocation"]["region"]["startLine"], 14);
    }

    #[test]
    fn a_fingerprint_depends_on_control_and_code_alone() {
        let fingerprints = |run: &Value| {
            let results = run["results"].as_array().unwrap().clone();
            results.into_iter().map(|r| r["partialFingerprints"].clone()).collect::<Vec<_>>()
        };
        let (mut pack, verification) = fixture::pack();
        pack.digest = tieout_controls::Digest([9; 32]);
        pack.records.remove(3);
        let bytes = render(Format::Sarif, &pack, &verification, None).unwrap();
        let other: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(fingerprints(&run()), fingerprints(&other["runs"][0]));
    }

    #[test]
    fn what_could_not_be_tested_is_a_notification() {
        let run = run();
        let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        let levels: Vec<_> =
            notes.iter().map(|n| format!("{} {}", n["associatedRule"]["id"], n["level"])).collect();
        assert_eq!(levels, [r#""GL-01" "note""#, r#""RT-01" "warning""#]);
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(encoded("a b/ä#.rego"), "a%20b/%C3%A4%23.rego");
    }
}
