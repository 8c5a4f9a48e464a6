//! A case: on what ground it is decided how, and when it goes from state to state.

use super::choice::{Part, Pick};
use super::days::{after, between, on_or_after};
use super::staff::{STAFF, Staff};
use crate::calendar::{Date, HOUR, Instant, MINUTE};
use crate::metering::World;
use crate::metering::group::{Centre, PROVIDERS, invoice_day, owner_id};
use crate::metering::summary::Billed;
use crate::rng::{Rng, at};

/// How a case is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Upheld,
    Partly,
    Denied,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Partly => "partly-upheld",
            Self::Denied => "denied",
        }
    }
}

/// The way to the decision: at the first level, at the second, or by mediation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Direct,
    Raised,
    Mediated,
}

/// In business days, each from the step before; `raise` from the opening.
#[derive(Debug, Clone, Copy)]
struct Waits {
    classify: i64,
    investigate: i64,
    raise: i64,
    mediate: i64,
    resolve: i64,
    close: i64,
}

/// A transition.
pub(crate) struct Step {
    pub(crate) from: Option<&'static str>,
    pub(crate) to: &'static str,
    pub(crate) level: i64,
    pub(crate) at: Instant,
    pub(crate) actor: String,
}

/// A dispute.
pub(crate) struct Case {
    pub(super) number: usize,
    pub(super) part: Part,
    pub(super) service: usize,
    pub(super) provider: usize,
    pub(super) run: i64,
    pub(super) billed: Billed,
    pub(super) cause: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) opened: Date,
    way: Way,
    waits: Waits,
    pub(super) provisional: bool,
    pub(super) ticket: bool,
    pub(super) analysed: bool,
    pub(super) evidence: i64,
    pub(super) change: Option<String>,
    /// The provisional credit ends so many days after it was granted, whenever the case was resolved.
    pub(super) lingers: Option<i64>,
    /// By how much the final credit was edited, in hundredths.
    pub(super) edited: i128,
}

/// A case is due so many business days after it was opened.
const DUE: i64 = 15;
/// The longest that a case may stay at the first and the second level.
pub(super) const LEVEL_LIMIT: i64 = 10;

