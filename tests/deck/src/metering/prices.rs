//! The datasets of prices: services, price plans, tiers, and rates, with the faults of rates.

use super::World;
use super::catalogue::{Service, Version};
use super::fault::Class;
use super::group::ENTITIES;
use super::people::change_id;
use super::plan::Plan;
use super::pricing::{Tier, Tiers};
use super::procurement::contract_line;
use super::ratio::Mode;
use super::summary::Summary;
use super::truth::Planted;
use super::unit::quantity;
use crate::calendar::Date;
use crate::csv::{Format, Table, cell, maybe};
use crate::header;
use crate::money::Dec;
use crate::rng::at;
use std::collections::BTreeSet;

/// A fault moves the end of a rate by so many days.
const MOVED: i64 = 40;

/// The datasets `service`, `price-plan`, `price-tier`, `rate-table` and `gl-map`. `unchanged` are the
/// versions, by service, that no change tells of.
///
/// # Errors
/// When no rate fits a fault; the text names it.
pub(crate) fn tables(
    world: &World,
    summary: &Summary,
    unchanged: &BTreeSet<(usize, usize)>,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Table>, String> {
    let rates = rates(world, summary, unchanged, plan, facts)?;
    Ok(vec![services(world), plans(world), tiers(world), rates, accounts(world)])
}

fn versions(world: &World) -> impl Iterator<Item = (&Service, usize, &Version)> {
    let of = |s| Service::numbered(s).map(move |(number, version)| (s, number, version));
    world.services.iter().flat_map(of)
}

impl Service {
    fn numbered(&self) -> impl Iterator<Item = (usize, &Version)> {
        self.versions.iter().enumerate()
    }
}

fn services(world: &World) -> Table {
    let row = |service: &Service| {
        let (category, _, account) = service.kind();
        let behaviour = match service.plan.mode {
            Tiers::Flat | Tiers::Stairstep => "fixed",
            Tiers::Graduated => "mixed",
            _ => "variable",
        };
        vec![
            cell(service.id()),
            cell("1"),
            cell(format!("{category} {}, {}", service.number, service.plan.mode.name())),
            cell(category),
            cell("Group IT"),
            cell(service.unit()),
            cell(behaviour),
            cell("infrastructure"),
            cell(account),
            cell("standard"),
            cell("2023-07-01T00:00:00Z"),
            None,
            cell("active"),
        ]
    };
    Table {
        role: "service",
        format: Format::Csv,
        columns: &[
            "service_id",
            "version",
            "name",
            "category",
            "owner",
            "unit",
            "cost_behaviour",
            "lvaigs_category",
            "gl_code",
            "tax_code",
            "effective_from",
            "effective_to",
            "status",
        ],
        money: &[],
        rows: world.services.iter().map(row).collect(),
    }
}

fn plans(world: &World) -> Table {
    let row = |(service, _, version): (&Service, usize, &Version)| {
        let plan = &service.plan;
        vec![
            cell(service.id()),
            cell(&version.label),
            cell(version.from.start()),
            maybe(version.to.map(Date::start)),
            cell(version.known),
            cell(plan.mode.name()),
            cell(if plan.upper_inclusive { "upper-inclusive" } else { "lower-inclusive" }),
            cell(quantity(plan.free)),
            maybe(plan.minimum),
            cell(plan.discount),
            cell(if plan.discount_first { "before-minimum" } else { "after-minimum" }),
            cell(plan.prorated),
            cell(if plan.rounding == Mode::HalfEven { "half-even" } else { "half-up" }),
            cell(2),
            cell(service.currency()),
        ]
    };
    Table {
        role: "price-plan",
        format: Format::Csv,
        columns: &[
            "service_id",
            "version",
            "effective_from",
            "effective_to",
            "known_from",
            "mode",
            "bound",
            "free_units",
            "minimum",
            "discount_percent",
            "discount_order",
            "prorated",
            "rounding_mode",
            "rounding_scale",
            "currency",
        ],
        money: &[("minimum", "currency")],
        rows: versions(world).map(row).collect(),
    }
}

fn tiers(world: &World) -> Table {
    let mut rows = Vec::new();
    for (service, _, version) in versions(world) {
        if service.plan.mode == Tiers::PerUnit {
            continue;
        }
        for (number, tier) in version.tiers.iter().enumerate() {
            let Tier { from, to, price, fee, burst, block } = tier;
            rows.push(vec![
                cell(service.id()),
                cell(&version.label),
                cell(number + 1),
                cell(quantity(*from)),
                maybe(to.map(quantity)),
                cell(price),
                cell(service.currency()),
                cell(service.plan.mode.name()),
                maybe(*fee),
                maybe(*burst),
                maybe(block.map(quantity)),
            ]);
        }
    }
    Table {
        role: "price-tier",
        format: Format::Csv,
        columns: &[
            "service_id",
            "version",
            "tier_no",
            "from_qty",
            "to_qty",
            "unit_price",
            "currency",
            "mode",
            "fixed_fee",
            "burst_multiplier",
            "block_size",
        ],
        money: &[("fixed_fee", "currency")],
        rows,
    }
}

/// A rate of a service.
struct Rate<'a> {
    service: &'a Service,
    version: &'a Version,
    number: usize,
    price: Dec,
    to: Option<Date>,
}

