//! Users, roles that build on roles, and the duties that must stay apart.

mod duties;

use self::duties::{RULES, actions, permissions, roles, rules};
use crate::Faults;
use crate::calendar::{Date, HOUR, Instant};
use crate::csv::{Table, cell, maybe};
use crate::fault::Chosen;
use crate::header;
use crate::rng::{Rng, at};
use crate::truth::{Answers, Fact, key};

/// The last accounts belong to services.
const USERS: usize = 40;
const HUMANS: usize = 38;
/// The number of the first human whose employment may end within the year.
const FIRST_LEAVER: usize = 34;

/// What people hold; no post offends a rule.
const POSTS: &[&[&str]] = &[
    &["pricing-analyst"],
    &["rate-author", "reader"],
    &["pricing-lead"],
    &["group-pricing-officer"],
    &["usage-corrector"],
    &["credit-lead"],
    &["finance-officer"],
    &["cost-centre-admin"],
    &["charge-poster"],
    &["billing-clerk"],
    &["billing-operator", "dispute-agent"],
    &["billing-director"],
    &["access-admin"],
    &["access-reviewer"],
    &["policy-editor"],
    &["policy-board", "dispute-judge"],
    &["ledger-clerk"],
    &["close-lead"],
    &["closing-director"],
    &["dispute-agent"],
    &["reader"],
    &["usage-corrector", "map-editor"],
];

const NAMES: &[&str] = &["Kask", "Müller", "Lefèvre", "O'Brien", "Zgraggen", "Tamm", "Öztürk"];
const INITIALS: &[&str] = &["A.", "B.", "É.", "J.", "K.", "Ü."];

struct Grant {
    user: usize,
    role: &'static str,
    from: Instant,
    to: Option<Instant>,
}

/// The user's id, such as `U007`; `user` counts from 0.
pub(crate) fn user_id(user: usize) -> String {
    format!("U{:03}", user + 1)
}

/// So many different people who stay all year.
pub(crate) fn some_people<const N: usize>(rng: &mut Rng) -> [String; N] {
    let first = usize::try_from(rng.below(32)).unwrap_or(0);
    std::array::from_fn(|n| user_id((first + n * 5) % FIRST_LEAVER))
}

/// The datasets `user`, `role`, `role-grant`, `permission` and `sod-rule`.
///
/// # Errors
/// When no user fits a fault; the text names it.
pub(crate) fn tables(
    seed: u64,
    faults: &Faults,
    answers: &mut Answers,
) -> Result<Vec<Table>, String> {
    let mut grants = clean_grants(seed);
    if faults.include("SOD-01") {
        let mut rng = Rng::stream(seed, "fault SOD-01");
        let planted = plant(&mut rng, &mut grants)?;
        tell(&grants, &planted, answers);
    }
    Ok(vec![users(seed), roles(), grant_table(&grants), permissions(), rules()])
}

fn clean_grants(seed: u64) -> Vec<Grant> {
    let mut rng = Rng::stream(seed, "role-grants");
    let offset = usize::try_from(rng.below(22)).unwrap_or(0);
    let mut grants = Vec::new();
    for user in 0..USERS {
        let roles = match user {
            HUMANS => &["billing-operator"][..],
            _ if user > HUMANS => &["reader"][..],
            // 7 and the number of posts have no common divisor: each post is filled.
            _ => at(POSTS, user * 7 + offset),
        };
        let to = leaves(user).map(Date::start);
        for role in roles {
            let day = Date::new(2023, 1, 1).plus_days(rng.between(0, 700));
            grants.push(Grant { user, role, from: day.start().plus(9 * HOUR), to });
        }
        if roles.contains(&"pricing-analyst") {
            // A toxic pair of the past, given back before the year began.
            let (from, to) = (Date::new(2023, 2, 1), Date::new(2024, 11, 30));
            let (from, to) = (from.start(), Some(to.start()));
            grants.push(Grant { user, role: "rate-approver", from, to });
        }
    }
    grants
}

