//! The authenticated content: policies, result, records and population, held against the
//! statement and one another.

use super::folder::{Covered, Folder};
use super::{Report, population, records};
use crate::claims::{Claims, Predicate, TreeHead};
use crate::json;
use crate::layout::{CHUNK_LINES, DATASETS, MANIFEST, MAX_LINE, POLICY, RUN, chunk};
use crate::merkle::Tree;
use crate::sums::Sums;
use std::collections::BTreeSet;
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
    report: &mut Report,
) -> Option<Content> {
    let policies = report.check("policy/MANIFEST lists the policies", policies(covered))?;
    let mut result = report.check("the result can be read", result(covered))?;
    let policy = policies_present(&result, &policies);
    report.check("the policies that decided are in the pack", policy)?;
    let records = records::read(folder, covered, &predicate.records, &mut result);
    let records = report.check("the records have the statement's root", records)?;
    let claims = claims(predicate, &result);
    report.check("the statement says what the result says", claims)?;
    let counts = records::count(&records, &result);
    report.check("the records are those that the result counts", counts)?;
    let population =
        population::read(folder, covered, &predicate.population, &result, &records.links);
    let population = report.check("the population is what the result counts", population)?;
    withheld(&records, &population, report);
    Some(Content { result, records: records.lines, population: population.disclosed })
}

fn policies(covered: &Covered<'_>) -> Result<BTreeSet<String>, String> {
    let listed = Sums::parse(&covered.read(MANIFEST)?).map_err(|e| format!("`{MANIFEST}`: {e}"))?;
    let mut present = Sums::default();
    for (path, digest) in covered.below(POLICY).filter(|(path, _)| *path != MANIFEST) {
        let path = path.strip_prefix(POLICY).unwrap_or(path);
        present.0.insert(path.to_owned(), *digest);
    }
    if present == listed {
        Ok(listed.0.into_keys().collect())
    } else {
        Err(format!("`{MANIFEST}` does not list the files of `{POLICY}`"))
    }
}

/// The result as `run.json` and `datasets.json` have it, without the refused rows.
fn result(covered: &Covered<'_>) -> Result<RunResult, String> {
    let mut result: RunResult =
        json::document(&covered.read(RUN)?).map_err(|e| format!("`{RUN}`: {e}"))?;
    if !result.datasets.is_empty() || !result.refused_rows.is_empty() {
        return Err(format!("`{RUN}` has datasets or refused rows, which are elsewhere"));
    }
    if result.schema_version != "1" {
        return Err(format!("`{RUN}` has a schema version other than 1"));
    }
    let datasets: Vec<DatasetSummary> =
        json::document(&covered.read(DATASETS)?).map_err(|e| format!("`{DATASETS}`: {e}"))?;
    result.datasets = datasets;
    Ok(result)
}

fn policies_present(result: &RunResult, policies: &BTreeSet<String>) -> Result<(), String> {
    for policy in result.tests.iter().filter_map(|test| test.policy.as_ref()) {
        if !policies.contains(&policy.source) {
            return Err(format!("`{POLICY}{}` is missing", policy.source));
        }
    }
    Ok(())
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
    mut each: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    if head.hashing != crate::claims::HASHING {
        return Err(format!("`{name}` is hashed in a way that is not known"));
    }
    let number = head.tree_size.0.div_ceil(CHUNK_LINES);
    let present: Vec<_> = covered.below(&format!("{name}/")).map(|(path, _)| path).collect();
    if present.len() != usize::try_from(number).unwrap_or(usize::MAX) {
        return Err(format!("`{name}` does not have {number} files"));
    }
    let mut tree = Tree::default();
    for path in (0..number).map(|n| chunk(name, n)) {
        let bytes = covered.read(&path)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| format!("`{path}` is not UTF-8"))?;
        let mut lines = 0_u64;
        for line in text.split_inclusive('\n') {
            lines = lines.saturating_add(1);
            let place = |what: &str| format!("`{path}`, line {lines}: {what}");
            let line = line.strip_suffix('\n').ok_or_else(|| place("no newline"))?;
            if line.len() > MAX_LINE {
                return Err(place("longer than 1 MiB"));
            }
            tree.push(line.as_bytes());
            each(line).map_err(|e| place(&e))?;
        }
        let left = head.tree_size.0.saturating_sub(tree.size());
        if lines == 0 || (lines != CHUNK_LINES && left > 0) {
            return Err(format!("`{path}` does not have {CHUNK_LINES} lines"));
        }
    }
    if tree.size() == head.tree_size.0 && tree.root() == head.root_hash {
        Ok(())
    } else {
        Err(format!("`{name}` does not have the root that the statement says"))
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
