//! Alerts of the anomaly model, and what became of them.

use super::digest;
use crate::calendar::HOUR;
use crate::csv::{Format, Table, cell};
use crate::metering::World;
use crate::metering::fault::Class;
use crate::metering::group::{MONTHS, first_day, owner_id, period};
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::Rng;

/// Alerts in a month.
const A_MONTH: usize = 3;
const MODEL: &str = "usage-forest";
const DISPOSITIONS: &[(&str, &str)] = &[
    ("explained", "load test announced by the owner"),
    ("corrected", "the meter's reading was replaced"),
    ("dismissed", "within the season of the service"),
];

/// The dataset `alert`: of resources that live in the month, each answered by the owner within four days.
///
/// # Errors
/// When there is no alert; the text names the fault.
pub(super) fn table(world: &World, plan: &Plan, facts: &mut Vec<Planted>) -> Result<Table, String> {
    let mut rng = Rng::stream(world.seed, "metering alerts");
    let mut rows = Vec::new();
    for month in 0..MONTHS {
        let alive: Vec<_> =
            world.resources.iter().filter_map(|r| Some((r, r.window(month)?))).collect();
        for number in 0..A_MONTH {
            if alive.is_empty() {
                continue;
            }
            let (resource, window) = rng.pick(&alive);
            let lived = window.end.days() - window.first.days();
            let day = window.first.plus_days(rng.between(0, lived - 1));
            let raised = day.plus_days(1).start().plus(rng.between(14, 20) * HOUR);
            let answered = raised.plus(rng.between(4, 90) * HOUR);
            let (disposition, evidence) = rng.pick(DISPOSITIONS);
            // Trained anew once a year.
            let version = if month < 12 { "1.4" } else { "2.0" };
            let in_month = if answered.date() < first_day(month + 1) { month } else { month + 1 };
            rows.push(vec![
                cell(format!("AL-{}-{}", period(month), number + 1)),
                cell(MODEL),
                cell(version),
                cell(4_711 + month),
                cell(digest(&format!("{MODEL} {version}"))),
                cell(resource.id()),
                cell(day),
                cell(Dec::new(i128::from(rng.between(610, 980)), 3)),
                cell(raised),
                cell(disposition),
                cell(owner_id(resource.centre(month), in_month)),
                cell(answered),
                cell(evidence),
            ]);
        }
    }
    let mut table = Table {
        role: "alert",
        format: Format::Csv,
        columns: &[
            "alert_id",
            "model",
            "model_version",
            "seed",
            "training_digest",
            "resource_id",
            "day",
            "score",
            "raised_at",
            "disposition",
            "disposed_by",
            "disposed_at",
            "evidence",
        ],
        money: &[],
        rows,
    };
    forget(world.seed, plan, &mut table, facts)?;
    Ok(table)
}

/// Leaves alerts unanswered.
fn forget(
    seed: u64,
    plan: &Plan,
    table: &mut Table,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let rows: Vec<usize> = (0..table.rows.len()).collect();
    for row in plan.choose(seed, Class::AlertWithoutDisposition, &rows, |_| true)? {
        for column in ["disposition", "disposed_by", "disposed_at", "evidence"] {
            table.set(row, column, None);
        }
        let key = [("alert_id", table.text(row, "alert_id"))];
        facts.push(Planted::of(Class::AlertWithoutDisposition, &key, None));
    }
    Ok(())
}
