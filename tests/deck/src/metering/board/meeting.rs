//! The board: a meeting every month and a review of accuracy every quarter, who came, and what was
//! decided.

use super::columns::{BOARD, BOARD_ATTENDEE, BOARD_DECISION};
use super::document::POLICIES;
use crate::calendar::{Date, HOUR};
use crate::csv::{Cell, Table, cell, maybe};
use crate::metering::World;
use crate::metering::disputes::days::{after, on_or_before, quarter};
use crate::metering::disputes::{Change, digest};
use crate::metering::fault::Class;
use crate::metering::group::{MONTHS, first_day};
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;

/// Who belongs to the board: user, function, role.
const MEMBERS: [(&str, &str, &str); 9] = [
    ("U135", "it", "chair"),
    ("U119", "it", "member"),
    ("U134", "finance", "member"),
    ("U136", "finance", "member"),
    ("U011", "business", "member"),
    ("U017", "business", "member"),
    ("U029", "business", "member"),
    ("U051", "business", "member"),
    ("U133", "audit", "secretary"),
];

const QUORUM: &str = "it, finance, business; half of the members";

/// A meeting.
struct Meeting {
    day: Date,
    /// The quarter that it reviews.
    reviews: Option<String>,
    without_finance: bool,
}

/// A decision.
struct Decision {
    meeting: usize,
    id: String,
    kind: &'static str,
    object: String,
    version: Option<String>,
}

/// The day of a month's regular meeting.
fn regular(month: i64) -> Date {
    on_or_before(first_day(month).plus_days(9))
}

/// The first regular meeting after the day.
pub(crate) fn meeting_after(day: Date) -> Date {
    (0..).map(regular).find(|meeting| *meeting > day).unwrap_or(day)
}

impl Meeting {
    fn id(&self) -> String {
        let (year, month, _) = self.day.civil();
        match &self.reviews {
            Some(quarter) => format!("BR-{quarter}"),
            None => format!("BM-{year:04}-{month:02}"),
        }
    }

    fn row(&self) -> Vec<Cell> {
        let signed = after(self.day, 1).start().plus(10 * HOUR);
        vec![
            cell(self.id()),
            cell(if self.reviews.is_some() { "accuracy-review" } else { "regular" }),
            cell(self.day),
            maybe(self.reviews.as_ref()),
            cell(QUORUM),
            cell(digest(&self.id())),
            cell("U135"),
            cell(signed),
        ]
    }

    /// One of the business is away now and then.
    fn attendees(&self) -> Vec<Vec<Cell>> {
        let number = usize::try_from(self.day.days()).unwrap_or(0);
        let row = |(place, (user, function, role)): (usize, &(&str, &str, &str))| {
            let absent = *function == "business" && (number + place).is_multiple_of(6);
            let absent = absent || (self.without_finance && *function == "finance");
            vec![
                cell(self.id()),
                cell(user),
                cell(function),
                cell(role),
                cell(!absent),
                cell(false),
            ]
        };
        MEMBERS.iter().enumerate().map(row).collect()
    }
}

/// The datasets `board`, `board-attendee` and `board-decision`.
///
/// # Errors
/// When no meeting fits a fault; the text names it.
pub(super) fn tables(
    world: &World,
    changes: &[Change],
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Table>, String> {
    let plain = |day| Meeting { day, reviews: None, without_finance: false };
    let mut meetings: Vec<Meeting> = (0..=MONTHS).map(|month| plain(regular(month))).collect();
    let decisions = decisions(world, changes, &meetings);
    let deciding: Vec<usize> = (0..meetings.len())
        .filter(|m| decisions.iter().any(|d| d.meeting == *m && d.kind != "review"))
        .collect();
    for place in plan.choose(world.seed, Class::WithoutFinance, &deciding, |_| true)? {
        let meeting = crate::rng::at(&deciding, place);
        if let Some(meeting) = meetings.get_mut(*meeting) {
            meeting.without_finance = true;
        }
        for decision in decisions.iter().filter(|d| d.meeting == *meeting) {
            let key = [("decision_id", decision.id.clone())];
            facts.push(Planted::of(Class::WithoutFinance, &key, None));
        }
    }
    let mut rows: Vec<Vec<Cell>> =
        decisions.iter().filter_map(|d| Some(d.row(&meetings.get(d.meeting)?.id()))).collect();
    let mut reviews = reviews();
    let missing = plan.choose(world.seed, Class::ReviewMissing, &reviews, |_| true)?;
    for place in &missing {
        let quarter = crate::rng::at(&reviews, *place).reviews.clone().unwrap_or_default();
        facts.push(Planted::of(Class::ReviewMissing, &[("period", quarter)], None));
    }
    let mut place = 0..;
    reviews.retain(|_| place.next().is_some_and(|place| !missing.contains(&place)));
    rows.extend(reviews.iter().map(|review| {
        let id = review.id();
        let object = "billing-accuracy-lines".to_owned();
        let version = review.reviews.clone();
        Decision { meeting: 0, id: format!("BD-{id}"), kind: "review", object, version }.row(&id)
    }));
    meetings.extend(reviews);
    let attendees = meetings.iter().flat_map(Meeting::attendees);
    Ok(vec![
        BOARD.table(meetings.iter().map(Meeting::row).collect()),
        BOARD_ATTENDEE.table(attendees.collect()),
        BOARD_DECISION.table(rows),
    ])
}

/// The reviews of accuracy, each in the month after its quarter.
fn reviews() -> Vec<Meeting> {
    let of = |number: i64| {
        let month = number * 3;
        let day = on_or_before(first_day(month + 3).plus_days(20));
        let reviews = Some(quarter(first_day(month)));
        Meeting { day, reviews, without_finance: false }
    };
    (0..MONTHS / 3).map(of).collect()
}

/// What regular meetings decide: prices before they are known, documents before they are approved, and
/// changes that disputes led to.
fn decisions(world: &World, changes: &[Change], meetings: &[Meeting]) -> Vec<Decision> {
    let before = |day: Date| meetings.iter().rposition(|m| m.day < day);
    let mut all = Vec::new();
    for service in &world.services {
        for version in &service.versions {
            let Some(meeting) = before(version.known.date()) else { continue };
            all.push(Decision {
                meeting,
                id: format!("BD-{}-{}", service.id(), version.label),
                kind: "rate",
                object: service.id(),
                version: Some(version.label.clone()),
            });
        }
    }
    for (document, version, day) in POLICIES {
        let Some(meeting) = before(day) else { continue };
        let (object, version) = (document.to_owned(), Some(version.to_owned()));
        let id = format!("BD-{document}-{}", version.clone().unwrap_or_default());
        all.push(Decision { meeting, id, kind: "policy", object, version });
    }
    for change in changes {
        let Some(meeting) = meetings.iter().position(|m| m.day == change.decided) else { continue };
        let (id, object) = (format!("BD-{}", change.id), change.id.clone());
        all.push(Decision { meeting, id, kind: "change", object, version: None });
    }
    all
}

impl Decision {
    fn row(&self, meeting: &str) -> Vec<Cell> {
        vec![
            cell(&self.id),
            cell(meeting),
            cell(self.kind),
            cell(&self.object),
            maybe(self.version.as_ref()),
            cell("approved"),
        ]
    }
}
