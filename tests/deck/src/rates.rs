//! Rates with their versions, price tiers, and the maps from services to entities and accounts.

use crate::calendar::{Date, Instant};
use crate::company::{CENTRES, ENTITIES, SERVICES, Service, sub_account};
use crate::csv::{Format, Table, cell, maybe};
use crate::header;
use crate::money::Dec;
use crate::rng::{Rng, at};

pub(crate) const YEAR_START: Instant = Date::new(2025, 1, 1).start();
pub(crate) const PRICE_CHANGE: Instant = Date::new(2025, 7, 1).start();
/// The day on which some services moved to another account.
pub(crate) const ACCOUNT_CHANGE: Instant = Date::new(2025, 4, 1).start();
/// The change that approved the prices of July.
pub(crate) const PRICE_CHANGE_ID: &str = "CHG-0021";

const SIZES: &[&str] = &["S", "L"];
const CURRENCIES: &[&str] = &["EUR", "CHF"];

/// A SKU's contracted price in a currency, before and from the price change.
pub(crate) struct Rate {
    pub(crate) sku: String,
    /// The rate's id, and the SKU price's.
    pub(crate) id: String,
    service: &'static Service,
    currency: &'static str,
    pub(crate) before: Dec,
    /// The price from the change on, where it changed.
    pub(crate) after: Option<Dec>,
}

impl Rate {
    /// The price in force.
    pub(crate) fn price(&self, when: Instant) -> Dec {
        self.after.filter(|_| when >= PRICE_CHANGE).unwrap_or(self.before)
    }
}

/// All rates; `of` finds one.
pub(crate) struct Rates(Vec<Rate>);

impl Rates {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut rng = Rng::stream(seed, "rates");
        let mut rates = Vec::new();
        for (number, service) in SERVICES.iter().enumerate() {
            for (size_number, size) in SIZES.iter().enumerate() {
                for currency in CURRENCIES {
                    let units = i128::from(rng.between(2_000, 90_000));
                    let percent = i128::from(*rng.pick(&[92_i64, 95, 103, 108]));
                    let changes = (number + size_number).is_multiple_of(2);
                    let sku = format!("SKU-{}-{size}", service.short.to_uppercase());
                    rates.push(Rate {
                        id: format!("{sku}-{currency}"),
                        sku,
                        service,
                        currency,
                        before: Dec::new(units, 6),
                        after: changes.then(|| Dec::new(units * percent / 100, 6)),
                    });
                }
            }
        }
        Self(rates)
    }

    /// The rate of a service in a currency, in its small or large size.
    pub(crate) fn of(&self, service: usize, currency: &str, size: usize) -> &Rate {
        let currency = CURRENCIES.iter().position(|c| *c == currency).unwrap_or(0);
        at(&self.0, (service * SIZES.len() + size) * CURRENCIES.len() + currency)
    }

    pub(crate) fn table(&self) -> Table {
        let mut rows = Vec::new();
        for rate in &self.0 {
            let end = rate.after.map(|_| PRICE_CHANGE);
            rows.push(rate.row(YEAR_START, end, rate.before, None));
            if let Some(price) = rate.after {
                rows.push(rate.row(PRICE_CHANGE, None, price, Some(PRICE_CHANGE_ID)));
            }
        }
        Table {
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
            ],
            money: &[],
            rows,
        }
    }
}

impl Rate {
    fn row(
        &self,
        from: Instant,
        to: Option<Instant>,
        price: Dec,
        change: Option<&str>,
    ) -> Vec<Option<String>> {
        vec![
            cell(&self.id),
            cell(from),
            maybe(to),
            cell(self.service.id),
            cell("eu-central"),
            cell("internal"),
            cell(price),
            cell(self.currency),
            cell("METHOD-2025"),
            maybe(change),
            cell(format!("NIMBUS-2025/{}", self.sku)),
        ]
    }
}

