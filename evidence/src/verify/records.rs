//! The record lines and what is disclosed of them.

use super::chunk::{self, Chunk, Chunks};
use super::disclosed::Disclosures;
use super::folder::{Covered, Folder};
use super::ordered::ordered;
use super::place::{Entries, Entry, Short};
use super::rows::Rows;
use super::scan::Memo;
use super::sealed::Sealings;
use super::stop::Stop;
use super::tally::{self, Sums, Tallies, Tally};
use super::withheld::Left;
use super::{Kept, Tree, Why};
use crate::claims::FieldNames;
use crate::consistency::PolicyFiles;
use crate::encoding::bytes_from_base64_url;
use crate::layout::{POPULATION_DISCLOSURES, RECORD_DISCLOSURES, RECORDS, SEALED_DISCLOSURES};
use crate::line::{LINE_VERSION, Line, RecordLine, SD_ALG, WITHHELD_IN_FACTS};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::Scope;
use tieout_controls::{Count, Digest, RefusedRow, RunResult};

/// What the record lines hold.
#[derive(Default)]
pub(super) struct Records {
    /// The lines with the disclosures put in their place, where they are kept.
    pub(super) lines: Vec<Value>,
    /// The refused rows, where they are kept.
    pub(super) refused: Vec<RefusedRow>,
    /// For each dataset its refused rows.
    pub(super) refused_of: Vec<Rows>,
    /// Whether there is a refused row that no dataset has.
    refused_elsewhere: bool,
    /// What the lines add up to, by control.
    tallies: Tallies,
    /// The columns that stand in the lines; of the personal ones those that are disclosed.
    fields: FieldNames,
    /// The files of the rules that the lines name.
    rules: BTreeSet<String>,
    /// The number of digests that stand for columns and whose disclosures are not there.
    withheld_columns: u64,
    /// The index in the population of the last record.
    pub(super) last: Option<u64>,
}

/// What of the lines is needed beside what they add up to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    kept: bool,
    digests: bool,
    keys: bool,
}

/// The lines of a chunk.
struct Part {
    chunk: Chunk,
    lines: Vec<Item>,
    entries: Entries,
    said: Result<(), Stop>,
    tallies: Tallies,
    clear: BTreeSet<String>,
    rules: BTreeSet<String>,
}

enum Item {
    Record(Box<Full>),
    /// Of a common shape: nothing is personal in it.
    Short(u64, Short),
    Refused(Box<(RefusedRow, Option<Value>)>),
}

struct Full {
    population: u64,
    entry: Entry,
    /// What of it is withheld: for each fact, and for `personal` if there is one.
    facts: Vec<Vec<Digest>>,
    personal: Option<Vec<Digest>>,
    withheld: (u64, u64),
    value: Option<Value>,
}

/// A record that has a line.
pub(super) struct Shown {
    pub(super) population: u64,
    pub(super) entry: Entry,
    /// What is disclosed of its personal columns, and whether that is all.
    pub(super) personal: Map<String, Value>,
    pub(super) all: bool,
}

/// The lines, read in their order as far as they are asked for.
pub(super) struct Reading<'a> {
    result: &'a RunResult,
    parts: Box<dyn Iterator<Item = Result<Part, Stop>> + 'a>,
    chunks: Option<Chunks<'a>>,
    part: std::vec::IntoIter<Item>,
    entries: Entries,
    /// Of the chunk that is being read: it is added when its lines were.
    current: Option<(Chunk, Result<(), Stop>, Tallies)>,
    index: u64,
    disclosures: Option<Disclosures<'a>>,
    /// Whether each digest is looked up, or they are only counted.
    digests: bool,
    any_refused: bool,
    records: Records,
    failed: Option<Stop>,
}

