//! Which charges are disputed, and what each case is there for. Some services are contested again and
//! again: for one cause, or as what is contested most.

use crate::metering::World;
use crate::metering::group::{MONTHS, PROVIDERS, owner};
use crate::metering::summary::{Billed, Summary};
use crate::rng::at;
use std::collections::BTreeMap;

/// Disputes of later runs would not be closed in time.
const LAST: i64 = 19;
/// What is contested is at least so much, in hundredths.
const LEAST: i128 = 1_000;
/// The runs of the two times three quarters in which a service is the one that is contested most.
const STRETCHES: [[i64; 9]; 2] =
    [[2, 3, 4, 5, 6, 7, 8, 9, 10], [11, 12, 13, 14, 15, 16, 17, 18, 19]];
/// A cause comes back so often before its rule is changed.
pub(super) const RECURRENCE: usize = 6;
const PATTERNS: usize = 12;
/// Of a service in a quarter, where it isn't contested most.
const PER_QUARTER: usize = 2;
const ORDINARY: usize = 240;
/// So many upheld cases of a cause are no pattern yet.
const PER_CAUSE: usize = 4;

/// What a case is there for: each can carry other faults, so that no two meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Evidence,
    Window,
    Level,
    Cause,
    Analysis,
    Provisional,
    Edited,
    Denied,
    /// One of several of the same service and cause.
    Pattern(usize),
    /// One of those of a service that is contested most for three quarters.
    Most(usize),
}

const PARTS: [Part; 8] = [
    Part::Evidence,
    Part::Window,
    Part::Level,
    Part::Cause,
    Part::Analysis,
    Part::Provisional,
    Part::Edited,
    Part::Denied,
];

/// A charge that is disputed.
pub(super) struct Pick {
    pub(super) service: usize,
    pub(super) run: i64,
    pub(super) billed: Billed,
    pub(super) part: Part,
    /// How many cases of the same part come before.
    pub(super) turn: usize,
}

/// Service → run → the charge.
type Charges<'a> = BTreeMap<usize, BTreeMap<i64, &'a Billed>>;

/// The disputed charges, few however many charges there are.
pub(super) fn choose(world: &World, summary: &Summary) -> Vec<Pick> {
    let mut charges = Charges::new();
    let large = |b: &Billed| b.amount.units_at(2) >= LEAST;
    // Its owner has to be there when the dispute is opened.
    let stays = |b: &Billed| (0..MONTHS).all(|month| owner(b.centre, month).is_some());
    for ((service, run), billed) in &summary.billed {
        if *run <= LAST && large(billed) && stays(billed) {
            charges.entry(*service).or_default().insert(*run, billed);
        }
    }
    let mut picks = most(world, &mut charges);
    picks.extend(patterns(&mut charges));
    picks.extend(ordinary(&charges));
    picks
}

/// For each provider and stretch a service all of whose months are disputed; it is taken out.
fn most(world: &World, charges: &mut Charges<'_>) -> Vec<Pick> {
    let mut picks = Vec::new();
    let places = (0..PROVIDERS.len()).flat_map(|p| STRETCHES.iter().map(move |s| (p, s)));
    for (group, (provider, stretch)) in places.enumerate() {
        let fits = |(service, runs): &(&usize, &BTreeMap<i64, &Billed>)| {
            at(&world.services, **service).provider == provider
                && stretch.iter().all(|run| runs.contains_key(run))
        };
        let Some(service) = charges.iter().find(fits).map(|(service, _)| *service) else {
            continue;
        };
        let runs = charges.remove(&service).unwrap_or_default();
        for (turn, run) in stretch.iter().enumerate() {
            let Some(billed) = runs.get(run).map(|b| (*b).clone()) else { continue };
            picks.push(Pick { service, run: *run, billed, part: Part::Most(group), turn });
        }
    }
    picks
}

/// The quarter in which the invoice of a run is issued.
fn quarter(run: i64) -> i64 {
    (run + 1) / 3
}

/// At most so many runs of a quarter.
fn spread<'a>(runs: impl Iterator<Item = &'a i64>) -> Vec<i64> {
    let mut taken: Vec<i64> = Vec::new();
    for run in runs {
        if taken.iter().filter(|t| quarter(**t) == quarter(*run)).count() < PER_QUARTER {
            taken.push(*run);
        }
    }
    taken
}

/// Services with the same cause again and again within nine months; they are taken out, but two of
/// three services stay.
fn patterns(charges: &mut Charges<'_>) -> Vec<Pick> {
    let wanted = PATTERNS.min(charges.len().div_ceil(3));
    let within = |runs: &BTreeMap<i64, &Billed>, first: i64| {
        let runs = spread(runs.range(first..first + 9).map(|(run, _)| run));
        (runs.len() >= RECURRENCE).then(|| runs.into_iter().take(RECURRENCE).collect::<Vec<_>>())
    };
    let fitting = charges.iter().enumerate().filter_map(|(place, (service, runs))| {
        // Not all in the first months.
        let begin = i64::try_from(place % 4).unwrap_or(0) * 3;
        let found = (0..=LAST).map(|n| (begin + n) % (LAST + 1)).find_map(|n| within(runs, n))?;
        Some((*service, found))
    });
    let fitting: Vec<(usize, Vec<i64>)> = fitting.take(wanted).collect();
    let mut picks = Vec::new();
    for (group, (service, chosen)) in fitting.into_iter().enumerate() {
        let runs = charges.remove(&service).unwrap_or_default();
        for (turn, run) in chosen.into_iter().enumerate() {
            let Some(billed) = runs.get(&run).map(|b| (*b).clone()) else { continue };
            picks.push(Pick { service, run, billed, part: Part::Pattern(group), turn });
        }
    }
    picks
}

/// Cases of all kinds in turn, never many of one service and cause.
fn ordinary(charges: &Charges<'_>) -> Vec<Pick> {
    let mut picks: Vec<Pick> = Vec::new();
    let mut causes: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let all = charges.iter().flat_map(|(service, runs)| {
        spread(runs.keys()).into_iter().filter_map(|run| Some((*service, run, *runs.get(&run)?)))
    });
    for (number, (service, run, billed)) in all.enumerate().take(ORDINARY) {
        let (part, turn) = (*at(&PARTS, number), number / PARTS.len());
        let known = causes.entry((service, super::case::ground(part, turn).0)).or_default();
        if *known < PER_CAUSE {
            *known += 1;
            picks.push(Pick { service, run, billed: billed.clone(), part, turn });
        }
    }
    picks
}
