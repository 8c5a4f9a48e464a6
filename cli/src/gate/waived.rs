//! The base's waivers over the findings of a gate.

use super::people::Directory;
use super::result::{Finding, WaiverLine};
use super::sides::Sides;
use super::waiver::{self, Applied, Exception, Stake, State, Waiver};
use crate::diagnostic::{Failure, Outcome};
use crate::output;
use crate::text::counted;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use tieout_controls::profile;
use tieout_controls::{ColumnType, Decimal, Money, Value};
use tieout_engine::gate::changeset::Row;

/// Marks the findings that a waiver of the base covers at the beginning of the day, and tells what became
/// of each waiver. `records` has each finding's columns.
///
/// # Errors
/// What is wrong with the file of waivers.
pub(super) fn apply(
    sides: &Sides,
    directory: &Directory,
    as_of: NaiveDate,
    findings: &mut [Finding],
    records: &[Option<&Row>],
) -> Outcome<Vec<WaiverLine>> {
    let Some(workspace) = &sides.workspace else { return Ok(Vec::new()) };
    let Some(file) = &workspace.settings.gate.waivers else { return Ok(Vec::new()) };
    let path = workspace.path(&file.value);
    if !path.is_file() {
        let message = format!("there is no `{}` in the base", file.value);
        return Err(workspace.wrong("file-not-found", message, file, None));
    }
    let waivers = waiver::read(&file.value, &output::read_text(&path)?)?;
    let at = as_of.and_hms_opt(0, 0, 0).map(|at| at.and_utc());
    let at = at.ok_or_else(|| Failure::internal("a day without a beginning"))?;
    waiver::one_person(&waivers, directory, at)?;
    // A key's money stands in one of its rows, and is at stake in all of them.
    let mut at_stake: BTreeMap<&str, Money> = BTreeMap::new();
    for record in records.iter().flatten() {
        let amount = record.get("delta").and_then(|delta| Decimal::parse(delta).ok());
        if let (Some(key), Some(amount), Some(currency)) =
            (record.get("rate_key"), amount, record.get("currency"))
        {
            at_stake.insert(key, Money { amount, currency: currency.to_owned() });
        }
    }
    let exceptions: Vec<Exception> = findings
        .iter()
        .zip(records)
        .enumerate()
        .map(|(number, (finding, record))| exception(number, finding, *record, &at_stake))
        .collect();
    let applied = waiver::apply(&waivers, &exceptions, at)?;
    for (finding, exception) in findings.iter_mut().zip(&exceptions) {
        finding.waiver = applied.waived.get(&exception.key).cloned();
    }
    let mut lines: Vec<WaiverLine> = waivers.iter().map(|w| line(w, &applied, at)).collect();
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(lines)
}

/// A finding as waivers see it; the key sorts as the findings stand, so that exposures are used up in
/// that order.
fn exception(
    number: usize,
    finding: &Finding,
    record: Option<&Row>,
    at_stake: &BTreeMap<&str, Money>,
) -> Exception {
    let amount = finding.amount.as_deref().and_then(|amount| Decimal::parse(amount).ok());
    let column = |name: &str| record.and_then(|record| record.get(name));
    let of_key = column("rate_key").and_then(|key| at_stake.get(key));
    let coverage = column("coverage");
    let stake = match (&finding.amount, amount, &finding.currency) {
        (None, ..) => match (of_key, coverage) {
            (Some(money), _) => Stake::Of(money.clone()),
            // What was not put to usage, or could not be, may be any money.
            (None, Some("priced" | "undetermined")) => Stake::Unknown,
            (None, Some("not-rated"))
                if column("new_price").is_some() && column("old_price").is_some() =>
            {
                Stake::Unknown
            }
            // Records of which something else is said, and of what money nobody knows.
            (None, None) if column("comparison").is_some_and(|word| word != "compared") => {
                Stake::Unknown
            }
            (None, None)
                if column("loosened_without_amount").is_some_and(|number| number != "0") =>
            {
                Stake::Unknown
            }
            (None, _) => Stake::None,
        },
        (Some(_), Some(amount), Some(currency)) => {
            Stake::Of(Money { amount, currency: currency.clone() })
        }
        _ => Stake::Unknown,
    };
    Exception {
        key: format!("{number:012}"),
        control: finding.control.clone(),
        record: typed(record.unwrap_or(&Row::default())),
        stake,
    }
}

/// A record's columns by the profile that has them all.
fn typed(record: &Row) -> BTreeMap<String, Value> {
    let profile = profile::named(match (record.get("rate_key"), record.get("subject")) {
        (Some(_), _) => "rate-change-1",
        (None, Some(_)) => "policy-change-1",
        (None, None) => "gate-request-1",
    });
    let value = |column: &profile::Column| {
        let value = record.get(column.name).and_then(|text| parsed(column.kind, text));
        (column.name.to_owned(), value.unwrap_or(Value::Null))
    };
    profile.map_or(&[][..], |profile| profile.columns).iter().map(value).collect()
}

fn parsed(kind: ColumnType, text: &str) -> Option<Value> {
    match kind {
        ColumnType::String => Some(Value::String(text.to_owned())),
        ColumnType::Bool => text.parse().ok().map(Value::Bool),
        ColumnType::Integer | ColumnType::Decimal { .. } => {
            Decimal::parse(text).ok().map(Value::Number)
        }
        ColumnType::Date => text.parse().ok().map(Value::Date),
        ColumnType::Timestamp => {
            DateTime::parse_from_rfc3339(text).ok().map(|at| Value::Timestamp(at.to_utc()))
        }
        ColumnType::StringList => None,
    }
}

fn line(waiver: &Waiver, applied: &Applied, at: DateTime<Utc>) -> WaiverLine {
    let covered = applied.waived.values().filter(|by| **by == waiver.id).count();
    let until = waiver.days.1;
    let exceeded = applied.exceeded.iter().find(|exceeded| exceeded.waiver == waiver.id);
    let unmeasured = applied.unmeasured.iter().any(|(_, by)| *by == waiver.id);
    let (state, about) = match waiver.state(at) {
        State::Expired => ("expired", format!("ended before {until}: it covers nothing any more")),
        State::Pending => ("not-yet", format!("begins on {}", waiver.days.0)),
        State::Active => match exceeded {
            Some(exceeded) => (
                "exceeded",
                format!(
                    "covers {} of {} and no more",
                    crate::text::money_of(&exceeded.waived, &waiver.exposure.currency),
                    crate::text::money_of(&waiver.exposure.amount, &waiver.exposure.currency),
                ),
            ),
            None if covered > 0 => {
                ("applied", format!("{} until {until}", counted(covered, "finding")))
            }
            None if unmeasured => ("unmeasured", "the money in its scope isn't known".to_owned()),
            None => ("unused", "nothing that it covers was found".to_owned()),
        },
    };
    let about = format!("{}: {about} ({}, {})", waiver.control, waiver.reason, waiver.ticket);
    WaiverLine { id: waiver.id.clone(), state: state.to_owned(), about }
}
