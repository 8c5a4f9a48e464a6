//! Where in the population a record may stand, and which records a control may have.

use super::rows::Rows;
use crate::consistency::has_rows;
use crate::encoding::sha256;
use crate::line::RecordLine;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tieout_controls::result::DecisionCounts;
use tieout_controls::{ControlId, Count, DatasetSummary, Digest, RunResult, TestResult};

/// What names a record, and its verdict: the same in the population and in the record lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Arc<Kind>,
    pub(super) row: Option<Count>,
    /// The JSON text of the key, where it will be needed: in the population of all its columns, in a
    /// record line of the clear ones.
    pub(super) key: Option<Box<str>>,
}

/// What many records have in common.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) control: ControlId,
    pub(super) dataset: String,
    pub(super) file: Option<Count>,
    pub(super) decision: Decided,
    /// The names of the columns that stand in the key.
    pub(super) names: Vec<String>,
}

/// The entries of a chunk, of which many wait to be taken: what they have in common is there once, and
/// their keys are in one text.
#[derive(Default)]
pub(super) struct Entries {
    kinds: Vec<Arc<Kind>>,
    keys: String,
    taken: usize,
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Short {
    row: Option<Count>,
    kind: u32,
    /// The length of the key.
    key: Option<u32>,
}

impl Entries {
    /// Puts an entry in.
    pub(super) fn put(
        &mut self,
        kind: &Arc<Kind>,
        row: Option<Count>,
        key: Option<&str>,
    ) -> Result<Short, &'static str> {
        if self.kinds.last().is_none_or(|last| !Arc::ptr_eq(last, kind)) {
            self.kinds.push(Arc::clone(kind));
        }
        self.keys.push_str(key.unwrap_or_default());
        let number = |n: usize| u32::try_from(n).map_err(|_| "too large");
        let kind = number(self.kinds.len().saturating_sub(1))?;
        Ok(Short { row, kind, key: key.map(|key| number(key.len())).transpose()? })
    }

    /// Takes the next entry out: they are taken in the order in which they were put in.
    pub(super) fn take(&mut self, short: Short) -> Option<Entry> {
        let kind = self.kinds.get(usize::try_from(short.kind).ok()?)?;
        let mut key = None;
        if let Some(length) = short.key {
            let end = self.taken.saturating_add(usize::try_from(length).ok()?);
            key = Some(self.keys.get(self.taken..end)?.into());
            self.taken = end;
        }
        Some(Entry { kind: Arc::clone(kind), row: short.row, key })
    }
}

/// The verdict on a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Decided {
    Conforms,
    Violates,
    Undetermined,
    NotApplicable,
}

impl Entry {
    /// What a record line says.
    pub(super) fn of(line: &RecordLine) -> Result<Self, String> {
        let decision = match line.decision.as_str() {
            "violates" if !line.facts.is_empty() => Decided::Violates,
            "undetermined" if line.facts.is_empty() && !line.causes.is_empty() => {
                Decided::Undetermined
            }
            _ => return Err("a decision that no record line has, or not what it rests on".into()),
        };
        let (control, dataset) = (line.control.clone(), line.dataset.clone());
        let names = line.key.keys().cloned().collect();
        let kind = Arc::new(Kind { control, dataset, file: line.file, decision, names });
        Ok(Self { kind, row: line.row, key: None })
    }
}

impl Decided {
    /// Whether records with this verdict have a line.
    pub(super) fn has_line(self) -> bool {
        matches!(self, Self::Violates | Self::Undetermined)
    }
}

/// The records of a run in the order of the population: one control after the other.
pub(super) struct Places<'a> {
    tests: std::slice::Iter<'a, TestResult>,
    result: &'a RunResult,
    current: Option<Span<'a>>,
    /// For each dataset of which rows were refused the rows of records: the refused rows are known last.
    taken: Vec<Rows>,
}

