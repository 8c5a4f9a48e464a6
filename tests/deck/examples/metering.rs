//! Writes a metering world and prints how fast: `metering ROWS [THREADS] [FOLDER]`. Without a folder
//! nothing is kept.
#![expect(clippy::disallowed_methods, reason = "measures time")]

use std::error::Error;
use std::path::PathBuf;
use std::time::SystemTime;
use tieout_deck::{Dose, MeteringFaults, MeteringOptions, generate_metering};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage_rows = arguments.next().unwrap_or_else(|| "1000000".to_owned()).parse()?;
    let threads = arguments.next().unwrap_or_else(|| "2".to_owned()).parse()?;
    let kept = arguments.next().map(PathBuf::from);
    let scratch = std::env::temp_dir().join(format!("tieout-metering-{}", std::process::id()));
    let folder = kept.as_ref().unwrap_or(&scratch);
    let faults = MeteringFaults::All(Dose::Count(3));
    let begin = SystemTime::now();
    let options = MeteringOptions { seed: 1, usage_rows, faults, threads };
    let truth = generate_metering(&options, folder)?;
    let millis = begin.elapsed()?.as_millis().max(1);
    let bytes = std::fs::metadata(folder.join("data/usage.parquet"))?.len();
    let rate = u128::from(truth.usage_rows) * 1000 / millis;
    let (usage, charges, facts) = (truth.usage_rows, truth.charge_rows, truth.facts.len());
    println!(
        "{usage} usage rows of {bytes} bytes, {charges} charges, {facts} facts, {millis} ms, \
         {rate} rows/s"
    );
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|l| l.starts_with("VmHWM")).for_each(|l| println!("{l}"));
    }
    if kept.is_none() {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}
