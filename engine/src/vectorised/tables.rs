//! Reference tables for lookups by columns: keys become numbers, rows with one key a group, and
//! the rows of a dated table stand in the order of their intervals.

use super::texts::Texts;
use super::vector::{Cells, NOTHING, UNKNOWN, Vector, index};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
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
    /// Where each group's rows start among all, and where the last one's end.
    starts: Vec<u32>,
    /// Whether intervals of a group overlap or are empty; nothing where none do.
    overlapping: Vec<bool>,
    /// The rows of all groups, one after the other, in the order of their intervals.
    rows: Rows,
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

/// Rows and their intervals, as small as they are stored: of a large table every second lookup waits
/// for the memory.
#[derive(Debug)]
enum Rows {
    /// All bounds are [`SHORT`], as days are; one that never comes is the largest number.
    Short(Vec<Dated<i32>>),
    Long(Vec<Dated<i64>>),
}

/// Bounds that 32 bits hold, without the numbers that stand for earlier, later and never.
const SHORT: RangeInclusive<i64> = -0x7FFF_FFFF..=0x7FFF_FFFD;

/// A time among [`SHORT`] bounds: before or after all of them where it is none itself.
fn short(time: i64) -> i32 {
    let inside = time.clamp(i64::from(i32::MIN), 0x7FFF_FFFE);
    i32::try_from(inside).unwrap_or(i32::MAX)
}

impl Rows {
    fn of(rows: Vec<Dated<i64>>) -> Self {
        let fits = |bound: i64| bound == i64::MAX || SHORT.contains(&bound);
        if !rows.iter().all(|row| fits(row.from) && fits(row.to)) {
            return Self::Long(rows);
        }
        let bound = |bound: i64| if bound == i64::MAX { i32::MAX } else { short(bound) };
        let shorter =
            |row: Dated<i64>| Dated { from: bound(row.from), to: bound(row.to), row: row.row };
        Self::Short(rows.into_iter().map(shorter).collect())
    }

    fn row(&self, at: usize) -> u32 {
        let row = match self {
            Self::Short(rows) => rows.get(at).map(|row| row.row),
            Self::Long(rows) => rows.get(at).map(|row| row.row),
        };
        row.unwrap_or(NOWHERE)
    }
}

/// A row and when it is in force; what is not dated has no such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Dated<T> {
    from: T,
    /// Until before.
    to: T,
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
        let (mut starts, mut overlapping, mut rows) = (vec![0], Vec::new(), Vec::new());
        let mut sparse = HashMap::new();
        let mut largest = 0;
        // With one part, its numbers go up from 0 and so do the groups.
        for (group, (key, of)) in (0_u32..).zip(numbered) {
            largest = largest.max(of.len());
            let mut of: Vec<Dated<i64>> = of.into_iter().map(dated).collect();
            of.sort();
            overlapping.push(!are_disjoint(&of));
            rows.extend(of);
            starts.push(u32::try_from(rows.len()).unwrap_or(NOWHERE));
            if !single {
                sparse.insert(key, group);
            }
        }
        if !overlapping.contains(&true) {
            overlapping.clear();
        }
        let groups = if single { Groups::Same } else { Groups::of(sparse, &parts) };
        Self { columns, parts, groups, starts, overlapping, rows: Rows::of(rows), largest }
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

    /// Where a group's rows are among all.
    fn members(&self, group: u32) -> Option<Range<usize>> {
        let start = self.starts.get(index(group))?;
        let end = self.starts.get(index(group).wrapping_add(1))?;
        Some(index(*start)..index(*end))
    }

    /// The one row of each group, [`NOWHERE`] where there is none or several.
    pub(super) fn only(&self, groups: &[u32]) -> Vec<u32> {
        let one = |group: &u32| match self.members(*group) {
            Some(members) if members.len() == 1 => self.rows.row(members.start),
            _ => NOWHERE,
        };
        groups.iter().map(one).collect()
    }

    /// The row of each group that is in force on a day; [`NOWHERE`] where there is none or several.
    pub(super) fn in_force_on(&self, groups: &[u32], days: &[i32]) -> Vec<u32> {
        match &self.rows {
            Rows::Short(rows) => self.in_force(rows, groups, days, |day| short((*day).into())),
            Rows::Long(rows) => self.in_force(rows, groups, days, |day| i64::from(*day)),
        }
    }

    /// The same at an instant, in microseconds as the table's intervals are.
    pub(super) fn in_force_at(&self, groups: &[u32], instants: &[i64]) -> Vec<u32> {
        match &self.rows {
            Rows::Short(rows) => self.in_force(rows, groups, instants, |at| short(*at)),
            Rows::Long(rows) => self.in_force(rows, groups, instants, |at| *at),
        }
    }

    fn in_force<T, I: Copy + Ord>(
        &self,
        rows: &[Dated<I>],
        groups: &[u32],
        times: &[T],
        time: impl Fn(&T) -> I,
    ) -> Vec<u32> {
        let row = |(group, at): (&u32, &T)| {
            let Some(members) = self.members(*group).and_then(|m| rows.get(m)) else {
                return NOWHERE;
            };
            if self.overlapping.get(index(*group)) == Some(&true) {
                only_one(members, time(at))
            } else {
                in_order(members, time(at))
            }
        };
        groups.iter().zip(times).map(row).collect()
    }
}

/// Whether each interval ends before the next begins, and none is empty.
fn are_disjoint(rows: &[Dated<i64>]) -> bool {
    let apart = rows.iter().zip(rows.iter().skip(1)).all(|(a, b)| a.to <= b.from);
    apart && rows.iter().all(|row| row.from < row.to)
}

/// Of rows whose intervals don't overlap the one in force.
fn in_order<T: Copy + Ord>(rows: &[Dated<T>], time: T) -> u32 {
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
fn only_one<T: Copy + Ord>(rows: &[Dated<T>], time: T) -> u32 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Bounds at the ends of what is short, and one that never comes.
    const BOUNDS: [i64; 7] = [*SHORT.start(), -1, 0, 20_000, 20_001, *SHORT.end(), i64::MAX];

    #[test]
    fn short_intervals_are_in_force_when_long_ones_are() {
        let edges = [i64::MIN, i64::from(i32::MIN), i64::from(i32::MAX), 1 << 40];
        let times: Vec<i64> = BOUNDS
            .iter()
            .filter(|bound| **bound != i64::MAX)
            .flat_map(|bound| [bound - 1, *bound, bound + 1])
            .chain(edges)
            .collect();
        for from in BOUNDS {
            for to in BOUNDS {
                let long = [Dated { from, to, row: 7 }];
                let Rows::Short(of) = Rows::of(long.to_vec()) else { panic!("{from} to {to}") };
                for time in &times {
                    let place = format!("{from} to {to} at {time}");
                    assert_eq!(only_one(&of, short(*time)), only_one(&long, *time), "{place}");
                    assert_eq!(in_order(&of, short(*time)), in_order(&long, *time), "{place}");
                }
            }
        }
        for beyond in [SHORT.start() - 1, SHORT.end() + 1, i64::MAX - 1] {
            let row = Dated { from: 0, to: beyond, row: 7 };
            assert!(matches!(Rows::of(vec![row]), Rows::Long(_)), "{beyond}");
        }
    }
}
