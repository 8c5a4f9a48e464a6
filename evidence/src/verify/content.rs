//! The authenticated content: policies, result, records and population, held against the
//! statement and one another.

use super::disclosed::Disclosures;
use super::folder::{Covered, Folder};
use super::stop::{Ended, Stop};
use super::{Report, Unseal, Withheld, population, records, sealed};
use crate::claims::{Claims, Predicate, TreeHead};
use crate::consistency::{self, PolicyFiles};
use crate::json;
use crate::layout::{
    CHUNK_LINES, DATASETS, MANIFEST, POLICY, POPULATION_DISCLOSURES, RECORD_DISCLOSURES, RUN, chunk,
};
use crate::merkle::Tree;
use crate::sums::Sums;
use serde::{Serialize, de::DeserializeOwned};
use tieout_controls::{DatasetSummary, RunResult};

/// What a pack holds.
pub(super) struct Content {
    pub(super) result: RunResult,
    pub(super) records: Vec<serde_json::Value>,
    pub(super) population: Vec<serde_json::Value>,
    /// What is not disclosed.
    pub(super) withheld: Vec<Withheld>,
}

/// Reads and checks the content.
pub(super) fn read(
    folder: &Folder,
    covered: &Covered<'_>,
    predicate: &Predicate,
    unseal: Option<&dyn Unseal>,
    report: &mut Report,
) -> Result<Content, Ended> {
    let policies = report.check("policy/MANIFEST lists the policies", policies(covered))?;
    let mut result = report.check("the result can be read", result(covered))?;
    let claims = claims(predicate, &result).map_err(Stop::from);
    report.check("the statement says what the result says", claims)?;
    let follows = consistency::check(&result, &policies).map_err(Stop::from);
    report.check("the result follows from its counts, datasets and policies", follows)?;
    let sealed = sealed::read(folder, &predicate.pack_id, unseal);
    let records = sealed.and_then(|(of_records, of_population)| {
        let shown = Disclosures::open(folder, RECORD_DISCLOSURES, of_records)?;
        let records = records::read(covered, &predicate.records, shown, &mut result)?;
        Ok((records, of_population))
    });
    let (records, of_population) =
        report.check("the records have the statement's root", records)?;
    let counts = records::count(&records, &result, &policies)
        .and_then(|()| records::fields(&records, &predicate.fields));
    report.check("the records are those that the result counts", counts.map_err(Stop::from))?;
    let population =
        Disclosures::open(folder, POPULATION_DISCLOSURES, of_population).and_then(|shown| {
            population::read(covered, &predicate.population, shown, &result, &records)
        });
    let population = report.check("the population is what the result counts", population)?;
    let withheld = [records.withheld, population.withheld].concat();
    Ok(Content { result, records: records.lines, population: population.disclosed, withheld })
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

/// Calls `each` with every line of the tree's chunks, and holds the chunks against the tree.
pub(super) fn each_line(
    covered: &Covered<'_>,
    name: &str,
    head: &TreeHead,
    mut each: impl FnMut(&str) -> Result<(), Stop>,
) -> Result<(), Stop> {
    if head.hashing != crate::claims::HASHING {
        return Err(format!("`{name}` is hashed in a way that is not known").into());
    }
    let number = head.tree_size.0.div_ceil(CHUNK_LINES);
    let present: Vec<_> = covered.below(&format!("{name}/")).map(|(path, _)| path).collect();
    if present.len() != usize::try_from(number).unwrap_or(usize::MAX) {
        return Err(format!("`{name}` does not have {number} files").into());
    }
    let mut tree = Tree::default();
    for path in (0..number).map(|n| chunk(name, n)) {
        let before = tree.size();
        covered.each_line(&path, |line| {
            tree.push(line.as_bytes());
            each(line)
        })?;
        let lines = tree.size().saturating_sub(before);
        let left = head.tree_size.0.saturating_sub(tree.size());
        if lines == 0 || (lines != CHUNK_LINES && left > 0) {
            return Err(format!("`{path}` does not have {CHUNK_LINES} lines").into());
        }
    }
    if tree.size() == head.tree_size.0 && tree.root() == head.root_hash {
        Ok(())
    } else {
        Err(format!("`{name}` does not have the root that the statement says").into())
    }
}
