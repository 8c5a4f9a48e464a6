//! The authenticated content: policies, result, records and population, held against the
//! statement and one another.

use super::folder::{Covered, Folder};
use super::stop::{Ended, Stop};
use super::withheld::Left;
use super::{Kept, Report, Unseal, lines, records, sealed};
use crate::claims::{Claims, Predicate};
use crate::consistency::{self, PolicyFiles};
use crate::json;
use crate::layout::{DATASETS, MANIFEST, POLICY, RUN};
use crate::sums::Sums;
use serde::{Serialize, de::DeserializeOwned};
use tieout_controls::{DatasetSummary, RunResult};

/// What a pack holds.
pub(super) struct Content {
    pub(super) result: RunResult,
    pub(super) records: Vec<serde_json::Value>,
    pub(super) population: Vec<serde_json::Value>,
    /// What is not disclosed of the records and the population.
    pub(super) left: [Left; 2],
}

/// Reads and checks the content.
pub(super) fn read(
    folder: &Folder,
    covered: &Covered<'_>,
    predicate: &Predicate,
    (kept, unseal): (Kept, Option<&dyn Unseal>),
    report: &mut Report,
) -> Result<Content, Ended> {
    let policies = report.check("policy/MANIFEST lists the policies", policies(covered))?;
    let mut result = report.check("the result can be read", result(covered))?;
    let claims = claims(predicate, &result).map_err(Stop::from);
    report.check("the statement says what the result says", claims)?;
    let follows = consistency::check(&result, &policies).map_err(Stop::from);
    report.check("the result follows from its counts, datasets and policies", follows)?;
    let what = "the records have the statement's root";
    let sealed = sealed::read(folder, &predicate.pack_id, unseal);
    let sealed = sealed.or_else(|stop| report.check(what, Err(stop)))?;
    let (records, population) = lines::read(folder, covered, predicate, &result, sealed, kept);
    let (mut records, left) = report.check(what, records)?;
    let counts = records::count(&records, &result, &policies)
        .and_then(|()| records::fields(&records, &predicate.fields));
    report.check("the records are those that the result counts", counts.map_err(Stop::from))?;
    let population = report.check("the population is what the result counts", population)?;
    result.refused_rows = std::mem::take(&mut records.refused);
    let left = [left, population.left];
    Ok(Content { result, records: records.lines, population: population.disclosed, left })
}

/// The paths of the policies in `policy/`, with their digests.
fn policies(covered: &Covered<'_>) -> Result<PolicyFiles, Stop> {
    let listed = Sums::parse(&covered.read(MANIFEST)?).map_err(|e| format!("`{MANIFEST}`: {e}"))?;
    let mut present = Sums::default();
    for (path, digest) in covered.below(POLICY).filter(|(path, _)| *path != MANIFEST) {
        let path = path.strip_prefix(POLICY).unwrap_or(path);
        present.0.insert(path.to_owned(), *digest);
    }
    if present == listed {
        Ok(listed.0)
    } else {
        Err(format!("`{MANIFEST}` does not list the files of `{POLICY}`").into())
    }
}

/// The result as `run.json` and `datasets.json` have it, without the refused rows.
fn result(covered: &Covered<'_>) -> Result<RunResult, Stop> {
    let mut result: RunResult = document(covered, RUN)?;
    if !result.datasets.is_empty() || !result.refused_rows.is_empty() {
        return Err(format!("`{RUN}` has datasets or refused rows, which are elsewhere").into());
    }
    if result.schema_version != "1" {
        return Err(format!("`{RUN}` has a schema version other than 1").into());
    }
    let datasets: Vec<DatasetSummary> = document(covered, DATASETS)?;
    result.datasets = datasets;
    Ok(result)
}

/// Reads a document. Nothing may stand in it that is not read, so that nothing can be said there
/// that other readers see and the checks here do not.
fn document<T: Serialize + DeserializeOwned>(covered: &Covered<'_>, path: &str) -> Result<T, Stop> {
    let bytes = covered.read(path)?;
    let wrong = |e: String| Stop::from(format!("`{path}`: {e}"));
    let document: T = json::document(&bytes).map_err(wrong)?;
    let read = serde_json::to_value(&document).map_err(|e| wrong(e.to_string()))?;
    if read == json::value(&bytes).map_err(wrong)? {
        Ok(document)
    } else {
        Err(wrong("a field or a form of a value that the format does not have".to_owned()))
    }
}

fn claims(predicate: &Predicate, result: &RunResult) -> Result<(), String> {
    let claims = Claims::of(result);
    let differing = [
        (claims.run != predicate.claims.run, "the run's parameters"),
        (claims.results != predicate.claims.results, "the results"),
        (claims.policies != predicate.claims.policies, "the policies"),
        (claims.datasets != predicate.claims.datasets, "the datasets"),
    ];
    match differing.iter().find(|(differs, _)| *differs) {
        Some((_, what)) => Err(format!("`{RUN}` and the statement differ in {what}")),
        None => Ok(()),
    }
}
