//! Billing runs against the meters, service by service.

use super::metered::{cut_off, next, period};
use super::{Chain, Frac};
use std::collections::BTreeMap;

/// Of a resource's month in a run: quantity metered and billed, amount re-performed and charged.
#[derive(Default, Clone, Copy)]
struct Sums {
    metered: Frac,
    billed: Frac,
    right: Frac,
    charged: Frac,
}

impl Chain {
    pub(super) fn runs(&mut self) {
        let charges = self.charges();
        let services: BTreeMap<String, String> = self
            .rows("resource")
            .map(|r| (r["resource_id"].clone(), r["service_id"].clone()))
            .collect();
        let mut parts: BTreeMap<Part, Sums> = BTreeMap::new();
        for count in &self.usage().counts {
            let Some(service) = services.get(&count.resource).cloned() else { continue };
            let charges = charges.get(&(count.resource.clone(), count.month.clone()));
            let terms = match charges {
                Some(charges) => self.terms_of(&charges[0]),
                None => {
                    let known = cut_off(&count.month);
                    self.terms(&service, &count.start, &known, Frac::new(1, 1))
                }
            };
            let first = terms.amount(count.known);
            let of = |month: &str| {
                (service.clone(), run(month), count.resource.clone(), count.month.clone())
            };
            let sums = parts.entry(of(&count.month)).or_default();
            sums.metered = sums.metered.add(count.known);
            sums.right = sums.right.add(first);
            if count.later != count.known {
                let sums = parts.entry(of(&next(&count.month))).or_default();
                sums.metered = sums.metered.add(count.later.sub(count.known));
                sums.right = sums.right.add(terms.amount(count.later).sub(first));
            }
        }
        for charge in self.rows("charge") {
            let month = charge["charge_id"].split('-').nth(1).unwrap().to_owned();
            let [service, run, resource] =
                ["service_id", "billing_run", "resource_id"].map(|c| charge[c].clone());
            let sums = parts.entry((service, run, resource, month)).or_default();
            sums.billed = sums.billed.add(Frac::of(charge, "quantity"));
            sums.charged = sums.charged.add(Frac::of(charge, "amount"));
        }
        // What is charged wrong for the right quantity is not the run's.
        let mut runs: BTreeMap<(String, String), Frac> = BTreeMap::new();
        for ((service, run, ..), sums) in parts.iter().filter(|(_, s)| s.metered != s.billed) {
            let off = runs.entry((service.clone(), run.clone())).or_insert(Frac::ZERO);
            *off = off.add(sums.charged.sub(sums.right));
        }
        for ((service, run), off) in &runs {
            self.found("RC-01", &[service, run], off.money());
        }
    }
}

/// Service, run, resource, month.
type Part = (String, String, String, String);

fn run(month: &str) -> String {
    format!("RUN-{}", period(month))
}
