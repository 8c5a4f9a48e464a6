//! The native population `sod-static`: every user and every rule, with the conflict if there is
//! one.

use super::{Native, NativeGrain, Request};
use crate::binding::Bound;
use crate::dataset::{CLASS, Loaded, PERSONAL};
use crate::record::value;
use crate::run::RunError;
use crate::sod::{Edge, Grant, Interval, Pair, Rule, Verdict, World, scan};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use datafusion::arrow::array::{
    BooleanBuilder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;
use tieout_controls::Value;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "sod-static",
    grain: NativeGrain::Key(&["user_id", "rule_id"]),
    roles: &crate::sod::ROLES,
    schema,
    batches,
};

const BATCH_ROWS: usize = 8192;

/// The columns of the population. `conflict` is null where it can't be told; `unresolved` then names
/// the role or the action that doesn't resolve.
fn schema() -> SchemaRef {
    let text = |name: &str, nullable: bool| Field::new(name, DataType::Utf8, nullable);
    let personal = [(CLASS.to_owned(), PERSONAL.to_owned())];
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        text("user_id", false).with_metadata(personal.into()),
        text("user_type", true),
        text("rule_id", false),
        text("action_a", false),
        text("action_b", false),
        text("severity", false),
        Field::new("conflict", DataType::Boolean, true),
        text("path_a", true),
        text("path_b", true),
        Field::new("since", instant, true),
        text("unresolved", true),
    ]))
}

/// The population's records, by user and rule.
fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let world = world(request.bound)?;
    let period = (midnight(request.run.period_start), midnight(request.run.period_end));
    let mut builder = Builder::default();
    let mut done = Vec::new();
    scan(&world, period, |pair| {
        builder.push(&pair);
        if builder.rows < BATCH_ROWS {
            return Ok(());
        }
        done.push(builder.finish()?);
        if request.progress.cancelled() { Err(RunError::Interrupted) } else { Ok(()) }
    })?;
    if builder.rows > 0 {
        done.push(builder.finish()?);
    }
    Ok(done)
}

#[derive(Default)]
struct Builder {
    texts: [StringBuilder; 9],
    conflict: BooleanBuilder,
    since: TimestampMicrosecondBuilder,
    rows: usize,
}

impl Builder {
    fn push(&mut self, pair: &Pair<'_>) {
        let (conflict, unresolved) = match &pair.verdict {
            Verdict::Apart => (None, None),
            Verdict::Conflict(conflict) => (Some(conflict), None),
            Verdict::Unknown(what) => (None, Some(what.as_str())),
        };
        let texts = [
            Some(pair.user),
            pair.user_type,
            Some(pair.rule.id.as_str()),
            Some(pair.rule.action_a.as_str()),
            Some(pair.rule.action_b.as_str()),
            Some(pair.rule.severity.as_str()),
            conflict.map(|c| c.path_a.as_str()),
            conflict.map(|c| c.path_b.as_str()),
            unresolved,
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        self.conflict.append_option(unresolved.is_none().then_some(conflict.is_some()));
        self.since.append_option(conflict.map(|c| c.since.timestamp_micros()));
        self.rows += 1;
    }

    fn finish(&mut self) -> Result<RecordBatch, RunError> {
        self.rows = 0;
        let [user, user_type, rule, action_a, action_b, severity, path_a, path_b, unresolved] =
            self.texts.each_mut().map(|builder| Arc::new(builder.finish()));
        let conflict = Arc::new(self.conflict.finish());
        let since = Arc::new(self.since.finish().with_timezone("UTC"));
        RecordBatch::try_new(
            schema(),
            vec![
                user, user_type, rule, action_a, action_b, severity, conflict, path_a, path_b,
                since, unresolved,
            ],
        )
        .map_err(|e| RunError::Internal(e.to_string()))
    }
}

fn world(bound: &Bound<'_>) -> Result<World, RunError> {
    let mut world = World::default();
    rows(bound.role("user")?, ["user_id", "type"], |[user, kind]| {
        if let (Some(user), Some(kind)) = (user.to_text(), kind.to_text()) {
            world.users.entry(user).or_insert(kind);
        }
    })?;
    rows(bound.role("permission")?, ["role", "action"], |[role, action]| {
        if let (Some(role), Some(action)) = (role.to_text(), action.to_text()) {
            world.permissions.entry(role).or_default().insert(action);
        }
    })?;
    let columns = ["user_id", "role", "granted_at", "revoked_at"];
    rows(bound.role("role-grant")?, columns, |[user, role, from, to]| {
        if let (Some(user), Some(role), Some(from)) =
            (user.to_text(), role.to_text(), instant(&from))
        {
            let held = Interval { from, to: instant(&to) };
            world.grants.push(Grant { user, role, held });
        }
    })?;
    let columns = ["role", "parent_role", "valid_from", "valid_to"];
    rows(bound.role("role")?, columns, |[role, parent, from, to]| {
        let Some(role) = role.to_text() else { return };
        world.roles.insert(role.clone());
        if let (Some(parent), Some(from)) = (parent.to_text(), instant(&from)) {
            let valid = Interval { from, to: instant(&to) };
            world.edges.push(Edge { role, parent, valid });
        }
    })?;
    let columns = ["rule_id", "action_a", "action_b", "severity"];
    rows(bound.role("sod-rule")?, columns, |[id, action_a, action_b, severity]| {
        let text = |value: Value| value.to_text().unwrap_or_default();
        world.rules.push(Rule {
            id: text(id),
            action_a: text(action_a),
            action_b: text(action_b),
            severity: text(severity),
        });
    })?;
    Ok(world)
}

/// Gives those columns of each row of a dataset.
fn rows<const N: usize>(
    loaded: &Loaded,
    columns: [&str; N],
    mut each: impl FnMut([Value; N]),
) -> Result<(), RunError> {
    for batch in &loaded.batches {
        for row in 0..batch.num_rows() {
            let mut values = [const { Value::Null }; N];
            for (found, column) in values.iter_mut().zip(columns) {
                if let Some(array) = batch.column_by_name(column) {
                    *found = value(array.as_ref(), row)?;
                }
            }
            each(values);
        }
    }
    Ok(())
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Timestamp(instant) => Some(*instant),
        Value::Date(day) => Some(midnight(*day)),
        _ => None,
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
