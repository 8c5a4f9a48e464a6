//! Bills between a provider and an entity: a month's charges by cost centre and category, and the
//! pooled cost with its mark-up. An invoice where there is a supply; intercompany entries always.

mod fault;

use super::allocation::{Pool, Recipient};
use super::fx;
use super::group::{ENTITIES, Entity, MONTHS, PROVIDERS, Provider, entity_of, invoice_day, period};
use super::plan::Plan;
use super::ratio::{Mode, Ratio, shares};
use super::summary::Summary;
use super::truth::Planted;
use super::unit::line_number;
use crate::csv::{Cell, Table, cell, maybe};
use crate::header;
use crate::money::Dec;
use crate::rng::at;

/// The mark-up on pooled cost, in percent.
pub(crate) const MARKUP: i128 = 5;
/// The line of pooled cost.
const POOLED_LINE: i64 = 900;

/// How the invoice of a bill treats VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taxed {
    Rightly,
    /// As if the buyer were at home.
    AsAtHome,
    /// At a rate that is no longer in force.
    AsBefore,
}

/// What a provider charges an entity for a month.
#[derive(Debug, Clone)]
pub(crate) struct Bill {
    pub(crate) provider: usize,
    pub(crate) buyer: usize,
    pub(crate) month: i64,
    /// Cost centre, category, hundredths.
    pub(crate) direct: Vec<(usize, usize, i128)>,
    /// Cost centre, hundredths of pooled cost.
    pub(crate) pooled: Vec<(usize, i128)>,
    /// What the pool behind the charge holds beyond that.
    beyond: i128,
    /// Pooled cost with its mark-up.
    pub(crate) pooled_net: i128,
    taxed: Taxed,
    /// Whether the buyer's entry for pooled cost is missing.
    pub(crate) one_sided: bool,
    /// VAT of each direct line, and of the pooled line.
    pub(crate) vat: Vec<i128>,
    /// What the buyer books, in hundredths of its currency: direct, pooled.
    pub(crate) booked: [i128; 2],
}

impl Bill {
    pub(crate) fn who(&self) -> &'static Provider {
        at(PROVIDERS, self.provider)
    }

    pub(crate) fn seller(&self) -> &'static Entity {
        at(ENTITIES, self.who().entity)
    }

    pub(crate) fn to(&self) -> &'static Entity {
        at(ENTITIES, self.buyer)
    }

    pub(crate) fn direct_net(&self) -> i128 {
        self.direct.iter().map(|(.., units)| units).sum()
    }

    fn pooled_cost(&self) -> i128 {
        self.pooled.iter().map(|(_, units)| units).sum::<i128>() + self.beyond
    }

    pub(crate) fn number(&self) -> Option<String> {
        number(self.provider, self.buyer, self.month)
    }

    /// The reference of an intercompany charge: what it is for.
    pub(crate) fn reference(&self, what: &str) -> String {
        format!("IC-{}-{}-{}-{what}", period(self.month), self.seller().id, self.to().id)
    }

    pub(crate) fn entry_id(&self, what: &str, side: &str) -> String {
        format!("{}-{side}", self.reference(what))
    }

    pub(crate) fn pool_id(&self, what: &str) -> String {
        format!("X-{}-{}-{what}", self.seller().id, self.to().id)
    }

    /// The charges: what they are for, their cost, their net amount, what the buyer books.
    pub(crate) fn charges(&self) -> Vec<(&'static str, i128, i128, i128)> {
        let [direct, pooled] = self.booked;
        let both = [
            ("D", self.direct_net(), self.direct_net(), direct),
            ("P", self.pooled_cost(), self.pooled_net, pooled),
        ];
        // Without charges there is no entry, but a net of zero that comes of some is one.
        both.into_iter().filter(|(what, ..)| *what == "P" || !self.direct.is_empty()).collect()
    }

    /// VAT's category, exemption, and rate in percent.
    fn treatment(&self) -> (&'static str, Option<&'static str>, Option<Dec>) {
        let eu = ["DE", "FR", "IE"];
        if self.seller().country == self.to().country || self.taxed == Taxed::AsAtHome {
            let before = self.taxed == Taxed::AsBefore;
            let who = self.who();
            let percent = if before { who.vat_percent_before } else { who.vat_percent };
            return ("S", None, Dec::parse(percent));
        }
        if eu.contains(&self.seller().country) && eu.contains(&self.to().country) {
            return ("AE", Some("VATEX-EU-AE"), None);
        }
        ("O", Some("VATEX-EU-O"), None)
    }

    /// The net amounts of the lines, the pooled one last.
    fn nets(&self) -> Vec<i128> {
        self.direct.iter().map(|(.., units)| *units).chain([self.pooled_net]).collect()
    }

    /// The lines of its invoice: number, net, VAT.
    fn lines(&self) -> Vec<(i64, i128, i128)> {
        let numbers = self.direct.iter().map(|(centre, kind, _)| line_number(*centre, *kind));
        let lines = numbers.chain([POOLED_LINE]).zip(self.nets()).zip(&self.vat);
        lines.map(|((line, net), vat)| (line, net, *vat)).collect()
    }

    /// VAT on the document, rounded once and divided among the lines.
    fn tax(&mut self) {
        let nets = self.nets();
        let Some(percent) = self.rate() else {
            self.vat = vec![0; nets.len()];
            return;
        };
        let total = vat(nets.iter().sum(), percent);
        self.vat = shares(total, &nets).iter().map(|p| p.units).collect();
    }

    /// The rate of VAT that its invoice charges.
    fn rate(&self) -> Option<Dec> {
        self.number()?;
        self.treatment().2
    }

    /// Charges the pooled cost with a mark-up, and what follows of that.
    fn charge_pooled(&mut self, seed: u64, percent: i128) {
        self.pooled_net = marked_up(self.pooled_cost(), percent);
        self.tax();
        self.booked = self.book(seed, 0);
    }

    /// What it books by the rate of the day that lies so many days after its own.
    fn book(&self, seed: u64, later: i64) -> [i128; 2] {
        let (from, to) = (self.who().currency, self.to().currency);
        let rate = fx::rate(seed, from, to, invoice_day(self.month).plus_days(later));
        let by = |units: i128| {
            let exact = Ratio::of(Dec::new(units, 2)).times(Ratio::of(rate));
            exact.rounded(2, Mode::HalfUp).units_at(2)
        };
        [by(self.direct_net()), by(self.pooled_net)]
    }
}

