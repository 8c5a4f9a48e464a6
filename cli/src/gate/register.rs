//! The directory of people, from the base's datasets.

use super::people::{AccountRow, DelegationRow, Directory, GrantRow, Held, Kind, RoleRow};
use crate::catalogue::Catalogue;
use crate::commands::not_run;
use crate::diagnostic::{Failure, Outcome};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch, StringArray};
use chrono::{DateTime, Utc};
use tieout_engine::plan::Plan;
use tieout_engine::progress::Progress;
use tieout_evidence::commitment::dataset_commitment;

const DAY: i64 = 86_400_000_000;

/// Reads the directory, and tells of each row that can't be read: it may be anybody.
///
/// # Errors
/// What can't be read at all.
pub(super) fn directory(
    plan: &Plan,
    catalogue: &Catalogue,
    secret: &[u8; 32],
    progress: &dyn Progress,
) -> Outcome<(Directory, Vec<String>)> {
    let (mut accounts, mut grants) = (Vec::new(), Vec::new());
    let (mut roles, mut delegations) = (Vec::new(), Vec::new());
    let mut refused = Vec::new();
    let commitments = |name: &str| dataset_commitment(secret, name);
    for spec in &plan.datasets {
        let role = spec.profile.role;
        if !["account-person", "role-grant", "role", "delegation"].contains(&role) {
            continue;
        }
        let read = tieout_engine::dataset::read(spec, &commitments, progress);
        let loaded = read.map_err(|e| not_run(e, catalogue))?;
        if !loaded.refused.is_empty() {
            let number = loaded.refused.len();
            refused.push(format!("{number} rows of `{}` can't be read", spec.name));
        }
        for batch in &loaded.batches {
            match role {
                "account-person" => accounts.extend(accounts_of(batch)?),
                "role-grant" => grants.extend(grants_of(batch)?),
                "role" => roles.extend(roles_of(batch)?),
                _ => delegations.extend(delegations_of(batch)?),
            }
        }
    }
    Ok((Directory::new(accounts, grants, roles, delegations), refused))
}

fn accounts_of(batch: &RecordBatch) -> Outcome<Vec<AccountRow>> {
    let (accounts, persons, kinds) =
        (text(batch, "account")?, text(batch, "person")?, text(batch, "kind")?);
    let held = held(batch, "valid_from", "valid_to")?;
    let row = |(place, held)| AccountRow {
        account: value(accounts, place).unwrap_or_default(),
        person: value(persons, place),
        kind: match value(kinds, place).as_deref() {
            Some("personal") => Kind::Personal,
            Some("shared") => Kind::Shared,
            Some("service") => Kind::Service,
            Some("break-glass") => Kind::BreakGlass,
            _ => Kind::Unknown,
        },
        held,
    };
    Ok(held.into_iter().enumerate().map(row).collect())
}

fn grants_of(batch: &RecordBatch) -> Outcome<Vec<GrantRow>> {
    let (users, roles) = (text(batch, "user_id")?, text(batch, "role")?);
    let held = held(batch, "granted_at", "revoked_at")?;
    let row = |(place, held)| GrantRow {
        user_id: value(users, place).unwrap_or_default(),
        role: value(roles, place).unwrap_or_default(),
        held,
    };
    Ok(held.into_iter().enumerate().map(row).collect())
}

fn roles_of(batch: &RecordBatch) -> Outcome<Vec<RoleRow>> {
    let (roles, parents) = (text(batch, "role")?, text(batch, "parent_role")?);
    let held = held(batch, "valid_from", "valid_to")?;
    let row = |(place, held)| {
        let parent = value(parents, place)?;
        Some(RoleRow { role: value(roles, place).unwrap_or_default(), parent, held })
    };
    Ok(held.into_iter().enumerate().filter_map(row).collect())
}

fn delegations_of(batch: &RecordBatch) -> Outcome<Vec<DelegationRow>> {
    let (from, to) = (text(batch, "from_user")?, text(batch, "to_user")?);
    let held = held(batch, "valid_from", "valid_to")?;
    let row = |(place, held)| DelegationRow {
        from: value(from, place).unwrap_or_default(),
        to: value(to, place).unwrap_or_default(),
        held,
    };
    Ok(held.into_iter().enumerate().map(row).collect())
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> Outcome<&'a StringArray> {
    let column = batch.column_by_name(name).and_then(|array| array.as_string_opt::<i32>());
    column.ok_or_else(|| Failure::internal(format!("no column of texts `{name}`")))
}

fn value(array: &StringArray, place: usize) -> Option<String> {
    array.is_valid(place).then(|| array.value(place).to_owned())
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