impl<'a> Reading<'a> {
    /// Begins to read the lines.
    pub(super) fn begin<'env>(
        scope: &'a Scope<'a, 'env>,
        folder: &'a Folder,
        covered: &'a Covered<'a>,
        chunks: Result<Chunks<'a>, Stop>,
        result: &'a RunResult,
        sealed: Sealings,
        kept: Kept,
    ) -> Self {
        let needs = Needs {
            kept: kept.lines,
            digests: folder.has(RECORD_DISCLOSURES) || !sealed.is_empty() || kept.withheld,
            keys: folder.has(POPULATION_DISCLOSURES) || folder.has(SEALED_DISCLOSURES),
        };
        let records = Records {
            refused_of: result.datasets.iter().map(|_| Rows::default()).collect(),
            ..Records::default()
        };
        let begun = chunks.and_then(|chunks| {
            let left = Left::of(Tree::Records, kept.withheld);
            let sealed = Arc::new(sealed);
            Ok((chunks, Disclosures::open(folder, RECORD_DISCLOSURES, sealed, left)?))
        });
        let (chunks, disclosures, failed) = match begun {
            Ok((chunks, disclosures)) => (Some(chunks), Some(disclosures), None),
            Err(stop) => (None, None, Some(stop)),
        };
        let number = chunks.as_ref().map_or(0, Chunks::number);
        let parts = ordered(scope, number, move |number| part(covered, number, needs));
        Self {
            result,
            parts,
            chunks,
            part: Vec::new().into_iter(),
            entries: Entries::default(),
            current: None,
            index: 0,
            disclosures,
            digests: needs.digests,
            any_refused: false,
            records,
            failed,
        }
    }

    /// The next record, if there is one and nothing failed.
    pub(super) fn next(&mut self) -> Option<Shown> {
        while self.failed.is_none() {
            let item = match self.part.next() {
                Some(item) => item,
                None => match self.next_part() {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(stop) => {
                        self.failed = Some(stop);
                        return None;
                    }
                },
            };
            let place = self.index;
            self.index = place.saturating_add(1);
            match self.item(item) {
                Ok(None) => {}
                Ok(shown) => return shown,
                Err(stop) => self.failed = Some(stop.at(|| chunk::place_of(RECORDS, place))),
            }
        }
        None
    }

    /// Whether the records do not hold.
    pub(super) fn failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Ends one chunk and begins the next; whether there was one.
    fn next_part(&mut self) -> Result<bool, Stop> {
        if let Some((chunk, said, tallies)) = self.current.take() {
            said?;
            if let Some(chunks) = &mut self.chunks {
                chunks.add(&chunk)?;
            }
            tally::add_all(&mut self.records.tallies, tallies).map_err(|e| e.to_string())?;
        }
        let Some(part) = self.parts.next() else { return Ok(false) };
        let Part { chunk, lines, entries, said, tallies, clear, rules } = part?;
        (self.part, self.entries) = (lines.into_iter(), entries);
        self.current = Some((chunk, said, tallies));
        self.records.fields.clear.extend(clear);
        self.records.rules.extend(rules);
        Ok(true)
    }

    fn item(&mut self, item: Item) -> Result<Option<Shown>, Stop> {
        let (population, entry, full) = match item {
            Item::Short(population, short) => {
                (population, self.entries.take(short).ok_or("not to be found")?, None)
            }
            Item::Record(mut full) => {
                let value = full.value.take();
                let Full { population, entry, facts, personal, withheld, .. } = *full;
                (population, entry, Some((facts, personal, withheld, value)))
            }
            Item::Refused(refused) => {
                let (row, value) = *refused;
                self.refused(row, value);
                return Ok(None);
            }
        };
        if self.any_refused {
            return Err("a record after the refused rows".into());
        }
        if self.records.last.is_some_and(|last| last >= population) {
            return Err("records are not in the population's order".into());
        }
        self.records.last = Some(population);
        let mut shown = Shown { population, entry, personal: Map::new(), all: true };
        if let Some((facts, personal, withheld, value)) = full {
            self.disclose(&mut shown, &facts, personal.as_deref(), withheld, value)?;
        }
        Ok(Some(shown))
    }

    /// Fills in what is disclosed of a line.
    fn disclose(
        &mut self,
        shown: &mut Shown,
        facts: &[Vec<Digest>],
        personal: Option<&[Digest]>,
        withheld: (u64, u64),
        mut value: Option<Value>,
    ) -> Result<(), Stop> {
        let records = &mut self.records;
        match &mut self.disclosures {
            Some(disclosures) if self.digests => {
                let leaf = self.index.saturating_sub(1);
                for (number, digests) in facts.iter().enumerate() {
                    let fields = fill((leaf, digests), disclosures, |name, value| {
                        WITHHELD_IN_FACTS.contains(&name) && value.is_string()
                    })?;
                    let of = value.as_mut().and_then(|v| v.get_mut("facts")?.get_mut(number));
                    fields.put_in(of);
                }
                let digests = (leaf, personal.unwrap_or_default());
                let fields = fill(digests, disclosures, |name, _| name != "_sd")?;
                records.withheld_columns = records.withheld_columns.saturating_add(fields.left);
                for name in fields.disclosed.keys() {
                    if !records.fields.personal.contains(name) {
                        records.fields.personal.insert(name.clone());
                    }
                }
                shown.all = fields.left == 0;
                if personal.is_some() {
                    fields.clone().put_in(value.as_mut().and_then(|v| v.get_mut("personal")));
                }
                shown.personal = fields.disclosed;
            }
            disclosures => {
                let (in_facts, columns) = withheld;
                let left = in_facts.saturating_add(columns);
                if let Some(disclosures) = disclosures {
                    disclosures.left.count(Why::Unexplained, left);
                }
                records.withheld_columns = records.withheld_columns.saturating_add(columns);
                shown.all = columns == 0;
            }
        }
        records.lines.extend(value);
        Ok(())
    }

    fn refused(&mut self, row: RefusedRow, value: Option<Value>) {
        self.any_refused = true;
        let datasets = self.result.datasets.iter().zip(&mut self.records.refused_of);
        let found = datasets.into_iter().find(|(dataset, _)| dataset.name == row.dataset);
        let found = found.and_then(|(dataset, rows)| {
            let file = dataset.files.iter().position(|file| *file == row.file)?;
            let has = row.row > Count(0) && row.row <= dataset.rows;
            has.then(|| rows.insert(Count::of(file), row.row))
        });
        self.records.refused_elsewhere |= found.is_none();
        if let Some(value) = value {
            self.records.lines.push(value);
            self.records.refused.push(row);
        }
    }

    /// Reads what is left, and holds all of it against the tree and the disclosures.
    pub(super) fn end(mut self) -> Result<(Records, Left), Stop> {
        while self.next().is_some() {}
        match (self.failed, self.chunks, self.disclosures) {
            (None, Some(chunks), Some(disclosures)) => {
                chunks.end()?;
                let left = disclosures.end()?;
                Ok((self.records, left))
            }
            (failed, _, _) => Err(failed.unwrap_or_else(|| "not read to the end".into())),
        }
    }
}

