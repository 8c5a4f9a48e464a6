//! Usage by resource, each interval counted once.
//!
//! Meters overlap, readings come late, are estimated, corrected, sent twice. What counts of an interval
//! is one row: what was measured before what was estimated, then the source of the lowest
//! `source_priority`; a row that `replaces` another stands in its place. Counting says as of when: a
//! row counts from its `ingest_time` on, so that "as billed" and "as known now" are two questions to
//! the same rows.

use super::Unknown;
use super::reading::{self, Reading, text};
use crate::dataset::Loaded;
use crate::run::RunError;
use std::collections::{BTreeMap, BTreeSet};

/// The digits behind the point of a quantity.
pub(crate) const QUANTITY_SCALE: u32 = 10;

/// An instant that no row comes after.
pub(crate) const NOW: i64 = i64::MAX;

/// A row of usage. Instants are microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) id: &'a str,
    pub(crate) source: &'a str,
    pub(crate) priority: i64,
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// In 10^-10; none for what doesn't fit 128 bits.
    pub(crate) quantity: Option<i128>,
    pub(crate) unit: &'a str,
    pub(crate) ingest: i64,
    pub(crate) estimated: bool,
    pub(crate) method: Option<&'a str>,
    pub(crate) replaces: Option<&'a str>,
    /// Which batch of the dataset it is in, and which row of it.
    pub(crate) at: (usize, usize),
}

/// Two intervals overlap and neither covers the other.
const PARTIAL_OVERLAP: Unknown = Unknown("intervals of usage overlap in part");
/// Rows of several units.
pub(crate) const UNITS: Unknown = Unknown("usage is in several units");
/// A sum that doesn't fit 128 bits.
pub(crate) const OVERFLOW: Unknown = Unknown("usage has more than 38 digits");

/// What counts.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    /// Σ of the quantities, in 10^-10.
    pub(crate) total: i128,
    /// The places of the rows that count, by interval.
    pub(crate) rows: Vec<usize>,
}

/// The rows of each resource, by interval, source and id.
pub(crate) type ByResource<'a> = BTreeMap<&'a str, Vec<Row<'a>>>;

/// Reads the dataset `usage`.
///
/// # Errors
/// None that isn't an error of ours.
pub(crate) fn read(loaded: &Loaded) -> Result<ByResource<'_>, RunError> {
    let mut found = ByResource::new();
    for (number, batch) in reading::batches(loaded).enumerate() {
        read_batch(number, batch, &mut found)?;
    }
    for rows in found.values_mut() {
        rows.sort_by_key(|row| (row.start, row.end, row.source, row.id, row.ingest));
    }
    Ok(found)
}

fn read_batch<'a>(
    number: usize,
    batch: Reading<'a>,
    found: &mut ByResource<'a>,
) -> Result<(), RunError> {
    let (ids, resources, units) =
        (batch.text("usage_id")?, batch.text("resource_id")?, batch.text("unit")?);
    let (sources, qualities) = (batch.text("source_system")?, batch.text("quality")?);
    let (methods, replaces) = (batch.text("estimate_method")?, batch.text("replaces")?);
    let (starts, ends) = (batch.instant("interval_start")?, batch.instant("interval_end")?);
    let (ingests, priorities) = (batch.instant("ingest_time")?, batch.whole("source_priority")?);
    let quantities = batch.number("quantity")?;
    for row in 0..batch.rows() {
        found.entry(resources.value(row)).or_default().push(Row {
            id: ids.value(row),
            source: sources.value(row),
            priority: priorities.value(row),
            start: starts.value(row),
            end: ends.value(row),
            quantity: quantities.scaled(row, QUANTITY_SCALE),
            unit: units.value(row),
            ingest: ingests.value(row),
            estimated: matches!(qualities.value(row), "estimated" | "interpolated"),
            method: text(methods, row),
            replaces: text(replaces, row),
            at: (number, row),
        });
    }
    Ok(())
}

/// The rows that begin in a half-open interval of time; `rows` are in the order of [`read`].
pub(crate) fn within<'r, 'a>(rows: &'r [Row<'a>], start: i64, end: i64) -> &'r [Row<'a>] {
    let from = rows.partition_point(|row| row.start < start);
    let to = rows.partition_point(|row| row.start < end);
    rows.get(from..to).unwrap_or_default()
}

