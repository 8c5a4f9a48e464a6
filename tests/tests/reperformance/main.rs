//! Re-performance against the metering world of the test deck: a clean company has no exceptions, and
//! a faulty one exactly those that were planted, by control, record, amount and class.
//!
//! `TIEOUT_REPERFORM_ROWS`, `TIEOUT_REPERFORM_FAULTS` and `TIEOUT_REPERFORM_SEEDS` make the worlds
//! larger: rows of usage, faults of each class, seeds as `1,2,3`.

#![cfg(test)]

mod allocation;
mod books;
mod charges;
mod metering;
mod world;

use world::{World, metering_faults};

/// The number or list that the environment states.
fn stated<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn seeds() -> Vec<u64> {
    let listed = stated("TIEOUT_REPERFORM_SEEDS", "21".to_owned());
    listed.split(',').map(|seed| seed.parse().unwrap()).collect()
}

/// The controls whose exceptions the truth knows.
fn controls() -> Vec<&'static str> {
    [metering::CONTROLS, allocation::CONTROLS, books::CONTROLS].concat()
}

#[test]
fn a_clean_company_has_no_exceptions() {
    let rows = stated("TIEOUT_REPERFORM_ROWS", 200_000);
    for seed in seeds() {
        let world = World::new(seed, rows, metering_faults(0));
        let ran = world.run(&controls());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(world.found().is_empty());
        assert_eq!(world.undetermined(), 0);
    }
}

#[test]
fn exactly_the_planted_faults_are_found() {
    let rows = stated("TIEOUT_REPERFORM_ROWS", 200_000);
    let faults = stated("TIEOUT_REPERFORM_FAULTS", 3);
    for seed in seeds() {
        let world = World::new(seed, rows, metering_faults(faults));
        let ran = world.run(&controls());
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        world.compare(&controls());
        assert_eq!(world.undetermined(), 0);
    }
}
