//! Which cost centres are charged, and which are only shown what they cost: all were shown it for a year,
//! the laboratories still are.

use crate::calendar::Date;
use crate::csv::{Cell, Format, Table, cell, maybe};
use crate::metering::fault::Class;
use crate::metering::group::{
    Centre, ENTITIES, MONTHS, PROVIDERS, Provider, centres, first_day, invoice_day, owner_id,
    period,
};
use crate::metering::journal::{Entry, line, written};
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::{Rng, at};

/// The laboratory of a provider: a cost centre that nothing is charged to.
pub(crate) fn lab(provider: &Provider) -> String {
    format!("CC-{}-L", provider.id())
}

/// What the laboratory's sandbox costs in the month, in hundredths.
pub(crate) fn sandbox(seed: u64, provider: usize, month: i64) -> i128 {
    let base = Rng::stream(seed, &format!("metering sandbox {provider}")).number();
    i128::from(Rng::indexed(base, month.unsigned_abs()).between(80_000, 160_000))
}

/// The laboratories' rows of `cost-centre`.
pub(super) fn labs() -> impl Iterator<Item = Vec<Cell>> {
    PROVIDERS.iter().map(|provider| {
        let [first, _] = provider.pooled();
        vec![
            cell(lab(provider)),
            cell("2023-01-01"),
            None,
            cell("Laboratory"),
            cell(at(ENTITIES, provider.entity).id),
            cell(Centre::at(first).id()),
            cell(owner_id(first, 0)),
            cell("active"),
        ]
    })
}

/// The dataset `charge-mode`.
pub(super) fn table() -> Table {
    let begin = Date::new(2023, 1, 1);
    let row = |id: &str, mode: &str, from: Date, to: Option<Date>| {
        let decided = from.plus_days(-20);
        vec![
            cell(id),
            cell(mode),
            cell(from),
            maybe(to),
            cell("U001"),
            cell(decided.start().plus(10 * crate::calendar::HOUR)),
            cell(format!("minutes of {decided}")),
        ]
    };
    let mut rows = Vec::new();
    for centre in centres() {
        rows.push(row(&centre.id(), "showback", begin, Some(first_day(0))));
        rows.push(row(&centre.id(), "chargeback", first_day(0), None));
    }
    rows.extend(PROVIDERS.iter().map(|p| row(&lab(p), "showback", begin, None)));
    Table {
        role: "charge-mode",
        format: Format::Csv,
        columns: &[
            "cc_id",
            "mode",
            "effective_from",
            "effective_to",
            "decided_by",
            "decided_at",
            "evidence",
        ],
        money: &[],
        rows,
    }
}

/// What is posted for a laboratory though it may only be shown.
///
/// # Errors
/// None here: there is always a month of a laboratory.
pub(super) fn shown(
    seed: u64,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Table>, String> {
    let months: Vec<(usize, i64)> =
        (0..PROVIDERS.len()).flat_map(|p| (0..MONTHS).map(move |m| (p, m))).collect();
    let mut posted = Vec::new();
    for place in plan.choose(seed, Class::ShowbackPosted, &months, |_| true)? {
        let (provider, month) = *at(&months, place);
        let who = at(PROVIDERS, provider);
        let cost = sandbox(seed, provider, month);
        let id = format!("JE-{}-{}-lab", period(month), who.id());
        let entry = Entry {
            id: id.clone(),
            entity: who.entity,
            month,
            posting: invoice_day(month),
            txn_currency: who.currency,
            document: None,
            lines: vec![line("690000", None, cost), line("699000", None, -cost)],
        };
        let mut table = written(&[entry]);
        table.set(0, "cost_centre", cell(lab(who)));
        posted.push(table);
        let key = [("entry_id", id), ("line_no", "1".to_owned())];
        let amount = Some((Dec::new(cost, 2), who.currency));
        facts.push(Planted::of(Class::ShowbackPosted, &key, amount));
    }
    Ok(posted)
}
