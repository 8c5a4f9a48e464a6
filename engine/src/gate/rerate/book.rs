//! The rates of a table by their keys, and which of them price what was used.

use crate::gate::effect::by_key;
use crate::gate::{Rate, RateKey};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A table of rates by their keys.
#[derive(Debug, Clone, Default)]
pub struct Book<'r>(BTreeMap<&'r RateKey, Vec<&'r Rate>>);

impl<'r> Book<'r> {
    /// The rates of a table, in whatever order.
    pub fn of(rates: &'r [Rate]) -> Self {
        Self(by_key(rates))
    }

    /// The key whose rates price usage of that service, region and segment at an instant: the most
    /// specific one that has any rate in force. With both region and segment comes before the region
    /// alone, that before the segment alone, that before neither; a region before a segment, because it
    /// says where the cost arises.
    pub fn key(&self, used: &RateKey, at: i64) -> Option<&'r RateKey> {
        Self::candidates(used).iter().find_map(|key| {
            let (key, rates) = self.0.get_key_value(key)?;
            rates.iter().any(|rate| rate.holds(at)).then_some(*key)
        })
    }

    /// The keys that cover what was used, the most specific first.
    pub(in crate::gate) fn candidates(used: &RateKey) -> [RateKey; 4] {
        let key = |region: bool, segment: bool| RateKey {
            service_id: used.service_id.clone(),
            region: used.region.clone().filter(|_| region),
            segment: used.segment.clone().filter(|_| segment),
        };
        [key(true, true), key(true, false), key(false, true), key(false, false)]
    }

    /// The rates of a key that are in force at an instant.
    pub(in crate::gate) fn rates(&self, key: &RateKey, at: i64) -> Vec<&'r Rate> {
        let rates = self.0.get(key).into_iter().flatten().copied();
        rates.filter(|rate| rate.holds(at)).collect()
    }

    /// Every rate of a key, by its beginning.
    pub(in crate::gate) fn all(&self, key: &RateKey) -> &[&'r Rate] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every key, in order.
    pub(in crate::gate) fn all_keys(&self) -> impl Iterator<Item = &'r RateKey> {
        self.0.keys().copied()
    }

    /// Every key of a service, in order.
    pub(in crate::gate) fn of_service(&self, service: &str) -> impl Iterator<Item = &'r RateKey> {
        self.from(service, None).take_while(move |key| key.service_id == service)
    }

    /// Every key of a service that has this region, or none.
    pub(in crate::gate) fn of_region<'a>(
        &'a self,
        service: &'a str,
        region: Option<&'a str>,
    ) -> impl Iterator<Item = &'r RateKey> + 'a {
        let of = move |key: &&RateKey| key.service_id == service && key.region.as_deref() == region;
        self.from(service, region).take_while(of)
    }

    fn from(&self, service: &str, region: Option<&str>) -> impl Iterator<Item = &'r RateKey> {
        let (service_id, region) = (service.to_owned(), region.map(ToOwned::to_owned));
        let first = RateKey { service_id, region, segment: None };
        let range = (Bound::Included(&first), Bound::Unbounded);
        self.0.range::<RateKey, _>(range).map(|(key, _)| *key)
    }

    /// The keys that have a rate in force at an instant, in order.
    pub(super) fn keys(&self, at: i64) -> impl Iterator<Item = &'r RateKey> {
        let keys = self.0.iter().filter(move |(_, rates)| rates.iter().any(|r| r.holds(at)));
        keys.map(|(key, _)| *key)
    }
}

impl RateKey {
    /// Whether its rates can price usage of that service, region and segment.
    pub(in crate::gate) fn covers(&self, used: &Self) -> bool {
        let covers = |own: &Option<String>, used: &Option<String>| own.is_none() || own == used;
        self.service_id == used.service_id
            && covers(&self.region, &used.region)
            && covers(&self.segment, &used.segment)
    }

    /// How specific it is: of two keys that cover the same usage, the greater one comes first.
    pub(in crate::gate) fn rank(&self) -> (bool, bool) {
        (self.region.is_some(), self.segment.is_some())
    }
}
