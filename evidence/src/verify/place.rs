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
    pub(super) control: Arc<ControlId>,
    pub(super) dataset: Arc<str>,
    pub(super) file: Option<Count>,
    pub(super) row: Option<Count>,
    pub(super) decision: Decided,
    /// The JSON text of the key, where it will be needed: in the population of all its columns, in a
    /// record line of the clear ones.
    pub(super) key: Option<Box<str>>,
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
        let (control, dataset) = (Arc::new(line.control.clone()), line.dataset.as_str().into());
        Ok(Self { control, dataset, file: line.file, row: line.row, decision, key: None })
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
    current: Option<Span<'a>>,
    /// For each dataset of which rows were refused the rows of records: the refused rows are known last.
    taken: Vec<Rows>,
}

/// The names of the columns of a disclosed record's key.
pub(super) type KeyNames = Arc<[String]>;

/// The records of one control.
struct Span<'a> {
    test: &'a TestResult,
    base: &'a DatasetSummary,
    /// The number of the dataset.
    number: usize,
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
    rows: Rows,
    /// The digests of the keys of groups.
    groups: BTreeSet<Digest>,
    /// The names of the key's columns, for rows and for groups.
    keys: BTreeMap<bool, KeyNames>,
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
        disclosed: Option<(&Entry, &KeyNames)>,
    ) -> Result<(), String> {
        while self.current.as_ref().is_none_or(|span| span.left == 0) {
            self.next_control()?;
        }
        let Some(span) = &mut self.current else { return Ok(()) };
        span.left = span.left.saturating_sub(1);
        for entry in line.into_iter().chain(disclosed.map(|(entry, _)| entry)) {
            span.fits(entry)?;
            if span.base.refused > Count(0)
                && let (Some(file), Some(row)) = (entry.file, entry.row)
                && let Some(taken) = self.taken.get_mut(span.number)
            {
                taken.insert(file, row);
            }
        }
        match disclosed {
            Some((entry, names)) => {
                span.count(entry);
                span.see(entry, names)
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
            seen: Seen::default(),
            counts: DecisionCounts::default(),
            withheld: 0,
        });
        Ok(())
    }
}

impl Span<'_> {
    /// Whether the control can have such a record.
    fn fits(&self, entry: &Entry) -> Result<(), String> {
        if *entry.control != self.test.control.id {
            return Err(format!("a record of {} among another control's", entry.control));
        }
        if *entry.dataset != *self.base.name {
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
        if file >= Count::of(self.base.files.len()) {
            return Err("a record in a file that its dataset does not have".to_owned());
        }
        if row == Count(0) || row > self.base.rows {
            return Err("a record in a row that its dataset does not have".to_owned());
        }
        Ok(())
    }

    /// Notes a record of which everything is known.
    fn see(&mut self, entry: &Entry, names: &KeyNames) -> Result<(), String> {
        self.see_row(entry)?;
        let group = entry.row.is_none();
        let group_by = &self.test.control.population.group_by;
        let expected = if group && !group_by.is_empty() {
            group_by.as_slice()
        } else {
            self.seen.keys.entry(group).or_insert_with(|| Arc::clone(names))
        };
        if self.reconciled && *expected != **names {
            return Err("a key of other columns than the population's".to_owned());
        }
        let key = entry.key.as_deref().unwrap_or_default();
        if group && !self.seen.groups.insert(sha256(key.as_bytes())) && self.reconciled {
            return Err("a group that was there before".to_owned());
        }
        Ok(())
    }

    fn see_row(&mut self, entry: &Entry) -> Result<(), String> {
        let (Some(file), Some(row)) = (entry.file, entry.row) else { return Ok(()) };
        // Rows that a join multiplied are said to be so.
        if self.seen.rows.insert(file, row) || !self.reconciled {
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
