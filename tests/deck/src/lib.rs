//! The test deck: a seeded synthetic company that writes all datasets, clean or with planted
//! faults, and a truth file that says what a control must find.
//!
//! The company is Meridian: four legal entities (DE, FR, EE, CH) in the calendar year 2025. The
//! clean company gives no exception under any shipped control, and everything ties out. The
//! arithmetic and the rules here are the deck's own and share nothing with what they test.
//!
//! ```
//! # let folder = std::env::temp_dir().join(format!("tieout-deck-{}", std::process::id()));
//! use tieout_deck::{Faults, Options, generate};
//! let faults = Faults::Only(vec!["VAT-02".to_owned()]);
//! let truth = generate(&Options { seed: 7, focus_rows: 100, faults }, &folder)?;
//! assert!(truth.exceptions.iter().any(|e| e.code == "rate-not-in-force"));
//! assert!(truth.exceptions.iter().all(|e| e.control == "VAT-02"));
//!
//! let faults = Faults::Only(vec!["XYZ-99".to_owned()]);
//! assert!(generate(&Options { seed: 7, focus_rows: 100, faults }, &folder).is_err());
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), tieout_deck::DeckError>(())
//! ```

mod calendar;
mod changes;
pub mod checks;
mod company;
mod csv;
mod fault;
mod focus;
mod focus_fault;
mod focus_file;
mod header;
mod intercompany;
mod invoices;
mod metering;
mod money;
mod people;
mod rates;
mod retention;
mod rng;
mod truth;
mod vat;
mod workspace;

pub use crate::metering::{
    Dose, METERING_OVERHEAD_PERCENT, MeteringFaults, MeteringOptions, MeteringTruth, Planted,
    Retroactive, generate_metering, metering_classes,
};

use crate::focus::Charges;
use crate::focus_fault::Plan;
use crate::truth::Answers;
use crate::workspace::{Entry, Folder, Header};
use std::io::Write as _;
use std::path::Path;

/// What to generate.
#[derive(Debug, Clone)]
pub struct Options {
    /// The seed; the same seed gives the same bytes.
    pub seed: u64,
    /// How many FOCUS rows.
    pub focus_rows: u64,
    /// Which faults to plant.
    pub faults: Faults,
}

/// Which faults to plant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Faults {
    /// None: the clean company.
    None,
    /// At least one for every shipped control.
    All,
    /// Those of these controls, such as `FOC-R03`.
    Only(Vec<String>),
}

/// What a control must find. Written as `truth.json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Truth {
    /// The seed.
    pub seed: String,
    /// The exceptions, by control, key and code.
    pub exceptions: Vec<Exception>,
}

/// One expected fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Exception {
    /// The control's id.
    pub control: String,
    /// The record's key: column → value as text, in the profile's order.
    pub key: Vec<(String, String)>,
    /// The code of the fact.
    pub code: String,
    /// The amount, exact, where the control states one.
    pub amount: Option<String>,
    /// Its currency.
    pub currency: Option<String>,
    /// The fault that causes it.
    pub fault: String,
    /// Whether it follows from a fault that was planted for another record or control.
    pub consequential: bool,
}

/// A deck that can't be written.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct DeckError {
    /// The file.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

/// Writes the company into a folder that is new, empty, or a deck already: `tieout.yaml`,
/// `data/…`, `truth.json`. Each file appears whole or not at all.
///
/// # Errors
/// When a file can't be written, when the folder holds something else, when the options ask for a
/// control that has no fault, or when there are too few rows to plant one (about 1,000 FOCUS rows
/// have room for all).
pub fn generate(options: &Options, folder: &Path) -> Result<Truth, DeckError> {
    let refuse = |reason| DeckError { path: folder.display().to_string(), reason };
    if let Some(control) = options.faults.unknown() {
        let known = fault::CONTROLS.join(", ");
        return Err(refuse(format!("the deck has no fault for `{control}`; it has for {known}")));
    }
    let charges = Charges::new(options.seed, options.focus_rows);
    let plan = Plan::draw(options.seed, &options.faults, &charges).map_err(refuse)?;
    let mut answers = Answers::default();
    let tables = tables(options, &charges, &plan, &mut answers).map_err(refuse)?;
    let mut out = Folder::take(folder)?;
    let focus = out.file("data/focus.parquet", |f| focus_file::write(&charges, &plan, f))?;
    answers.join(focus.answers);
    let source = "Nimbus billing console, charge summary of 2025";
    let mut entries = vec![Entry::parquet("focus-1.2", charges.count(), focus.totals, source)];
    for table in &tables {
        workspace::write_table(&mut out, table)?;
        entries.push(Entry::of(table));
    }
    let (start, end) = ("2025-01-01", "2026-01-01");
    let header = Header { name: "meridian", start, end, controls: fault::CONTROLS };
    let yaml = workspace::yaml(&header, &entries).map_err(|e| refuse(e.to_string()))?;
    out.file(workspace::WORKSPACE, |f| f.write_all(yaml.as_bytes()))?;
    let truth = answers.into_truth(options.seed);
    out.file(workspace::TRUTH, |f| serde_json::to_writer_pretty(f, &truth))?;
    out.commit()?;
    Ok(truth)
}

/// All datasets but the charges, with what must be found in them.
fn tables(
    options: &Options,
    charges: &Charges,
    plan: &Plan,
    answers: &mut Answers,
) -> Result<Vec<csv::Table>, String> {
    let (seed, faults) = (options.seed, &options.faults);
    let mut tables = vec![
        company::entities(),
        company::cost_centres(),
        charges.rates().table(),
        rates::price_tiers(seed),
        rates::service_map(),
        rates::gl_map(plan.map_faults()),
    ];
    tables.extend(people::tables(seed, faults, answers)?);
    tables.extend(changes::tables(seed, faults, answers)?);
    tables.extend(retention::tables(seed, faults, answers)?);
    tables.push(invoices::table(seed, faults, answers)?);
    tables.extend(vat::tables());
    tables.extend(intercompany::tables(seed, faults, answers)?);
    Ok(tables)
}
