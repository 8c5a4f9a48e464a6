//! Prices that are entered late: a version for a time that another one holds for, known only after
//! runs that it covers. Those stay as they were billed.

use super::{Service, Version, with_overhead};
use crate::calendar::{Date, Instant};
use crate::metering::group::first_day;
use crate::money::Dec;
use crate::rng::Rng;

/// One service in so many has a revision.
const ONE_IN: u64 = 3;

/// The revision of the first or second version, if the service has one.
pub(super) fn draw(seed: u64, service: u64, versions: &[Version]) -> Option<Version> {
    let mut rng = Rng::indexed(Rng::stream(seed, "metering revision").number(), service);
    if rng.below(ONE_IN) != 0 {
        return None;
    }
    let place = usize::try_from(rng.below(2)).unwrap_or(0);
    let percent = *rng.pick(&[85, 89, 111, 115]);
    let version = versions.get(place)?;
    // Three months after it came into force a month that it covers has been billed.
    let (year, month, _) = version.from.max(first_day(0)).civil();
    let known = Date::new(year, month + rng.between(3, 6), 12).start();
    Some(version.revised(place, known, percent))
}

impl Version {
    /// The version at so many percent of its prices.
    fn revised(&self, place: usize, known: Instant, percent: i128) -> Self {
        let moved = |price: Dec| {
            let (units, scale) = price.parts();
            Dec::new(units * percent / 100, scale)
        };
        let contract = self.contract.map(moved);
        let mut tiers = self.tiers.clone();
        for tier in &mut tiers {
            tier.price = contract.map_or_else(|| moved(tier.price), with_overhead);
            tier.fee = tier.fee.map(moved);
        }
        let label = format!("{}r", self.label);
        Self { label, known, revises: Some(place), tiers, contract, ..*self }
    }
}

impl Service {
    fn revision(&self) -> Option<&Version> {
        self.versions.last().filter(|v| v.revises.is_some())
    }

    /// The version that takes the place of the one at that place.
    pub(crate) fn revision_of(&self, place: usize) -> Option<&Version> {
        self.revision().filter(|v| v.revises == Some(place))
    }

    /// The version in force at `when`, as it was known at `known_at`.
    pub(crate) fn version_known(&self, when: Instant, known_at: Instant) -> &Version {
        let place = self.version_at(when);
        let revision = self.revision_of(place).filter(|v| v.known <= known_at);
        revision.unwrap_or_else(|| crate::rng::at(&self.versions, place))
    }

    /// Whether prices become known after one instant and not after another.
    pub(crate) fn revised_between(&self, after: Instant, until: Instant) -> bool {
        self.revision().is_some_and(|v| after < v.known && v.known <= until)
    }

    /// Whether the version at that place is the only one for its time.
    pub(crate) fn unrevised(&self, place: usize) -> bool {
        let own = self.versions.get(place).and_then(|v| v.revises);
        own.is_none() && self.revision_of(place).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metering::catalogue::SERVICES;
    use crate::metering::group::cut_off;

    #[test]
    fn revisions_come_after_a_run_that_they_cover_and_change_the_price() {
        let all: Vec<_> = (0..SERVICES).map(|n| Service::draw(1, n)).collect();
        let mut revised = 0;
        for service in &all {
            let Some(new) = service.revision() else { continue };
            let old = &service.versions[new.revises.unwrap()];
            assert!(old.from == new.from && old.to == new.to && old.known < new.known);
            let covered = |month: &i64| {
                let start = first_day(*month).start();
                old.from.start() <= start && cut_off(*month) < new.known
            };
            assert!((0..24).any(|month| covered(&month)), "{}", service.id());
            let price = |v: &Version| {
                let tier = v.tiers.first().unwrap();
                (tier.price.parts().0, tier.fee.map(|fee| fee.parts().0))
            };
            assert_ne!(price(old), price(new), "{}", service.id());
            revised += 1;
        }
        assert!(revised > 50, "{revised}");
    }

    #[test]
    fn the_version_known_last_holds_once_it_is_known() {
        let with = |s: &Service| s.revision().is_some();
        let service = (0..SERVICES).map(|n| Service::draw(1, n)).find(with).unwrap();
        let new = service.revision().unwrap();
        let when = new.from.start();
        let label = |at: Instant| service.version_known(when, at).label.clone();
        assert_eq!(label(new.known), new.label);
        assert_eq!(format!("{}r", label(new.known.plus(-1))), new.label);
        let next = new.to.map(|to| service.version_known(to.start(), new.known).revises);
        assert!(next.is_none_or(|revises| revises.is_none()));
    }
}
