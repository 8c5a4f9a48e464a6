//! The population: a digest for every evaluated record, and what is disclosed of them.

use super::chunk::{self, Chunk, Chunks};
use super::disclosed::{Disclosures, SALT, Starts};
use super::folder::{Covered, Folder};
use super::ordered::ordered;
use super::place::{Decided, Entries, Entry, Kind, Places, Short};
use super::records::{Reading, Shown};
use super::scan::Memo;
use super::sealed::Sealings;
use super::stop::Stop;
use super::withheld::Left;
use super::{Kept, Tree, Why};
use crate::disclosure::{self, Disclosure};
use crate::encoding::{bytes_from_base64_url, is_base64_url, is_digest};
use crate::layout::{CHUNK_LINES, POPULATION, POPULATION_DISCLOSURES};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::thread::Scope;
use tieout_controls::{ControlId, Count, Digest, RunResult};

/// The name of the disclosures.
const NAME: &str = "record";

/// What is disclosed of the population.
pub(super) struct Population {
    /// The disclosed records, null for one that is withheld; empty without the disclosures, or where they
    /// are not kept.
    pub(super) disclosed: Vec<Value>,
    /// The records that are not disclosed.
    pub(super) left: Left,
}

/// The digests of a chunk, and what is disclosed of them.
struct Part {
    chunk: Chunk,
    /// Empty without the disclosures.
    disclosed: Vec<Option<Short>>,
    entries: Entries,
    values: Vec<Value>,
    left: Left,
    said: Result<(), Stop>,
}

/// Reads the digests and disclosures. All records that the result counts are there, each in a place
/// that its control can have, and those that have a record line are the same in both; where
/// everything of a control is disclosed, so are the counts.
pub(super) fn read<'a, 'env>(
    scope: &'a Scope<'a, 'env>,
    (folder, sealed): (&'a Folder, Sealings),
    covered: &'a Covered<'a>,
    mut chunks: Chunks<'a>,
    result: &'a RunResult,
    kept: Kept,
    records: &mut Reading<'a>,
) -> (Result<Population, Stop>, Places<'a>) {
    let mut places = Places::new(result);
    let starts = Starts::find(folder, POPULATION_DISCLOSURES, chunks.size(), sealed);
    let population = starts.and_then(|starts| {
        let starts = Arc::new(starts);
        let parts = ordered(scope, chunks.number(), move |number| {
            part(folder, covered, number, &starts, kept)
        });
        let mut joined = Joined {
            places: &mut places,
            next: records.next(),
            records,
            population: Population {
                disclosed: Vec::new(),
                left: Left::of(Tree::Population, kept.withheld),
            },
            index: 0,
        };
        for part in parts {
            // What is said of the population does not count then.
            if joined.records.failed() {
                return Err("the records do not hold".into());
            }
            let part = part?;
            joined.add(part.chunk.lines, (part.disclosed, part.entries))?;
            part.said?;
            chunks.add(&part.chunk)?;
            joined.population.disclosed.extend(part.values);
            joined.population.left.append(part.left);
        }
        let population = joined.population;
        chunks.end()?;
        places.end()?;
        Ok(population)
    });
    (population, places)
}

/// The population beside the records that have lines.
struct Joined<'j, 'a> {
    places: &'j mut Places<'a>,
    records: &'j mut Reading<'a>,
    next: Option<Shown>,
    population: Population,
    index: u64,
}

impl Joined<'_, '_> {
    /// The records of a chunk.
    fn add(
        &mut self,
        lines: u64,
        (disclosed, mut entries): (Vec<Option<Short>>, Entries),
    ) -> Result<(), Stop> {
        let mut disclosed = disclosed.into_iter();
        for _ in 0..lines {
            let index = self.index;
            let entry = disclosed.next().flatten().map(|short| entries.take(short));
            let entry = entry.map(|entry| entry.ok_or("not to be found")).transpose()?;
            let added = self.record(entry);
            added.map_err(|e| Stop::from(e).at(|| chunk::place_of(POPULATION, index)))?;
            self.index = index.saturating_add(1);
        }
        Ok(())
    }

    fn record(&mut self, disclosed: Option<Entry>) -> Result<(), String> {
        let line = match &self.next {
            Some(shown) if shown.population == self.index => {
                std::mem::replace(&mut self.next, self.records.next())
            }
            _ => None,
        };
        self.places.next(line.as_ref().map(|line| &line.entry), disclosed.as_ref())?;
        match (&disclosed, &line) {
            (None, _) => Ok(()),
            (Some(entry), Some(line)) => agree(entry, line),
            (Some(entry), None) if entry.kind.decision.has_line() => {
                Err("the disclosed record has no record line".to_owned())
            }
            (Some(_), None) => Ok(()),
        }
    }
}

/// Reads a chunk.
fn part(
    folder: &Folder,
    covered: &Covered<'_>,
    number: u64,
    starts: &Starts,
    kept: Kept,
) -> Result<Part, Stop> {
    let left = Left::of(Tree::Population, kept.withheld);
    let mut disclosures = starts.open(folder, number, left)?;
    let mut leaf = number.saturating_mul(CHUNK_LINES);
    let mut memo = Memo::default();
    let (mut entries, mut shorts, mut values) = (Entries::default(), Vec::new(), Vec::new());
    let (chunk, said) = chunk::read(covered, POPULATION, number, |digest| {
        // Counting those that are withheld, their form is all that is asked.
        if !disclosures.present() && !kept.withheld {
            if !is_digest(digest) {
                return Err("not a digest".into());
            }
            disclosures.left.count(Why::Unexplained, 1);
            return Ok(());
        }
        let digest = bytes_from_base64_url(digest).map(Digest).ok_or("not a digest")?;
        let here = (leaf, &digest);
        leaf = leaf.saturating_add(1);
        if !disclosures.present() {
            return disclosures.next_text(here.0, here.1).map(drop);
        }
        let disclosed = if kept.lines {
            let disclosed = disclosures.next(here.0, here.1)?;
            let entry = disclosed.as_ref().map(|d| entry(d).map_err(|e| disclosures.wrong(&e)));
            values.push(disclosed.as_ref().map_or(Value::Null, |d| d.value.clone()));
            put(&mut entries, entry.transpose()?)?
        } else {
            next(&mut disclosures, here, &mut memo, &mut entries)?
        };
        shorts.push(disclosed);
        Ok(())
    })?;
    Ok(Part { chunk, disclosed: shorts, entries, values, left: disclosures.left, said })
}

/// The record that the next disclosure is of.
fn next(
    disclosures: &mut Disclosures<'_>,
    (leaf, digest): (u64, &Digest),
    memo: &mut Memo,
    entries: &mut Entries,
) -> Result<Option<Short>, Stop> {
    let Some(text) = disclosures.next_text(leaf, digest)? else { return Ok(None) };
    if let Some(scanned) = memo.entry(text.as_bytes()) {
        let key = needs_key(scanned.kind.decision, scanned.row).then_some(scanned.key);
        let short = entries.put(scanned.kind, scanned.row, key)?;
        let right = is_base64_url(scanned.salt, 16);
        return if right { Ok(Some(short)) } else { Err(disclosures.wrong(SALT)) };
    }
    let read = disclosure::parse_exact(text).map_err(|e| disclosures.wrong(&e))?;
    disclosures.check_salt(&read.salt)?;
    put(entries, Some(entry(&read).map_err(|e| disclosures.wrong(&e))?))
}

fn put(entries: &mut Entries, entry: Option<Entry>) -> Result<Option<Short>, Stop> {
    let Some(Entry { kind, row, key }) = entry else { return Ok(None) };
    Ok(Some(entries.put(&kind, row, key.as_deref())?))
}

/// The key is needed of groups, and where it is held against a line.
fn needs_key(decision: Decided, row: Option<Count>) -> bool {
    decision.has_line() || row.is_none()
}

/// A record as it is disclosed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    control: ControlId,
    dataset: String,
    file: Option<Count>,
    row: Option<Count>,
    key: Map<String, Value>,
    decision: Decided,
}

