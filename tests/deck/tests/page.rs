//! The page about the metering world says what the world has.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use tieout_deck::{Dose, MeteringFaults, MeteringOptions, generate_metering, metering_classes};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/metering-world.md");

/// The cells of the table under a heading, without its head.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with("|--"));
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect();
    rows.map(cells).collect()
}

/// The names in backticks, without the columns that a colon separates from them.
fn classes(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Class → the controls that a world's facts of it name.
fn controls() -> BTreeMap<String, BTreeSet<String>> {
    let folder = tempfile::tempdir().unwrap();
    let faults = MeteringFaults::All(Dose::Count(1));
    let options = MeteringOptions { seed: 1, usage_rows: 200_000, faults, threads: 2 };
    let mut controls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for fact in generate_metering(&options, folder.path()).unwrap().facts {
        controls.entry(fact.fault).or_default().extend(fact.control);
    }
    controls
}

/// Each of the 42 requirements is broken by a class that there is, and found by a control that its facts
/// name; the control of each class is in its row.
#[test]
fn every_requirement_has_a_fault_and_its_control() {
    let known = controls();
    let rows = table("What an audit looks for");
    let numbers: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    let all = (1..=7).flat_map(|module| (1..=6).map(move |bullet| format!("{module}.{bullet}")));
    assert_eq!(numbers, all.collect::<Vec<_>>());
    for row in &rows {
        let planted = classes(&row[2]);
        assert!(!row[1].is_empty() && !planted.is_empty(), "{row:?}");
        let of = |class: &String| known.get(class).unwrap_or_else(|| panic!("no class {class}"));
        let named: BTreeSet<String> = planted.iter().flat_map(of).cloned().collect();
        let stated: Vec<String> = row[3].split(", ").map(str::to_owned).collect();
        assert!(stated.iter().all(|control| named.contains(control)), "{row:?}: {named:?}");
        for class in &planted {
            let own = metering_classes().find(|(name, _)| name == class).unwrap().1;
            assert!(own.is_none_or(|own| stated.iter().any(|s| s == own)), "{class}: {own:?}");
        }
    }
}

/// The table of faults has every class once, with its control.
#[test]
fn every_class_is_in_the_table_of_faults() {
    let mut stated = BTreeMap::new();
    for row in table("Faults") {
        for class in classes(&row[0]) {
            assert_eq!(stated.insert(class, row[1].clone()), None, "{row:?}");
        }
    }
    for (name, control) in metering_classes() {
        let row = stated.remove(name).unwrap_or_else(|| panic!("the page lacks `{name}`"));
        assert_eq!(row.split(", ").any(|c| Some(c) == control), control.is_some(), "{name}: {row}");
    }
    assert_eq!(stated, BTreeMap::new(), "classes that there are not");
}
