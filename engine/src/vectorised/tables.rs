//! Reference tables for lookups by columns: keys become numbers, rows with one key a group, and
//! the rows of a dated table stand in the order of their intervals.

use super::texts::Texts;
use super::vector::{Cells, NOTHING, UNKNOWN, Vector, index};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use tieout_controls::{Decimal, Value};
use tieout_policies::data::Table;
use tieout_policies::evaluate::BoundTable;

/// No number of a part, group or row.
pub(super) const NOWHERE: u32 = u32::MAX;

/// A table.
#[derive(Debug)]
pub(super) struct Indexed {
    /// The cells of each column that the program knows, and whether they are null.
    pub(super) columns: Vec<Vector>,
    parts: Vec<Part>,
    groups: Groups,
    members: Vec<Members>,
    /// The rows of all groups, one after the other, in the order of their intervals.
    rows: Vec<Dated>,
    /// The rows of the largest group.
    pub(super) largest: usize,
}

/// The values of a key column, numbered.
#[derive(Debug, Default)]
struct Part {
    texts: Texts,
    numbers: BTreeMap<Decimal, u32>,
    /// Days and instants.
    times: HashMap<i64, u32>,
    bools: HashMap<bool, u32>,
    count: u32,
}

#[derive(Debug)]
enum Groups {
    /// The only part's number is the group's.
    Same,
    /// By the parts' numbers as one number, each part's count being the base.
    Dense(Vec<u32>),
    Sparse(HashMap<Vec<u32>, u32>),
}

/// A group's rows among all.
#[derive(Debug, Clone, Copy)]
struct Members {
    start: u32,
    end: u32,
    /// Whether each interval ends before the next begins, and none is empty.
    disjoint: bool,
}

/// A row and when it is in force; what is not dated has no such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Dated {
    from: i64,
    /// Until before.
    to: i64,
    row: u32,
}

/// The largest dense index.
const DENSE: u64 = 1 << 22;

impl Indexed {
    /// Indexes a table.
    pub(super) fn new(bound: &BoundTable<'_>) -> Self {
        let BoundTable { table, key: keys, interval: bounds, .. } = bound;
        let columns = bound.columns.iter().map(|at| column(table, *at)).collect();
        let mut parts: Vec<Part> = keys.iter().map(|_| Part::default()).collect();
        let mut numbered: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
        for (row, cells) in (0_u32..).zip(table.rows()) {
            let key = parts.iter_mut().zip(keys).map(|(part, at)| part.number(cells.get(*at)?));
            if let Some(key) = key.collect::<Option<Vec<_>>>() {
                numbered.entry(key).or_default().push(row);
            }
        }
        let dated = |row: u32| {
            let cells = table.rows().get(index(row)).zip(*bounds);
            // A null bound never comes, neither the first day nor the end.
            let at = |cells: &Vec<Value>, at: usize| cells.get(at).and_then(time);
            let bounds = cells.map(|(cells, (from, to))| (at(cells, from), at(cells, to)));
            let (from, to) = bounds.unwrap_or_default();
            Dated { from: from.unwrap_or(i64::MAX), to: to.unwrap_or(i64::MAX), row }
        };
        let single = keys.len() == 1;
        let (mut members, mut rows) = (Vec::new(), Vec::new());
        let mut sparse = HashMap::new();
        let mut largest = 0;
        // With one part, its numbers go up from 0 and so do the groups.
        for (group, (key, of)) in (0_u32..).zip(numbered) {
            largest = largest.max(of.len());
            let mut of: Vec<Dated> = of.into_iter().map(dated).collect();
            of.sort();
            let place = |rows: &Vec<Dated>| u32::try_from(rows.len()).unwrap_or(NOWHERE);
            let (start, disjoint) = (place(&rows), are_disjoint(&of));
            rows.extend(of);
            members.push(Members { start, end: place(&rows), disjoint });
            if !single {
                sparse.insert(key, group);
            }
        }
        let groups = if single { Groups::Same } else { Groups::of(sparse, &parts) };
        Self { columns, parts, groups, members, rows, largest }
    }

    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.columns.first().map_or(usize::MAX, Vector::len)
    }

    /// The numbers of values of a part of the key.
    pub(super) fn part(&self, part: usize, values: &Vector) -> Vec<u32> {
        let Some(part) = self.parts.get(part) else { return vec![NOWHERE; values.len()] };
        let known = |number: Option<&u32>| number.copied().unwrap_or(NOWHERE);
        match &values.data {
            Cells::Text(text) => text.map(|t| part.texts.get(t).unwrap_or(NOWHERE)),
            Cells::Date(days) => {
                days.iter().map(|d| known(part.times.get(&i64::from(*d)))).collect()
            }
            Cells::Instant(micros) => micros.iter().map(|m| known(part.times.get(m))).collect(),
            _ => {
                let number = |slot| match values.slot(slot) {
                    Ok(Value::Number(number)) => known(part.numbers.get(&number)),
                    Ok(Value::Bool(flag)) => known(part.bools.get(&flag)),
                    _ => NOWHERE,
                };
                (0..values.len()).map(number).collect()
            }
        }
    }

    /// The groups of keys, given the numbers of their parts.
    pub(super) fn group(&self, parts: &[&[u32]], len: usize) -> Vec<u32> {
        match (&self.groups, parts) {
            (Groups::Same, [only]) => only.to_vec(),
            (Groups::Dense(dense), _) => {
                let mut at = vec![0_u32; len];
                for (numbers, part) in parts.iter().zip(&self.parts) {
                    for (at, number) in at.iter_mut().zip(*numbers) {
                        *at = match (*at, *number) {
                            (NOWHERE, _) | (_, NOWHERE) => NOWHERE,
                            (at, number) => at.wrapping_mul(part.count).wrapping_add(number),
                        };
                    }
                }
                let found = |at: &u32| dense.get(index(*at)).copied().unwrap_or(NOWHERE);
                at.iter().map(found).collect()
            }
            (Groups::Sparse(sparse), _) => {
                let key = |slot: usize| -> Option<Vec<u32>> {
                    parts.iter().map(|numbers| numbers.get(slot).copied()).collect()
                };
                let found = |slot| key(slot).and_then(|key| sparse.get(&key)).copied();
                (0..len).map(|slot| found(slot).unwrap_or(NOWHERE)).collect()
            }
            (Groups::Same, _) => vec![NOWHERE; len],
        }
    }

    fn members(&self, group: u32) -> Option<(&[Dated], bool)> {
        let Members { start, end, disjoint } = *self.members.get(index(group))?;
        Some((self.rows.get(index(start)..index(end))?, disjoint))
    }

    /// The one row of each group, [`NOWHERE`] where there is none or several.
    pub(super) fn only(&self, groups: &[u32]) -> Vec<u32> {
        let one = |group: &u32| match self.members(*group) {
            Some(([only], _)) => only.row,
            _ => NOWHERE,
        };
        groups.iter().map(one).collect()
    }

    /// The row of each group that is in force at a time, in days or microseconds as the table's
    /// intervals are; [`NOWHERE`] where there is none or several.
    pub(super) fn in_force<T>(
        &self,
        groups: &[u32],
        times: &[T],
        time: impl Fn(&T) -> i64,
    ) -> Vec<u32> {
        let row = |(group, at): (&u32, &T)| match self.members(*group) {
            Some((rows, true)) => in_order(rows, time(at)),
            Some((rows, false)) => only_one(rows, time(at)),
            None => NOWHERE,
        };
        groups.iter().zip(times).map(row).collect()
    }
}

