//! What is promised of services, what was measured, and the credits that are due.

use super::World;
use super::disputes::CREDIT;
use super::fault::Class;
use super::group::{MONTHS, first_day, invoice_day, period};
use super::journal::{GRANTED, OWED, Posting};
use super::plan::Plan;
use super::ratio::{Mode, Ratio};
use super::summary::Summary;
use super::truth::Planted;
use crate::calendar::HOUR;
use crate::csv::{Format, Table, cell};
use crate::money::Dec;
use crate::rng::{Rng, at};
use std::collections::BTreeSet;

/// So many services have a promise.
const PROMISES: usize = 24;
/// In hundredths of a percent.
const TARGET: i64 = 9_990;
const STEP: i64 = 10;
/// In tenths of a percent of the charges.
const PENALTY: i64 = 25;
const CAP: i64 = 300;

/// A credit.
struct Credit {
    service: usize,
    month: i64,
    units: i128,
}

/// The tables, that of credits last, and what the credits post.
pub(crate) struct Levels {
    pub(crate) tables: Vec<Table>,
    pub(crate) posted: Vec<Posting>,
}

fn sla_id(service: usize) -> String {
    format!("SLA-{service:04}")
}

impl Credit {
    fn id(&self) -> String {
        format!("CR-{:04}-{}", self.service, period(self.month))
    }
}

/// The credit for a measure: a percentage of the charges for every begun step below the target.
fn due(charges: Dec, value: i64) -> i128 {
    let steps = Ratio::new(i128::from(TARGET - value), i128::from(STEP)).ceiling().max(0);
    let tenths = (steps * i128::from(PENALTY)).min(i128::from(CAP));
    let exact = Ratio::of(charges).times(Ratio::new(tenths, 1_000));
    exact.rounded(2, Mode::HalfUp).units_at(2)
}

/// The datasets `sla`, `sla-measure` and `credit`.
///
/// # Errors
/// When no credit fits a fault; the text names it.
pub(crate) fn levels(
    world: &World,
    summary: &Summary,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Levels, String> {
    let charged: BTreeSet<usize> = summary.services.keys().map(|(_, service)| *service).collect();
    let promised: Vec<usize> = charged.into_iter().take(PROMISES).collect();
    let mut rng = Rng::stream(world.seed, "metering service levels");
    let (mut measures, mut credits) = (Vec::new(), Vec::new());
    for service in &promised {
        for month in 0..MONTHS {
            let below = rng.below(100) < 15;
            let value =
                if below { TARGET - rng.between(1, 150) } else { TARGET + rng.between(0, 9) };
            measures.push((*service, month, value));
            let charges = summary.services.get(&(month, *service));
            let units = charges.map_or(0, |sums| due(sums.charged, value));
            if units > 0 {
                credits.push(Credit { service: *service, month, units });
            }
        }
    }
    let currency = |service: usize| at(&world.services, service).currency();
    for place in plan.choose(world.seed, Class::CreditBelow, &credits, |c| c.units > 1)? {
        let Some(credit) = credits.get_mut(place) else { continue };
        let right = credit.units;
        credit.units /= 2;
        let amount = Some((Dec::new(credit.units - right, 2), currency(credit.service)));
        facts.push(Planted::of(Class::CreditBelow, &[("credit_id", credit.id())], amount));
    }
    let right = |c: &Credit| !facts.iter().any(|f| f.key.iter().any(|(_, id)| *id == c.id()));
    let mut missing = plan.choose(world.seed, Class::CreditMissing, &credits, right)?;
    missing.sort_unstable();
    for place in missing.into_iter().rev() {
        let credit = credits.remove(place);
        let key = [("sla_id", sla_id(credit.service)), ("period", period(credit.month))];
        let amount = Some((Dec::new(-credit.units, 2), currency(credit.service)));
        facts.push(Planted::of(Class::CreditMissing, &key, amount));
    }
    let posted = credits.iter().map(|c| Posting {
        id: c.id(),
        provider: at(&world.services, c.service).provider,
        month: c.month,
        units: c.units,
        debit: GRANTED,
        credit: OWED,
    });
    Ok(Levels {
        posted: posted.collect(),
        tables: vec![promises(world, &promised), measured(&measures), granted(&credits, currency)],
    })
}

fn promises(world: &World, services: &[usize]) -> Table {
    let row = |service: &usize| {
        vec![
            cell(sla_id(*service)),
            cell(at(&world.services, *service).id()),
            cell("availability"),
            cell(Dec::new(i128::from(TARGET), 2)),
            cell("month"),
            cell(Dec::new(i128::from(STEP), 2)),
            cell(Dec::new(i128::from(PENALTY), 1)),
            cell(Dec::new(i128::from(CAP), 1)),
            None,
            cell("2024-01-01"),
            None,
        ]
    };
    Table {
        role: "sla",
        format: Format::Csv,
        columns: &[
            "sla_id",
            "service_id",
            "metric",
            "target",
            "measurement_window",
            "penalty_step",
            "penalty_percent",
            "cap_percent",
            "penalty_formula",
            "effective_from",
            "effective_to",
        ],
        money: &[],
        rows: services.iter().map(row).collect(),
    }
}

fn measured(measures: &[(usize, i64, i64)]) -> Table {
    let row = |(service, month, value): &(usize, i64, i64)| {
        vec![
            cell(sla_id(*service)),
            cell(period(*month)),
            cell(Dec::new(i128::from(*value), 2)),
            cell(first_day(month + 1).start().plus(6 * HOUR)),
        ]
    };
    Table {
        role: "sla-measure",
        format: Format::Csv,
        columns: &["sla_id", "period", "value", "measured_at"],
        money: &[],
        rows: measures.iter().map(row).collect(),
    }
}

fn granted(credits: &[Credit], currency: impl Fn(usize) -> &'static str) -> Table {
    let row = |credit: &Credit| {
        vec![
            cell(credit.id()),
            cell("sla"),
            None,
            cell(sla_id(credit.service)),
            cell(period(credit.month)),
            cell(Dec::new(credit.units, 2)),
            cell(currency(credit.service)),
            cell(invoice_day(credit.month).start().plus(10 * HOUR)),
            cell("U002"),
            None,
            cell(format!("JE-{}", credit.id())),
        ]
    };
    CREDIT.table(credits.iter().map(row).collect())
}
