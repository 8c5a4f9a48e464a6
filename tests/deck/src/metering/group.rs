//! The group of the metering world: entities, cost centres with their history, and the two entities
//! that provide IT to the others.

use crate::calendar::{Date, Instant};
use crate::csv::{Cell, Table, cell, maybe};
use crate::header;
use crate::rng::at;

/// How many months there are, from January 2024.
pub(crate) const MONTHS: i64 = 24;

/// The first day of a month, counted from January 2024.
pub(crate) const fn first_day(month: i64) -> Date {
    Date::new(2024, 1 + month, 1)
}

/// Its name, such as `2024-01`.
pub(crate) fn period(month: i64) -> String {
    let (year, month, _) = first_day(month).civil();
    format!("{year:04}-{month:02}")
}

/// What has come in before is billed by the month's run.
pub(crate) const fn cut_off(month: i64) -> Instant {
    first_day(month + 1).plus_days(3).start()
}

/// The day of the run's invoices.
pub(crate) const fn invoice_day(month: i64) -> Date {
    first_day(month + 1).plus_days(4)
}

/// The billing run's id.
pub(crate) fn run_id(month: i64) -> String {
    format!("RUN-{}", period(month))
}

/// A legal entity.
pub(crate) struct Entity {
    pub(crate) id: &'static str,
    pub(crate) country: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) vat_id: Option<&'static str>,
    pub(crate) vat_group: Option<&'static str>,
    centres: usize,
}

const fn entity(
    [id, country, currency]: [&'static str; 3],
    vat_id: Option<&'static str>,
    vat_group: Option<&'static str>,
    centres: usize,
) -> Entity {
    Entity { id, country, currency, vat_id, vat_group, centres }
}

pub(crate) const ENTITIES: &[Entity] = &[
    entity(["DE01", "DE", "EUR"], Some("DE900000001"), Some("VG-DE"), 5),
    entity(["DE02", "DE", "EUR"], Some("DE900000011"), Some("VG-DE"), 3),
    entity(["DE03", "DE", "EUR"], Some("DE900000012"), None, 3),
    entity(["FR01", "FR", "EUR"], Some("FR90900000002"), None, 3),
    entity(["FR02", "FR", "EUR"], Some("FR90900000013"), None, 3),
    entity(["IE01", "IE", "EUR"], Some("IE9000014A"), None, 3),
    entity(["CH01", "CH", "CHF"], Some("CHE-900.000.004 MWST"), None, 5),
    entity(["CH02", "CH", "CHF"], Some("CHE-900.000.015 MWST"), None, 3),
    entity(["GB01", "GB", "GBP"], Some("GB900000016"), Some("VG-GB"), 3),
    entity(["GB02", "GB", "GBP"], Some("GB900000017"), Some("VG-GB"), 3),
    entity(["US01", "US", "USD"], None, None, 3),
    entity(["US02", "US", "USD"], None, None, 3),
];

/// An entity that provides IT, and to whom.
pub(crate) struct Provider {
    pub(crate) entity: usize,
    pub(crate) currency: &'static str,
    /// The entities that it provides to, itself among them.
    pub(crate) market: &'static [usize],
    /// VAT at home, in percent.
    pub(crate) vat_percent: &'static str,
    /// What it was before it changed.
    pub(crate) vat_percent_before: &'static str,
}

pub(crate) const PROVIDERS: &[Provider] = &[
    Provider {
        entity: 0,
        currency: "EUR",
        market: &[0, 1, 2, 3, 4, 5, 8, 9],
        vat_percent: "19.0",
        vat_percent_before: "16.0",
    },
    Provider {
        entity: 6,
        currency: "CHF",
        market: &[6, 7, 8, 9, 10, 11],
        vat_percent: "8.1",
        vat_percent_before: "7.7",
    },
];

impl Provider {
    pub(crate) fn id(&self) -> &'static str {
        at(ENTITIES, self.entity).id
    }

    /// Its cost centres whose charges are pooled: the network's and the platform's.
    pub(crate) fn pooled(&self) -> [usize; 2] {
        let first = centres().iter().position(|c| c.entity == self.entity).unwrap_or(0);
        [first, first + 1]
    }

    /// The cost centres that it charges, in the order of their ids, as they are in the month.
    pub(crate) fn charged(&self, month: i64) -> Vec<usize> {
        let all = centres();
        let mut found: Vec<usize> = (0..all.len())
            .filter(|c| self.market.contains(&entity_of(*c, month)) && open(*c, month))
            .filter(|c| !self.pooled().contains(c))
            .collect();
        found.sort_by_key(|c| at(&all, *c).id());
        found
    }

    /// The entities that it sends bills to.
    pub(crate) fn buyers(&self) -> impl Iterator<Item = usize> {
        self.market.iter().copied().filter(|e| *e != self.entity)
    }

    /// Whether there is an invoice between the two; within a VAT group there is no supply.
    pub(crate) fn invoices(&self, buyer: usize) -> bool {
        let group = |e: usize| at(ENTITIES, e).vat_group;
        buyer != self.entity && (group(self.entity).is_none() || group(self.entity) != group(buyer))
    }
}

