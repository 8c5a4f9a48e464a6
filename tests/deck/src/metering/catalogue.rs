//! What is sold: three hundred services, their price plans in versions, and the contracts behind the
//! rates.

mod revision;

use super::group::PROVIDERS;
use super::pricing::{Plan, Tier, Tiers};
use super::ratio::Mode;
use crate::calendar::{Date, Instant};
use crate::money::Dec;
use crate::rng::{Rng, at};

pub(crate) const SERVICES: usize = 300;
/// What is added to a contract's price, in percent.
pub(crate) const OVERHEAD: i128 = 12;

/// Name, unit and general ledger account of the categories.
pub(crate) const CATEGORIES: &[(&str, &str, &str)] = &[
    ("Compute", "vCPU-Hours", "620100"),
    ("Storage", "GB-Hours", "620200"),
    ("Networking", "GB", "620300"),
    ("Databases", "vCPU-Hours", "620400"),
];

/// The seven ways of pricing; a service's number decides.
const MODES: [Tiers; 7] = [
    Tiers::PerUnit,
    Tiers::Graduated,
    Tiers::Volume,
    Tiers::Package,
    Tiers::Stairstep,
    Tiers::Flat,
    Tiers::Burst,
];

/// A version is known so many days before it comes into force, unless it is a revision.
const NOTICE: i64 = 45;

/// A service.
pub(crate) struct Service {
    pub(crate) number: usize,
    /// The place of its provider.
    pub(crate) provider: usize,
    pub(crate) category: usize,
    pub(crate) plan: Plan,
    /// One after the other; a revision of one of them stands last.
    pub(crate) versions: Vec<Version>,
}

/// A version of a service's prices.
pub(crate) struct Version {
    pub(crate) label: String,
    pub(crate) from: Date,
    pub(crate) to: Option<Date>,
    pub(crate) known: Instant,
    /// The place of the version that it takes the place of, with the same time in force.
    pub(crate) revises: Option<usize>,
    pub(crate) tiers: Vec<Tier>,
    /// What the vendor's contract says of a unit.
    pub(crate) contract: Option<Dec>,
}

impl Service {
    pub(crate) fn draw(seed: u64, number: usize) -> Self {
        let index = u64::try_from(number).unwrap_or(0);
        let mut rng = Rng::indexed(Rng::stream(seed, "metering service").number(), index);
        let mode = *at(&MODES, number);
        let priced =
            matches!(mode, Tiers::Graduated | Tiers::Volume | Tiers::Package | Tiers::Burst);
        let plan = Plan {
            mode,
            upper_inclusive: number % 5 != 4,
            free: if priced && number.is_multiple_of(2) {
                units(rng.between(1, 5) * 100)
            } else {
                0
            },
            minimum: (priced && !number.is_multiple_of(3))
                .then(|| Dec::cents(rng.between(2, 9) * 10_000)),
            discount: if priced { i128::from(rng.between(0, 3) * 5) } else { 0 },
            discount_first: number % 8 == 5,
            prorated: mode == Tiers::Flat,
            rounding: if number.is_multiple_of(2) { Mode::HalfEven } else { Mode::HalfUp },
        };
        let mut versions = versions(&mut rng, mode);
        versions.extend(revision::draw(seed, index, &versions));
        let provider = usize::from(number % 4 == 3) % PROVIDERS.len();
        Self { number, provider, category: number / 2 % CATEGORIES.len(), plan, versions }
    }

    pub(crate) fn id(&self) -> String {
        format!("S-{:04}", self.number)
    }

    pub(crate) fn unit(&self) -> &'static str {
        if self.plan.mode == Tiers::Flat { "Instance-Hours" } else { self.kind().1 }
    }

    pub(crate) fn kind(&self) -> (&'static str, &'static str, &'static str) {
        *at(CATEGORIES, self.category)
    }

    pub(crate) fn currency(&self) -> &'static str {
        at(PROVIDERS, self.provider).currency
    }

    /// The place of the version in force at that instant, as it was first known.
    pub(crate) fn version_at(&self, when: Instant) -> usize {
        let first = self.versions.iter().take_while(|v| v.revises.is_none());
        let begun = first.take_while(|v| v.from.start() <= when).count();
        begun.saturating_sub(1)
    }

    /// The place of another version: the one before, or the second.
    pub(crate) fn neighbour(&self, version: usize) -> Option<usize> {
        let other = if version == 0 { 1 } else { version - 1 };
        (other < self.versions.len()).then_some(other)
    }
}

impl Version {
    /// The tiers as they would be by the contract's price.
    pub(crate) fn by_contract(&self) -> Option<Vec<Tier>> {
        let price = with_overhead(self.contract?);
        Some(self.tiers.iter().map(|t| Tier { price, ..t.clone() }).collect())
    }
}