/// The records of one control.
struct Span<'a> {
    test: &'a TestResult,
    base: &'a DatasetSummary,
    /// The number of the dataset.
    number: usize,
    /// How many are still to come.
    left: u64,
    reconciled: bool,
    /// The kinds, of lines and of what is disclosed, of which it is known that the control can have them.
    known: [Option<Arc<Kind>>; 2],
    seen: Seen,
    counts: DecisionCounts,
    withheld: u64,
}

/// What was seen of a control's records.
#[derive(Default)]
struct Seen {
    rows: Rows,
    /// The digests of the keys of groups.
    groups: BTreeSet<Digest>,
    /// The names of the key's columns, for rows and for groups.
    keys: BTreeMap<bool, Vec<String>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(result: &'a RunResult) -> Self {
        let taken = result.datasets.iter().map(|_| Rows::default()).collect();
        Self { tests: result.tests.iter(), result, current: None, taken }
    }

    /// The next record of the population: as its line says, and as it is disclosed.
    pub(super) fn next(
        &mut self,
        line: Option<&Entry>,
        disclosed: Option<&Entry>,
    ) -> Result<(), String> {
        while self.current.as_ref().is_none_or(|span| span.left == 0) {
            self.next_control()?;
        }
        let Some(span) = &mut self.current else { return Ok(()) };
        span.left = span.left.saturating_sub(1);
        for (known, entry) in [line, disclosed].into_iter().enumerate() {
            let Some(entry) = entry else { continue };
            span.fits(entry, known)?;
            if span.base.refused > Count(0)
                && let (Some(file), Some(row)) = (entry.kind.file, entry.row)
                && let Some(taken) = self.taken.get_mut(span.number)
            {
                taken.insert(file, row);
            }
        }
        match disclosed {
            Some(entry) => {
                span.count(entry);
                span.see(entry)
            }
            None => {
                span.withheld = span.withheld.saturating_add(1);
                line.map_or(Ok(()), |line| span.see_row(line))
            }
        }
    }

    /// There are no more records than those.
    pub(super) fn end(&mut self) -> Result<(), String> {
        self.current.take().map_or(Ok(()), |span| span.end())
    }

    /// Whether a record is in a row that was refused; for each dataset its refused rows.
    pub(super) fn any_refused(&self, refused: &[Rows]) -> bool {
        self.taken.iter().zip(refused).any(|(taken, refused)| taken.meets(refused))
    }

    fn next_control(&mut self) -> Result<(), String> {
        self.end()?;
        let test = self.tests.next().ok_or("more records than the result counts")?;
        let Some(population) = &test.population else { return Ok(()) };
        let mut datasets = self.result.datasets.iter().enumerate();
        let base = datasets.find(|(_, dataset)| dataset.name == population.base);
        let (number, base) = base.ok_or("the records' dataset is not there")?;
        self.current = Some(Span {
            test,
            base,
            number,
            left: test.counts.evaluated().0,
            reconciled: population.not_reconciled.is_empty(),
            known: [None, None],
            seen: Seen::default(),
            counts: DecisionCounts::default(),
            withheld: 0,
        });
        Ok(())
    }
}