/// A cost centre: the entity that it began in, and its place there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Centre {
    pub(crate) entity: usize,
    place: usize,
}

impl Centre {
    /// The cost centre of a number.
    pub(crate) fn at(number: usize) -> Self {
        let mut place = number;
        for (entity, e) in ENTITIES.iter().enumerate() {
            if place < e.centres {
                return Self { entity, place };
            }
            place -= e.centres;
        }
        Self { entity: 0, place }
    }

    pub(crate) fn id(self) -> String {
        format!("CC-{}-{}", at(ENTITIES, self.entity).id, self.place + 1)
    }
}

/// The forty cost centres.
pub(crate) fn centres() -> Vec<Centre> {
    let count = ENTITIES.iter().map(|e| e.centres).sum();
    (0..count).map(Centre::at).collect()
}

/// CC-FR01-3 moves to FR02 with the year 2025.
const MOVED: Centre = Centre { entity: 3, place: 2 };
const MOVED_IN: i64 = 12;
/// CC-GB02-3 closes at the end of June 2025; CC-GB02-1 takes over.
pub(crate) const CLOSED: Centre = Centre { entity: 9, place: 2 };
const CLOSED_IN: i64 = 18;

/// The entity that the cost centre belongs to in the month.
pub(crate) fn entity_of(number: usize, month: i64) -> usize {
    let centre = Centre::at(number);
    if centre == MOVED && month >= MOVED_IN { 4 } else { centre.entity }
}

fn open(number: usize, month: i64) -> bool {
    Centre::at(number) != CLOSED || month < CLOSED_IN
}

/// The month from which the cost centre has another owner. Every fifth changes hands in the middle of
/// 2024.
pub(crate) fn handover(number: usize) -> Option<i64> {
    match Centre::at(number) {
        MOVED => Some(MOVED_IN),
        CLOSED => None,
        _ => (number % 5 == 2).then_some(6),
    }
}

/// The number of the user who owns the cost centre on the month's first day.
pub(crate) fn owner(centre: usize, month: i64) -> Option<usize> {
    let second = handover(centre).is_some_and(|handed| month >= handed);
    open(centre, month).then_some(centre * 2 + usize::from(second) + 1)
}

/// The user's id of the one who owns the cost centre in the month, or did when it closed.
pub(crate) fn owner_id(centre: usize, month: i64) -> String {
    format!("U{:03}", owner(centre, month).unwrap_or(centre * 2 + 1))
}

/// The cost centre that bears in the month what this one would.
pub(crate) fn successor(centre: usize, month: i64) -> usize {
    if open(centre, month) { centre } else { centre - 2 }
}

pub(crate) fn entity_table() -> Table {
    let row = |e: &Entity| -> Vec<Cell> {
        let provides = PROVIDERS.iter().any(|p| p.id() == e.id);
        vec![
            cell(e.id),
            cell(format!("Meridian {} {}", e.country, e.id)),
            cell(e.country),
            cell(e.currency),
            maybe(e.vat_id),
            maybe(e.vat_group),
            cell("calendar-year"),
            cell(if provides { "service provider" } else { "distributor" }),
        ]
    };
    header::ENTITY.table(ENTITIES.iter().map(row).collect())
}

pub(crate) fn centre_table() -> Table {
    let mut rows = Vec::new();
    for (number, centre) in centres().iter().enumerate() {
        let mut version = |from: i64, to: Option<i64>, status: &str| {
            let parent = Centre { place: 0, ..*centre };
            rows.push(vec![
                cell(centre.id()),
                cell(if from == 0 { Date::new(2022, 1, 1) } else { first_day(from) }),
                maybe(to.map(first_day)),
                cell(format!("Department {}", number + 1)),
                cell(at(ENTITIES, entity_of(number, from)).id),
                maybe((centre.place > 0).then(|| parent.id())),
                maybe(owner(number, from).map(|user| format!("U{user:03}"))),
                cell(status),
            ]);
        };
        match handover(number) {
            Some(month) => {
                version(0, Some(month), "active");
                version(month, None, "active");
            }
            None if *centre == CLOSED => version(0, Some(CLOSED_IN), "closed"),
            None => version(0, None, "active"),
        }
    }
    header::COST_CENTRE.table(rows)
}
