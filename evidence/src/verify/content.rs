//! The authenticated content: policies, result, records and population, held against the
//! statement and one another.

use super::folder::{Covered, Folder};
use super::stop::{Ended, Stop};
use super::{Kept, Report, lines, population, records};
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
}

/// Reads and checks the content.
pub(super) fn read(
    folder: &Folder,
    covered: &Covered<'_>,
    predicate: &Predicate,
    kept: Kept,
    report: &mut Report,
) -> Result<Content, Ended> {
    let policies = report.check("policy/MANIFEST lists the policies", policies(covered))?;
    let mut result = report.check("the result can be read", result(covered))?;
    let claims = claims(predicate, &result).map_err(Stop::from);
    report.check("the statement says what the result says", claims)?;
    let follows = consistency::check(&result, &policies).map_err(Stop::from);
    report.check("the result follows from its counts, datasets and policies", follows)?;
    let (records, population) = lines::read(folder, covered, predicate, &result, kept);
    let mut records = report.check("the records have the statement's root", records)?;
    let counts = records::count(&records, &result, &policies)
        .and_then(|()| records::fields(&records, &predicate.fields));
    report.check("the records are those that the result counts", counts.map_err(Stop::from))?;
    let population = report.check("the population is what the result counts", population)?;
    withheld(&records, &population, report);
    result.refused_rows = std::mem::take(&mut records.refused);
    Ok(Content { result, records: records.lines, population: population.disclosed })
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

fn withheld(records: &records::Records, population: &population::Population, report: &mut Report) {
    if records.withheld > 0 {
        let fields = if records.withheld == 1 { "field is" } else { "fields are" };
        report.note(format!(
            "{} personal {fields} not disclosed in this copy: erased or held back",
            records.withheld
        ));
    }
    if population.withheld > 0 {
        let rows = if population.withheld == 1 { "record is" } else { "records are" };
        report.note(format!(
            "{} evaluated {rows} not disclosed in this copy, only committed to: \
             the counts by verdict rest on the operator's word",
            population.withheld
        ));
    }
}
