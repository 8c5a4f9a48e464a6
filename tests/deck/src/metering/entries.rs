//! Intercompany entries: both sides of every bill, the pools that they rest on, the agreements.

use super::catalogue::CATEGORIES;
use super::fx;
use super::group::{ENTITIES, PROVIDERS, invoice_day, period};
use super::invoice::Bill;
use crate::csv::{Cell, Table, cell, maybe};
use crate::header;
use crate::money::Dec;
use crate::rng::at;

/// What a charge of pooled cost is called in its ids.
pub(crate) const POOLED: &str = "P";

/// The rows of `cost-pool` that the intercompany charges rest on: direct charges are passed through,
/// pooled cost is marked up.
pub(crate) fn pool_rows(bills: &[Bill]) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for bill in bills {
        for (what, cost, ..) in bill.charges() {
            let through = if what == "D" { cost } else { 0 };
            rows.push(vec![
                cell(bill.pool_id(what)),
                cell(period(bill.month)),
                cell(category(what)),
                cell("480000"),
                cell(Dec::new(cost, 2)),
                cell(bill.who().currency),
                cell("variable"),
                cell(Dec::new(through, 2)),
                cell(false),
                cell(bill.seller().id),
                None,
                None,
                None,
            ]);
        }
    }
    rows
}

fn category(what: &str) -> &'static str {
    if what == "D" { "recharge" } else { "it-services" }
}

/// The dataset `intercompany`.
pub(crate) fn intercompany_table(seed: u64, bills: &[Bill]) -> Table {
    let mut rows = Vec::new();
    for bill in bills {
        let day = invoice_day(bill.month);
        let (from, to) = (bill.who().currency, bill.to().currency);
        let stated = (from != to).then(|| fx::rate(seed, from, to, day));
        for (what, _, net, booked) in bill.charges() {
            for side in ["AR", "AP"] {
                let seller = side == "AR";
                if !seller && bill.one_sided && what == POOLED {
                    continue;
                }
                let rate = if seller { None } else { stated };
                rows.push(vec![
                    cell(bill.entry_id(what, side)),
                    cell(bill.seller().id),
                    cell(bill.to().id),
                    cell(bill.reference(what)),
                    cell(day),
                    cell(category(what)),
                    cell(CATEGORIES.first().map_or("", |c| c.0).to_lowercase()),
                    cell(bill.pool_id(what)),
                    cell(Dec::new(net, 2)),
                    cell(from),
                    cell(Dec::new(if seller { net } else { booked }, 2)),
                    cell(if seller { from } else { to }),
                    maybe(rate),
                    maybe(rate.map(|_| day)),
                    cell(side),
                    cell(period(bill.month)),
                ]);
            }
        }
    }
    header::INTERCOMPANY.table(rows)
}

/// The dataset `ic-agreement`.
pub(crate) fn agreement_table() -> Table {
    let mut rows = Vec::new();
    for who in PROVIDERS {
        for buyer in who.buyers() {
            let to = at(ENTITIES, buyer).id;
            for (kind, method, markup) in
                [("recharge", "pass-through", "0"), ("it-services", "cost plus", "0.05")]
            {
                rows.push(vec![
                    cell(format!("AG-{}-{to}-{kind}", who.id())),
                    cell(who.id()),
                    cell(to),
                    cell(kind),
                    cell(method),
                    cell(markup),
                    None,
                    cell("2023-01-01"),
                    None,
                    None,
                ]);
            }
        }
    }
    header::IC_AGREEMENT.table(rows)
}
