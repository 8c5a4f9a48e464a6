//! Charges of any number, re-performed as they go by.
//!
//! What it is for: what the population `charge-amount` says of each charge, in memory that doesn't grow
//! with their number. Every charge that differs, or of which nothing can be told, is computed by the same
//! code as there. What is known to conform is found faster: [`conforming`] may only ever say so of a charge
//! whose amount is the right one, as known at its run and now.
//!
//! Prices and the register of resources stay in memory, the charges don't, but for those that came late.
//! A late charge is what the whole period comes to less what was charged before, so it waits until all
//! others went by; then the charges are gone through once more for the quantities of its period.
//!
//! What it is not for: policies and evidence. No record is decided by it.

mod conforming;
mod late;
mod tally;

pub use self::tally::{Class, Exception, Reperformance};

use self::conforming::Conforming;
use self::late::Late;
use self::tally::{Found, Tally};
use crate::binding::{self, Bound};
use crate::dataset::{DatasetSpec, Loaded, read, stream};
use crate::error::{input, list};
use crate::plan::{Plan, PlannedControl};
use crate::population::native::charge_amount::{ABOUT, Reperformed, reperform};
use crate::population::native::charges::{ChargeColumns, ChargeRow, Why};
use crate::population::native::output::{self, Cell, Column, Kind, Output};
use crate::population::native::prices::PriceBook;
use crate::population::native::rater::Rates;
use crate::population::native::reading::Reading;
use crate::population::native::register::Register;
use crate::progress::Progress;
use crate::run::RunError;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::paper::CommitmentFactory;

const CHARGE: &str = "charge";

const COLUMNS: &[Column] = &[
    Column("file", Kind::Text, false),
    Column("row", Kind::Whole, false),
    Column("charge_id", Kind::Text, false),
    Column("resource_id", Kind::Text, false),
    Column("period_start", Kind::Instant, false),
    Column("period_end", Kind::Instant, false),
    Column("billing_run", Kind::Text, false),
    ABOUT[0],
    ABOUT[1],
    ABOUT[2],
    ABOUT[3],
    ABOUT[4],
    ABOUT[5],
    ABOUT[6],
    ABOUT[7],
    ABOUT[8],
    ABOUT[9],
    ABOUT[10],
    ABOUT[11],
];

/// The columns of what is found.
pub fn schema() -> SchemaRef {
    output::schema(COLUMNS)
}

/// Re-performs the charges of a plan's only control, which names the datasets, and gives every exception
/// and every charge that can't be re-performed to `found`, in batches of the columns of [`schema`]: in
/// the order of file and row, late charges after all others. `top` is how many of the largest exceptions
/// of each currency are kept.
///
/// # Errors
/// [`RunError::Input`] for a dataset that is missing or can't be read; [`RunError::Interrupted`]; what
/// `found` says.
pub fn reperform_charges(
    plan: &Plan,
    top: usize,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
    found: &mut dyn FnMut(&RecordBatch) -> Result<(), RunError>,
) -> Result<Reperformance, RunError> {
    let planned = plan.controls.first();
    let planned =
        planned.ok_or_else(|| RunError::Internal("a plan without a control".to_owned()))?;
    let mut specs = specs(plan, planned)?;
    let charges = specs.remove(CHARGE);
    let charges = charges.ok_or_else(|| RunError::Internal("no charges are bound".to_owned()))?;
    let mut loaded = BTreeMap::new();
    for (role, spec) in specs {
        progress.step(&format!("reading `{}`", spec.name));
        loaded.insert(role, read(spec, commitments, progress)?);
    }
    let roles = loaded.iter().map(|(role, loaded)| (role.clone(), loaded)).collect();
    let (prices, register) = (PriceBook::read(&Bound::of(roles))?, register(&loaded)?);
    let rates = Rates { prices: &prices, register: &register };
    let mut pass = Pass {
        rates,
        charges,
        conforming: Conforming::new(rates),
        late: Late::default(),
        tally: Tally::new(top),
        output: Output::new(COLUMNS),
        found,
    };
    let mut batches = 0_u64;
    progress.step(&format!("re-performing `{}`", charges.name));
    let streamed = stream(charges, commitments, progress, &mut |batch| {
        pass.batch(&batch)?;
        batches += 1;
        if batches.is_multiple_of(32) {
            progress.step(&format!("re-performed {} charges", pass.tally.charges()));
        }
        if progress.cancelled() { Err(RunError::Interrupted) } else { Ok(()) }
    })?;
    pass.late(&streamed.summary, &streamed.refused, progress)?;
    let tally = pass.finish()?;
    tally.conclude(streamed, loaded.into_values())
}

