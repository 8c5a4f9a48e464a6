//! The tasks of each period's close: the reconciliation is signed before the invoices are issued.

use super::columns::CLOSE_TASK;
use crate::calendar::{DAY, HOUR};
use crate::csv::{Table, cell};
use crate::metering::fault::Class;
use crate::metering::group::{MONTHS, PROVIDERS, cut_off, invoice_day, period};
use crate::metering::invoice::Bill;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::at;

/// Task, hours from the cut-off by which it is due and after which it is done, who does it.
const TASKS: [(&str, i64, i64, usize); 6] = [
    ("close-usage", 8, 6, 0),
    ("reconcile-charges", 18, 12, 1),
    (SIGNED, 23, 18, 2),
    ("issue-invoices", 36, 31, 1),
    ("reconcile-ledger", 60, 52, 1),
    ("close-period", 84, 76, 2),
];
const SIGNED: &str = "sign-reconciliation";

/// By provider.
const PEOPLE: [[&str; 3]; 2] = [["U092", "U137", "U080"], ["U094", "U139", "U086"]];

/// The dataset `close-task`.
///
/// # Errors
/// When no close fits a fault; the text names it.
pub(super) fn table(
    seed: u64,
    bills: &[Bill],
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Table, String> {
    let closes: Vec<(usize, i64)> =
        (0..MONTHS).flat_map(|m| (0..PROVIDERS.len()).map(move |p| (p, m))).collect();
    let late = plan.choose(seed, Class::InvoiceBeforeReconciliation, &closes, |_| true)?;
    let mut rows = Vec::new();
    for (place, (provider, month)) in closes.iter().enumerate() {
        let who = at(PROVIDERS, *provider);
        let late = late.contains(&place);
        for (task, due, done, person) in TASKS {
            let start = cut_off(*month);
            let mut done_at = start.plus(done * HOUR);
            if late && task == SIGNED {
                done_at = invoice_day(*month).start().plus(DAY + 11 * HOUR);
            }
            rows.push(vec![
                cell(who.id()),
                cell(period(*month)),
                cell(task),
                cell(start.plus(due * HOUR)),
                cell(done_at),
                cell(at::<&str>(at::<[&str; 3]>(&PEOPLE, *provider), person)),
            ]);
        }
        if late {
            let of = |b: &&Bill| (b.provider, b.month) == (*provider, *month);
            let issued = bills.iter().filter(of).filter(|b| b.number().is_some());
            let net = issued.map(|b| b.direct_net() + b.pooled_net).sum();
            let key = [
                ("entity", who.id().to_owned()),
                ("period", period(*month)),
                ("task", SIGNED.to_owned()),
            ];
            let amount = Some((Dec::new(net, 2), who.currency));
            facts.push(Planted::of(Class::InvoiceBeforeReconciliation, &key, amount));
        }
    }
    Ok(CLOSE_TASK.table(rows))
}