/// contract price × (1 + overhead), exact.
pub(crate) fn with_overhead(price: Dec) -> Dec {
    price.times(Dec::new(100 + OVERHEAD, 2))
}

fn units(whole: i64) -> i128 {
    i128::from(whole) * 10_000
}

/// Two or three versions. The first began before the first month; later ones begin on the first or
/// in the middle of a month.
fn versions(rng: &mut Rng, mode: Tiers) -> Vec<Version> {
    let mut starts = vec![Date::new(2023, 7, 1)];
    let day = |rng: &mut Rng| if rng.below(2) == 0 { 1 } else { 16 };
    starts.push(Date::new(2024, rng.between(5, 10), day(rng)));
    if rng.below(2) == 0 {
        starts.push(Date::new(2025, rng.between(2, 8), day(rng)));
    }
    let base = rng.between(100, 3_000);
    let first_bound = rng.between(1, 5) * 1_000;
    let shape = (rng.between(1, 10) * 100, rng.between(10, 50) * 1_000);
    let mut versions = Vec::new();
    for (place, from) in starts.iter().enumerate() {
        // A year on, prices have moved by a few percent.
        let moved = base * (100 + if place == 0 { 0 } else { rng.between(-9, 9) }) / 100;
        let contract = (mode == Tiers::PerUnit).then(|| Dec::new(i128::from(moved), 4));
        let (year, month, day) = from.civil();
        versions.push(Version {
            label: format!("{year}.{month:02}{}", if day == 1 { "" } else { "b" }),
            from: *from,
            to: starts.get(place + 1).copied(),
            known: from.plus_days(-NOTICE).start(),
            revises: None,
            tiers: tiers(mode, moved, contract, first_bound, shape),
            contract,
        });
    }
    versions
}

/// The tiers; `price` is in 10^-4, `shape` a block's units and a fee in hundredths.
fn tiers(
    mode: Tiers,
    price: i64,
    contract: Option<Dec>,
    bound: i64,
    (block, fee): (i64, i64),
) -> Vec<Tier> {
    let plain = |from: i64, to: Option<i64>, price: i64| Tier {
        from: units(from),
        to: to.map(units),
        price: Dec::new(i128::from(price), 4),
        fee: None,
        burst: None,
        block: None,
    };
    let flat = |from, to, fee| Tier { fee: Some(Dec::cents(fee)), ..plain(from, to, 0) };
    match mode {
        Tiers::PerUnit => {
            let price = with_overhead(contract.unwrap_or(Dec::ZERO));
            vec![Tier { price, ..plain(0, None, 0) }]
        }
        Tiers::Graduated | Tiers::Volume => {
            let mut three = vec![
                plain(0, Some(bound), price),
                plain(bound, Some(bound * 4), price * 8 / 10),
                plain(bound * 4, None, price * 6 / 10),
            ];
            if mode == Tiers::Graduated
                && let Some(first) = three.first_mut()
            {
                first.fee = Some(Dec::cents(fee / 10));
            }
            three
        }
        Tiers::Package => {
            let per_block = Dec::new(i128::from(price * block / 100), 2);
            vec![Tier { block: Some(units(block)), price: per_block, ..plain(0, None, 0) }]
        }
        Tiers::Stairstep => vec![
            flat(0, Some(bound), fee),
            flat(bound, Some(bound * 4), fee * 3),
            flat(bound * 4, None, fee * 6),
        ],
        Tiers::Flat => vec![flat(0, None, fee)],
        Tiers::Burst => {
            let price = (price / 10).max(1) * 10;
            let dearer = Dec::new(if block % 200 == 0 { 20 } else { 15 }, 1);
            let whole = plain(0, Some(bound), price);
            vec![whole, Tier { burst: Some(dearer), ..plain(bound, None, price) }]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_services_of_both_providers() {
        let all: Vec<_> = (0..SERVICES).map(|n| Service::draw(1, n)).collect();
        for mode in MODES {
            for provider in 0..PROVIDERS.len() {
                assert!(all.iter().any(|s| s.plan.mode == mode && s.provider == provider));
            }
        }
        for service in &all {
            let first: Vec<_> = service.versions.iter().filter(|v| v.revises.is_none()).collect();
            for pair in first.windows(2) {
                assert!(pair[0].to == Some(pair[1].from) && pair[0].from < pair[1].from);
            }
        }
    }

    #[test]
    fn the_version_in_force_is_found() {
        let service = Service::draw(1, 3);
        let second = service.versions[1].from.start();
        assert_eq!(service.version_at(second), 1);
        assert_eq!(service.version_at(second.plus(-1)), 0);
        assert_eq!((service.neighbour(1), service.neighbour(0)), (Some(0), Some(1)));
    }
}
