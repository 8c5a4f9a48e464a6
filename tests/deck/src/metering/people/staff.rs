//! The people, their accounts, and the tenants that they belong to.

use super::super::disputes::TICKET;
use super::super::group::{ENTITIES, first_day};
use crate::calendar::{Date, HOUR, Instant, MINUTE};
use crate::csv::{Format, Table, cell, maybe};
use crate::header;
use crate::rng::{Rng, at};
use std::ops::RangeInclusive;

/// Cost centres' owners, and those who approve what is bought and posted.
pub(super) const PEOPLE: usize = 152;
pub(super) const APPROVES_DOCUMENTS: usize = 1;
pub(super) const APPROVES_CREDITS: usize = 2;
pub(super) const BUYS: usize = 4;
/// One for each entity approves its journal.
pub(super) const FIRST_ACCOUNTANT: usize = 80;
/// They joined while the log was kept.
pub(super) const JOINED: RangeInclusive<usize> = 95..=100;
/// Those who edit rates; the last five gave the role back, one a quarter.
pub(super) const AUTHORS: RangeInclusive<usize> = 101..=107;
pub(super) const MOVERS: RangeInclusive<usize> = 108..=112;
pub(super) const APPROVERS: RangeInclusive<usize> = 113..=118;
pub(super) const DEPLOYERS: RangeInclusive<usize> = 119..=122;
/// They approve when an approver is away; the fifth never does.
pub(super) const DEPUTIES: RangeInclusive<usize> = 123..=126;
pub(super) const IDLE_DEPUTY: usize = 127;
pub(super) const ACCESS_ADMINS: RangeInclusive<usize> = 128..=130;
pub(super) const REVIEWERS: RangeInclusive<usize> = 131..=133;
/// Reviews what those hold who grant and review.
pub(super) const CHIEF_REVIEWER: usize = 134;
pub(super) const RELEASES: usize = 135;
/// Those who handle disputes, decide them at the second level, mediate, and mend rules.
pub(super) const AGENTS: [usize; 2] = [92, 94];
pub(super) const HEADS: [usize; 2] = [137, 139];
pub(super) const MEDIATES: usize = 140;
pub(super) const ENGINEERS: [usize; 2] = [93, 121];
/// Accountants who sign what a provider's month comes to.
pub(super) const SIGN: [usize; 2] = [80, 86];
pub(super) const BOARD: [usize; 9] = [11, 17, 29, 51, 119, 133, 134, 135, 136];
/// Closes findings.
pub(super) const FOLLOWS_UP: usize = 131;
pub(super) const LEAVERS: RangeInclusive<usize> = 141..=152;

/// Accounts that aren't a person's: what they are for, and who answers for or shares them.
pub(super) const JOURNAL: &str = "S001";
pub(super) const BILLING_RUN: &str = "S002";
pub(super) const SHARED: &str = "SH-01";
const SHARED_TOO: &str = "SH-02";
pub(super) const BREAK_GLASS: [&str; 2] = ["BG-01", "BG-02"];
const OTHERS: &[(&str, &str, &[usize])] = &[
    (JOURNAL, "service", &[91]),
    (BILLING_RUN, "service", &[RELEASES]),
    (SHARED, "shared", &[92, 93, 94]),
    (SHARED_TOO, "shared", &[138, 139]),
];

pub(super) fn user_id(number: usize) -> String {
    format!("U{number:03}")
}

/// The person behind a user's own account, as human resources number them.
fn person(number: usize) -> String {
    format!("HR-{}", 4_000 + number)
}

/// The number of one of those.
pub(super) fn one_of(numbers: &RangeInclusive<usize>, place: usize) -> usize {
    numbers.start() + place % numbers.clone().count()
}

/// The last day of somebody who left: in the second month of a quarter.
pub(super) fn leaves(number: usize) -> Option<Date> {
    let place = i64::try_from(number.checked_sub(*LEAVERS.start())?).ok()?;
    Some(first_day(place % 8 * 3).plus_days(20 + place * 2))
}

/// A break-glass account in somebody's hands.
pub(super) struct Checkout {
    pub(super) account: &'static str,
    person: usize,
    pub(super) from: Instant,
    pub(super) to: Instant,
    /// Whether the log has it.
    pub(super) logged: bool,
}

