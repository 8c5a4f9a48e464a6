//! What the meters of a resource read in a month: measured, missing and estimated, late, corrected.

use super::catalogue::Service;
use super::fault::Class;
use super::group::{MONTHS, cut_off};
use super::pricing::Tiers;
use super::ratio::{Mode, Ratio};
use super::resource::{Resource, Slot};
use super::strange::{SPIKE, spike_of};
use crate::calendar::{DAY, HOUR, Instant, MINUTE};
use crate::rng::{Rng, at};

/// The longest gap that may be estimated, in intervals.
pub(crate) const GAP_MAX: usize = 6;
/// The gap of a fault.
pub(crate) const LONG_GAP: usize = 9;

/// How a missing interval is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// On the straight line between the intervals before and after the gap.
    Linear,
    /// The mean of the intervals one, two and three weeks before.
    SameWeekday,
}

/// Missing intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) method: Method,
}

/// What is unusual about a resource's month.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Features {
    pub(crate) slots: usize,
    /// Both meters miss these; they are estimated.
    pub(crate) gap: Option<Gap>,
    /// The agent misses these; the provider's meter is counted.
    pub(crate) outage: Option<(usize, usize)>,
    /// So many intervals at the end come in after the cut-off.
    pub(crate) late: Option<usize>,
    /// This interval is corrected after the cut-off.
    pub(crate) corrected: Option<usize>,
    /// The month's quantity is the first bound of the tiers.
    pub(crate) boundary: bool,
}

/// An interval's readings, in 10^-4.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    pub(crate) agent: Option<i128>,
    pub(crate) provider: Option<i128>,
    pub(crate) estimate: Option<i128>,
    pub(crate) corrected: Option<i128>,
    pub(crate) late: bool,
}

impl Reading {
    /// What counts before corrections: the agent's meter, else the provider's, else the estimate.
    pub(crate) fn counted(&self) -> i128 {
        self.agent.or(self.provider).or(self.estimate).unwrap_or(0)
    }

    /// What counts in the end.
    pub(crate) fn settled(&self) -> i128 {
        self.corrected.unwrap_or_else(|| self.counted())
    }
}

fn stream(seed: u64, resource: &Resource, month: i64, purpose: &str) -> Rng {
    let place = resource.number * MONTHS.unsigned_abs() + month.unsigned_abs();
    Rng::indexed(Rng::stream(seed, purpose).number(), place)
}

/// The place at so many hundredths of the intervals.
fn hundredths(slots: usize, share: usize) -> usize {
    slots * share / 100
}

impl Features {
    pub(crate) fn draw(
        seed: u64,
        resource: &Resource,
        service: &Service,
        month: i64,
        slots: usize,
    ) -> Self {
        let mut rng = stream(seed, resource, month, "metering features");
        let mut happens = |percent| rng.below(100) < percent;
        let mut features =
            Self { slots, gap: None, outage: None, late: None, corrected: None, boundary: false };
        let [gap, outage, late, corrected, boundary] =
            [happens(14), happens(12), happens(7), happens(6), happens(12)];
        if slots < 24 {
            return features;
        }
        let bounded = matches!(service.plan.mode, Tiers::Volume | Tiers::Stairstep);
        if boundary && bounded {
            features.boundary = true;
            return features;
        }
        features.gap = gap.then(|| draw_gap(&mut rng, resource, slots));
        if outage {
            features.outage = Some((hundredths(slots, 42), (slots / 24).clamp(1, 4)));
        }
        // The two runs of a month that is billed twice go by the same prices.
        let again =
            month + 1 < MONTHS && !service.revised_between(cut_off(month), cut_off(month + 1));
        if late && again {
            features.late = Some((slots / 20).clamp(1, 8));
        } else if corrected && again && service.plan.mode != Tiers::Flat {
            features.corrected = Some(hundredths(slots, 65));
        }
        features
    }

    /// The same month with a gap that is too long to be estimated.
    pub(crate) fn with_long_gap(self) -> Self {
        let gap = Gap { at: hundredths(self.slots, 72), length: LONG_GAP, method: Method::Linear };
        Self { gap: Some(gap), ..self }
    }
}

/// A gap three quarters through the month. Weeks are looked back at only where there are three.
fn draw_gap(rng: &mut Rng, resource: &Resource, slots: usize) -> Gap {
    let by_week = resource.fine && rng.below(2) == 0;
    let past = 21 * resource.slots_a_day() + 1;
    let length = match (resource.fine, by_week) {
        (true, true) => rng.between(4, 6),
        (true, false) => rng.between(1, 3),
        (false, _) => rng.between(1, 2),
    };
    let length = usize::try_from(length).unwrap_or(1).min(GAP_MAX);
    let usual = hundredths(slots, 74);
    if by_week && usual.max(past) + length < hundredths(slots, 90) {
        return Gap { at: usual.max(past), length, method: Method::SameWeekday };
    }
    Gap { at: usual, length: length.min(3), method: Method::Linear }
}

