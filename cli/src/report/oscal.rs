//! The report for a governance tool: OSCAL assessment results, version 1.2.1, in JSON
//! (<https://pages.nist.gov/OSCAL/reference/v1.2.1/assessment-results/json-outline/>).
//!
//! A control's test is an observation, by the method TEST, and what is concluded of it a finding. Only a
//! control without exceptions is satisfied; one that is inconclusive or was not tested is not, for another
//! reason than one that failed. Records are not in it, however many there are: the observation has their
//! counts and points to the pack, whose digest stands beside. An assessment plan is asked for by the model;
//! it is the resolved configuration, which the pack names by its digest. The clock is the operator's, at the
//! time of sealing, for everything: a pack doesn't know when the run began.

use super::content::{Content, Tested, outcome_words};
use super::sarif::encoded;
use super::{ReportError, identity, shown};
use serde_json::{Value, json};
use tieout_controls::{Outcome, Totals};

/// The version of the models, which all tools read that know 1.2.
const VERSION: &str = "1.2.1";
/// What the names of our properties mean is ours to say.
const NAMESPACE: &str = "urn:tieout:ns:oscal";
/// The pack and the configuration, as resources.
const PACK: &str = "pack";
const PLAN: &str = "plan";

/// Writes the document.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    let document = Document { content };
    let mut bytes = serde_json::to_vec_pretty(&json!({"assessment-results": document.whole()}))
        .map_err(|e| ReportError::new("oscal", e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

struct Document<'a> {
    content: &'a Content<'a>,
}

impl Document<'_> {
    fn whole(&self) -> Value {
        let run = &self.content.result.run;
        let operator = self.id("operator");
        json!({
            "uuid": self.id("document"),
            "metadata": {
                "title": line(&format!("Control tests of {}", run.workspace)),
                "last-modified": self.content.pack.sealed_at,
                "version": self.content.pack.digest.to_string(),
                "oscal-version": VERSION,
                "roles": [{"id": "assessor", "title": "Operator of the run"}],
                "parties": [{
                    "uuid": operator,
                    "type": "organization",
                    "name": line(&run.workspace),
                }],
                "responsible-parties": [{"role-id": "assessor", "party-uuids": [operator]}],
            },
            "import-ap": {"href": self.reference(PLAN)},
            "results": [self.result()],
            "back-matter": {"resources": self.resources()},
        })
    }

    fn result(&self) -> Value {
        let run = &self.content.result.run;
        let mut result = json!({
            "uuid": self.id("result"),
            "title": line(&format!("{}, {}", run.workspace, shown::period(run.period_start, run.period_end))),
            "description": self.content.tally(),
            "start": self.content.pack.sealed_at,
            "end": self.content.pack.sealed_at,
            "props": [
                property("period-start", &run.period_start.to_string()),
                property("period-end-exclusive", &run.period_end.to_string()),
                property("as-of", &run.as_of.to_string()),
                property("engine", &run.engine),
                property("log-index", &self.content.pack.log_index.to_string()),
                property("verification", self.content.verdict()),
            ],
            "reviewed-controls": self.reviewed(),
            "remarks": self.content.verdict_meaning(),
        });
        if let (Some(fields), false) = (result.as_object_mut(), self.content.tests.is_empty()) {
            let each = |of: fn(&Self, &Tested<'_>) -> Value| {
                self.content.tests.iter().map(|tested| of(self, tested)).collect::<Vec<_>>()
            };
            fields.insert("observations".to_owned(), each(Self::observation).into());
            fields.insert("findings".to_owned(), each(Self::finding).into());
        }
        result
    }

    fn reviewed(&self) -> Value {
        let ids: Vec<_> =
            self.content.tests.iter().map(|t| json!({"control-id": token(t)})).collect();
        let selection = if ids.is_empty() {
            json!({"include-all": {}})
        } else {
            json!({"include-controls": ids})
        };
        json!({"control-selections": [selection]})
    }

    /// The test of a control: what was evaluated, with which policy, and what came out.
    fn observation(&self, tested: &Tested<'_>) -> Value {
        let test = tested.test;
        let counts = test.counts;
        let mut props = vec![
            property("outcome", test.outcome.word()),
            property("evaluated", &counts.evaluated().to_string()),
            property("conforms", &counts.conforms.to_string()),
            property("violates", &counts.violates.to_string()),
            property("undetermined", &counts.undetermined.to_string()),
            property("not-applicable", &counts.not_applicable.to_string()),
        ];
        props.extend(amounts("exception-amount", &test.exception_amounts));
        for (code, summary) in &test.by_code {
            props.push(property("exceptions-by-code", &format!("{} {code}", summary.count)));
        }
        if let Some(policy) = &test.policy {
            props.push(property("policy", &format!("{}/{}", policy.bundle, policy.rule)));
            props.push(property("policy-version", &policy.version));
            props.push(property("policy-digest", &policy.digest.to_string()));
        }
        if let Some(population) = &test.population {
            props.push(property("population-base", &population.base));
            props.push(property("population-query", &population.query.to_string()));
        }
        for dataset in tested.datasets() {
            let named = self.content.result.datasets.iter().find(|d| d.name == dataset);
            if let Some(named) = named {
                let of = format!("{} {}", named.name, named.commitment);
                props.push(property("dataset-commitment", &of));
            }
        }
        json!({
            "uuid": self.id(&format!("observation {}", test.control.id)),
            "title": line(&format!("{} {}", tested.name(), test.control.title)),
            "description": line(&test.control.objective),
            "props": props,
            "methods": ["TEST"],
            "types": ["control-objective"],
            "relevant-evidence": [{
                "href": self.reference(PACK),
                "description": "The evidence pack of the run",
            }],
            "collected": self.content.pack.sealed_at,
        })
    }

    /// What is concluded of a control.
    fn finding(&self, tested: &Tested<'_>) -> Value {
        let test = tested.test;
        let (state, reason) = match test.outcome {
            Outcome::NoExceptions => ("satisfied", "pass"),
            Outcome::Exceptions => ("not-satisfied", "fail"),
            Outcome::Inconclusive { .. } | Outcome::NotTested { .. } => ("not-satisfied", "other"),
        };
        let mut status = json!({"state": state, "reason": reason});
        let why = tested.reasons().join("; ");
        if let (Some(fields), false) = (status.as_object_mut(), why.is_empty()) {
            fields.insert("remarks".to_owned(), line(&why).into());
        }
        json!({
            "uuid": self.id(&format!("finding {}", test.control.id)),
            "title": line(&format!("{}: {}", tested.name(), outcome_words(test.outcome.word()))),
            "description": line(&test.control.risk),
            "target": {
                "type": "objective-id",
                "target-id": token(tested),
                "title": line(&test.control.title),
                "status": status,
            },
            "related-observations": [
                {"observation-uuid": self.id(&format!("observation {}", test.control.id))},
            ],
        })
    }

    fn resources(&self) -> Value {
        let digest = |value: String| json!([{"algorithm": "SHA-256", "value": value}]);
        json!([
            {
                "uuid": self.id(PLAN),
                "title": "The resolved configuration of the run",
                "description": format!(
                    "Its digest is sha256:{}; the pack's run.json names it",
                    self.content.result.run.configuration
                ),
            },
            {
                "uuid": self.id(PACK),
                "title": line(&format!("Evidence pack {}", self.content.pack_name())),
                "rlinks": [{
                    "href": format!(
                        "packs/{}/statement.dsse.json",
                        encoded(&self.content.pack_name())
                    ),
                    "media-type": "application/vnd.dsse+json",
                    "hashes": digest(self.content.pack.digest.to_string()),
                }],
            },
        ])
    }

    fn reference(&self, resource: &str) -> String {
        format!("#{}", self.id(resource))
    }

    /// The UUID of a part of the document: the same at each export of the pack.
    fn id(&self, part: &str) -> String {
        identity::uuid('4', self.content.pack.digest, &format!("oscal {part}"))
    }
}