/// What counts of the rows that came in before an instant; they are in the order of [`read`].
///
/// # Errors
/// [`Unknown`].
pub(crate) fn count(rows: &[Row<'_>], before: i64) -> Result<Counted, Unknown> {
    if rows.windows(2).any(|pair| matches!(pair, [a, b] if a.unit != b.unit)) {
        return Err(UNITS);
    }
    let known = |row: &&Row<'_>| row.ingest < before;
    let replaced = replaced(rows, before);
    let mut best: Vec<(usize, &Row<'_>)> = Vec::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| known(row)) {
        if replaced.contains(&(row.source, row.id)) {
            continue;
        }
        match best.last_mut() {
            Some(last) if (last.1.start, last.1.end) == (row.start, row.end) => {
                if rank(row) < rank(last.1) {
                    *last = (place, row);
                }
            }
            _ => best.push((place, row)),
        }
    }
    if best.windows(2).any(|pair| matches!(pair, [a, b] if b.1.start < a.1.end)) {
        best = without_covered(best)?;
    }
    let mut total = 0_i128;
    for (_, row) in &best {
        let sum = row.quantity.and_then(|quantity| total.checked_add(quantity));
        total = sum.ok_or(OVERFLOW)?;
    }
    Ok(Counted { total, rows: best.into_iter().map(|(place, _)| place).collect() })
}

/// Source and id of the rows in whose place another one stands that came in before an instant.
pub(crate) fn replaced<'a>(rows: &[Row<'a>], before: i64) -> BTreeSet<(&'a str, &'a str)> {
    let known = rows.iter().filter(|row| row.ingest < before);
    known.filter_map(|row| Some((row.source, row.replaces?))).collect()
}

/// By what one row counts before another of the same interval.
fn rank<'a>(row: &Row<'a>) -> (bool, i64, &'a str, &'a str) {
    (row.estimated, row.priority, row.source, row.id)
}

/// Leaves out the rows whose interval is covered by rows that count before them.
fn without_covered<'r, 'a>(
    mut rows: Vec<(usize, &'r Row<'a>)>,
) -> Result<Vec<(usize, &'r Row<'a>)>, Unknown> {
    rows.sort_by_key(|(_, row)| (rank(row), row.start, row.end));
    let mut covered: BTreeMap<i64, i64> = BTreeMap::new();
    let mut counted = Vec::new();
    for (place, row) in rows {
        let touching = covered.range(..row.end).rev().take_while(|(_, end)| **end > row.start);
        let shared: i64 =
            touching.map(|(start, end)| (*end).min(row.end) - (*start).max(row.start)).sum();
        if shared == 0 {
            covered.insert(row.start, row.end);
            counted.push((place, row));
        } else if shared != row.end - row.start {
            return Err(PARTIAL_OVERLAP);
        }
    }
    counted.sort_by_key(|(_, row)| (row.start, row.end));
    Ok(counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &'static str, span: (i64, i64), quantity: i128, priority: i64) -> Row<'static> {
        let source = if priority == 1 { "agent" } else { "provider" };
        Row {
            id,
            source,
            priority,
            start: span.0,
            end: span.1,
            quantity: Some(quantity),
            unit: "GB",
            ingest: span.1,
            estimated: false,
            method: None,
            replaces: None,
            at: (0, 0),
        }
    }

    fn total(mut rows: Vec<Row<'_>>, before: i64) -> Result<i128, Unknown> {
        rows.sort_by_key(|row| (row.start, row.end, row.source, row.id, row.ingest));
        count(&rows, before).map(|counted| counted.total)
    }

    #[test]
    fn an_interval_counts_once() {
        let one = row("a", (0, 10), 5, 1);
        assert_eq!(
            total(vec![one, row("b", (0, 10), 6, 2), row("c", (10, 20), 7, 2)], NOW),
            Ok(12)
        );
        // Twice the same row.
        assert_eq!(total(vec![one, Row { ingest: 90, ..one }], NOW), Ok(5));
        // Measured by the other source counts before estimated by the first.
        let estimated = Row { estimated: true, ..one };
        assert_eq!(total(vec![estimated, row("b", (0, 10), 6, 2)], NOW), Ok(6));
        assert_eq!(total(vec![estimated], NOW), Ok(5));
    }

    #[test]
    fn what_counts_depends_on_when() {
        let one = row("a", (0, 10), 5, 1);
        let correction =
            Row { id: "a2", quantity: Some(3), ingest: 50, replaces: Some("a"), ..one };
        assert_eq!(total(vec![one, correction], 10), Ok(0), "not yet there");
        assert_eq!(total(vec![one, correction], 50), Ok(5));
        assert_eq!(total(vec![one, correction], 51), Ok(3));
        // Another source's row of that id is not the one replaced.
        let other = row("a", (10, 20), 7, 2);
        assert_eq!(total(vec![one, correction, other], NOW), Ok(10));
    }

    #[test]
    fn longer_intervals_are_covered_or_undetermined() {
        let hours = [row("a", (0, 10), 5, 1), row("b", (10, 20), 6, 1)];
        let day = row("d", (0, 20), 12, 2);
        assert_eq!(total(vec![hours[0], hours[1], day], NOW), Ok(11));
        assert_eq!(total(vec![hours[0], day], NOW), Err(PARTIAL_OVERLAP));
        // The day counts first where its source does.
        let first = Row { priority: 0, ..day };
        assert_eq!(total(vec![hours[0], hours[1], first], NOW), Ok(12));
        let bytes = Row { unit: "GiB", ..hours[1] };
        assert_eq!(total(vec![hours[0], bytes], NOW), Err(UNITS));
        let wide = Row { quantity: None, ..hours[1] };
        assert_eq!(total(vec![hours[0], wide], NOW), Err(OVERFLOW));
    }
}
