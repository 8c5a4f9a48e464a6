//! A world of the deck, what a run finds in it, and what was planted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tieout_controls::Decimal;
use tieout_deck::{
    Dose, MeteringFaults, MeteringOptions, MeteringTruth, Planted, generate_metering,
    metering_classes,
};
use tieout_tests::{Ran, tieout};

/// A control and a record's key.
type Place = (String, Vec<String>);

/// Σ of amounts, and the classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    amount: Decimal,
    classes: BTreeSet<String>,
}

impl Default for Found {
    fn default() -> Self {
        Self { amount: Decimal::zero(), classes: BTreeSet::new() }
    }
}

pub(crate) struct World {
    folder: TempDir,
    truth: MeteringTruth,
}

/// So many faults of each class that a control looks for; none for zero.
pub(crate) fn metering_faults(count: u64) -> MeteringFaults {
    if count == 0 {
        return MeteringFaults::None;
    }
    let classes = metering_classes().filter(|(_, control)| control.is_some());
    MeteringFaults::Only(classes.map(|(name, _)| (name.to_owned(), Dose::Count(count))).collect())
}

impl World {
    pub(crate) fn new(seed: u64, usage_rows: u64, faults: MeteringFaults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = MeteringOptions { seed, usage_rows, faults, threads: 2 };
        let truth = generate_metering(&options, folder.path()).unwrap();
        for role in ["operator", "log"] {
            let key = format!("keys/{role}.pem");
            let made = tieout(folder.path(), &["key", "new", "--role", role, &key]);
            assert_eq!(made.code, 0, "{}", made.stderr);
        }
        Self { folder, truth }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs those controls.
    pub(crate) fn run(&self, controls: &[&str]) -> Ran {
        let mut arguments = vec!["run", "-q"];
        for control in controls {
            arguments.extend(["--only", control]);
        }
        tieout(self.path(), &arguments)
    }

    /// The latest pack.
    fn pack(&self) -> PathBuf {
        let packs = std::fs::read_dir(self.path().join("out/packs")).unwrap();
        packs.map(|entry| entry.unwrap().path()).max().unwrap()
    }

    /// A dataset as that pack tells of it.
    pub(crate) fn dataset(&self, name: &str) -> serde_json::Value {
        let text = std::fs::read_to_string(self.pack().join("datasets.json")).unwrap();
        let datasets: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        datasets.into_iter().find(|dataset| dataset["name"] == name).unwrap()
    }

    /// The records of the pack that are not known to conform.
    pub(crate) fn records(&self) -> Vec<serde_json::Value> {
        let folder = self.pack().join("records");
        // A pack of nothing but conforming records has none.
        let files = folder.exists().then(|| std::fs::read_dir(folder).unwrap());
        let files = files.into_iter().flatten();
        let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let lines = files.iter().flat_map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()
        });
        lines.filter(|line: &serde_json::Value| line["kind"] == "record").collect()
    }

    /// How many records are undetermined.
    pub(crate) fn undetermined(&self) -> usize {
        self.records().iter().filter(|record| record["decision"] == "undetermined").count()
    }

    /// The exceptions.
    pub(crate) fn found(&self) -> BTreeMap<Place, Found> {
        let mut all: BTreeMap<Place, Found> = BTreeMap::new();
        for record in self.records().iter().filter(|record| record["decision"] == "violates") {
            let control = record["control"].as_str().unwrap();
            let key = record["key"].as_object().unwrap();
            // The truth may speak of what several records have in common, such as a pool of its parts.
            let told = |fact: &&Planted| fact.control.as_deref() == Some(control);
            let columns = match self.truth.facts.iter().find(told) {
                Some(fact) => fact.key.iter().map(|(column, _)| column.as_str()).collect(),
                None => key.keys().map(String::as_str).collect::<Vec<_>>(),
            };
            let key = columns.iter().map(|c| key[*c].as_str().unwrap().to_owned()).collect();
            let found = all.entry((control.to_owned(), key)).or_default();
            for fact in record["facts"].as_array().unwrap() {
                found.add(fact["amount"].as_str());
            }
            let classes = record["values"]["class"].as_str().unwrap_or_default().split(" | ");
            found.classes.extend(classes.filter(|class| !class.is_empty()).map(str::to_owned));
        }
        all
    }

    /// What was planted for those controls.
    pub(crate) fn planted(&self, controls: &[&str]) -> BTreeMap<Place, Found> {
        let mut all: BTreeMap<Place, Found> = BTreeMap::new();
        for fact in &self.truth.facts {
            let Some(control) = fact.control.as_deref().filter(|c| controls.contains(c)) else {
                continue;
            };
            let key = fact.key.iter().map(|(_, value)| value.clone()).collect();
            let planted = all.entry((control.to_owned(), key)).or_default();
            planted.add(fact.amount.as_deref());
            planted.classes.insert(fact.fault.clone());
            if fact.fault == "resource-unknown" {
                // Usage of what isn't registered is, to its meters, usage that nobody is charged for.
                planted.classes.insert("orphan-usage".to_owned());
            }
        }
        all
    }

    /// Holds what was found against what was planted, and tells how much of it no control looks for.
    pub(crate) fn compare(&self, controls: &[&str]) {
        let (found, planted) = (self.found(), self.planted(controls));
        let mut wrong = Vec::new();
        for (place, planted) in &planted {
            match found.get(place) {
                None => wrong.push(format!("missed {place:?} {planted:?}")),
                Some(found) if found.amount != planted.amount => {
                    wrong.push(format!("amount of {place:?}: {found:?}, planted {planted:?}"));
                }
                // Where a control names no class, its code is one.
                Some(found) if found.classes.is_empty() => {}
                Some(found) if found.classes.is_disjoint(&planted.classes) => {
                    wrong.push(format!("class of {place:?}: {found:?}, planted {planted:?}"));
                }
                Some(_) => {}
            }
        }
        let surplus = found.iter().filter(|(place, _)| !planted.contains_key(*place));
        wrong.extend(surplus.map(|(place, found)| format!("nobody planted {place:?} {found:?}")));
        let shown: Vec<_> = wrong.iter().take(20).collect();
        assert!(wrong.is_empty(), "{} differences, of them {shown:#?}", wrong.len());
        let unsought = self.truth.facts.iter().filter(|fact| {
            fact.control.as_deref().is_none_or(|control| !controls.contains(&control))
        });
        println!(
            "seed {}: {} rows of usage, {} exceptions found, {} facts that no control looks for",
            self.truth.seed,
            self.truth.usage_rows,
            planted.len(),
            unsought.count()
        );
    }
}

impl Found {
    fn add(&mut self, amount: Option<&str>) {
        let amount = amount.map_or_else(Decimal::zero, |text| Decimal::parse(text).unwrap());
        self.amount = self.amount.add(&amount).unwrap();
    }
}