/// Whether each interval ends before the next begins, and none is empty.
fn are_disjoint(rows: &[Dated]) -> bool {
    let apart = rows.iter().zip(rows.iter().skip(1)).all(|(a, b)| a.to <= b.from);
    apart && rows.iter().all(|row| row.from < row.to)
}

/// Of rows whose intervals don't overlap the one in force.
fn in_order(rows: &[Dated], time: i64) -> u32 {
    let begun = if rows.len() <= FEW {
        // Counted, not searched: nothing to guess for the processor.
        rows.iter().fold(0_usize, |n, row| n.wrapping_add(usize::from(row.from <= time)))
    } else {
        rows.partition_point(|row| row.from <= time)
    };
    match rows.get(begun.wrapping_sub(1)) {
        Some(last) if time < last.to => last.row,
        _ => NOWHERE,
    }
}

/// Of any rows the one in force, where it is the only one.
fn only_one(rows: &[Dated], time: i64) -> u32 {
    let mut covering = rows.iter().filter(|row| row.from <= time && time < row.to);
    match (covering.next(), covering.next()) {
        (Some(one), None) => one.row,
        _ => NOWHERE,
    }
}

/// So many intervals are sooner gone through than halved.
const FEW: usize = 8;

impl Part {
    /// The number of a cell, a new one where it is the first of its kind; none for a null.
    fn number(&mut self, cell: &Value) -> Option<u32> {
        let next = self.count;
        let number = match cell {
            Value::String(text) => self.texts.number(text, next),
            Value::Number(number) => *self.numbers.entry(number.clone()).or_insert(next),
            Value::Bool(flag) => *self.bools.entry(*flag).or_insert(next),
            time => *self.times.entry(self::time(time)?).or_insert(next),
        };
        if number == next {
            self.count = next.checked_add(1)?;
        }
        Some(number)
    }
}

impl Groups {
    fn of(sparse: HashMap<Vec<u32>, u32>, parts: &[Part]) -> Self {
        let size = parts.iter().try_fold(1_u64, |size, p| size.checked_mul(p.count.into()));
        let Some(size) = size.filter(|s| *s <= DENSE).and_then(|s| usize::try_from(s).ok()) else {
            return Self::Sparse(sparse);
        };
        let mut dense = vec![NOWHERE; size];
        for (key, group) in &sparse {
            let at = key
                .iter()
                .zip(parts)
                .fold(0_u32, |at, (n, p)| at.wrapping_mul(p.count).wrapping_add(*n));
            if let Some(slot) = dense.get_mut(index(at)) {
                *slot = *group;
            }
        }
        Self::Dense(dense)
    }
}

/// A date's days or an instant's microseconds.
fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Date(date) => Some(super::vector::days(*date).into()),
        Value::Timestamp(instant) => Some(instant.timestamp_micros()),
        _ => None,
    }
}

/// A column's cells; nulls are unknown.
fn column(table: &Table, at: usize) -> Vector {
    let cell = |row: &Vec<Value>| match row.get(at) {
        Some(Value::Null) => Err(UNKNOWN),
        Some(value) => Ok(value.clone()),
        None => Err(NOTHING),
    };
    let slots: Vec<_> = table.rows().iter().map(cell).collect();
    Vector::from_slots(slots)
}
