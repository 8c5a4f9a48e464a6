//! VAT: where it is due, and at which rate.

use super::{Chain, Frac, Row};
use std::collections::BTreeMap;

impl Chain {
    /// The countries of supplier and buyer decide about VAT; the register has the rate of the tax point.
    pub(super) fn vat(&mut self) {
        let countries: BTreeMap<String, String> =
            self.rows("entity").map(|e| (e["entity_id"].clone(), e["country"].clone())).collect();
        let european = |country: &str| ["DE", "FR", "IE"].contains(&country);
        let lines: Vec<Row> = self.rows("invoice").cloned().collect();
        for line in &lines {
            let key = ["issuer", "invoice_no", "line_no"].map(|c| line[c].as_str());
            let (from, to) = (countries[key[0]].as_str(), line["buyer_country"].as_str());
            assert_eq!(countries[&line["buyer"]], to);
            let due = match (from == to, european(from) && european(to)) {
                (true, _) => "S",
                (false, true) => "AE",
                (false, false) => "O",
            };
            let vat = Frac::of(line, "vat_amount");
            if line["vat_category"] != due {
                let charged = if vat.is_zero() { String::new() } else { vat.money() };
                self.found("VAT-01", &key, charged);
            }
            if line["vat_category"] != "S" {
                assert!(vat.is_zero() && !line.contains_key("vat_rate"), "{key:?}");
                continue;
            }
            let rate = self.rate_of(from, &line["rate_class"], &line["tax_point"]);
            if Frac::of(line, "vat_rate") != rate {
                let right = Frac::of(line, "net").mul(rate).mul(Frac::new(1, 100));
                self.found("VAT-02", &key, vat.sub(right.round(2, false)).money());
            }
        }
    }

    fn rate_of(&self, country: &str, class: &str, day: &str) -> Frac {
        let mut rates = self.rows("vat_rate").filter(|r| {
            r["country"] == country
                && r["rate_class"] == class
                && r["effective_from"].as_str() <= day
                && r.get("effective_to").is_none_or(|to| day < to.as_str())
        });
        let rate = rates.next().map(|r| Frac::of(r, "rate"));
        assert!(rates.next().is_none(), "{country} {day}");
        rate.unwrap()
    }
}