/// VAT in hundredths, ties away from zero.
fn vat(net: i128, percent: Dec) -> i128 {
    let exact = Ratio::of(Dec::new(net, 2)).times(Ratio::of(percent)).percent(1);
    exact.rounded(2, Mode::HalfUp).units_at(2)
}

/// The number of the invoice of a month, if there is one between the two.
pub(crate) fn number(provider: usize, buyer: usize, month: i64) -> Option<String> {
    let who = at(PROVIDERS, provider);
    let buyers: Vec<usize> = who.buyers().filter(|b| who.invoices(*b)).collect();
    let rank = buyers.iter().position(|b| *b == buyer)?;
    let before = usize::try_from(month).unwrap_or(0) * buyers.len();
    Some(format!("{}-{:06}", who.id(), before + rank + 1))
}

fn marked_up(cost: i128, percent: i128) -> i128 {
    Ratio::new(cost * (100 + percent), 100).rounded(0, Mode::HalfUp).units_at(0)
}

/// All bills, with the faults of bills.
///
/// # Errors
/// When no bill fits a fault; the text names it.
pub(crate) fn bills(
    seed: u64,
    summary: &Summary,
    pools: &[Pool],
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Bill>, String> {
    let mut bills = Vec::new();
    for (provider, who) in PROVIDERS.iter().enumerate() {
        for month in 0..MONTHS {
            bills.extend(who.buyers().map(|b| bill(seed, summary, pools, (provider, b, month))));
        }
    }
    fault::spoil(seed, plan, &mut bills, facts)?;
    Ok(bills)
}

fn bill(
    seed: u64,
    summary: &Summary,
    pools: &[Pool],
    (provider, buyer, month): (usize, usize, i64),
) -> Bill {
    let direct = summary.direct.iter().filter(|((run, p, centre, _), _)| {
        (*run, *p) == (month, provider) && entity_of(*centre, month) == buyer
    });
    let mut pooled: Vec<(usize, i128)> = Vec::new();
    for pool in pools.iter().filter(|p| (p.provider, p.month) == (provider, month)) {
        for share in &pool.shares {
            let Recipient::Centre(centre) = share.recipient else { continue };
            if entity_of(centre, month) != buyer {
                continue;
            }
            match pooled.iter_mut().find(|(known, _)| *known == centre) {
                Some((_, sum)) => *sum += share.units,
                None => pooled.push((centre, share.units)),
            }
        }
    }
    let mut bill = Bill {
        provider,
        buyer,
        month,
        direct: direct.map(|((.., centre, kind), sum)| (*centre, *kind, sum.units_at(2))).collect(),
        pooled,
        beyond: 0,
        pooled_net: 0,
        taxed: Taxed::Rightly,
        one_sided: false,
        vat: Vec::new(),
        booked: [0; 2],
    };
    bill.charge_pooled(seed, MARKUP);
    bill
}

/// The dataset `invoice`.
pub(crate) fn invoice_table(bills: &[Bill]) -> Table {
    let mut rows = Vec::new();
    for bill in bills {
        let Some(number) = bill.number() else { continue };
        let lines = bill.lines().into_iter();
        rows.extend(lines.map(|line| invoice_line(bill, &number, line)));
    }
    header::INVOICE.table(rows)
}

fn invoice_line(bill: &Bill, number: &str, (line, net, vat): (i64, i128, i128)) -> Vec<Cell> {
    let (category, exemption, rate) = bill.treatment();
    vec![
        cell(bill.seller().id),
        cell(number),
        cell(line),
        cell(invoice_day(bill.month)),
        cell(invoice_day(bill.month)),
        cell(bill.to().id),
        cell(bill.to().country),
        cell("business"),
        cell("electronic"),
        cell(Dec::new(net, 2)),
        cell(category),
        maybe(rate.map(|_| "standard")),
        maybe(rate),
        cell(Dec::new(vat, 2)),
        maybe(exemption),
        cell(Dec::new(net + vat, 2)),
        cell(bill.who().currency),
        None,
        cell("issued"),
    ]
}
