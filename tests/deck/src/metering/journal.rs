//! The journal: what the bills post in both ledgers, and what the providers post for their own cost
//! centres. Every entry balances in the ledger's currency and in the currency of the bill.

use super::allocation::{Pool, Recipient};
use super::catalogue::CATEGORIES;
use super::fault::Class;
use super::group::{Centre, ENTITIES, MONTHS, PROVIDERS, entity_of, invoice_day, period};
use super::invoice::Bill;
use super::plan::Plan;
use super::ratio::shares;
use super::summary::Summary;
use super::truth::Planted;
use crate::calendar::{Date, HOUR};
use crate::csv::{Format, Table, cell, maybe};
use crate::money::Dec;
use crate::rng::at;

/// The account of pooled cost.
const POOLED: &str = "690000";
const MARKUP: &str = "695000";
const PAYABLE: &str = "160000";

/// A line: debits are positive.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) account: &'static str,
    pub(crate) centre: Option<usize>,
    /// Hundredths of the ledger's currency, and of the bill's.
    pub(crate) local: i128,
    pub(crate) txn: i128,
}

/// An entry of a ledger.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) entity: usize,
    pub(crate) month: i64,
    pub(crate) posting: Date,
    pub(crate) txn_currency: &'static str,
    pub(crate) document: Option<String>,
    pub(crate) lines: Vec<Line>,
}

/// What a credit posts: so many hundredths from one account to another.
pub(crate) struct Posting {
    /// The credit's id.
    pub(crate) id: String,
    pub(crate) provider: usize,
    pub(crate) month: i64,
    pub(crate) units: i128,
    pub(crate) debit: &'static str,
    pub(crate) credit: &'static str,
}

/// The accounts of credits: what they cost, what is owed, and what is granted until a dispute is decided.
pub(crate) const GRANTED: &str = "485000";
pub(crate) const OWED: &str = "210000";
pub(crate) const PROVISIONAL: &str = "486000";

/// Charges, pools, bills, and what credits post.
type Sources<'a> = (&'a Summary, &'a [Pool], &'a [Bill], &'a [Posting]);

fn account(category: usize) -> &'static str {
    at(CATEGORIES, category).2
}

pub(crate) fn line(account: &'static str, centre: Option<usize>, units: i128) -> Line {
    Line { account, centre, local: units, txn: units }
}

/// The dataset `journal`.
///
/// # Errors
/// When no entry fits a fault; the text names it.
pub(crate) fn table(
    seed: u64,
    (summary, pools, bills, credits): Sources<'_>,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Table, String> {
    let mut entries: Vec<Entry> = bills.iter().flat_map(|b| [sale(b), purchase(b)]).collect();
    for (provider, who) in PROVIDERS.iter().enumerate() {
        for month in 0..MONTHS {
            let lines = own(summary, pools, provider, month);
            entries.push(Entry {
                id: format!("JE-{}-{}-own", period(month), who.id()),
                entity: who.entity,
                month,
                posting: invoice_day(month),
                txn_currency: who.currency,
                document: None,
                lines,
            });
        }
    }
    for Posting { id, provider, month, units, debit, credit } in credits {
        let who = at(PROVIDERS, *provider);
        entries.push(Entry {
            id: format!("JE-{id}"),
            entity: who.entity,
            month: *month,
            posting: invoice_day(*month),
            txn_currency: who.currency,
            document: Some(id.clone()),
            lines: vec![line(debit, None, *units), line(credit, None, -units)],
        });
    }
    spoil(seed, plan, &mut entries, facts)?;
    Ok(written(&entries))
}

/// The seller's side of a bill.
fn sale(bill: &Bill) -> Entry {
    let vat: i128 = bill.vat.iter().sum();
    let mut lines = vec![
        line("140000", None, bill.direct_net() + bill.pooled_net + vat),
        line("480000", None, -bill.direct_net()),
        line("481000", None, -bill.pooled_net),
        line("177600", None, -vat),
    ];
    lines.retain(|l| l.local != 0);
    Entry {
        id: format!("{}-S", bill.reference("JE")),
        entity: bill.who().entity,
        month: bill.month,
        posting: invoice_day(bill.month),
        txn_currency: bill.who().currency,
        document: bill.number(),
        lines,
    }
}

/// The buyer's side: by cost centre, in its own currency.
fn purchase(bill: &Bill) -> Entry {
    let mut lines: Vec<Line> = bill
        .direct
        .iter()
        .map(|(centre, kind, units)| line(account(*kind), Some(*centre), *units))
        .collect();
    let [direct, pooled] = bill.booked;
    convert(&mut lines, direct);
    let mut rest: Vec<Line> =
        bill.pooled.iter().map(|(centre, units)| line(POOLED, Some(*centre), *units)).collect();
    let cost: i128 = bill.pooled.iter().map(|(_, units)| units).sum();
    rest.push(line(MARKUP, None, bill.pooled_net - cost));
    convert(&mut rest, pooled);
    lines.extend(rest);
    let vat: i128 = bill.vat.iter().sum();
    lines.push(line("157600", None, vat));
    let (local, txn) = lines.iter().fold((0, 0), |(l, t), line| (l + line.local, t + line.txn));
    lines.push(Line { account: PAYABLE, centre: None, local: -local, txn: -txn });
    lines.retain(|l| l.local != 0 || l.txn != 0);
    Entry {
        id: format!("{}-B", bill.reference("JE")),
        entity: bill.buyer,
        month: bill.month,
        posting: invoice_day(bill.month),
        txn_currency: bill.who().currency,
        document: bill.number(),
        lines,
    }
}