fn specs<'a>(
    plan: &'a Plan,
    planned: &PlannedControl,
) -> Result<BTreeMap<String, &'a DatasetSpec>, RunError> {
    let named: BTreeMap<String, &DatasetSpec> =
        plan.datasets.iter().map(|spec| (spec.name.clone(), spec)).collect();
    let (mut specs, mut missing) = (BTreeMap::new(), BTreeSet::new());
    for role in binding::wanted(&planned.control) {
        match binding::of_role(planned, &role, &named, |spec| spec.profile)? {
            Some(spec) => drop(specs.insert(role, *spec)),
            None => drop(missing.insert(role)),
        }
    }
    if missing.is_empty() {
        return Ok(specs);
    }
    let message = format!("no dataset of the workspace has the role {}", list(&missing));
    let help = "charges are re-performed from datasets of the roles `charge`, `price-plan`, \
`price-tier`, `rate-table` and `resource`; the pages of their profiles have the columns";
    Err(input("missing-dataset", message, help.to_owned()))
}

fn register(loaded: &BTreeMap<String, Loaded>) -> Result<Register<'_>, RunError> {
    let resources = loaded.get("resource");
    Register::read(resources.ok_or_else(|| RunError::Internal("no register is bound".to_owned()))?)
}

/// The charges as they go by.
struct Pass<'b, 'a, 'f> {
    rates: Rates<'b, 'a>,
    charges: &'b DatasetSpec,
    conforming: Conforming<'b, 'a>,
    late: Late,
    tally: Tally,
    output: Output,
    found: &'f mut dyn FnMut(&RecordBatch) -> Result<(), RunError>,
}

impl Pass<'_, '_, '_> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<(), RunError> {
        let columns = ChargeColumns::of(Reading::of(batch))?;
        let mut late = Vec::new();
        for row in 0..batch.num_rows() {
            if columns.why(row) == Why::Late {
                late.push(row);
            } else if let Some((amount, currency)) = self.conforming.amount(&columns, row) {
                self.tally.conforms(amount, currency)?;
            } else {
                self.charge(&columns.charge(0, row), None)?;
            }
        }
        self.late.keep(batch, &late)
    }

    /// Re-performs a charge as the population does.
    fn charge(&mut self, charge: &ChargeRow<'_>, before: Option<i128>) -> Result<(), RunError> {
        let done = reperform(self.rates, charge, before);
        let file = usize::try_from(charge.place.0).ok().and_then(|at| self.charges.files.get(at));
        let file = file.map_or("", |file| file.shown.as_str());
        match self.tally.add(charge, &done, file)? {
            Found::Conforms => Ok(()),
            Found::Exception | Found::Undetermined => self.tell(charge, &done, file),
        }
    }

    fn tell(
        &mut self,
        charge: &ChargeRow<'_>,
        done: &Reperformed<'_, '_>,
        file: &str,
    ) -> Result<(), RunError> {
        let key = [
            Cell::Text(Some(file)),
            Cell::Whole(Some(charge.place.1)),
            Cell::Text(Some(charge.id)),
            Cell::Text(Some(charge.resource)),
            Cell::Instant(Some(charge.start)),
            Cell::Instant(Some(charge.end)),
            Cell::Text(Some(charge.run)),
        ];
        let cells: Vec<Cell<'_>> = key.into_iter().chain(done.cells(charge)).collect();
        self.output.push(&cells)?;
        self.output.taken().iter().try_for_each(&mut *self.found)
    }

    /// Re-performs the late charges, once the others went by.
    fn late(
        &mut self,
        summary: &tieout_controls::DatasetSummary,
        refused: &[tieout_controls::RefusedRow],
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        let late = std::mem::take(&mut self.late);
        let before = late.before(self.charges, summary, refused, progress)?;
        for batch in late.batches() {
            let columns = ChargeColumns::of(Reading::of(batch))?;
            for row in 0..batch.num_rows() {
                let charge = columns.charge(0, row);
                self.charge(&charge, before.quantity(&charge))?;
            }
            if progress.cancelled() {
                return Err(RunError::Interrupted);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Tally, RunError> {
        self.output.finish()?.iter().try_for_each(self.found)?;
        Ok(self.tally)
    }
}