fn leaves(user: usize) -> Option<Date> {
    match user {
        FIRST_LEAVER => Some(Date::new(2025, 4, 1)),
        35 => Some(Date::new(2025, 9, 16)),
        _ => None,
    }
}

/// Gives one person a second duty through nested roles, and another one directly; user and rule
/// of each.
fn plant(
    rng: &mut Rng,
    grants: &mut Vec<Grant>,
) -> Result<Vec<(usize, &'static str, &'static str)>, String> {
    const NESTED: &[(&str, &str, &str)] = &[
        ("pricing-analyst", "group-pricing-officer", "SOD-R1"),
        ("billing-clerk", "billing-director", "SOD-R4"),
        ("ledger-clerk", "closing-director", "SOD-R7"),
    ];
    const DIRECT: &[(&str, &str, &str)] = &[
        ("usage-corrector", "credit-approver", "SOD-R2"),
        ("cost-centre-admin", "charge-poster", "SOD-R3"),
        ("access-admin", "access-reviewer", "SOD-R5"),
        ("policy-editor", "policy-approver", "SOD-R6"),
    ];
    let mut chosen = Chosen::default();
    let mut planted = Vec::new();
    for (fault, options) in [("toxic-pair-nested", NESTED), ("toxic-pair-direct", DIRECT)] {
        let (holds, gets, rule) = *rng.pick(options);
        let stays = |g: &Grant| g.role == holds && g.to.is_none() && g.user < HUMANS;
        let place = chosen.one(rng, grants, fault, stays)?;
        let user = at(grants, place).user;
        let day = Date::new(2025, 2, 1).plus_days(rng.between(0, 270));
        let from = day.start().plus(14 * HOUR);
        grants.push(Grant { user, role: gets, from, to: None });
        planted.push((user, rule, fault));
    }
    Ok(planted)
}

/// Every toxic pair, found by walking the roles of each user.
fn tell(grants: &[Grant], planted: &[(usize, &str, &str)], answers: &mut Answers) {
    for user in 0..USERS {
        let open = grants.iter().filter(|g| g.user == user && g.to.is_none());
        let held = actions(open.map(|g| g.role).collect());
        for (rule, a, b, _) in RULES {
            if !(held.contains(a) && held.contains(b)) {
                continue;
            }
            let itself = planted.iter().find(|p| p.0 == user && p.1 == *rule);
            let cause = itself.or_else(|| planted.iter().find(|p| p.0 == user));
            answers.add(Fact {
                control: "SOD-01",
                key: key([("user_id", &user_id(user)), ("rule_id", rule)]),
                code: "toxic-pair",
                amount: None,
                fault: cause.map_or("none", |p| p.2),
                consequential: itself.is_none(),
            });
        }
    }
}

fn users(seed: u64) -> Table {
    let mut rng = Rng::stream(seed, "users");
    let row = |user: usize| {
        let human = user < HUMANS;
        let name = format!("{}, {}", at(NAMES, user * 3), rng.pick(INITIALS));
        let hired = Date::new(2015, 1, 1).plus_days(rng.between(0, 2_800));
        let gone = leaves(user);
        vec![
            cell(user_id(user)),
            cell(if human { name } else { format!("service {}", user - HUMANS + 1) }),
            cell(at(&["Finance", "IT", "Billing", "Sales, marketing"], user)),
            maybe((user > 0).then(|| user_id(user / 6))),
            maybe(human.then_some(hired)),
            maybe(gone),
            cell(if human { "human" } else { "service" }),
            cell(if gone.is_some() { "left" } else { "active" }),
        ]
    };
    header::USER.table((0..USERS).map(row).collect())
}

fn grant_table(grants: &[Grant]) -> Table {
    let row = |(number, grant): (usize, &Grant)| {
        vec![
            cell(user_id(grant.user)),
            cell(grant.role),
            cell("group"),
            cell(grant.from),
            maybe(grant.to),
            cell("U005"),
            cell(format!("REQ-{:04}", number + 1)),
        ]
    };
    header::ROLE_GRANT.table(grants.iter().enumerate().map(row).collect())
}