/// The readings of all intervals.
pub(crate) fn readings(
    seed: u64,
    resource: &Resource,
    service: &Service,
    month: i64,
    slots: &[Slot],
    features: &Features,
    fault: Option<Class>,
) -> Vec<Reading> {
    let mut rng = stream(seed, resource, month, "metering quantity");
    let flat = service.plan.mode == Tiers::Flat;
    let bound = features.boundary.then(|| first_bound(service, slots));
    let mut readings: Vec<Reading> = Vec::with_capacity(slots.len());
    let spike = (fault == Some(Class::UsageSpike)).then(|| spike_of(resource, slots));
    for (place, slot) in slots.iter().enumerate() {
        let minutes = slot.start.until(slot.end) / MINUTE;
        let drawn = resource.hourly * minutes * rng.between(50, 150) / 6_000;
        let quantity = match bound {
            Some(total) => split(total, slots.len(), place),
            None if flat => i128::from(minutes * 10_000 / 60),
            None => i128::from(drawn),
        };
        let differs = i128::from(rng.between(-3, 3));
        let other = if flat { quantity } else { quantity + quantity * differs / 1_000 };
        let times = if spike.is_some_and(|(from, to)| from <= slot.start && slot.start < to) {
            SPIKE
        } else {
            1
        };
        let within = |from: usize, length: usize| (from..from + length).contains(&place);
        let missing = features.gap.is_some_and(|g| within(g.at, g.length));
        let out = features.outage.is_some_and(|(from, length)| within(from, length));
        let both = resource.meters == super::resource::Meters::Both;
        readings.push(Reading {
            agent: (resource.meters.agent() && !missing && !(out && both))
                .then_some(quantity * times),
            provider: (resource.meters.provider() && !missing).then_some(other * times),
            late: features.late.is_some_and(|count| place + count >= slots.len()),
            ..Reading::default()
        });
    }
    if let Some(gap) = features.gap {
        estimate(&mut readings, gap, resource.slots_a_day(), fault);
    }
    if let Some(reading) = features.corrected.and_then(|place| readings.get_mut(place)) {
        let percent = if rng.below(2) == 0 { rng.between(20, 80) } else { rng.between(120, 300) };
        reading.corrected = Some(reading.counted() * i128::from(percent) / 100);
    }
    readings
}

fn first_bound(service: &Service, slots: &[Slot]) -> i128 {
    let begins = slots.first().map(|s| s.start);
    let version = begins.and_then(|at| service.versions.get(service.version_at(at)));
    let first = version.and_then(|v| v.tiers.first()).and_then(|t| t.to);
    service.plan.free + first.unwrap_or(0)
}

/// The part of a total that falls on a place; the last takes what is left.
fn split(total: i128, places: usize, place: usize) -> i128 {
    let count = i128::try_from(places).unwrap_or(1);
    let part = total / count;
    if place + 1 == places { total - part * (count - 1) } else { part }
}

/// The formula's value for an interval of a gap, in whole units, ties to even.
pub(crate) fn formula(readings: &[Reading], gap: Gap, place: usize, slots_a_day: usize) -> i128 {
    let value = |place: usize| readings.get(place).map_or(0, Reading::counted);
    let exact = match gap.method {
        Method::Linear => {
            let (before, after) = (value(gap.at - 1), value(gap.at + gap.length));
            let step = i128::try_from(place + 1 - gap.at).unwrap_or(0);
            let steps = i128::try_from(gap.length + 1).unwrap_or(1);
            Ratio::new(before * steps + (after - before) * step, steps)
        }
        Method::SameWeekday => {
            let weeks = (1..=3).map(|week| value(place - 7 * week * slots_a_day));
            Ratio::new(weeks.sum(), 3)
        }
    };
    exact.rounded(0, Mode::HalfEven).parts().0
}

fn estimate(readings: &mut [Reading], gap: Gap, slots_a_day: usize, fault: Option<Class>) {
    if fault == Some(Class::GapNotEstimated) {
        return;
    }
    for place in gap.at..gap.at + gap.length {
        let right = formula(readings, gap, place, slots_a_day);
        let stored = if fault == Some(Class::EstimateOff) { right * 120 / 100 } else { right };
        if let Some(reading) = readings.get_mut(place) {
            reading.estimate = Some(stored);
        }
    }
}

/// What a row of usage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Measured,
    Estimated(Gap),
    Corrected,
}

/// A row of usage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) place: usize,
    pub(crate) agent: bool,
    pub(crate) kind: Kind,
    pub(crate) quantity: i128,
    pub(crate) ingest: Instant,
    pub(crate) late: bool,
}

/// The rows of the readings, in the order of the intervals, corrections last.
pub(crate) fn rows(
    seed: u64,
    resource: &Resource,
    month: i64,
    slots: &[Slot],
    readings: &[Reading],
    features: &Features,
) -> Vec<Usage> {
    let mut rng = stream(seed, resource, month, "metering ingest");
    let own = resource.meters.agent();
    let mut rows = Vec::with_capacity(readings.len() * 2);
    for (place, reading) in readings.iter().enumerate() {
        let end = at(slots, place).end;
        let mut push = |agent, kind, quantity, ingest, late| {
            rows.push(Usage { place, agent, kind, quantity, ingest, late });
        };
        let lag = rng.between(5, 60) * MINUTE;
        let late = cut_off(month).plus(DAY + lag * 60);
        if let Some(quantity) = reading.agent {
            let ingest = if reading.late { late } else { end.plus(lag) };
            push(true, Kind::Measured, quantity, ingest, reading.late);
        }
        if let Some(quantity) = reading.provider {
            let ingest = if reading.late { late } else { end.plus(3 * HOUR + lag) };
            push(false, Kind::Measured, quantity, ingest, reading.late);
        }
        if let (Some(quantity), Some(gap)) = (reading.estimate, features.gap) {
            push(own, Kind::Estimated(gap), quantity, cut_off(month).plus(-DAY), false);
        }
    }
    for (place, reading) in readings.iter().enumerate() {
        if let Some(quantity) = reading.corrected {
            let ingest = cut_off(month).plus(8 * DAY);
            // What counted is what is corrected.
            let agent = reading.agent.is_some() || reading.provider.is_none();
            rows.push(Usage { place, agent, kind: Kind::Corrected, quantity, ingest, late: true });
        }
    }
    rows
}
