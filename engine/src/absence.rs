//! Refused rows that could be what a record lacks.
//!
//! Some rules ask for absence: nobody approved the change, the other side booked nothing. A row
//! that its schema profile refused is in no join and no table, so its record looks like a
//! violation. A control says with `absence_of` in which datasets absence is the violation, and by
//! which columns their rows belong to a record; where a refused row could be the missing one, a
//! violation becomes undetermined. What conforms without the row stays as it is.

use crate::binding::Bound;
use crate::dataset::Loaded;
use crate::error::{did_you_mean, input, list};
use crate::population::Grain;
use crate::run::RunError;
use datafusion::arrow::datatypes::SchemaRef;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::{Cause, ColumnType, Control, Decision, Reason, Value};
use tieout_policies::data::{Column, Schema, Table, TableSchema};

/// The columns by which controls ask for refused rows of a role.
pub(crate) fn columns<'a>(
    controls: impl Iterator<Item = &'a Control>,
    role: &str,
) -> BTreeSet<String> {
    let asked = controls.filter_map(|control| control.population.absence_of.get(role));
    asked.flat_map(BTreeMap::keys).cloned().collect()
}

/// The refused rows that matter to a control.
pub(crate) struct Absences(Vec<Absence>);

/// The refused rows of one dataset, of which there is at least one.
struct Absence {
    /// The dataset's name.
    dataset: String,
    /// The record's columns, in the order of the key.
    columns: Vec<String>,
    /// The rows by their key; `None` when one of them could belong to any record.
    rows: Option<Table>,
}

impl Absences {
    /// Checks what a control says about absence, and indexes the refused rows.
    ///
    /// # Errors
    /// A role that the control doesn't read; a column that the dataset or the record doesn't have,
    /// or of another type in the one than in the other.
    pub(crate) fn new(
        control: &Control,
        bound: &Bound<'_>,
        records: &SchemaRef,
    ) -> Result<Self, RunError> {
        let mut absences = Vec::new();
        for (role, columns) in &control.population.absence_of {
            let Some(loaded) = bound.find(role) else {
                let message = wrong(
                    control,
                    format!("names the role `{role}`, which the control doesn't read"),
                );
                let known = bound.roles();
                let help = format!("it reads {}", list(known));
                return Err(input("absence-column", message, help));
            };
            for (theirs, ours) in columns {
                check(control, bound.base()?, loaded, records, (theirs.as_str(), ours.as_str()))?;
            }
            if !loaded.refused.is_empty() {
                absences.push(Absence::new(loaded, columns));
            }
        }
        Ok(Self(absences))
    }

    /// The decision about a record, whose columns `value` reads: a violation is undetermined when a
    /// refused row could be what it lacks.
    pub(crate) fn judge(
        &self,
        decision: Decision,
        value: impl Fn(&str) -> Result<Value, RunError>,
    ) -> Result<Decision, RunError> {
        let Decision::Violates { facts, causes } = &decision else { return Ok(decision) };
        let mut open = BTreeSet::new();
        for absence in &self.0 {
            if absence.could_be_of(&value)? {
                open.extend(facts.iter().map(|fact| Cause {
                    reason: Reason::RowRefused,
                    rule: fact.rule.clone(),
                    column: Some(absence.dataset.clone()),
                }));
            }
        }
        if open.is_empty() {
            return Ok(decision);
        }
        open.extend(causes.iter().cloned());
        Ok(Decision::Undetermined { causes: open.into_iter().collect() })
    }
}

impl Absence {
    fn new(loaded: &Loaded, columns: &BTreeMap<String, String>) -> Self {
        let dataset = loaded.summary.name.clone();
        let theirs: Vec<&str> = columns.keys().map(String::as_str).collect();
        let keys: Option<Vec<_>> = loaded.refused_keys.of(&theirs).collect();
        let rows = keys.filter(|_| !theirs.is_empty()).map(|keys| table(loaded, &theirs, keys));
        Self { dataset, columns: columns.values().cloned().collect(), rows }
    }

    /// Whether one of the rows could belong to the record. To a null nothing can be compared.
    fn could_be_of(
        &self,
        value: &impl Fn(&str) -> Result<Value, RunError>,
    ) -> Result<bool, RunError> {
        let Some(rows) = &self.rows else { return Ok(true) };
        let key = self.columns.iter().map(|column| value(column));
        let key = key.collect::<Result<Vec<_>, _>>()?;
        Ok(key.iter().any(Value::is_null) || rows.find(&key).next().is_some())
    }
}

fn table(loaded: &Loaded, columns: &[&str], keys: Vec<Vec<Value>>) -> Table {
    let column = |name: &&str| {
        let kind = kind(&loaded.schema, name)?;
        Some(Column { name: (*name).to_owned(), kind, nullable: false })
    };
    let schema = Schema { columns: columns.iter().filter_map(column).collect() };
    let key = columns.iter().map(|name| (*name).to_owned()).collect();
    Table::new(TableSchema { schema, key, effective: None }, keys)
}

fn check(
    control: &Control,
    base: &Loaded,
    loaded: &Loaded,
    records: &SchemaRef,
    (theirs, ours): (&str, &str),
) -> Result<(), RunError> {
    let missing = |owner: String, column: &str, schemas: &[&SchemaRef]| {
        let fields = schemas.iter().flat_map(|schema| schema.fields());
        let help = did_you_mean(column, fields.map(|field| field.name().as_str()));
        let message =
            wrong(control, format!("names the column `{column}`, which {owner} doesn't have"));
        Err(input("absence-column", message, help))
    };
    let Some(found) = kind(&loaded.schema, theirs) else {
        return missing(format!("`{}`", loaded.summary.name), theirs, &[&loaded.schema]);
    };
    // A single record has the columns of its row in the base dataset too.
    let single = matches!(Grain::of(control), Grain::Row).then_some(&base.schema);
    let schemas: Vec<&SchemaRef> = std::iter::once(records).chain(single).collect();
    let Some(wanted) = schemas.iter().find_map(|schema| kind(schema, ours)) else {
        return missing("a record".to_owned(), ours, &schemas);
    };
    if comparable(found, wanted) {
        return Ok(());
    }
    let what = format!("compares `{theirs}` ({found}) with `{ours}` ({wanted})");
    Err(input("absence-column", wrong(control, what), "name columns of one type".to_owned()))
}

fn wrong(control: &Control, what: String) -> String {
    format!("control `{}`: `absence_of` {what}", control.id)
}

fn kind(schema: &SchemaRef, column: &str) -> Option<ColumnType> {
    let field = schema.field_with_name(column).ok()?;
    tieout_policies::column::column_type(field.data_type())
}

fn comparable(a: ColumnType, b: ColumnType) -> bool {
    use ColumnType::{Decimal, Integer};
    a == b || matches!((a, b), (Integer | Decimal { .. }, Integer | Decimal { .. }))
}
