//! The report for a lineage catalogue: OpenLineage 2-0-2 events, one a line, as such a catalogue's
//! file transport reads them.
//!
//! The run is a job of the workspace, each control a job below it. A control's inputs are the
//! datasets of its population, whose version is their commitment; its output is the pack. A control
//! that couldn't be tested is aborted, and its test skipped; one that is inconclusive has not passed.
//! A pack knows when it was sealed and not when the run began: both events of a run have that time.
//! Exact sums are texts in facets of our own, because the standard's are binary floats; the schema of
//! those is `docs/reference/openlineage-facets.schema.json`.

use super::content::{Content, Tested};
use super::{ReportError, identity};
use serde_json::{Value, json};
use tieout_controls::Outcome;
use tieout_controls::dataset::DatasetSummary;

const EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
const FACETS: &str = "https://openlineage.io/spec/facets";
const OWN: &str = "urn:tieout:schema:openlineage-facets:v1";

/// Writes the events, a START and an end for each run, the whole run around its controls.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    let events = Events::of(content);
    let whole = Job { name: "run".to_owned(), tested: None };
    let mut lines = vec![events.event("START", &whole)];
    for tested in &content.tests {
        let job = Job { name: tested.test.control.id.to_string(), tested: Some(tested) };
        let aborted = matches!(tested.test.outcome, Outcome::NotTested { .. });
        lines.push(events.event("START", &job));
        lines.push(events.event(if aborted { "ABORT" } else { "COMPLETE" }, &job));
    }
    lines.push(events.event("COMPLETE", &whole));
    let mut bytes = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut bytes, &line).map_err(|e| ReportError::new("openlineage", e))?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// The whole run, or one control of it.
struct Job<'a> {
    name: String,
    tested: Option<&'a Tested<'a>>,
}

struct Events<'a> {
    content: &'a Content<'a>,
    /// Of jobs and datasets: the log's origin unless it is configured.
    namespace: String,
    producer: String,
}

impl<'a> Events<'a> {
    fn of(content: &'a Content<'a>) -> Self {
        let run = &content.result.run;
        Self {
            content,
            namespace: format!("tieout.local/{}", run.workspace),
            producer: format!("urn:tieout:{}", run.engine.replace(' ', ":")),
        }
    }

    fn event(&self, kind: &str, job: &Job<'_>) -> Value {
        let done = kind != "START";
        json!({
            "eventType": kind,
            "eventTime": self.content.pack.sealed_at,
            "producer": self.producer,
            "schemaURL": EVENT,
            "run": {"runId": self.run_id(&job.name), "facets": self.run_facets(job, done)},
            "job": {
                "namespace": self.namespace,
                "name": job.name,
                "facets": self.job_facets(job),
            },
            "inputs": self.inputs(job),
            "outputs": if done { vec![self.pack()] } else { Vec::new() },
        })
    }

    /// A UUID of the pack and the job: the same at each export.
    fn run_id(&self, job: &str) -> String {
        identity::uuid('8', self.content.pack.digest, &format!("openlineage run {job}"))
    }

    fn run_facets(&self, job: &Job<'_>, done: bool) -> Value {
        let run = &self.content.result.run;
        let (name, version) = run.engine.split_once(' ').unwrap_or((&run.engine, ""));
        let mut facets = json!({
            "nominalTime": self.facet("1-0-1", "NominalTimeRunFacet", json!({
                "nominalStartTime": format!("{}T00:00:00Z", run.period_start),
                "nominalEndTime": format!("{}T00:00:00Z", run.period_end),
            })),
            "processing_engine": self.facet("1-1-1", "ProcessingEngineRunFacet", json!({
                "name": name,
                "version": version,
            })),
        });
        let mut add = |key: &str, facet: Value| {
            if let Some(facets) = facets.as_object_mut() {
                facets.insert(key.to_owned(), facet);
            }
        };
        if let Some(tested) = job.tested {
            let parent = json!({
                "run": {"runId": self.run_id("run")},
                "job": {"namespace": self.namespace, "name": "run"},
            });
            add("parent", self.facet("1-2-0", "ParentRunFacet", parent));
            if done {
                add("test", self.facet("1-0-1", "TestRunFacet", json!({"tests": [test(tested)]})));
                add("tieout_result", self.own("ControlResult", result(tested)));
            }
        }
        if done {
            add("tieout_evidence", self.own("Evidence", self.evidence()));
        }
        facets
    }

    fn job_facets(&self, job: &Job<'_>) -> Value {
        let (kind, about) = match job.tested {
            None => ("RUN", "The controls of the workspace over the period".to_owned()),
            Some(tested) => ("CONTROL", tested.test.control.title.clone()),
        };
        json!({
            "jobType": self.facet("2-0-4", "JobTypeJobFacet", json!({
                "processingType": "BATCH",
                "integration": "TIEOUT",
                "jobType": kind,
            })),
            "documentation": self.facet("1-1-0", "DocumentationJobFacet", json!({
                "description": about,
                "contentType": "text/plain",
            })),
        })
    }

    /// The datasets that the control read, its base first, or all of the run.
    fn inputs(&self, job: &Job<'_>) -> Vec<Value> {
        let all = &self.content.result.datasets;
        let Some(tested) = job.tested else { return all.iter().map(|d| self.input(d)).collect() };
        let named = tested.datasets();
        named
            .iter()
            .filter_map(|name| all.iter().find(|d| d.name == *name))
            .map(|d| self.input(d))
            .collect()
    }