/// Reads a chunk.
fn part(covered: &Covered<'_>, number: u64, needs: Needs) -> Result<Part, Stop> {
    let (mut memo, mut sums) = (Memo::default(), Sums::default());
    let (mut lines, mut entries, mut tallies) = (Vec::new(), Entries::default(), Tallies::new());
    let (mut clear, mut rules) = (BTreeSet::new(), BTreeSet::new());
    let (chunk, said) = chunk::read(covered, RECORDS, number, |bytes| {
        let scanned = if needs.kept { None } else { memo.record(bytes, &mut sums) };
        if let Some(scanned) = scanned {
            let key = needs.keys.then(|| std::str::from_utf8(scanned.key)).transpose();
            let key = key.map_err(|_| "not UTF-8")?;
            let short = entries.put(scanned.kind, scanned.row, key)?;
            lines.push(Item::Short(scanned.population, short));
            return Ok(());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
        let value = crate::json::value(bytes)?;
        let line = Line::of(&value, text)?;
        let value = needs.kept.then_some(value);
        lines.push(match line {
            Line::Refused(line) if line.v != LINE_VERSION => {
                return Err("a format version other than 1".into());
            }
            Line::Refused(line) => Item::Refused(Box::new((line.row, value))),
            Line::Record(line) => {
                let full = full(&line, value, needs)?;
                clear.extend(line.key.keys().chain(line.values.keys()).cloned());
                let of_causes = line.causes.iter().map(|cause| &cause.rule.file);
                rules.extend(line.facts.iter().map(|f| &f.rule.file).chain(of_causes).cloned());
                let tally: &mut Tally = tallies.entry(line.control.clone()).or_default();
                tally.add(&line, full.entry.kind.decision).map_err(|e| e.to_string())?;
                Item::Record(Box::new(full))
            }
        });
        Ok(())
    })?;
    sums.add_to(&mut tallies).map_err(|e| e.to_string())?;
    clear.append(&mut memo.clear);
    rules.append(&mut memo.rules);
    Ok(Part { chunk, lines, entries, said, tallies, clear, rules })
}

fn full(line: &RecordLine, value: Option<Value>, needs: Needs) -> Result<Full, String> {
    check_form(line)?;
    let mut entry = Entry::of(line)?;
    if needs.keys {
        entry.key = serde_json::to_string(&line.key).ok().map(Into::into);
    }
    let facts = line.facts.iter().map(|fact| digests(&fact.sd));
    let mut facts = facts.collect::<Result<Vec<_>, _>>()?;
    let personal = line.personal.as_ref().map(|personal| digests(&personal.sd));
    let mut personal = personal.transpose()?;
    let number = |digests: &Vec<Digest>| Count::of(digests.len()).0;
    let withheld = (facts.iter().map(number).sum(), personal.as_ref().map_or(0, number));
    if !needs.digests {
        (facts, personal) = (Vec::new(), None);
    }
    Ok(Full { population: line.population.0, entry, facts, personal, withheld, value })
}

fn digests(texts: &[String]) -> Result<Vec<Digest>, String> {
    let digests = texts.iter().map(|text| bytes_from_base64_url(text).map(Digest));
    digests.collect::<Option<_>>().ok_or_else(|| "not a digest".to_owned())
}

/// What is personal stands in digests only, and digests only where something is.
pub(crate) fn check_form(line: &RecordLine) -> Result<(), String> {
    if line.v != LINE_VERSION || line.sd_alg.as_deref().is_some_and(|alg| alg != SD_ALG) {
        return Err("a format version or hash that is not known".to_owned());
    }
    let personal = line.personal.is_some();
    let digests = line.personal.as_ref().is_none_or(|personal| !personal.sd.is_empty());
    let facts = line.facts.iter().all(|fact| {
        if personal {
            fact.expected.is_none() && fact.actual.is_none() && fact.message.is_none()
        } else {
            fact.sd.is_empty()
        }
    });
    if digests && facts && line.sd_alg.is_some() == personal {
        Ok(())
    } else {
        Err("what is withheld is not what the format withholds".to_owned())
    }
}

/// What stands for the digests of one object.
#[derive(Clone, Default)]
pub(super) struct Fields {
    pub(super) disclosed: Map<String, Value>,
    /// The digests whose disclosures are not there.
    pub(super) withheld: Vec<Value>,
    left: u64,
}

impl Fields {
    /// Puts everything into the place of its digests.
    pub(super) fn put_in(self, object: Option<&mut Value>) {
        let Some(object) = object.and_then(Value::as_object_mut) else { return };
        object.shift_remove("_sd");
        object.extend(self.disclosed);
        if !self.withheld.is_empty() {
            object.insert("_sd".to_owned(), Value::from(self.withheld));
        }
    }
}

/// The disclosures of these digests in a leaf.
fn fill(
    (leaf, digests): (u64, &[Digest]),
    disclosures: &mut Disclosures<'_>,
    mut belongs: impl FnMut(&str, &Value) -> bool,
) -> Result<Fields, Stop> {
    let mut fields = Fields::default();
    for digest in digests {
        match disclosures.next(leaf, digest)? {
            Some(field)
                if !fields.disclosed.contains_key(&field.name)
                    && belongs(&field.name, &field.value) =>
            {
                fields.disclosed.insert(field.name, field.value);
            }
            Some(_) => return Err(disclosures.wrong("not a field that is withheld there")),
            None => fields.withheld.push(crate::encoding::base64_url(&digest.0).into()),
        }
    }
    fields.left = Count::of(fields.withheld.len()).0;
    Ok(fields)
}

/// Holds the lines against what the result counts and sums, and against the policies.
pub(super) fn count(
    records: &Records,
    result: &RunResult,
    policies: &PolicyFiles,
) -> Result<(), String> {
    let none = Tally::default();
    for test in &result.tests {
        let id = &test.control.id;
        let tally = records.tallies.get(id).unwrap_or(&none);
        let differing = [
            (tally.violates != test.counts.violates, "violating records"),
            (tally.undetermined != test.counts.undetermined, "undetermined records"),
            (tally.by_code != test.by_code, "exceptions by code"),
            (tally.amounts != test.exception_amounts, "amounts of exceptions"),
            (!tally.groups.values().eq(&test.undetermined), "causes of undetermined records"),
        ];
        if let Some((_, what)) = differing.iter().find(|(differs, _)| *differs) {
            return Err(format!("{id}: `{RECORDS}` and the result differ in {what}"));
        }
    }
    if let Some(id) = records.tallies.keys().find(|id| result.test(id).is_none()) {
        return Err(format!("`{RECORDS}` has records of {id}, which was not run"));
    }
    if let Some(file) = records.rules.iter().find(|file| !policies.contains_key(*file)) {
        return Err(format!("`{RECORDS}` names a rule in `policy/{file}`, which is not there"));
    }
    refused(records, result)
}

/// The refused rows are those that the datasets count, in files and rows that they have.
fn refused(records: &Records, result: &RunResult) -> Result<(), String> {
    if records.refused_elsewhere {
        return Err(format!("`{RECORDS}` has a refused row that no dataset has"));
    }
    for (dataset, rows) in result.datasets.iter().zip(&records.refused_of) {
        if rows.size() != dataset.refused {
            let name = &dataset.name;
            return Err(format!("`{RECORDS}` does not have the refused rows of `{name}`"));
        }
    }
    Ok(())
}

/// The statement names the columns that stand in the lines. Of the personal ones, those that are
/// not disclosed can't be told.
pub(super) fn fields(records: &Records, stated: &FieldNames) -> Result<(), String> {
    let found = &records.fields;
    let personal = if records.withheld_columns == 0 {
        found.personal == stated.personal
    } else {
        !stated.personal.is_empty() && found.personal.is_subset(&stated.personal)
    };
    if found.clear == stated.clear && personal {
        Ok(())
    } else {
        Err(format!("`{RECORDS}` and the statement differ in the columns"))
    }
}
