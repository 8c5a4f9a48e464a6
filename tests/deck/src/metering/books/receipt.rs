//! Less received than the vendor invoices.

use super::places;
use crate::csv::{Table, cell};
use crate::metering::fault::Class;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::metering::unit::quantity;
use crate::money::Dec;
use std::collections::BTreeSet;

/// Lowers what was received on invoice lines that carry no other fault, by a tenth.
///
/// # Errors
/// When no line fits; the text names the fault.
pub(super) fn short(
    seed: u64,
    plan: &Plan,
    tables: &mut [Table],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let found = |role: &str| tables.iter().position(|t| t.role == role);
    let (Some(lines), Some(receipts)) = (found("vendor-invoice"), found("receipt")) else {
        return Ok(());
    };
    let spoilt: BTreeSet<String> = facts
        .iter()
        .filter(|fact| fact.dataset == "vendor-invoice")
        .flat_map(|fact| fact.key.iter().map(|(_, value)| value.clone()))
        .collect();
    let Some(invoices) = tables.get(lines) else { return Ok(()) };
    let number = |of: &str| -> Option<Dec> { Dec::parse(of) };
    // Receipts stand in the order of the lines that they are for.
    let short = |row: usize| -> Option<(Dec, Dec)> {
        let (units, scale) = number(invoices.get(row, "quantity")?)?.parts();
        let received = Dec::new(units * 9 / 10, scale);
        let price = number(invoices.get(row, "unit_price")?)?;
        let over = number(invoices.get(row, "net")?)?.minus(received.times(price).rounded(2));
        Some((received, over))
    };
    let fits = |row: &usize| {
        let free = !spoilt.contains(&invoices.text(*row, "invoice_no"));
        free && short(*row).is_some_and(|(_, over)| over.parts().0 > 0)
    };
    let mut lowered = Vec::new();
    for row in plan.choose(seed, Class::ReceiptShort, &places(invoices), fits)? {
        let Some((received, over)) = short(row) else { continue };
        let key = super::key(invoices, row, ["vendor", "invoice_no", "line_no"]);
        let currency = invoices.text(row, "currency");
        facts.push(Planted::of(Class::ReceiptShort, &key, Some((over, currency.as_str()))));
        lowered.push((row, received));
    }
    if let Some(receipts) = tables.get_mut(receipts) {
        for (row, received) in lowered {
            receipts.set(row, "quantity", cell(quantity(received.units_at(4))));
        }
    }
    Ok(())
}
