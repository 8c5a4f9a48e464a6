//! A small chain from usage to charges: a day of usage, a charge of March, a price.

use super::{Folder, Table, plan, running, told};
use tieout_controls::EvaluatedRecord;
use tieout_engine::plan::Plan;

pub(super) fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

/// What an agent measured of a resource on a day of March, there on the next morning. What `rest`
/// states wins.
pub(super) fn usage(resource: &str, id: &str, day: u8, quantity: &str, rest: &str) -> String {
    let next = day + 1;
    format!(
        "usage_id={id} resource_id={resource} interval_start=2025-03-{day:02}T00:00:00Z \
         interval_end=2025-03-{next:02}T00:00:00Z quantity={quantity} unit=GB source_system=agent \
         source_priority=1 ingest_time=2025-03-{next:02}T06:00:00Z quality=measured {rest}"
    )
}

/// The same from the provider, who comes second.
pub(super) fn provided(resource: &str, id: &str, day: u8, quantity: &str, rest: &str) -> String {
    usage(resource, id, day, quantity, &format!("source_system=provider source_priority=2 {rest}"))
}

/// A charge of March, made on 4 April.
pub(super) fn charge(id: &str, resource: &str, quantity: &str, amount: &str, rest: &str) -> String {
    format!(
        "charge_id={id} reason=original resource_id={resource} service_id=vm quantity={quantity} \
         period_start=2025-03-01T00:00:00Z period_end=2025-04-01T00:00:00Z unit=GB \
         price_version=1 amount={amount} currency=EUR billing_run=RUN-2025-03 \
         known_at=2025-04-04T00:00:00Z {rest}"
    )
}

/// What makes a charge one of the next run.
pub(super) const NEXT_RUN: &str = "billing_run=RUN-2025-04 known_at=2025-05-04T00:00:00Z";

/// A price plan in force from 2025 on: so much for each unit, rounded to the cent, ties to even.
pub(super) fn price_plan(service: &str, rest: &str) -> String {
    format!(
        "service_id={service} version=1 effective_from=2025-01-01T00:00:00Z mode=per-unit \
         bound=upper-inclusive free_units=0 discount_percent=0 discount_order=after-minimum \
         prorated=false rounding_mode=half-even rounding_scale=2 currency=EUR {rest}"
    )
}

pub(super) fn rate(service: &str, price: &str, rest: &str) -> String {
    format!(
        "rate_id={service} service_id={service} effective_from=2025-01-01T00:00:00Z \
         unit_price={price} currency=EUR {rest}"
    )
}

/// A resource in the register since 2024, in a zone whose days have 24 hours.
pub(super) fn resource(id: &str, rest: &str) -> String {
    format!(
        "resource_id={id} service_id=vm valid_from=2024-01-01T00:00:00Z zone=Etc/UTC \
         lifecycle=live {rest}"
    )
}

/// The datasets of metering, with 0.20 EUR for each unit of `vm`.
pub(super) struct Chain {
    pub(super) usage: Vec<String>,
    pub(super) charges: Vec<String>,
    pub(super) plans: Vec<String>,
    pub(super) rates: Vec<String>,
    pub(super) resources: Vec<String>,
}

impl Chain {
    pub(super) fn new(usage: Vec<String>, charges: Vec<String>) -> Self {
        Self {
            usage,
            charges,
            plans: vec![price_plan("vm", "")],
            rates: vec![rate("vm", "0.20", "")],
            resources: Vec::new(),
        }
    }

    /// Puts resources of `vm` in the register.
    pub(super) fn registered(mut self, resources: &[&str]) -> Self {
        self.resources.extend(resources.iter().map(|id| resource(id, "")));
        self
    }

    pub(super) fn plan(&self, folder: &Folder, id: &str) -> Plan {
        let [usage, charges, plans, rates, resources] =
            [&self.usage, &self.charges, &self.plans, &self.rates, &self.resources]
                .map(|t| texts(t));
        let tables: [Table<'_>; 6] = [
            ("usage-1", &usage),
            ("charge-1", &charges),
            ("price-plan-1", &plans),
            ("price-tier-1", &[]),
            ("rate-table-1", &rates),
            ("resource-1", &resources),
        ];
        plan(folder, id, &tables)
    }

    /// What a control says of each record.
    pub(super) fn says(&self, id: &str, expected: &[&str]) {
        let folder = Folder::new();
        tells(&self.plan(&folder, id), expected);
    }
}

/// What a plan's control says of each record, with the class of a difference and why something
/// can't be said.
pub(super) fn tells(plan: &Plan, expected: &[&str]) {
    let id = &plan.controls[0].control.id;
    let output = running::go(plan).unwrap_or_else(|e| panic!("{id}: {e:#?}"));
    assert_eq!(output.result.refused_rows.len(), 0, "{:?}", output.result.refused_rows);
    let found: Vec<_> = output.records.iter().map(explained).collect();
    assert_eq!(found, expected, "{id}: {found:#?}");
}

fn explained(record: &EvaluatedRecord) -> String {
    let value = |name: &str| {
        let field = record.values.iter().find(|field| field.name == name)?;
        field.value.to_text()
    };
    let class = value("class").map(|class| format!(" [{class}]")).unwrap_or_default();
    let reason = value("reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
    let told = told(record).replace("T00:00:00Z", "");
    format!("{told}{class}{reason}")
}
