//! The evaluated diff as one number: what an approval is bound to.

use super::Change;
use crate::gate::table::digest as sha256;
use crate::gate::table::{Members, day, instant, mode, plain};
use crate::gate::{Rate, RateKey};
use tieout_controls::Digest;

/// SHA-256 over the changes, a canonical JSON line each: the key, the interval, and of both rows price,
/// currency, unit, tier and terms, and its key where that is another; of the later row also when it was
/// announced and whether it calls itself retroactive. No file, line, name of a rate or approved change, and nothing of rows that don't differ: a
/// rebase without effect keeps it.
pub fn digest(changes: &[Change]) -> Digest {
    let mut lines: Vec<String> = changes.iter().map(line).collect();
    lines.sort_unstable();
    lines.iter_mut().for_each(|line| line.push('\n'));
    sha256(&lines.concat())
}

/// What a change comes to, as JSON with sorted keys.
pub(in crate::gate) fn line(change: &Change) -> String {
    let RateKey { service_id, region, segment } = &change.key;
    let mut line = Members::default();
    line.text("customer_segment", segment.as_deref());
    line.text("effective_from", Some(&instant(change.from)));
    line.text("effective_to", change.to.map(instant).as_deref());
    for (name, row) in [("new", &change.new), ("old", &change.old), ("other", &change.other)] {
        line.json(
            name,
            &row.as_ref().map_or("null".to_owned(), |rate| charged(rate, (name, &change.key))),
        );
    }
    line.text("region", region.as_deref());
    line.text("service_id", Some(service_id));
    line.end()
}

fn charged(rate: &Rate, (role, key): (&str, &RateKey)) -> String {
    let terms = &rate.terms;
    let mut line = Members::default();
    if role == "new" {
        line.text("announced_on", terms.announced_on.map(day).as_deref());
    }
    line.text("cap_price", terms.cap_price.as_ref().map(plain).as_deref());
    line.text("currency", Some(&rate.currency));
    if rate.key != *key {
        line.text("key", Some(&rate.key.to_string()));
    }
    line.text("known_from", terms.known_from.map(instant).as_deref());
    line.text("method_doc_id", terms.method_doc_id.as_deref());
    if role == "new" {
        line.text("retroactive", Some(if terms.retroactive { "true" } else { "false" }));
    }
    line.text("source_contract_line", terms.contract_line.as_deref());
    line.text("tax_code", terms.tax_code.as_deref());
    line.text("tier_from", Some(&plain(&rate.tier.0)));
    line.text("tier_mode", rate.tier_mode.map(mode));
    line.text("tier_to", rate.tier.1.as_ref().map(plain).as_deref());
    line.text("unit", rate.unit.as_deref());
    line.text("unit_price", Some(&plain(&rate.price)));
    line.end()
}