/// Cause and outcome of a case of that part.
pub(super) fn ground(part: Part, turn: usize) -> (&'static str, Outcome) {
    use Outcome::{Denied, Partly, Upheld};
    let word = |words: &[&'static str], turn: usize| *at(words, turn);
    match part {
        Part::Evidence => (word(&["rate-version", "contract"], turn), Upheld),
        Part::Window => ("ownership", Partly),
        Part::Level => (word(&["allocation-key", "calculation"], turn), Upheld),
        Part::Cause => (word(&["metering-gap", "duplicate", "late-data"], turn), Upheld),
        Part::Analysis => (word(&["system-failure", "late-data"], turn), Upheld),
        Part::Provisional => {
            *at(&[("tax", Upheld), ("rate-version", Partly), ("unfounded", Denied)], turn)
        }
        Part::Edited => (word(&["rounding", "calculation"], turn), Partly),
        Part::Denied => (word(&["policy-misread", "unfounded"], turn), Denied),
        Part::Pattern(group) => {
            (word(&["duplicate", "ownership", "rate-version", "allocation-key"], group), Upheld)
        }
        Part::Most(_) => *at(
            &[("policy-misread", Denied), ("ownership", Upheld), ("rate-version", Partly)],
            turn,
        ),
    }
}

impl Case {
    pub(super) fn draw(world: &World, number: usize, pick: Pick) -> Self {
        let index = u64::try_from(number).unwrap_or(0);
        let mut rng = Rng::indexed(Rng::stream(world.seed, "metering dispute").number(), index);
        let Pick { service, run, billed, part, turn } = pick;
        let (cause, outcome) = ground(part, turn);
        let way = match part {
            Part::Provisional => Way::Mediated,
            Part::Level | Part::Analysis => Way::Raised,
            Part::Denied if turn.is_multiple_of(2) => Way::Mediated,
            _ => Way::Direct,
        };
        let waits = Waits {
            classify: rng.between(1, 2),
            investigate: rng.between(1, 2),
            raise: rng.between(8, LEVEL_LIMIT),
            mediate: rng.between(6, LEVEL_LIMIT),
            resolve: match way {
                Way::Direct => rng.between(2, 4),
                Way::Raised => rng.between(3, 9),
                Way::Mediated => rng.between(8, 18),
            },
            close: rng.between(3, 5),
        };
        let days = rng.between(3, 25);
        let issued = invoice_day(run);
        // The last day of the window is in time.
        let last = number % 17 == 3;
        let opened = if last { issued.plus_days(30) } else { on_or_after(issued.plus_days(days)) };
        let technical =
            matches!(cause, "metering-gap" | "duplicate" | "late-data" | "system-failure");
        Self {
            number,
            part,
            service,
            provider: at(&world.services, service).provider,
            run,
            billed,
            cause,
            outcome,
            opened,
            way,
            waits,
            provisional: part == Part::Provisional,
            ticket: technical,
            analysed: technical,
            evidence: rng.between(1, 3),
            change: None,
            lingers: None,
            edited: 0,
        }
    }

    pub(crate) fn id(&self) -> String {
        format!("D-{:04}", self.number + 1)
    }

    pub(super) fn staff(&self) -> &'static Staff {
        at(&STAFF, self.provider)
    }

    pub(crate) fn issuer(&self) -> &'static str {
        at(PROVIDERS, self.provider).id()
    }

    pub(super) fn currency(&self) -> &'static str {
        at(PROVIDERS, self.provider).currency
    }

    /// Who owns the cost centre in the month.
    pub(super) fn opener(&self) -> String {
        let (year, month, _) = self.opened.civil();
        owner_id(self.billed.centre, (year - 2024) * 12 + month - 1)
    }

    pub(super) fn centre(&self) -> String {
        Centre::at(self.billed.centre).id()
    }

    /// Invoice and line.
    pub(crate) fn line(&self) -> (&str, i64) {
        (&self.billed.invoice, self.billed.line)
    }

    /// The last day by which it is resolved on time.
    pub(crate) fn due(&self) -> Date {
        after(self.opened, DUE)
    }

    fn investigated(&self) -> Date {
        after(self.opened, self.waits.classify + self.waits.investigate)
    }

    fn raised(&self) -> Date {
        after(self.opened, self.waits.raise)
    }

    pub(crate) fn resolved(&self) -> Date {
        let from = match self.way {
            Way::Direct => self.investigated(),
            Way::Raised => self.raised(),
            Way::Mediated => after(self.raised(), self.waits.mediate),
        };
        after(from, self.waits.resolve)
    }

    /// Business days from the opening to the decision.
    pub(crate) fn took(&self) -> i64 {
        between(self.opened, self.resolved())
    }

    /// When a provisional credit is granted.
    pub(super) fn granted(&self) -> Date {
        self.investigated()
    }

    /// When credits are final or taken back.
    pub(super) fn settled(&self) -> Date {
        let late = self.lingers.map(|days| self.granted().plus_days(days));
        late.unwrap_or_else(|| after(self.resolved(), 1))
    }

    fn closed(&self) -> Date {
        after(self.resolved(), self.waits.close).max(after(self.settled(), 1))
    }

    /// The level is raised on that business day after the opening.
    pub(super) fn raise_on(&mut self, day: i64) {
        self.waits.raise = day;
    }

    /// The place of the transition to the second level, counted from 1.
    pub(super) const RAISED: i64 = 4;

    pub(super) fn level(&self) -> i64 {
        match self.way {
            Way::Direct => 1,
            Way::Raised => 2,
            Way::Mediated => 3,
        }
    }

    /// Its transitions, in order.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let (staff, level) = (self.staff(), self.level());
        let decider = match self.way {
            Way::Direct => staff.agent,
            Way::Raised => staff.head,
            Way::Mediated => staff.mediator,
        };
        let opener = self.opener();
        let classified = after(self.opened, self.waits.classify);
        let mut steps = vec![
            (None, "opened", 1, self.opened, opener.as_str()),
            (Some("opened"), "classified", 1, classified, staff.agent),
            (Some("classified"), "investigating", 1, self.investigated(), staff.agent),
        ];
        let mut from = "investigating";
        if self.way != Way::Direct {
            steps.push((Some(from), from, 2, self.raised(), staff.head));
        }
        if self.way == Way::Mediated {
            let day = after(self.raised(), self.waits.mediate);
            steps.push((Some(from), "mediation", 3, day, staff.mediator));
            from = "mediation";
        }
        steps.push((Some(from), "resolved", level, self.resolved(), decider));
        steps.push((Some("resolved"), "closed", level, self.closed(), staff.agent));
        let minutes = i64::try_from(self.number * 7 % 60).unwrap_or(0);
        let timed = steps.into_iter().zip(9..).map(|((from, to, level, day, actor), hour)| Step {
            from,
            to,
            level,
            at: day.start().plus(hour * HOUR + minutes * MINUTE),
            actor: actor.to_owned(),
        });
        timed.collect()
    }
}