/// A control's id begins with a letter wherever a catalogue item comes from; the model asks for it.
fn token(tested: &Tested<'_>) -> String {
    let id = tested.test.control.id.as_str();
    if id.starts_with(|c: char| c.is_ascii_uppercase()) { id.to_owned() } else { format!("_{id}") }
}

fn amounts(name: &str, totals: &Totals) -> Vec<Value> {
    let exact = totals.0.iter().map(|(code, amount)| {
        property(name, format!("{} {code}", shown::exact(amount, code)).trim())
    });
    exact.collect()
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": name, "ns": NAMESPACE, "value": line(value)})
}

/// One line that isn't empty, as titles and values must be.
fn line(value: &str) -> String {
    shown::or_nothing(shown::visible(value).trim()).to_owned()
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, fixture, render};
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    fn document() -> Value {
        let (pack, verification) = fixture::pack();
        let bytes = render(Format::Oscal, &pack, &verification, None).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["assessment-results"].take()
    }

    /// Only a control without exceptions is satisfied.
    #[test]
    fn no_outcome_but_no_exceptions_is_satisfied() {
        let document = document();
        let result = &document["results"][0];
        let mut seen = BTreeMap::new();
        let observations = result["observations"].as_array().unwrap();
        let findings = result["findings"].as_array().unwrap();
        assert_eq!(observations.len(), findings.len());
        for (observation, finding) in observations.iter().zip(findings) {
            assert_eq!(finding["related-observations"][0]["observation-uuid"], observation["uuid"]);
            let props = observation["props"].as_array().unwrap();
            let outcome = props.iter().find(|p| p["name"] == "outcome").unwrap();
            let status = &finding["target"]["status"];
            let told = format!("{} {}", status["state"], status["reason"]).replace('"', "");
            assert_eq!(status["remarks"].is_string(), told.ends_with("other"), "{finding}");
            seen.insert(outcome["value"].as_str().unwrap().to_owned(), told);
        }
        let expected = [
            ("exceptions", "not-satisfied fail"),
            ("inconclusive", "not-satisfied other"),
            ("no-exceptions", "satisfied pass"),
            ("not-tested", "not-satisfied other"),
        ];
        assert_eq!(seen, expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
    }

    /// The public validators miss references that lead nowhere, so we look ourselves.
    #[test]
    fn every_reference_leads_somewhere_and_no_id_is_there_twice() {
        let (mut defined, mut used) = (Vec::new(), BTreeSet::new());
        collect(&document(), &mut defined, &mut used);
        let distinct: BTreeSet<_> = defined.iter().cloned().collect();
        assert_eq!(distinct.len(), defined.len());
        assert!(used.len() > 3);
        assert!(used.is_subset(&distinct), "{:?}", used.difference(&distinct));
    }

    fn collect(value: &Value, defined: &mut Vec<String>, used: &mut BTreeSet<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let texts = value.as_array().map_or(vec![value], |each| each.iter().collect());
            for text in texts.iter().filter_map(|text| text.as_str()) {
                match key.as_str() {
                    "uuid" => defined.push(text.to_owned()),
                    "href" => used.extend(text.strip_prefix('#').map(str::to_owned)),
                    key if key.ends_with("-uuid") || key.ends_with("-uuids") => {
                        used.insert(text.to_owned());
                    }
                    _ => {}
                }
            }
            collect(value, defined, used);
        }
        for value in value.as_array().into_iter().flatten() {
            collect(value, defined, used);
        }
    }
}
