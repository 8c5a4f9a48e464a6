//! The population: a digest for every evaluated record, and what is disclosed of them.

use super::content::each_line;
use super::folder::{Covered, Folder};
use super::records::Disclosures;
use crate::claims::TreeHead;
use crate::encoding::is_base64_url_digest;
use crate::layout::{POPULATION, POPULATION_DISCLOSURES};
use serde_json::Value;
use std::collections::BTreeMap;
use tieout_controls::result::DecisionCounts;
use tieout_controls::{ControlId, RunResult};

/// The name of the disclosures.
const NAME: &str = "record";

/// What is disclosed of the population.
#[derive(Default)]
pub(super) struct Population {
    /// The disclosed records, null for one that is withheld; empty without the disclosures.
    pub(super) disclosed: Vec<Value>,
    /// The number of records that are not disclosed.
    pub(super) withheld: u64,
}

/// Reads the digests and disclosures. All records that the result counts are there, and those that
/// have a record line are the same in both; when everything is disclosed, so are the counts.
pub(super) fn read(
    folder: &Folder,
    covered: &Covered<'_>,
    head: &TreeHead,
    result: &RunResult,
    links: &BTreeMap<u64, (ControlId, String)>,
) -> Result<Population, String> {
    let evaluated = result.tests.iter().map(|test| test.counts.evaluated()).sum();
    if head.tree_size != evaluated {
        let size = head.tree_size;
        return Err(format!("the population has {size} records, the result counts {evaluated}"));
    }
    if links.last_key_value().is_some_and(|(last, _)| *last >= head.tree_size.0) {
        return Err("a record line is not in the population".to_owned());
    }
    let mut population = Population::default();
    let mut counts: BTreeMap<String, DecisionCounts> = BTreeMap::new();
    let mut disclosures = Disclosures::open(folder, POPULATION_DISCLOSURES)?;
    let mut index = 0_u64;
    each_line(covered, POPULATION, head, |digest| {
        if !is_base64_url_digest(digest) {
            return Err("not a digest".to_owned());
        }
        let disclosed = disclosures.next(digest)?;
        if let Some(record) = &disclosed {
            count(record, links.get(&index), &mut counts)?;
        } else {
            population.withheld = population.withheld.saturating_add(1);
        }
        if disclosures.present() {
            population.disclosed.push(disclosed.map_or(Value::Null, |(_, record)| record));
        }
        index = index.saturating_add(1);
        Ok(())
    })?;
    disclosures.end()?;
    if population.withheld == 0 {
        compare(&counts, result)?;
    }
    Ok(population)
}

/// Counts a disclosed record, and holds it against its record line.
fn count(
    (name, record): &(String, Value),
    link: Option<&(ControlId, String)>,
    counts: &mut BTreeMap<String, DecisionCounts>,
) -> Result<(), String> {
    let text = |field: &str| record.get(field).and_then(Value::as_str);
    let (Some(control), Some(decision)) = (text("control"), text("decision")) else {
        return Err("the disclosure is not of a record".to_owned());
    };
    let counts = counts.entry(control.to_owned()).or_default();
    let listed = match decision {
        "conforms" => (&mut counts.conforms, false),
        "violates" => (&mut counts.violates, true),
        "undetermined" => (&mut counts.undetermined, true),
        "not-applicable" => (&mut counts.not_applicable, false),
        _ => return Err("the disclosure has an unknown decision".to_owned()),
    };
    listed.0.increment();
    let agrees = match link {
        Some(link) => listed.1 && link.0.as_str() == control && link.1 == decision,
        None => !listed.1,
    };
    if name == NAME && agrees {
        Ok(())
    } else {
        Err("the disclosed record and the record lines differ".to_owned())
    }
}

fn compare(counts: &BTreeMap<String, DecisionCounts>, result: &RunResult) -> Result<(), String> {
    let none = DecisionCounts::default();
    for test in &result.tests {
        let id = test.control.id.as_str();
        if *counts.get(id).unwrap_or(&none) != test.counts {
            return Err(format!("{id}: the disclosed population and the result differ in counts"));
        }
    }
    Ok(())
}
