//! Where in the population a record may stand, and which records a control may have.

use crate::consistency::has_rows;
use crate::line::RecordLine;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::result::DecisionCounts;
use tieout_controls::{ControlId, Count, DatasetSummary, RunResult, TestResult};

/// What names a record, and its verdict: the same in the population and in the record lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) control: ControlId,
    pub(super) dataset: String,
    pub(super) file: Option<Count>,
    pub(super) row: Option<Count>,
    /// In the population all columns of the key; in a record line the clear ones.
    pub(super) key: Map<String, Value>,
    pub(super) decision: Decided,
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
        let RecordLine { control, dataset, file, row, key, .. } = line;
        let (control, dataset, key) = (control.clone(), dataset.clone(), key.clone());
        Ok(Self { control, dataset, file: *file, row: *row, key, decision })
    }

    /// Whether records with this verdict have a line.
    pub(super) fn has_line(&self) -> bool {
        matches!(self.decision, Decided::Violates | Decided::Undetermined)
    }
}

/// The records of a run in the order of the population: one control after the other.
pub(super) struct Places<'a> {
    tests: std::slice::Iter<'a, TestResult>,
    result: &'a RunResult,
    refused: BTreeSet<(&'a str, &'a str, Count)>,
    current: Option<Span<'a>>,
}

/// The records of one control.
struct Span<'a> {
    test: &'a TestResult,
    base: &'a DatasetSummary,
    /// How many are still to come.
    left: u64,
    reconciled: bool,
    seen: Seen,
    counts: DecisionCounts,
    withheld: u64,
}

/// What was seen of a control's records.
#[derive(Default)]
struct Seen {
    rows: BTreeSet<(Count, Count)>,
    groups: BTreeSet<String>,
    /// The names of the key's columns, for rows and for groups.
    keys: BTreeMap<bool, Vec<String>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(result: &'a RunResult) -> Self {
        let refused = result.refused_rows.iter();
        let refused = refused.map(|row| (row.dataset.as_str(), row.file.as_str(), row.row));
        Self { tests: result.tests.iter(), result, refused: refused.collect(), current: None }
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
        for entry in line.into_iter().chain(disclosed) {
            span.fits(entry, &self.refused)?;
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
    pub(super) fn end(mut self) -> Result<(), String> {
        self.current.take().map_or(Ok(()), |span| span.end())
    }

    fn next_control(&mut self) -> Result<(), String> {
        self.current.take().map_or(Ok(()), |span| span.end())?;
        let test = self.tests.next().ok_or("more records than the result counts")?;
        let Some(population) = &test.population else { return Ok(()) };
        let base = self.result.datasets.iter().find(|dataset| dataset.name == population.base);
        let base = base.ok_or("the records' dataset is not there")?;
        self.current = Some(Span {
            test,
            base,
            left: test.counts.evaluated().0,
            reconciled: population.not_reconciled.is_empty(),
            seen: Seen::default(),
            counts: DecisionCounts::default(),
            withheld: 0,
        });
        Ok(())
    }
}

impl Span<'_> {
    /// Whether the control can have such a record.
    fn fits(&self, entry: &Entry, refused: &BTreeSet<(&str, &str, Count)>) -> Result<(), String> {
        if entry.control != self.test.control.id {
            return Err(format!("a record of {} among another control's", entry.control));
        }
        if entry.dataset != self.base.name {
            return Err("a record of another dataset than its population's base".to_owned());
        }
        let (file, row) = match (entry.file, entry.row) {
            (Some(file), Some(row)) => (file, row),
            (None, None) if !has_rows(&self.test.control) => return Ok(()),
            _ => return Err("a record without file and row".to_owned()),
        };
        // In a population of groups, single rows are those that could not be selected.
        if !has_rows(&self.test.control) && entry.decision != Decided::Undetermined {
            return Err("a row in a population of groups".to_owned());
        }
        let file = usize::try_from(file.0).ok().and_then(|file| self.base.files.get(file));
        let file = file.ok_or("a record in a file that its dataset does not have")?;
        if row == Count(0) || row > self.base.rows {
            return Err("a record in a row that its dataset does not have".to_owned());
        }
        if refused.contains(&(self.base.name.as_str(), file.as_str(), row)) {
            return Err("a record in a row that was refused".to_owned());
        }
        Ok(())
    }

    /// Notes a record of which everything is known.
    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        self.see_row(entry)?;
        let group = entry.row.is_none();
        let control = &self.test.control.population;
        let names: Vec<String> = entry.key.keys().cloned().collect();
        let expected = if group && !control.group_by.is_empty() {
            &control.group_by
        } else {
            self.seen.keys.entry(group).or_insert_with(|| names.clone())
        };
        if self.reconciled && *expected != names {
            return Err("a key of other columns than the population's".to_owned());
        }
        let text = || Value::Object(entry.key.clone()).to_string();
        if group && !self.seen.groups.insert(text()) && self.reconciled {
            return Err("a group that was there before".to_owned());
        }
        Ok(())
    }

    fn see_row(&mut self, entry: &Entry) -> Result<(), String> {
        let (Some(file), Some(row)) = (entry.file, entry.row) else { return Ok(()) };
        // Rows that a join multiplied are said to be so.
        if self.seen.rows.insert((file, row)) || !self.reconciled {
            Ok(())
        } else {
            Err("a row that was there before".to_owned())
        }
    }

    fn count(&mut self, entry: &Entry) {
        match entry.decision {
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