impl Rate<'_> {
    fn key(&self) -> [(&'static str, String); 2] {
        let from = self.version.from.start().to_string();
        [("rate_id", format!("RATE-{}", self.service.id())), ("effective_from", from)]
    }
}

fn rates(
    world: &World,
    summary: &Summary,
    unchanged: &BTreeSet<(usize, usize)>,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Table, String> {
    let mut rates: Vec<Rate<'_>> = Vec::new();
    for (service, number, version) in versions(world) {
        if let (Some(_), Some(tier)) = (version.contract, version.tiers.first()) {
            rates.push(Rate { service, version, number, price: tier.price, to: version.to });
        }
    }
    for rate in &rates {
        if world.off_contract.contains(&(rate.service.number, rate.number)) {
            let sums = (rate.service.number, rate.version.label.clone());
            let off = summary.off_contract.get(&sums).copied().unwrap_or(Dec::cents(0));
            let amount = Some((off, rate.service.currency()));
            facts.push(Planted::of(Class::RateOffContract, &rate.key(), amount));
        }
    }
    for (class, days) in [(Class::RateGap, -MOVED), (Class::RateOverlap, MOVED)] {
        let ends =
            |r: &Rate<'_>| r.to.is_some() && r.to == r.version.to && r.service.unrevised(r.number);
        for place in plan.choose(world.seed, class, &rates, ends)? {
            let Some(rate) = rates.get_mut(place) else { continue };
            rate.to = rate.to.map(|to| to.plus_days(days));
            facts.push(Planted::of(class, &rate.key(), None));
        }
    }
    let change = |rate: &Rate<'_>| {
        let place = (rate.service.number, rate.number);
        (!unchanged.contains(&place)).then(|| change_id(place.0, place.1))
    };
    let row = |rate: &Rate<'_>| {
        let [(_, id), (_, from)] = rate.key();
        vec![
            cell(id),
            cell(from),
            maybe(rate.to.map(Date::start)),
            cell(rate.service.id()),
            None,
            None,
            cell(rate.price),
            cell(rate.service.currency()),
            cell("METHOD"),
            maybe(change(rate)),
            cell(contract_line(rate.service, rate.number)),
            cell(rate.version.known),
        ]
    };
    Ok(Table {
        role: "rate-table",
        format: Format::Csv,
        columns: &[
            "rate_id",
            "effective_from",
            "effective_to",
            "service_id",
            "region",
            "customer_segment",
            "unit_price",
            "currency",
            "method_doc_id",
            "approved_change_id",
            "source_contract_line",
            "known_from",
        ],
        money: &[],
        rows: rates.iter().map(row).collect(),
    })
}

fn accounts(world: &World) -> Table {
    let mut rows = Vec::new();
    for service in &world.services {
        for place in 0..ENTITIES.len() {
            rows.push(vec![
                cell(service.id()),
                cell("Usage"),
                cell(at(ENTITIES, place).id),
                cell("2023-01-01T00:00:00Z"),
                None,
                cell(service.kind().2),
                None,
                cell("standard"),
            ]);
        }
    }
    header::GL_MAP.table(rows)
}
