//! What vendors invoice, against contracts and meters.

use super::metered::period;
use super::{Chain, Frac, Row};
use std::collections::BTreeMap;

impl Chain {
    /// Service and month → what counted at the cut-off, and how many rows of usage there were.
    fn metered(&self) -> BTreeMap<(String, String), (Frac, u128)> {
        let services: BTreeMap<&str, &str> = self
            .rows("resource")
            .map(|r| (r["resource_id"].as_str(), r["service_id"].as_str()))
            .collect();
        let mut sums = BTreeMap::new();
        for count in &self.usage().counts {
            let Some(service) = services.get(count.resource.as_str()) else { continue };
            let service = (*service).to_owned();
            let sum = sums.entry((service, period(&count.month))).or_insert((Frac::ZERO, 0));
            *sum = (sum.0.add(count.known), sum.1 + u128::try_from(count.rows).unwrap());
        }
        sums
    }

    pub(super) fn purchases(&mut self) {
        let lines: Vec<Row> = self.rows("vendor_invoice").cloned().collect();
        let metered = self.metered();
        for line in &lines {
            let contract = self.rows("contract").find(|c| {
                c["contract_id"] == line["contract_id"] && c["line_no"] == line["contract_line"]
            });
            let contract = contract.unwrap();
            assert!(contract["term_start"] <= line["service_start"]);
            assert!(contract.get("term_end").is_none_or(|end| line["service_start"] < *end));
            let price = Frac::of(contract, "unit_price");
            let net = Frac::of(line, "net");
            let key = ["vendor", "invoice_no", "line_no"].map(|c| line[c].as_str());
            let off = net.sub(price.mul(Frac::of(line, "quantity")).round(2, false));
            if !off.is_zero() {
                self.found("PR-03", &key, off.money());
            }
            let month = line["service_start"].get(..7).unwrap().to_owned();
            let (quantity, rows) = metered[&(line["service_id"].clone(), month)];
            let right = price.mul(quantity);
            let apart = net.sub(right);
            // In 10^-8; the square root is rounded down.
            let apart = apart.mul(Frac::new(100_000_000, 1)).floor().unsigned_abs();
            if apart > 100_000_000.max((rows * 10_u128.pow(12)).isqrt() / 2) {
                self.found("RC-02", &key, net.sub(right.round(2, false)).money());
            }
        }
    }
}
