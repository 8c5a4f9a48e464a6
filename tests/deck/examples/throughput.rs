//! Prints how many FOCUS rows a second are written: `throughput ROWS`.
#![expect(clippy::disallowed_methods, reason = "measures time")]

use std::error::Error;
use std::time::SystemTime;
use tieout_deck::{Faults, Options, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let rows = std::env::args().nth(1).unwrap_or_else(|| "200000".to_owned()).parse()?;
    let folder =
        std::env::temp_dir().join(format!("tieout-deck-throughput-{}", std::process::id()));
    let begin = SystemTime::now();
    generate(&Options { seed: 1, focus_rows: rows, faults: Faults::All }, &folder)?;
    let millis = begin.elapsed()?.as_millis().max(1);
    let bytes = std::fs::metadata(folder.join("data/focus.parquet"))?.len();
    std::fs::remove_dir_all(&folder)?;
    let rate = u128::from(rows) * 1000 / millis;
    println!("{rows} rows, {bytes} bytes, {millis} ms, {rate} rows/s");
    Ok(())
}