    fn input(&self, dataset: &DatasetSummary) -> Value {
        let version = json!({"datasetVersion": dataset.commitment.to_string()});
        json!({
            "namespace": self.namespace,
            "name": dataset.name,
            "facets": {
                "version": self.facet("1-0-1", "DatasetVersionDatasetFacet", version),
                "tieout_dataset": self.own("Dataset", json!({
                    "profile": dataset.profile,
                    "files": dataset.files,
                    "rows": dataset.rows,
                    "accepted": dataset.accepted,
                    "refused": dataset.refused,
                    "totals": dataset.totals,
                    "commitment": dataset.commitment,
                    "tie_out": dataset.tie_out,
                })),
            },
        })
    }

    fn pack(&self) -> Value {
        let version = json!({"datasetVersion": self.content.pack.digest.to_string()});
        json!({
            "namespace": self.namespace,
            "name": format!("packs/{}", self.content.pack_name()),
            "facets": {"version": self.facet("1-0-1", "DatasetVersionDatasetFacet", version)},
        })
    }

    fn evidence(&self) -> Value {
        json!({
            "pack": self.content.pack.digest,
            "log_index": self.content.pack.log_index,
            "verdict": self.content.verdict(),
            "configuration": self.content.result.run.configuration,
        })
    }

    /// A facet of the standard.
    fn facet(&self, version: &str, name: &str, fields: Value) -> Value {
        self.named(&format!("{FACETS}/{version}/{name}.json#/$defs/{name}"), fields)
    }

    /// A facet of our own.
    fn own(&self, name: &str, fields: Value) -> Value {
        self.named(&format!("{OWN}#/$defs/{name}"), fields)
    }

    fn named(&self, schema: &str, mut fields: Value) -> Value {
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("_producer".to_owned(), self.producer.as_str().into());
            fields.insert("_schemaURL".to_owned(), schema.into());
        }
        fields
    }
}

/// The control as a test: only one without exceptions has passed.
fn test(tested: &Tested<'_>) -> Value {
    let test = tested.test;
    let status = match test.outcome {
        Outcome::NoExceptions => "pass",
        Outcome::Exceptions | Outcome::Inconclusive { .. } => "fail",
        Outcome::NotTested { .. } => "skip",
    };
    json!({
        "name": test.control.id,
        "status": status,
        "type": test.control.kind.word(),
        "description": test.control.objective,
        "expected": "no-exceptions",
        "actual": test.outcome.word(),
    })
}

fn result(tested: &Tested<'_>) -> Value {
    let test = tested.test;
    json!({
        "outcome": test.outcome.word(),
        "why": tested.reasons(),
        "counts": test.counts,
        "exception_amounts": test.exception_amounts,
        "policy": test.policy,
        "population": test.population,
    })
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, fixture, render};
    use serde_json::Value;
    use std::collections::BTreeMap;

    fn events() -> Vec<Value> {
        let (pack, verification) = fixture::pack();
        let bytes = render(Format::Openlineage, &pack, &verification, None).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_run_starts_and_ends_once_and_has_an_id_of_its_own() {
        let mut runs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for event in events() {
            let id = event["run"]["runId"].as_str().unwrap().to_owned();
            assert_eq!((id.len(), &id[14..15], &id[19..20]), (36, "8", "8"), "{id}");
            runs.entry(id).or_default().push(event["eventType"].as_str().unwrap().to_owned());
        }
        let (pack, _) = fixture::pack();
        assert_eq!(runs.len(), pack.result.tests.len() + 1);
        for kinds in runs.values() {
            assert_eq!(kinds.len(), 2);
            assert_eq!(kinds[0], "START");
            assert!(["COMPLETE", "ABORT"].contains(&kinds[1].as_str()));
        }
    }

    /// Only a control without exceptions has passed; what could not be tested was skipped.
    #[test]
    fn no_outcome_but_no_exceptions_passes() {
        let mut seen = BTreeMap::new();
        for event in events() {
            for test in event["run"]["facets"]["test"]["tests"].as_array().into_iter().flatten() {
                let actual = test["actual"].as_str().unwrap().to_owned();
                seen.insert(actual, (test["status"].clone(), event["eventType"].clone()));
            }
        }
        let told = |word: &str, kind: &str| (Value::from(word), Value::from(kind));
        let expected = [
            ("exceptions", told("fail", "COMPLETE")),
            ("inconclusive", told("fail", "COMPLETE")),
            ("no-exceptions", told("pass", "COMPLETE")),
            ("not-tested", told("skip", "ABORT")),
        ];
        assert_eq!(seen, expected.map(|(word, pair)| (word.to_owned(), pair)).into());
    }

    #[test]
    fn inputs_are_the_datasets_of_the_population_with_their_commitment() {
        let (pack, _) = fixture::pack();
        let of: BTreeMap<_, _> = pack
            .result
            .datasets
            .iter()
            .map(|d| (d.name.clone(), d.commitment.to_string()))
            .collect();
        let mut named = 0;
        for event in events() {
            for input in event["inputs"].as_array().unwrap() {
                let version = input["facets"]["version"]["datasetVersion"].as_str().unwrap();
                assert_eq!(of[input["name"].as_str().unwrap()], version);
                named += 1;
            }
            let outputs = event["outputs"].as_array().unwrap().len();
            assert_eq!(outputs, usize::from(event["eventType"] != "START"));
        }
        assert!(named > of.len());
    }
}
