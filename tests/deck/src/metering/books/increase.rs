//! Cost centres whose bill rises by more than the cap: each has an approval of its owner before the
//! invoice.

use crate::calendar::HOUR;
use crate::csv::{Cell, Format, Table, cell};
use crate::metering::allocation::{Pool, Recipient};
use crate::metering::fault::Class;
use crate::metering::group::{Centre, PROVIDERS, cut_off, owner_id, period};
use crate::metering::plan::Plan;
use crate::metering::summary::Summary;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::{Rng, at};
use std::collections::BTreeMap;

/// By how much a bill may rise without approval, in percent.
const CAP: i128 = 15;

const REASONS: &[&str] = &["more usage", "new resources", "late usage of the month before"];

/// A bill that rises by more than the cap; amounts in hundredths.
struct Increase {
    centre: usize,
    provider: usize,
    month: i64,
    bill: i128,
    before: i128,
}

impl Increase {
    fn key(&self) -> [(&'static str, String); 3] {
        [
            ("cc_id", Centre::at(self.centre).id()),
            ("period", period(self.month)),
            ("currency", at(PROVIDERS, self.provider).currency.to_owned()),
        ]
    }

    /// By how much the bill lies above the cap, exact.
    fn above(&self) -> Dec {
        Dec::new(self.bill * 100 - self.before * (100 + CAP), 4)
    }
}

/// The dataset `bill-increase`.
///
/// # Errors
/// When no bill rises where a fault needs one; the text names the fault.
pub(super) fn table(
    seed: u64,
    summary: &Summary,
    pools: &[Pool],
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Table, String> {
    let bills = bills(summary, pools);
    let mut increases = Vec::new();
    for ((centre, provider, month), bill) in &bills {
        let before = bills.get(&(*centre, *provider, month - 1)).copied().unwrap_or(0);
        let (centre, provider, month, bill) = (*centre, *provider, *month, *bill);
        let rises = Increase { centre, provider, month, bill, before };
        if before > 0 && rises.above().parts().0 > 0 {
            increases.push(rises);
        }
    }
    let missing = plan.choose(seed, Class::IncreaseWithoutApproval, &increases, |_| true)?;
    for place in &missing {
        let rises = at(&increases, *place);
        let amount = Some((rises.above(), at(PROVIDERS, rises.provider).currency));
        facts.push(Planted::of(Class::IncreaseWithoutApproval, &rises.key(), amount));
    }
    let mut rng = Rng::stream(seed, "metering increases");
    let mut rows = Vec::new();
    for (place, rises) in increases.iter().enumerate() {
        let row = approval(&mut rng, rises);
        if !missing.contains(&place) {
            rows.push(row);
        }
    }
    Ok(Table {
        role: "bill-increase",
        format: Format::Csv,
        columns: &[
            "cc_id",
            "period",
            "currency",
            "bill",
            "bill_before",
            "approved_by",
            "approved_at",
            "reason",
        ],
        money: &[("bill", "currency"), ("bill_before", "currency")],
        rows,
    })
}

/// Cost centre, provider, month → what its charges and its parts of pools come to.
fn bills(summary: &Summary, pools: &[Pool]) -> BTreeMap<(usize, usize, i64), i128> {
    let mut bills = BTreeMap::new();
    for ((run, provider, centre, _), sum) in &summary.direct {
        *bills.entry((*centre, *provider, *run)).or_insert(0) += sum.units_at(2);
    }
    for pool in pools {
        for share in &pool.shares {
            if let Recipient::Centre(centre) = share.recipient {
                *bills.entry((centre, pool.provider, pool.month)).or_insert(0) += share.units;
            }
        }
    }
    bills
}

fn approval(rng: &mut Rng, rises: &Increase) -> Vec<Cell> {
    let [(_, centre), (_, period), (_, currency)] = rises.key();
    let asked = cut_off(rises.month).plus(rng.between(6, 14) * HOUR);
    vec![
        cell(centre),
        cell(period),
        cell(currency),
        cell(Dec::new(rises.bill, 2)),
        cell(Dec::new(rises.before, 2)),
        // The owner on the day of the approval, in the month after.
        cell(owner_id(rises.centre, rises.month + 1)),
        cell(asked),
        cell(rng.pick(REASONS)),
    ]
}