/// Divides what was booked among lines, in proportion to their amounts.
fn convert(lines: &mut [Line], booked: i128) {
    let weights: Vec<i128> = lines.iter().map(|l| l.txn).collect();
    if weights.iter().sum::<i128>() == booked {
        return;
    }
    for (line, part) in lines.iter_mut().zip(shares(booked, &weights)) {
        line.local = part.units;
    }
}

/// What a provider's own cost centres bear.
fn own(summary: &Summary, pools: &[Pool], provider: usize, month: i64) -> Vec<Line> {
    let entity = at(PROVIDERS, provider).entity;
    let mine = |centre: usize| entity_of(centre, month) == entity;
    let direct = summary
        .direct
        .iter()
        .filter(|((run, p, centre, _), _)| (*run, *p) == (month, provider) && mine(*centre));
    let mut lines: Vec<Line> = direct
        .map(|((.., centre, kind), sum)| line(account(*kind), Some(*centre), sum.units_at(2)))
        .collect();
    let charged: i128 = lines.iter().map(|l| l.local).sum();
    let mut borne = 0;
    for pool in pools.iter().filter(|p| (p.provider, p.month) == (provider, month)) {
        for share in &pool.shares {
            match share.recipient {
                Recipient::Centre(centre) if mine(centre) && share.units != 0 => {
                    lines.push(line(POOLED, Some(centre), share.units));
                    borne += share.units;
                }
                _ => {}
            }
        }
    }
    lines.push(line("610000", None, -charged));
    lines.push(line("699000", None, -borne));
    lines.retain(|l| l.local != 0);
    lines
}

/// Raises a line of charges, and the payable with it: the entry balances, and is wrong.
fn spoil(
    seed: u64,
    plan: &Plan,
    entries: &mut [Entry],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let charged = |l: &Line| l.centre.is_some() && l.account != POOLED && l.local == l.txn;
    let fits = |e: &Entry| {
        let payable = e.lines.iter().any(|l| l.account == PAYABLE);
        payable && at(ENTITIES, e.entity).currency == e.txn_currency && e.lines.iter().any(charged)
    };
    for place in plan.choose(seed, Class::JournalOff, entries, fits)? {
        let Some(entry) = entries.get_mut(place) else { continue };
        let off = 1_000 + i128::try_from(place).unwrap_or(0);
        let Some(at_line) = entry.lines.iter().position(charged) else { continue };
        for (number, line) in entry.lines.iter_mut().enumerate() {
            let by = if number == at_line { off } else { -off };
            if number == at_line || line.account == PAYABLE {
                (line.local, line.txn) = (line.local + by, line.txn + by);
            }
        }
        let key = [("entry_id", entry.id.clone()), ("line_no", (at_line + 1).to_string())];
        let amount = Some((Dec::new(off, 2), entry.txn_currency));
        facts.push(Planted::of(Class::JournalOff, &key, amount));
    }
    Ok(())
}

/// The entries as the ledgers have them.
pub(crate) fn written(entries: &[Entry]) -> Table {
    let mut rows = Vec::new();
    for entry in entries {
        let posting = entry.posting;
        for (number, line) in entry.lines.iter().enumerate() {
            rows.push(vec![
                cell(&entry.id),
                cell(number + 1),
                cell(at(ENTITIES, entry.entity).id),
                cell("local"),
                cell(posting),
                cell(period(entry.month)),
                cell(line.account),
                maybe(line.centre.map(|c| Centre::at(c).id())),
                cell(Dec::new(line.local.max(0), 2)),
                cell(Dec::new((-line.local).max(0), 2)),
                cell(at(ENTITIES, entry.entity).currency),
                cell(entry.txn_currency),
                cell(Dec::new(line.txn, 2)),
                maybe(entry.document.as_ref()),
                cell("S001"),
                cell(format!("U{:03}", 80 + entry.entity)),
                cell(posting.start().plus(8 * HOUR)),
            ]);
        }
    }
    Table {
        role: "journal",
        format: Format::Csv,
        columns: &[
            "entry_id",
            "line_no",
            "entity",
            "ledger",
            "posting_date",
            "period",
            "gl_account",
            "cost_centre",
            "debit",
            "credit",
            "currency",
            "txn_currency",
            "txn_amount",
            "doc_ref",
            "preparer",
            "approver",
            "posted_at",
        ],
        money: &[("debit", "currency"), ("credit", "currency"), ("txn_amount", "txn_currency")],
        rows,
    }
}
