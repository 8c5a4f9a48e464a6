//! The population: a digest for every evaluated record, and what is disclosed of them.

use super::Withheld;
use super::content::each_line;
use super::disclosed::Disclosures;
use super::folder::Covered;
use super::place::{Entry, Places};
use super::records::Records;
use super::stop::Stop;
use crate::claims::TreeHead;
use crate::disclosure::Disclosure;
use crate::layout::POPULATION;
use serde_json::Value;
use tieout_controls::RunResult;

/// The name of the disclosures.
const NAME: &str = "record";

/// What is disclosed of the population.
#[derive(Default)]
pub(super) struct Population {
    /// The disclosed records, null for one that is withheld; empty without the disclosures.
    pub(super) disclosed: Vec<Value>,
    /// The records that are not disclosed.
    pub(super) withheld: Vec<Withheld>,
}

/// Reads the digests and disclosures. All records that the result counts are there, each in a place
/// that its control can have, and those that have a record line are the same in both; where
/// everything of a control is disclosed, so are the counts.
pub(super) fn read(
    covered: &Covered<'_>,
    head: &TreeHead,
    mut disclosures: Disclosures<'_>,
    result: &RunResult,
    records: &Records,
) -> Result<Population, Stop> {
    let evaluated = result.tests.iter().map(|test| test.counts.evaluated()).sum();
    if head.tree_size != evaluated {
        let size = head.tree_size;
        return Err(
            format!("the population has {size} records, the result counts {evaluated}").into()
        );
    }
    if records.entries.last_key_value().is_some_and(|(last, _)| *last >= head.tree_size.0) {
        return Err("a record line is not in the population".into());
    }
    let mut population = Population::default();
    let mut places = Places::new(result);
    let mut index = 0_u64;
    each_line(covered, POPULATION, head, |digest| {
        let disclosed = disclosures.next(index, digest)?;
        let entry = disclosed.as_ref().map(|d| entry(d).map_err(|e| disclosures.wrong(&e)));
        let entry = entry.transpose()?;
        let line = records.entries.get(&index);
        places.next(line.map(|(line, _)| line), entry.as_ref())?;
        match (&entry, line) {
            (None, _) => {}
            (Some(entry), Some((line, at))) => {
                agree(entry, line, records.lines.get(*at))?;
            }
            (Some(entry), None) if entry.has_line() => {
                return Err("the disclosed record has no record line".into());
            }
            (Some(_), None) => {}
        }
        if disclosures.present() {
            population.disclosed.push(disclosed.map_or(Value::Null, |disclosed| disclosed.value));
        }
        index = index.saturating_add(1);
        Ok(())
    })?;
    population.withheld = disclosures.end()?;
    places.end()?;
    Ok(population)
}

/// The record that a disclosure is of, in exactly the form of the format.
fn entry(disclosure: &Disclosure) -> Result<Entry, String> {
    let entry = serde_json::from_value::<Entry>(disclosure.value.clone());
    let entry = entry.map_err(|_| "the disclosure is not of a record".to_owned())?;
    let own = serde_json::to_string(&entry).ok();
    if disclosure.name == NAME && own == Some(disclosure.value.to_string()) {
        Ok(entry)
    } else {
        Err("the disclosure is not laid out as the format says".to_owned())
    }
}

/// Holds a disclosed record against its line, as far as the line's own disclosures are there.
fn agree(disclosed: &Entry, line: &Entry, shown: Option<&Value>) -> Result<(), String> {
    let same = disclosed.dataset == line.dataset
        && (disclosed.file, disclosed.row) == (line.file, line.row)
        && disclosed.decision == line.decision
        && line.key.keys().all(|name| disclosed.key.contains_key(name));
    let personal = shown.and_then(|line| line.get("personal")).and_then(Value::as_object);
    let unknown = personal.is_some_and(|personal| personal.contains_key("_sd"));
    let same_key = disclosed.key.iter().all(|(name, value)| {
        match line.key.get(name).or_else(|| personal?.get(name)) {
            Some(own) => own == value,
            None => unknown,
        }
    });
    if same && same_key {
        Ok(())
    } else {
        Err("the disclosed record and its line differ".to_owned())
    }
}
