//! The faults of bills: of pooled cost, of exchange, of what the buyer books, of VAT.

use super::{Bill, MARKUP, Taxed, vat};
use crate::metering::fault::Class;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::money::Dec;
use std::collections::BTreeSet;

/// The mark-up of a fault, in percent.
const WRONG_MARKUP: i128 = 8;

/// Plants the faults of bills.
///
/// # Errors
/// When no bill fits a fault; the text names it.
pub(super) fn spoil(
    seed: u64,
    plan: &Plan,
    bills: &mut [Bill],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    pooled(seed, plan, bills, facts)?;
    exchanged(seed, plan, bills, facts)?;
    unbooked(seed, plan, bills, facts)?;
    // Few invoices come to another sum line by line, so they are taken first.
    let by_line = taxed(seed, plan, bills, facts)?;
    treated(seed, plan, bills, &by_line, facts)
}

/// Pooled cost at another mark-up than agreed, or from another pool than was allocated.
fn pooled(
    seed: u64,
    plan: &Plan,
    bills: &mut [Bill],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let markup = plan.choose(seed, Class::MarkupWrong, bills, |_| true)?;
    for place in &markup {
        let Some(bill) = bills.get_mut(*place) else { continue };
        let right = bill.pooled_net;
        bill.charge_pooled(seed, WRONG_MARKUP);
        let key = [("entry_id", bill.entry_id("P", "AR"))];
        let amount = (Dec::new(bill.pooled_net - right, 2), bill.who().currency);
        facts.push(Planted::of(Class::MarkupWrong, &key, Some(amount)));
    }
    let places: Vec<usize> = (0..bills.len()).filter(|place| !markup.contains(place)).collect();
    let bears = |place: &usize| bills.get(*place).is_some_and(|b| b.pooled_cost() > 0);
    let other = plan.choose(seed, Class::IcPoolOff, &places, bears)?;
    for place in other.into_iter().filter_map(|p| places.get(p)) {
        let Some(bill) = bills.get_mut(*place) else { continue };
        // The pool holds three percent more than the allocation gave; the entry is right for the pool.
        bill.beyond = bill.pooled_cost() * 3 / 100 + 1;
        bill.charge_pooled(seed, MARKUP);
        let key = [("entry_id", bill.entry_id("P", "AR"))];
        let amount = (Dec::new(bill.beyond, 2), bill.who().currency);
        facts.push(Planted::of(Class::IcPoolOff, &key, Some(amount)));
    }
    Ok(())
}

/// Booked by the rate of the day before.
fn exchanged(
    seed: u64,
    plan: &Plan,
    bills: &mut [Bill],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let foreign = |b: &Bill| b.book(seed, 0) != b.book(seed, -1);
    for place in plan.choose(seed, Class::FxWrongDay, bills, foreign)? {
        let Some(bill) = bills.get_mut(place) else { continue };
        let right = bill.booked;
        bill.booked = bill.book(seed, -1);
        for (what, wrong, right) in
            [("D", bill.booked.first(), right.first()), ("P", bill.booked.last(), right.last())]
        {
            let off = wrong.unwrap_or(&0) - right.unwrap_or(&0);
            if off != 0 {
                let key = [("entry_id", bill.entry_id(what, "AP"))];
                let amount = Some((Dec::new(off, 2), bill.to().currency));
                facts.push(Planted::of(Class::FxWrongDay, &key, amount));
            }
        }
    }
    Ok(())
}

/// Charges of pooled cost that the buyer doesn't book between the entities.
fn unbooked(
    seed: u64,
    plan: &Plan,
    bills: &mut [Bill],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    // Nothing else is to be found in the entry that is missing.
    let plain = |b: &Bill| b.booked == b.book(seed, 0);
    for place in plan.choose(seed, Class::OneSided, bills, plain)? {
        let Some(bill) = bills.get_mut(place) else { continue };
        bill.one_sided = true;
        let key = [
            ("seller", bill.seller().id.to_owned()),
            ("buyer", bill.to().id.to_owned()),
            ("ic_ref", bill.reference("P")),
        ];
        let amount = Some((Dec::new(bill.pooled_net, 2), bill.who().currency));
        facts.push(Planted::of(Class::OneSided, &key, amount));
    }
    Ok(())
}

/// Invoices with VAT that isn't due, and with VAT at a rate that is no longer in force. What is wrong with
/// each line is a fact. Those `taken` carry another fault of VAT.
fn treated(
    seed: u64,
    plan: &Plan,
    bills: &mut [Bill],
    taken: &BTreeSet<String>,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    for (class, category, taxed) in
        [(Class::VatAbroad, "AE", Taxed::AsAtHome), (Class::VatOldRate, "S", Taxed::AsBefore)]
    {
        let fits = |b: &Bill| {
            let invoiced = b.number().is_some_and(|number| !taken.contains(&number));
            invoiced
                && b.treatment().0 == category
                && b.taxed == Taxed::Rightly
                && b.nets().iter().sum::<i128>() >= 10_000
        };
        for place in plan.choose(seed, class, bills, fits)? {
            let Some(bill) = bills.get_mut(place) else { continue };
            let right = bill.rate();
            bill.taxed = taxed;
            bill.tax();
            for (line, net, charged) in bill.lines() {
                let key = [
                    ("issuer", bill.seller().id.to_owned()),
                    ("invoice_no", bill.number().unwrap_or_default()),
                    ("line_no", line.to_string()),
                ];
                let off = charged - right.map_or(0, |percent| vat(net, percent));
                // A line without VAT has the wrong category, and nothing that it costs.
                let costs = off != 0 || class == Class::VatOldRate;
                let amount = costs.then(|| (Dec::new(off, 2), bill.who().currency));
                facts.push(Planted::of(class, &key, amount));
            }
        }
    }
    Ok(())
}

/// VAT rounded line by line; gives the invoices' numbers.
fn taxed(
    seed: u64,
    plan: &Plan,
    bills: &mut [Bill],
    facts: &mut Vec<Planted>,
) -> Result<BTreeSet<String>, String> {
    let by_line = |b: &Bill| -> Option<Vec<i128>> {
        let percent = b.rate()?;
        Some(b.nets().into_iter().map(|net| vat(net, percent)).collect())
    };
    let differs = |b: &Bill| {
        b.taxed == Taxed::Rightly
            && by_line(b).is_some_and(|v| v.iter().sum::<i128>() != b.vat.iter().sum::<i128>())
    };
    let mut taken = BTreeSet::new();
    for place in plan.choose(seed, Class::VatPerLine, bills, differs)? {
        let Some(bill) = bills.get_mut(place) else { continue };
        let right: i128 = bill.vat.iter().sum();
        bill.vat = by_line(bill).unwrap_or_default();
        let off = bill.vat.iter().sum::<i128>() - right;
        let key = [
            ("issuer", bill.seller().id.to_owned()),
            ("invoice_no", bill.number().unwrap_or_default()),
        ];
        let amount = Some((Dec::new(off, 2), bill.who().currency));
        facts.push(Planted::of(Class::VatPerLine, &key, amount));
        taken.extend(bill.number());
    }
    Ok(taken)
}