/// The record that a disclosure is of, in exactly the form of the format.
pub(super) fn entry(disclosure: &Disclosure) -> Result<Entry, String> {
    let record = Record::deserialize(&disclosure.value);
    let record = record.map_err(|_| "the disclosure is not of a record".to_owned())?;
    let own = serde_json::to_string(&record).ok();
    if disclosure.name != NAME || own != Some(disclosure.value.to_string()) {
        return Err("the disclosure is not laid out as the format says".to_owned());
    }
    let Record { control, dataset, file, row, key, decision } = record;
    let names = key.keys().cloned().collect();
    let key = needs_key(decision, row).then(|| Value::Object(key).to_string().into());
    let kind = Arc::new(Kind { control, dataset, file, decision, names });
    Ok(Entry { kind, row, key })
}

/// Holds a disclosed record against its line, as far as the line's own disclosures are there.
fn agree(disclosed: &Entry, line: &Shown) -> Result<(), String> {
    let differ = || "the disclosed record and its line differ".to_owned();
    let (kind, of_line) = (&disclosed.kind, &line.entry.kind);
    let same = kind.dataset == of_line.dataset
        && (kind.file, disclosed.row) == (of_line.file, line.entry.row)
        && kind.decision == of_line.decision;
    let (Some(own), Some(key)) = (&disclosed.key, &line.entry.key) else { return Err(differ()) };
    if same && own == key && line.personal.is_empty() {
        return Ok(());
    }
    let columns = |key: &str| serde_json::from_str::<Map<String, Value>>(key).map_err(|_| differ());
    let (own, key) = (columns(own)?, columns(key)?);
    let same_key =
        own.iter().all(|(name, value)| match key.get(name).or_else(|| line.personal.get(name)) {
            Some(known) => known == value,
            None => !line.all,
        });
    if same && same_key && key.keys().all(|name| own.contains_key(name)) {
        Ok(())
    } else {
        Err(differ())
    }
}
