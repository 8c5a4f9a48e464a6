//! Backups: of each system every Sunday, one of a quarter restored to see that it can be.

use super::digest;
use crate::calendar::{DAY, Date, HOUR};
use crate::csv::{Cell, Format, Table, cell, maybe};
use crate::metering::fault::Class;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::rng::Rng;

const SYSTEMS: &[&str] = &["billing-database", "ledger", "metering-store"];
/// The first Sunday, and how many there are until the middle of January 2026.
const FIRST: Date = Date::new(2024, 1, 7);
const WEEKS: i64 = 106;

/// The dataset `backup`.
///
/// # Errors
/// None here: there is always a backup.
pub(super) fn table(seed: u64, plan: &Plan, facts: &mut Vec<Planted>) -> Result<Table, String> {
    let mut rng = Rng::stream(seed, "metering backups");
    let mut made: Vec<(&str, Date, Vec<Cell>)> = Vec::new();
    for week in 0..WEEKS {
        for system in SYSTEMS {
            let day = FIRST.plus_days(week * 7);
            let id = format!("BK-{system}-{day}");
            let finished = day.start().plus(2 * HOUR + rng.between(600, 5_400));
            let size = 40_000_000_000 + week * 310_000_000 + rng.between(0, 9_000_000);
            let restored = (week % 13 == 4).then(|| finished.plus(2 * DAY + 6 * HOUR));
            let row = vec![
                cell(&id),
                cell(system),
                cell(day),
                cell(finished),
                cell(size),
                cell(digest(&id)),
                cell("complete"),
                maybe(restored),
            ];
            made.push((system, day, row));
        }
    }
    // One that nobody restored leaves no other gap.
    let plain = |(_, _, row): &(&str, Date, Vec<Cell>)| row.last().is_some_and(Option::is_none);
    let missing = plan.choose(seed, Class::BackupMissing, &made, plain)?;
    for (system, day, _) in missing.iter().filter_map(|place| made.get(*place)) {
        let key = [("system", (*system).to_owned()), ("scheduled_for", day.to_string())];
        facts.push(Planted::of(Class::BackupMissing, &key, None));
    }
    let kept = made.into_iter().enumerate().filter(|(place, _)| !missing.contains(place));
    Ok(Table {
        role: "backup",
        format: Format::Csv,
        columns: &[
            "backup_id",
            "system",
            "scheduled_for",
            "finished_at",
            "size_bytes",
            "digest",
            "status",
            "restored_at",
        ],
        money: &[],
        rows: kept.map(|(_, (.., row))| row).collect(),
    })
}