impl Span<'_> {
    /// Whether the control can have such a record. `known` is the place of its kind.
    fn fits(&mut self, entry: &Entry, known: usize) -> Result<(), String> {
        let same = |last: &Option<Arc<Kind>>| {
            last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &entry.kind))
        };
        let Some(row) = entry.row.filter(|_| self.known.get(known).is_some_and(same)) else {
            return self.fits_anew(entry, known);
        };
        self.has_row(row)
    }

    fn fits_anew(&mut self, entry: &Entry, known: usize) -> Result<(), String> {
        let kind = &entry.kind;
        if kind.control != self.test.control.id {
            return Err(format!("a record of {} among another control's", kind.control));
        }
        if kind.dataset != self.base.name {
            return Err("a record of another dataset than its population's base".to_owned());
        }
        let (file, row) = match (kind.file, entry.row) {
            (Some(file), Some(row)) => (file, row),
            (None, None) if !has_rows(&self.test.control) => return Ok(()),
            _ => return Err("a record without file and row".to_owned()),
        };
        // In a population of groups, single rows are those that could not be selected.
        if !has_rows(&self.test.control) && kind.decision != Decided::Undetermined {
            return Err("a row in a population of groups".to_owned());
        }
        if file >= Count::of(self.base.files.len()) {
            return Err("a record in a file that its dataset does not have".to_owned());
        }
        if let Some(known) = self.known.get_mut(known) {
            *known = Some(Arc::clone(kind));
        }
        self.has_row(row)
    }

    fn has_row(&self, row: Count) -> Result<(), String> {
        if row == Count(0) || row > self.base.rows {
            return Err("a record in a row that its dataset does not have".to_owned());
        }
        Ok(())
    }

    /// Notes a record of which everything is known.
    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        self.see_row(entry)?;
        let group = entry.row.is_none();
        let group_by = &self.test.control.population.group_by;
        let expected = if group && !group_by.is_empty() {
            group_by.as_slice()
        } else {
            self.seen.keys.entry(group).or_insert_with(|| entry.kind.names.clone())
        };
        if self.reconciled && *expected != *entry.kind.names {
            return Err("a key of other columns than the population's".to_owned());
        }
        let key = entry.key.as_deref().unwrap_or_default();
        if group && !self.seen.groups.insert(sha256(key.as_bytes())) && self.reconciled {
            return Err("a group that was there before".to_owned());
        }
        Ok(())
    }

    fn see_row(&mut self, entry: &Entry) -> Result<(), String> {
        let (Some(file), Some(row)) = (entry.kind.file, entry.row) else { return Ok(()) };
        // Rows that a join multiplied are said to be so.
        if self.seen.rows.insert(file, row) || !self.reconciled {
            Ok(())
        } else {
            Err("a row that was there before".to_owned())
        }
    }

    fn count(&mut self, entry: &Entry) {
        match entry.kind.decision {
            Decided::Conforms => self.counts.conforms.increment(),
            Decided::Violates => self.counts.violates.increment(),
            Decided::Undetermined => self.counts.undetermined.increment(),
            Decided::NotApplicable => self.counts.not_applicable.increment(),
        }
    }

    fn end(&self) -> Result<(), String> {
        let (found, stated) = (&self.counts, &self.test.counts);
        let fit = if self.withheld == 0 {
            found == stated
        } else {
            found.conforms <= stated.conforms && found.not_applicable <= stated.not_applicable
        };
        if self.left == 0 && fit {
            Ok(())
        } else {
            let id = &self.test.control.id;
            Err(format!("{id}: the disclosed population and the result differ in counts"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_as_they_were_put_in() {
        let kind = |number: u64| {
            let (control, dataset) = ("CM-01".parse().unwrap(), "a".to_owned());
            let (file, decision) = (Some(Count(number)), Decided::Violates);
            Arc::new(Kind { control, dataset, file, decision, names: Vec::new() })
        };
        let kinds = [kind(0), kind(1)];
        let keys = [None, Some(""), Some("{}"), Some(r#"{"a":"é"}"#)];
        let entry = |n: usize| Entry {
            kind: Arc::clone(&kinds[n / 3 % 2]),
            row: (!n.is_multiple_of(5)).then(|| Count::of(n)),
            key: keys[n % 4].map(Into::into),
        };
        let mut entries = Entries::default();
        let put: Vec<_> = (0..40)
            .map(entry)
            .map(|entry| entries.put(&entry.kind, entry.row, entry.key.as_deref()).unwrap())
            .collect();
        for (n, short) in put.into_iter().enumerate() {
            assert_eq!(entries.take(short), Some(entry(n)));
        }
    }
}
