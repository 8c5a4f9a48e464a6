//! The directory of people, from the base's datasets.

use super::judge::Judging;
use super::people::{AccountRow, DelegationRow, Directory, GrantRow, Held, Kind, RoleRow};
use super::result::Open;
use crate::diagnostic::{Failure, Outcome};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch, StringArray};
use chrono::{DateTime, Utc};
use tieout_engine::dataset::Loaded;
use tieout_engine::gate::DAY;

/// Reads the directory, and tells of each row that can't be read: it may be anybody.
///
/// # Errors
/// What can't be read at all.
pub(super) fn directory(judging: Judging<'_>) -> Outcome<(Directory, Vec<Open>)> {
    let (mut accounts, mut grants) = (Vec::new(), Vec::new());
    let (mut roles, mut delegations) = (Vec::new(), Vec::new());
    let mut open = Vec::new();
    for spec in judging.of_roles(&["account-person", "role-grant", "role", "delegation"]) {
        let loaded = judging.read(spec)?;
        open.extend(unreadable(&loaded));
        for batch in &loaded.batches {
            match spec.profile.role {
                "account-person" => accounts.extend(accounts_of(batch)?),
                "role-grant" => grants.extend(grants_of(batch)?),
                "role" => roles.extend(roles_of(batch)?),
                _ => delegations.extend(delegations_of(batch)?),
            }
        }
    }
    Ok((Directory::new(accounts, grants, roles, delegations), open))
}

/// That rows of a dataset can't be read, where there are some: what they say nobody knows.
pub(super) fn unreadable(loaded: &Loaded) -> Option<Open> {
    let number = loaded.refused.len();
    let name = &loaded.summary.name;
    (number > 0).then(|| Open::of_gate(format!("{number} rows of `{name}` can't be read")))
}

fn accounts_of(batch: &RecordBatch) -> Outcome<Vec<AccountRow>> {
    let (accounts, persons, kinds) =
        (text(batch, "account")?, text(batch, "person")?, text(batch, "kind")?);
    let held = held(batch, "valid_from", "valid_to")?;
    let row = |(place, held)| -> Outcome<AccountRow> {
        Ok(AccountRow {
            account: stated(accounts, place)?,
            person: value(persons, place),
            kind: match value(kinds, place).as_deref() {
                Some("personal") => Kind::Personal,
                Some("shared") => Kind::Shared,
                Some("service") => Kind::Service,
                Some("break-glass") => Kind::BreakGlass,
                _ => Kind::Unknown,
            },
            held,
        })
    };
    held.into_iter().enumerate().map(row).collect()
}

fn grants_of(batch: &RecordBatch) -> Outcome<Vec<GrantRow>> {
    let (users, roles) = (text(batch, "user_id")?, text(batch, "role")?);
    let held = held(batch, "granted_at", "revoked_at")?;
    let row = |(place, held)| -> Outcome<GrantRow> {
        Ok(GrantRow { user_id: stated(users, place)?, role: stated(roles, place)?, held })
    };
    held.into_iter().enumerate().map(row).collect()
}

fn roles_of(batch: &RecordBatch) -> Outcome<Vec<RoleRow>> {
    let (roles, parents) = (text(batch, "role")?, text(batch, "parent_role")?);
    let held = held(batch, "valid_from", "valid_to")?;
    // A role without a parent is at the top, and leads nowhere.
    let row = |(place, held)| -> Option<Outcome<RoleRow>> {
        let parent = value(parents, place)?;
        Some(stated(roles, place).map(|role| RoleRow { role, parent, held }))
    };
    held.into_iter().enumerate().filter_map(row).collect()
}

fn delegations_of(batch: &RecordBatch) -> Outcome<Vec<DelegationRow>> {
    let (from, to) = (text(batch, "from_user")?, text(batch, "to_user")?);
    let held = held(batch, "valid_from", "valid_to")?;
    let row = |(place, held)| -> Outcome<DelegationRow> {
        Ok(DelegationRow { from: stated(from, place)?, to: stated(to, place)?, held })
    };
    held.into_iter().enumerate().map(row).collect()
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> Outcome<&'a StringArray> {
    let column = batch.column_by_name(name).and_then(|array| array.as_string_opt::<i32>());
    column.ok_or_else(|| Failure::internal(format!("no column of texts `{name}`")))
}

fn value(array: &StringArray, place: usize) -> Option<String> {
    array.is_valid(place).then(|| array.value(place).to_owned())
}

/// A value that the profile says is never null.
fn stated(array: &StringArray, place: usize) -> Outcome<String> {
    value(array, place).ok_or_else(|| Failure::internal("a null where the profile has none"))
}

/// The half-open intervals of rows, whose ends are instants or days.
fn held(batch: &RecordBatch, from: &str, to: &str) -> Outcome<Vec<Held>> {
    let at = |name: &str, place: usize| -> Outcome<Option<DateTime<Utc>>> {
        let missing = || Failure::internal(format!("no column of times `{name}`"));
        let array = batch.column_by_name(name).ok_or_else(missing)?;
        if array.is_null(place) {
            return Ok(None);
        }
        let micros = match array.as_primitive_opt::<TimestampMicrosecondType>() {
            Some(instants) => instants.value(place),
            None => {
                let days = array.as_primitive_opt::<Date32Type>().ok_or_else(missing)?;
                i64::from(days.value(place)) * DAY
            }
        };
        Ok(DateTime::from_timestamp_micros(micros))
    };
    let interval = |place: usize| {
        let from = at(from, place)?.ok_or_else(|| Failure::internal("an interval from nowhere"))?;
        Ok(Held { from, to: at(to, place)? })
    };
    (0..batch.num_rows()).map(interval).collect()
}
