//! Datasets that go by in batches are told of as those that are loaded.

#[cfg(test)]
mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use support::{Folder, commitments, load, rows, spec};
use tieout_engine::dataset::{DatasetSpec, stream};
use tieout_engine::progress::{Progress, Quiet};
use tieout_engine::run::RunError;

/// Rows of exchange rates, every hundredth of which can't be read.
fn rates(from: u32, to: u32) -> String {
    let mut text = String::from("from_ccy,to_ccy,rate,date,type,source\n");
    for row in from..to {
        let rate = if row % 100 == 0 { "1,1".to_owned() } else { format!("1.{row:06}") };
        text.push_str(&format!("EUR,C{row},\"{rate}\",2025-01-{:02},avg,\n", row % 31 + 1));
    }
    text
}

fn dataset(folder: &Folder) -> DatasetSpec {
    let files = vec![
        folder.write("a.csv", rates(0, 20_000)),
        folder.write("b.csv", rates(20_000, 20_001)),
        folder.write("c.csv", rates(20_001, 30_000)),
    ];
    DatasetSpec { expected: Some(rows(30_000)), ..spec("fx-rate-1", files) }
}

#[test]
fn what_goes_by_is_what_is_loaded() {
    let folder = Folder::new();
    let dataset = dataset(&folder);
    let loaded = load(&dataset).unwrap();
    let mut batches = Vec::new();
    let streamed = stream(&dataset, &commitments, &Quiet, &mut |batch| {
        batches.push(batch);
        Ok(())
    });
    let streamed = streamed.unwrap();
    assert_eq!(streamed.summary, loaded.summary);
    assert_eq!(streamed.refused, loaded.refused);
    assert_eq!(streamed.scales, loaded.scales);
    assert_eq!(batches, loaded.batches);
    assert_eq!(streamed.refused.len(), 300);
    assert!(batches.len() > 3 && batches.iter().all(|batch| batch.num_rows() <= 8192));
}

#[test]
fn who_takes_the_batches_can_stop() {
    let folder = Folder::new();
    let mut taken = 0;
    let stopped = stream(&dataset(&folder), &commitments, &Quiet, &mut |_| {
        taken += 1;
        Err(RunError::Outside("the disk is full".to_owned()))
    });
    assert_eq!(stopped.unwrap_err().to_string(), "the disk is full");
    assert_eq!(taken, 1);
}

/// Asks to stop after a while.
struct Impatient(AtomicU32);

impl Progress for Impatient {
    fn step(&self, _what: &str) {}

    fn cancelled(&self) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst) > 1
    }
}

#[test]
fn whoever_watches_can_stop() {
    let folder = Folder::new();
    let impatient = Impatient(AtomicU32::new(0));
    let stopped = stream(&dataset(&folder), &commitments, &impatient, &mut |_| Ok(()));
    assert!(matches!(stopped, Err(RunError::Interrupted)));
}

#[test]
fn a_file_that_is_not_there_is_told_as_ever() {
    let folder = Folder::new();
    let mut dataset = dataset(&folder);
    dataset.files[1].path = folder.path().join("gone.csv");
    let told = stream(&dataset, &commitments, &Quiet, &mut |_| Ok(())).unwrap_err();
    assert_eq!(told.to_string(), load(&dataset).unwrap_err().to_string());
}
