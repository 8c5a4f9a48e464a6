//! Access reviews: each quarter, for each scope, a decision about every role that is held.

use super::super::fault::Class;
use super::super::group::{MONTHS, first_day, period};
use super::super::plan::Plan;
use super::super::truth::Planted;
use super::grants::{ACCESS, Grant};
use super::staff::{CHIEF_REVIEWER, REVIEWERS, one_of, user_id};
use crate::calendar::{DAY, Date, HOUR, Instant};
use crate::csv::{Format, Table, cell, maybe};
use crate::rng::Rng;
use std::collections::BTreeSet;

/// The first months of a review.
const EVERY: usize = 3;
/// So many days after the day that it is about a review is due.
const DUE: i64 = 14;

/// The review of a scope.
pub(super) struct Review {
    id: String,
    scope: &'static str,
    reviewer: String,
    as_of: Date,
    signed: Option<Instant>,
    decisions: Vec<Decision>,
}

struct Decision {
    user: String,
    role: &'static str,
    revoke: bool,
    decided: Instant,
}

/// All reviews of the grants.
pub(super) fn draw(seed: u64, grants: &[Grant]) -> Vec<Review> {
    let mut rng = Rng::stream(seed, "metering access reviews");
    let scopes: BTreeSet<&'static str> = grants.iter().map(|g| g.scope).collect();
    let mut reviews = Vec::new();
    for month in (0..=MONTHS).step_by(EVERY) {
        for (place, scope) in scopes.iter().enumerate() {
            let as_of = first_day(month);
            let days = rng.between(9, 11);
            let signed = as_of.plus_days(days).start().plus(rng.between(8, 17) * HOUR);
            let open = grants.iter().filter(|g| g.scope == *scope && g.open(as_of.start()));
            let decide = |grant: &Grant| Decision {
                user: grant.user.clone(),
                role: grant.role,
                revoke: grant.to.is_some_and(|to| signed < to && to <= signed.plus(5 * DAY)),
                decided: as_of.plus_days(rng.between(1, 7)).start().plus(10 * HOUR),
            };
            let by = if *scope == ACCESS { CHIEF_REVIEWER } else { one_of(&REVIEWERS, place) };
            reviews.push(Review {
                id: format!("AR-{}-{scope}", period(month)),
                scope,
                reviewer: user_id(by),
                as_of,
                signed: Some(signed),
                decisions: open.map(decide).collect(),
            });
        }
    }
    reviews
}

/// Takes signatures away.
///
/// # Errors
/// When no review fits; the text names the fault.
pub(super) fn spoil(
    seed: u64,
    plan: &Plan,
    reviews: &mut [Review],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    for place in plan.choose(seed, Class::ReviewUnsigned, reviews, |_| true)? {
        let Some(review) = reviews.get_mut(place) else { continue };
        review.signed = None;
        let key = [("review_id", review.id.clone())];
        facts.push(Planted::of(Class::ReviewUnsigned, &key, None));
    }
    Ok(())
}

/// The datasets `access-review` and `access-decision`.
pub(super) fn tables(reviews: &[Review]) -> [Table; 2] {
    let mut decisions = Vec::new();
    for review in reviews {
        for decision in &review.decisions {
            decisions.push(vec![
                cell(&review.id),
                cell(&decision.user),
                cell(decision.role),
                cell(if decision.revoke { "revoke" } else { "keep" }),
                cell(decision.decided),
            ]);
        }
    }
    let row = |review: &Review| {
        vec![
            cell(&review.id),
            cell(review.scope),
            cell(&review.reviewer),
            cell(review.as_of),
            cell(review.as_of.plus_days(DUE)),
            maybe(review.signed),
            cell(review.decisions.len()),
        ]
    };
    [
        Table {
            role: "access-review",
            format: Format::Csv,
            columns: &["review_id", "scope", "reviewer", "as_of", "due", "signed_at", "decisions"],
            money: &[],
            rows: reviews.iter().map(row).collect(),
        },
        Table {
            role: "access-decision",
            format: Format::Csv,
            columns: &["review_id", "user_id", "role", "decision", "decided_at"],
            money: &[],
            rows: decisions,
        },
    ]
}
