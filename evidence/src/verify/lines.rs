//! Records and population, read side by side and each line once, so that memory does not grow with them.

use super::Kept;
use super::chunk::Chunks;
use super::folder::{Covered, Folder};
use super::population::{self, Population};
use super::records::{Reading, Records};
use super::sealed::Sealings;
use super::stop::Stop;
use super::withheld::Left;
use crate::claims::Predicate;
use crate::layout::{POPULATION, RECORDS};
use tieout_controls::RunResult;

/// Reads both. What is said of the population counts only where the records hold.
pub(super) fn read(
    folder: &Folder,
    covered: &Covered<'_>,
    predicate: &Predicate,
    result: &RunResult,
    (of_records, of_population): (Sealings, Sealings),
    kept: Kept,
) -> (Result<(Records, Left), Stop>, Result<Population, Stop>) {
    std::thread::scope(|scope| {
        let chunks = Chunks::begin(covered, RECORDS, &predicate.records);
        let mut records = Reading::begin(scope, folder, covered, chunks, result, of_records, kept);
        let size = predicate.population.tree_size;
        let evaluated = result.tests.iter().map(|test| test.counts.evaluated()).sum();
        let read = if size == evaluated {
            let chunks = Chunks::begin(covered, POPULATION, &predicate.population);
            chunks.map(|chunks| {
                let folder = (folder, of_population);
                population::read(scope, folder, covered, chunks, result, kept, &mut records)
            })
        } else {
            let what = format!("the population has {size} records, the result counts {evaluated}");
            Err(Stop::from(what))
        };
        let (records, left) = match records.end() {
            Ok(read) => read,
            Err(stop) => return (Err(stop), read.and_then(|(population, _)| population)),
        };
        if size == evaluated && records.last.is_some_and(|last| last >= size.0) {
            return (Ok((records, left)), Err("a record line is not in the population".into()));
        }
        let read = read.and_then(|(population, places)| {
            if places.any_refused(&records.refused_of) {
                Err(format!("`{POPULATION}`: a record in a row that was refused").into())
            } else {
                population
            }
        });
        (Ok((records, left)), read)
    })
}