impl Checkout {
    pub(super) fn key(&self) -> [(&'static str, String); 3] {
        [
            ("account", self.account.to_owned()),
            ("person", person(self.person)),
            ("valid_from", self.from.to_string()),
        ]
    }
}

/// Every other month one.
pub(super) fn checkouts(seed: u64) -> Vec<Checkout> {
    let mut rng = Rng::stream(seed, "metering break-glass");
    let draw = |month: i64| {
        let day = first_day(month).plus_days(rng.between(0, 27));
        let from = day.start().plus(rng.between(0, 23) * HOUR + rng.between(0, 59) * MINUTE);
        let person = one_of(&DEPLOYERS, usize::try_from(rng.below(4)).unwrap_or(0));
        let to = from.plus(2 * HOUR);
        Checkout { account: rng.pick::<&str>(&BREAK_GLASS), person, from, to, logged: true }
    };
    (0..24).step_by(2).map(draw).collect()
}

/// The ticket that a break-glass account is handed out for.
pub(super) fn ticket_id(checkout: usize) -> String {
    format!("INC-{:04}", checkout + 1)
}

/// The rows of the dataset `ticket` that are about no dispute: what broke, and was mended by hand.
pub(super) fn tickets(checkouts: &[Checkout]) -> Table {
    let row = |(place, out): (usize, &Checkout)| {
        let by = user_id(out.person);
        vec![
            cell(ticket_id(place)),
            None,
            None,
            cell(out.from.plus(-20 * MINUTE)),
            cell(&by),
            cell(&by),
            cell("high"),
            cell("closed"),
            cell(format!("RCA-{}", ticket_id(place))),
            cell(out.to.plus(HOUR)),
            cell(&by),
            cell(out.to.plus(2 * HOUR)),
        ]
    };
    TICKET.table(checkouts.iter().enumerate().map(row).collect())
}

/// The dataset `user`.
pub(super) fn users(seed: u64) -> Table {
    let mut rng = Rng::stream(seed, "metering users");
    let human = |number: usize| {
        let mut hired = Date::new(2015, 1, 5).plus_days(rng.between(0, 2_500));
        if JOINED.contains(&number) {
            hired = super::grants::joined(number).date();
        }
        let left = leaves(number);
        vec![
            cell(user_id(number)),
            cell(person(number)),
            cell(if number <= 80 { "Business units" } else { at(&["Finance", "IT"], number) }),
            maybe((number > 1).then(|| user_id((number / 6).max(1)))),
            cell(hired),
            maybe(left),
            cell("human"),
            cell(if left.is_some() { "left" } else { "active" }),
        ]
    };
    let mut rows: Vec<_> = (1..=PEOPLE).map(human).collect();
    let others = OTHERS.iter().map(|(account, _, people)| (*account, *at(people, 0)));
    for (account, manager) in others.chain(BREAK_GLASS.map(|a| (a, *DEPLOYERS.start()))) {
        let (service, manager) = (cell("service"), cell(user_id(manager)));
        rows.push(vec![
            cell(account),
            None,
            cell("IT"),
            manager,
            None,
            None,
            service,
            cell("active"),
        ]);
    }
    header::USER.table(rows)
}

/// The dataset `account-person`.
pub(super) fn accounts(checkouts: &[Checkout]) -> Table {
    let since = |number: usize| {
        let joined = JOINED.contains(&number).then(|| super::grants::joined(number));
        joined.unwrap_or_else(|| Date::new(2023, 1, 2).start())
    };
    let mut rows = Vec::new();
    for number in 1..=PEOPLE {
        let until = leaves(number).map(|day| day.plus_days(1).start());
        let (account, person) = (cell(user_id(number)), cell(person(number)));
        rows.push(vec![account, person, cell("personal"), cell(since(number)), maybe(until)]);
    }
    for (account, kind, people) in OTHERS {
        for number in *people {
            let from = cell(since(*number));
            rows.push(vec![cell(account), cell(person(*number)), cell(kind), from, None]);
        }
    }
    for out in checkouts {
        let [account, person, from] = out.key().map(|(_, value)| cell(value));
        rows.push(vec![account, person, cell("break-glass"), from, cell(out.to)]);
    }
    Table {
        role: "account-person",
        format: Format::Csv,
        columns: &["account", "person", "kind", "valid_from", "valid_to"],
        money: &[],
        rows,
    }
}

/// The tenant of an entity.
pub(super) fn tenant(entity: usize) -> String {
    format!("T-{}", at(ENTITIES, entity).id)
}

/// The dataset `tenant`.
pub(super) fn tenants() -> Table {
    let segment = |country: &str| match country {
        "CH" => "switzerland",
        "GB" => "united-kingdom",
        "US" => "north-america",
        _ => "european-union",
    };
    let row = |(number, entity): (usize, &super::super::group::Entity)| {
        vec![cell(tenant(number)), cell(entity.id), cell(segment(entity.country))]
    };
    Table {
        role: "tenant",
        format: Format::Csv,
        columns: &["tenant_id", "entity", "segment"],
        money: &[],
        rows: ENTITIES.iter().enumerate().map(row).collect(),
    }
}
