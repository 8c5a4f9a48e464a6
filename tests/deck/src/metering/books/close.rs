//! A cost centre that is closed in the last month while charges for it go on.

use crate::calendar::Date;
use crate::csv::{Table, cell};
use crate::metering::World;
use crate::metering::fault::Class;
use crate::metering::group::{CLOSED, Centre, MONTHS, centres, first_day};
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::metering::unit::Unit;
use std::collections::BTreeSet;

/// The day from which it is no more.
fn closed_on() -> Date {
    first_day(MONTHS - 1).plus_days(9)
}

impl World {
    /// Chooses the cost centres that are closed.
    ///
    /// # Errors
    /// When nothing is metered in the last month; the text names the fault.
    pub(crate) fn close_centres(&mut self, plan: &Plan) -> Result<(), String> {
        let lives: BTreeSet<usize> = self
            .resources
            .iter()
            .filter(|r| r.window(MONTHS - 1).is_some())
            .map(|r| r.centre(MONTHS - 1))
            .collect();
        let all: Vec<usize> = (0..centres().len()).collect();
        let fits = |centre: &usize| lives.contains(centre) && Centre::at(*centre) != CLOSED;
        let closed = plan.choose(self.seed, Class::ChargedAfterClose, &all, fits)?;
        self.closed = closed.into_iter().collect();
        Ok(())
    }
}

/// Closes them in the register.
pub(super) fn close(world: &World, table: &mut Table) {
    let closed: BTreeSet<String> =
        world.closed.iter().map(|centre| Centre::at(*centre).id()).collect();
    for row in 0..table.rows.len() {
        if closed.contains(&table.text(row, "cc_id")) && table.get(row, "valid_to").is_none() {
            table.set(row, "valid_to", cell(closed_on()));
            table.set(row, "status", cell("closed"));
        }
    }
}

/// The facts of a resource's month whose cost centre was closed in it: its charges.
pub(crate) fn facts(world: &World, unit: &Unit<'_>) -> Vec<Planted> {
    if unit.month != MONTHS - 1 || !world.closed.contains(&unit.centre) {
        return Vec::new();
    }
    let currency = unit.service.currency();
    let of = |charge: &crate::metering::unit::Charge| {
        let key = [("charge_id", unit.charge_id(charge.suffix))];
        let amount = Some((charge.rated.amount, currency));
        Planted::of(Class::ChargedAfterClose, &key, amount)
    };
    unit.charges.iter().map(of).collect()
}
