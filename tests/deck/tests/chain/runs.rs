//! Billing runs against the meters, service by service.

use super::metered::{cut_off, next, period};
use super::{Chain, Frac, Row};
use std::collections::BTreeMap;

/// Of a service in a run: quantity metered and billed, amount re-performed and charged.
#[derive(Default, Clone, Copy)]
struct Sums {
    metered: Frac,
    billed: Frac,
    right: Frac,
    charged: Frac,
}

impl Chain {
    pub(super) fn runs(&mut self, charges: &BTreeMap<(String, String), Vec<Row>>) {
        let services: BTreeMap<String, String> = self
            .rows("resource")
            .map(|r| (r["resource_id"].clone(), r["service_id"].clone()))
            .collect();
        let mut runs: BTreeMap<(String, String), Sums> = BTreeMap::new();
        for count in &self.counts {
            let service = services[&count.resource].clone();
            let charges = charges.get(&(count.resource.clone(), count.month.clone()));
            let terms = match charges {
                Some(charges) => self.terms_of(&charges[0]),
                None => {
                    let known = cut_off(&count.month);
                    self.terms(&service, &count.start, &known, Frac::new(1, 1))
                }
            };
            let first = terms.amount(count.known);
            let sums = runs.entry((service.clone(), run(&count.month))).or_default();
            sums.metered = sums.metered.add(count.known);
            sums.right = sums.right.add(first);
            if count.later != count.known {
                let sums = runs.entry((service, run(&next(&count.month)))).or_default();
                sums.metered = sums.metered.add(count.later.sub(count.known));
                sums.right = sums.right.add(terms.amount(count.later).sub(first));
            }
        }
        for charge in self.rows("charge") {
            let key = (charge["service_id"].clone(), charge["billing_run"].clone());
            let sums = runs.entry(key).or_default();
            sums.billed = sums.billed.add(Frac::of(charge, "quantity"));
            sums.charged = sums.charged.add(Frac::of(charge, "amount"));
        }
        for ((service, run), sums) in runs.iter().filter(|(_, s)| s.metered != s.billed) {
            self.found("RC-01", &[service, run], sums.charged.sub(sums.right).money());
        }
    }
}

fn run(month: &str) -> String {
    format!("RUN-{}", period(month))
}
