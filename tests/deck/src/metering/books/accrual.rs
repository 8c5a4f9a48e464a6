//! What of a month came in after its cut-off and is charged by the next run: accrued in the month at the
//! close, in the ledgers of both sides, and taken back in the next one.

use crate::calendar::Date;
use crate::csv::Table;
use crate::metering::fault::Class;
use crate::metering::fx;
use crate::metering::group::{Centre, ENTITIES, PROVIDERS, entity_of, first_day, period};
use crate::metering::journal::{Entry, Line, written};
use crate::metering::plan::Plan;
use crate::metering::ratio::{Mode, Ratio};
use crate::metering::summary::Summary;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::at;
use std::collections::BTreeMap;

/// Cost that isn't billed yet, by cost centre.
const COST: &str = "629000";
const OWED: &str = "189000";
const DUE: &str = "149000";
const REVENUE: &str = "489000";
/// What a provider passes on to its own cost centres.
const PASSED_ON: &str = "619900";

/// What a provider has to accrue with an entity for a month: cost centre, hundredths.
type Accrued = BTreeMap<(i64, usize, usize), Vec<(usize, i128)>>;

/// The day on which a month's books are closed.
fn close(month: i64) -> Date {
    first_day(month + 1).plus_days(6)
}

/// The entries of all accruals, as rows of `journal`.
///
/// # Errors
/// When nothing is accrued where a fault needs it; the text names the fault.
pub(super) fn entries(
    seed: u64,
    summary: &Summary,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Table>, String> {
    let late: Vec<(i64, usize, usize, Dec)> = summary
        .late
        .iter()
        .filter(|(_, sum)| sum.parts().0 != 0)
        .map(|((month, provider, centre), sum)| (*month, *provider, *centre, *sum))
        .collect();
    let forgotten = plan.choose(seed, Class::PostedLateWithoutAccrual, &late, |_| true)?;
    let mut accrued = Accrued::new();
    for (place, (month, provider, centre, sum)) in late.iter().enumerate() {
        if forgotten.contains(&place) {
            let currency = at(PROVIDERS, *provider).currency;
            let key = [
                ("period", period(*month)),
                ("cost_centre", Centre::at(*centre).id()),
                ("currency", currency.to_owned()),
            ];
            let amount = Some((sum.negated(), currency));
            let fact = Planted::of(Class::PostedLateWithoutAccrual, &key, amount);
            facts.push(fact.also("FC-03", "journal", &key));
            facts.push(fact);
        } else {
            let bill = (*month, *provider, entity_of(*centre, *month));
            accrued.entry(bill).or_default().push((*centre, sum.units_at(2)));
        }
    }
    let mut entries = Vec::new();
    for ((month, provider, buyer), parts) in &accrued {
        entries.extend(both_ways(seed, (*month, *provider, *buyer), parts));
    }
    Ok(vec![written(&entries)])
}

/// The entries of one bill's accrual: at the close, and the same taken back a day after.
fn both_ways(
    seed: u64,
    (month, provider, buyer): (i64, usize, usize),
    parts: &[(usize, i128)],
) -> Vec<Entry> {
    let who = at(PROVIDERS, provider);
    let (own, to) = (who.entity == buyer, at(ENTITIES, buyer));
    let rate = Ratio::of(fx::rate(seed, who.currency, to.currency, close(month)));
    let booked = |units: i128| {
        Ratio::of(Dec::new(units, 2)).times(rate).rounded(2, Mode::HalfUp).units_at(2)
    };
    let mut bought: Vec<Line> = parts
        .iter()
        .map(|(centre, units)| Line {
            account: COST,
            centre: Some(*centre),
            local: booked(*units),
            txn: *units,
        })
        .collect();
    let (local, txn) = bought.iter().fold((0, 0), |(l, t), line| (l + line.local, t + line.txn));
    let account = if own { PASSED_ON } else { OWED };
    bought.push(Line { account, centre: None, local: -local, txn: -txn });
    let plain = |account, units| Line { account, centre: None, local: units, txn: units };
    let sold = vec![plain(DUE, txn), plain(REVENUE, -txn)];
    let mut entries = Vec::new();
    for (side, entity, lines) in [("B", buyer, bought), ("S", who.entity, sold)] {
        if own && side == "S" {
            continue;
        }
        for (step, later, sign) in [("acc", 0, 1), ("rev", 1, -1)] {
            let name = format!("{}-{}-{}", period(month), who.id(), to.id);
            let lines = lines.iter().map(|l| Line {
                local: sign * l.local,
                txn: sign * l.txn,
                ..l.clone()
            });
            entries.push(Entry {
                id: format!("JE-{name}-{step}-{side}"),
                entity,
                month: month + later,
                posting: close(month).plus_days(later),
                txn_currency: who.currency,
                document: Some(format!("ACC-{}", period(month))),
                lines: lines.collect(),
            });
        }
    }
    entries
}
