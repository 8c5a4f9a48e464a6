//! The report for a supply-chain policy: an in-toto Statement v1 with the predicate Test Result, version 0.1
//! (<https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md>).
//!
//! It is a statement for tools that know this type and not ours, and not signed: what is signed is the pack,
//! whose envelope it names, by its digest, as what it is about. A control without exceptions has passed, one
//! with exceptions failed; one that is inconclusive or was not tested is warned of and never passed.

use super::ReportError;
use super::content::Content;
use serde_json::json;
use tieout_controls::{Digest, Outcome};

/// Writes the statement.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    let (mut passed, mut warned, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for tested in &content.tests {
        let list = match tested.test.outcome {
            Outcome::NoExceptions => &mut passed,
            Outcome::Exceptions => &mut failed,
            Outcome::Inconclusive { .. } | Outcome::NotTested { .. } => &mut warned,
        };
        list.push(tested.test.control.id.to_string());
    }
    let result = match (failed.is_empty(), warned.is_empty(), passed.is_empty()) {
        (false, ..) => "FAILED",
        (true, true, false) => "PASSED",
        // A run that tested nothing has not passed.
        (true, ..) => "WARNED",
    };
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [descriptor("statement.dsse.json", content.pack.digest)],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": result,
            "configuration": configuration(content),
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
        },
    });
    let mut bytes =
        serde_json::to_vec_pretty(&statement).map_err(|e| ReportError::new("test-result", e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The resolved configuration and the bundles of the policies that decided.
fn configuration(content: &Content<'_>) -> Vec<serde_json::Value> {
    let run = &content.result.run;
    let mut bundles: Vec<_> = content
        .tests
        .iter()
        .filter_map(|t| t.test.policy.as_ref())
        .map(|policy| (format!("policy/{}@{}", policy.bundle, policy.version), policy.digest))
        .collect();
    bundles.sort();
    bundles.dedup();
    let all = std::iter::once(("configuration".to_owned(), run.configuration)).chain(bundles);
    all.map(|(name, digest)| descriptor(&name, digest)).collect()
}

fn descriptor(name: &str, digest: Digest) -> serde_json::Value {
    json!({"name": name, "digest": {"sha256": digest.to_string()}})
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, fixture, render};
    use serde_json::Value;
    use tieout_controls::Outcome;

    #[test]
    fn only_no_exceptions_passes_and_nothing_tested_does_not() {
        let (mut pack, verification) = fixture::pack();
        let told = |keep: fn(&Outcome) -> bool| {
            let mut pack = pack.clone();
            pack.result.tests.retain(|t| keep(&t.outcome));
            let bytes = render(Format::TestResult, &pack, &verification, None).unwrap();
            serde_json::from_slice::<Value>(&bytes).unwrap()["predicate"].take()
        };
        let all = told(|_| true);
        assert_eq!(all["result"], "FAILED");
        assert_eq!(told(|o| *o != Outcome::Exceptions)["result"], "WARNED");
        assert_eq!(told(|o| *o == Outcome::NoExceptions)["result"], "PASSED");
        assert_eq!(told(|_| false)["result"], "WARNED");
        let of = |name: &str| {
            let listed = all[name].as_array().unwrap().iter();
            listed.map(|id| id.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        for test in std::mem::take(&mut pack.result.tests) {
            let list = match test.outcome.word() {
                "no-exceptions" => "passedTests",
                "exceptions" => "failedTests",
                _ => "warnedTests",
            };
            for name in ["passedTests", "failedTests", "warnedTests"] {
                assert_eq!(of(name).contains(&test.control.id.to_string()), name == list);
            }
        }
    }
}
