//! How many statements a log takes durably in a second, one by one and in groups, beside what the disk
//! itself syncs.
//!
//! `cargo bench --profile release -p tieout-evidence --bench append`
//!
//! Every statement is an envelope of about 1 KB, appended by a call of its own that returns once it is
//! durable; in groups, by as many threads at once as said. The folder is made in the current one, or in
//! `TIEOUT_BENCH_IN`: what is measured is the disk below it.
#![expect(clippy::unwrap_used, reason = "a program that measures; what fails here, fails loudly")]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use tieout_evidence::key::SigningKey;
use tieout_evidence::logbook;
use tieout_evidence::note::NoteKey;
use tieout_evidence::seal::{Appender, append};

const ORIGIN: &str = "tieout.local/bench";
const THREADS: [usize; 5] = [1, 16, 64, 256, 1024];
/// How long each is measured.
const TIME: Duration = Duration::from_secs(5);

fn main() {
    let place = std::env::var_os("TIEOUT_BENCH_IN").unwrap_or_else(|| ".".into());
    let folder = tempfile::tempdir_in(place).unwrap();
    let rate = |number: usize, time: Duration| {
        u128::try_from(number).unwrap() * 1_000_000 / time.as_micros().max(1)
    };
    let (number, time) = syncs(folder.path());
    println!("{:44} {:>10}", "fdatasync of 32 bytes, a second", rate(number, time));
    let (number, time) = alone(&folder.path().join("alone"));
    println!("{:44} {:>10}", "appends, each opening the log, a second", rate(number, time));
    for threads in THREADS {
        let log = folder.path().join(threads.to_string());
        let (number, time, groups) = together(&log, threads);
        let what = format!("appends by {threads} threads, a second");
        println!("{what:44} {:>10}   {} a group", rate(number, time), number / groups.max(1));
    }
}

fn syncs(folder: &Path) -> (usize, Duration) {
    let mut file = File::create(folder.join("syncs")).unwrap();
    let start = Instant::now();
    let mut number = 0;
    while start.elapsed() < TIME {
        file.write_all(&[0; 32]).unwrap();
        file.sync_data().unwrap();
        number += 1;
    }
    (number, start.elapsed())
}

fn key() -> SigningKey {
    SigningKey::from_seed([2; 32], false)
}

/// The envelope of that number; who makes it has signed it before it is measured.
fn envelope(number: usize) -> Vec<u8> {
    let text = format!("{{\"number\":\"{number}\",\"text\":\"{:0>500}\"}}", number);
    let keyid = tieout_controls::Digest([1; 32]);
    let signature = vec![0; 64];
    tieout_evidence::dsse::Envelope { payload: text.into_bytes(), keyid, signature }.to_bytes()
}

fn alone(log: &Path) -> (usize, Duration) {
    let start = Instant::now();
    let mut number = 0;
    while start.elapsed() < TIME {
        append(log, &log.join("packs"), ORIGIN, &key(), &[envelope(number)]).unwrap();
        number += 1;
    }
    (number, start.elapsed())
}

fn together(log: &Path, threads: usize) -> (usize, Duration, usize) {
    let appender = Appender::open(log, &log.join("packs"), ORIGIN, &key()).unwrap();
    let start = Instant::now();
    let number = std::thread::scope(|scope| {
        let append = |thread: usize| {
            let appender = &appender;
            scope.spawn(move || {
                let mut number = 0;
                while start.elapsed() < TIME {
                    appender.append(vec![envelope(number * threads + thread)]).unwrap();
                    number += 1;
                }
                number
            })
        };
        let running: Vec<_> = (0..threads).map(append).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let time = start.elapsed();
    drop(appender);
    let note = NoteKey::parse(&key().vkey(ORIGIN).unwrap()).unwrap();
    assert_eq!(logbook::statements(log, &note).unwrap().len(), number);
    (number, time, std::fs::read_dir(log.join("statements")).unwrap().count())
}
