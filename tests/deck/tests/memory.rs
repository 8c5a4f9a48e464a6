//! Memory doesn't grow with the rows. Alone in its process, so that nothing else is measured.

#![cfg(test)]
#![cfg(target_os = "linux")]

use tieout_deck::{MeteringFaults, MeteringOptions, generate_metering};

/// The most memory that the process ever held, in kilobytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn ten_times_the_usage_takes_the_same_memory() {
    let mut peaks = Vec::new();
    for usage_rows in [500_000, 5_000_000] {
        let folder = tempfile::tempdir().unwrap();
        let options =
            MeteringOptions { seed: 1, usage_rows, faults: MeteringFaults::None, threads: 2 };
        generate_metering(&options, folder.path()).unwrap();
        peaks.push(peak());
    }
    // What is kept for every row would be seen: a decimal is 16 bytes, 72 MB more. What threads make ahead
    // of their turn waits, the longer the busier the machine is.
    assert!(peaks[1] < peaks[0] + 48 * 1024, "{peaks:?} kB");
}