pub(crate) fn price_tiers(seed: u64) -> Table {
    let mut rng = Rng::stream(seed, "price-tiers");
    let mut rows = Vec::new();
    for service in SERVICES {
        let price = i128::from(rng.between(20_000, 90_000));
        let tiers = [(0, Some(1_000), 100), (1_000, Some(10_000), 90), (10_000, None, 75)];
        for (number, (from, to, percent)) in (1..).zip(tiers) {
            let fee = (number == 1).then(|| Dec::cents(rng.between(1_000, 50_000)));
            rows.push(vec![
                cell(service.id),
                cell("2025.1"),
                cell(number),
                cell(from),
                maybe(to),
                cell(Dec::new(price * percent, 8)),
                cell("EUR"),
                cell("graduated"),
                maybe(fee),
                None,
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
        ],
        money: &[("fixed_fee", "currency")],
        rows,
    }
}

pub(crate) fn service_map() -> Table {
    let mut rows = Vec::new();
    for service in SERVICES {
        for entity in ENTITIES {
            for place in 0..CENTRES.len() {
                rows.push(vec![
                    cell(service.name),
                    cell(sub_account(entity.id, place)),
                    cell(service.id),
                    cell(entity.id),
                ]);
            }
        }
    }
    Table {
        role: "service-map",
        format: Format::Csv,
        columns: &["provider_service", "sub_account_id", "service_id", "entity"],
        money: &[],
        rows,
    }
}

/// A day on which the usage of a service in an entity has no account, or two.
pub(crate) struct MapFault {
    pub(crate) service: &'static str,
    pub(crate) entity: &'static str,
    /// The first second of the day, which begins no version of the map.
    pub(crate) day: Instant,
    pub(crate) kind: MapFaultKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapFaultKind {
    Gap,
    Overlap,
}

/// What the day after begins with.
pub(crate) fn day_after(day: Instant) -> Instant {
    day.date().plus_days(1).start()
}

pub(crate) fn gl_map(faults: &[MapFault]) -> Table {
    let mut rows = Vec::new();
    for (number, service) in SERVICES.iter().enumerate() {
        for (entity_number, entity) in ENTITIES.iter().enumerate() {
            for (class_number, class) in
                ["Usage", "Purchase", "Tax", "Credit"].into_iter().enumerate()
            {
                let account = 610_000 + 1_000 * class_number + 10 * number;
                let mut versions = vec![(YEAR_START, None, account)];
                if (number + entity_number).is_multiple_of(3) {
                    versions = vec![
                        (YEAR_START, Some(ACCOUNT_CHANGE), account),
                        (ACCOUNT_CHANGE, None, account + 5),
                    ];
                }
                let here = |f: &&MapFault| {
                    class == "Usage" && f.service == service.id && f.entity == entity.id
                };
                faults.iter().filter(here).for_each(|f| spoil(&mut versions, f));
                let tax = (class == "Tax").then_some("V1");
                rows.extend(versions.into_iter().map(|(from, to, account)| {
                    vec![
                        cell(service.id),
                        cell(class),
                        cell(entity.id),
                        cell(from),
                        maybe(to),
                        cell(account),
                        cell(format!("IT-{}", service.short)),
                        maybe(tax),
                    ]
                }));
            }
        }
    }
    header::GL_MAP.table(rows)
}

type Version = (Instant, Option<Instant>, usize);

fn spoil(versions: &mut Vec<Version>, fault: &MapFault) {
    let end = day_after(fault.day);
    match fault.kind {
        MapFaultKind::Overlap => versions.push((fault.day, Some(end), 690_000)),
        MapFaultKind::Gap => {
            let covers = |v: &&Version| v.0 < fault.day && v.1.is_none_or(|to| end <= to);
            let Some(old) = versions.iter().find(covers).copied() else { return };
            versions.retain(|v| *v != old);
            versions.push((old.0, Some(fault.day), old.2));
            if old.1 != Some(end) {
                versions.push((end, old.1, old.2));
            }
            versions.sort_unstable();
        }
    }
}
