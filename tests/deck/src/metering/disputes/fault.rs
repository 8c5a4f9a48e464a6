//! The faults of disputes. A case carries at most one: each class has cases of its own.

use super::case::{Case, LEVEL_LIMIT};
use super::choice::{Part, RECURRENCE};
use super::days::quarter;
use crate::metering::fault::Class;
use crate::metering::group::{MONTHS, invoice_day};
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::at;
use std::collections::BTreeSet;

/// A case is opened on that day after the invoice.
const OUTSIDE: i64 = 47;
/// A provisional credit is open for so many days.
const OPEN: i64 = 95;

/// The faults of single cases, and the cases that they are planted in.
const OF_CASES: [(Class, Part); 7] = [
    (Class::EscalationLate, Part::Level),
    (Class::OutsideWindow, Part::Window),
    (Class::CauseNotOfAdjustment, Part::Cause),
    (Class::WithoutEvidence, Part::Evidence),
    (Class::ProvisionalOpen, Part::Provisional),
    (Class::CreditOverwritten, Part::Edited),
    (Class::ClosedWithoutCause, Part::Analysis),
];

/// The transitions that no message tells of: the place of the case, and the transition's number.
pub(super) type Silent = BTreeSet<(usize, i64)>;

/// Plants the faults, and gives the transitions without a message.
///
/// # Errors
/// When no case fits a fault; the text names it.
pub(super) fn spoil(
    seed: u64,
    plan: &Plan,
    cases: &mut [Case],
    facts: &mut Vec<Planted>,
) -> Result<Silent, String> {
    for (class, part) in OF_CASES {
        let in_time = |c: &Case| c.granted().plus_days(OPEN) <= invoice_day(MONTHS - 1);
        let fits = |c: &Case| c.part == part && (class != Class::ProvisionalOpen || in_time(c));
        for place in plan.choose(seed, class, cases, fits)? {
            if let Some(case) = cases.get_mut(place) {
                facts.push(case.spoil(class));
            }
        }
    }
    unlink(seed, plan, cases, facts)?;
    let all: Vec<(usize, i64)> = cases
        .iter()
        .enumerate()
        .flat_map(|(place, case)| (1..).zip(case.steps()).map(move |(seq, _)| (place, seq)))
        .collect();
    let mut silent = Silent::new();
    for place in plan.choose(seed, Class::WithoutMessage, &all, |_| true)? {
        let (case, seq) = *at(&all, place);
        silent.insert((case, seq));
        let key = [("dispute_id", at(cases, case).id()), ("seq", seq.to_string())];
        facts.push(Planted::of(Class::WithoutMessage, &key, None));
    }
    Ok(silent)
}

impl Case {
    /// Plants the fault in the case.
    fn spoil(&mut self, class: Class) -> Planted {
        let id = [("dispute_id", self.id())];
        let currency = self.currency();
        let money = |units: i128| Some((Dec::new(units, 2), currency));
        match class {
            Class::EscalationLate => {
                self.raise_on(LEVEL_LIMIT + 1);
                let key = [("dispute_id", self.id()), ("seq", Self::RAISED.to_string())];
                Planted::of(class, &key, None)
            }
            Class::OutsideWindow => {
                self.opened = invoice_day(self.run).plus_days(OUTSIDE);
                Planted::of(class, &id, money(self.contested()))
            }
            Class::CauseNotOfAdjustment => {
                self.cause = "policy-misread";
                Planted::of(class, &id, money(self.due_credit()))
            }
            Class::WithoutEvidence => {
                self.evidence = 0;
                Planted::of(class, &id, money(self.contested()))
            }
            Class::ProvisionalOpen => {
                self.lingers = Some(OPEN);
                let key = [("credit_id", self.credit_id("provisional"))];
                Planted::of(class, &key, money(self.contested()))
            }
            Class::CreditOverwritten => {
                // It stays within what is contested.
                self.edited = (self.due_credit() / 10).max(1);
                let key = [("credit_id", self.credit_id("final"))];
                Planted::of(class, &key, money(self.edited))
            }
            _ => {
                self.analysed = false;
                Planted::of(class, &id, None)
            }
        }
    }
}

/// Takes the changes of rules away that followed from what came again and again.
fn unlink(
    seed: u64,
    plan: &Plan,
    cases: &mut [Case],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let groups = |of: fn(Part) -> bool| {
        let ids: BTreeSet<_> =
            cases.iter().filter(|c| of(c.part)).filter_map(|c| c.change.clone()).collect();
        ids.into_iter().collect::<Vec<_>>()
    };
    let repeated = groups(|part| matches!(part, Part::Pattern(_)));
    let contested = groups(|part| matches!(part, Part::Most(_)));
    for (class, groups) in [(Class::PatternUnchanged, repeated), (Class::ContestedKept, contested)]
    {
        for place in plan.choose(seed, class, &groups, |_| true)? {
            let change = at(&groups, place);
            let mut last = None;
            for case in cases.iter_mut().filter(|c| c.change.as_ref() == Some(change)) {
                case.change = None;
                last = Some((case.service, case.cause, case.run));
            }
            let Some((service, cause, run)) = last else { continue };
            let service = ("service_id", format!("S-{service:04}"));
            let fact = if class == Class::PatternUnchanged {
                Planted::of(class, &[service, ("root_cause", cause.to_owned())], None)
            } else {
                let quarter = quarter(invoice_day(run));
                Planted::of(class, &[service, ("quarter", quarter)], None)
            };
            facts.push(fact);
        }
    }
    Ok(())
}

/// The number of cases that make a pattern, as the policy says it.
pub(crate) const PATTERN: usize = RECURRENCE;
