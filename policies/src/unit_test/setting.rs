//! Where a rule is used: the types of its columns, its tables and parameters.

use super::reads::{self, Reads};
use crate::bundle::Bundle;
use crate::compile::Environment;
use crate::data::{Column, Schema, Table, TableSchema};
use crate::rego::{self, Token};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use tieout_controls::control::{ParameterType, TableRef};
use tieout_controls::profile::{self, SchemaProfile};
use tieout_controls::{ColumnType, Control, Decimal, Value};

/// What is known of a rule before its tests are read: from the control that uses it, and from its
/// bundle.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// Columns of the datasets that the control's population is formed from, and whether they may be
    /// null.
    columns: BTreeMap<String, (ColumnType, bool)>,
    /// The control's reference tables.
    tables: BTreeMap<String, TableSchema>,
    /// The bundle's own tables, with their rows.
    pub(super) shipped: BTreeMap<String, Table>,
    /// The control's parameters and their values, where these are given outright.
    pub(super) parameters: BTreeMap<String, (ParameterType, Option<Value>)>,
}

impl Setting {
    /// The setting of a rule of a bundle under a control.
    pub fn of(bundle: &Bundle, control: Option<&Control>) -> Self {
        let mut setting = Self { shipped: bundle.tables.clone(), ..Self::default() };
        let Some(control) = control else { return setting };
        let population = &control.population;
        // Where two datasets have a column of one name, the base has the say.
        for role in population.joins.iter().rev().chain([&population.base]) {
            let columns = profile_of(role).into_iter().flat_map(|p| p.columns);
            setting.columns.extend(columns.map(|c| (c.name.to_owned(), (c.kind, c.nullable))));
        }
        for (name, reference) in &control.tables {
            setting.tables.extend(table(reference).map(|table| (name.clone(), table)));
        }
        for (name, parameter) in &control.parameters {
            let value = parameter_value(parameter.kind, &parameter.value);
            setting.parameters.insert(name.clone(), (parameter.kind, value));
        }
        setting
    }

    /// [`environment`](Self::environment) by the sources.
    pub(crate) fn environment_of(&self, rule: &str, tests: &str) -> Environment {
        self.environment(&rego::tokens(rule), &rego::tokens(tests))
    }

    /// What the rule may read. A column's type is that of the control's datasets; where these don't
    /// have it, that of the values that the tests give.
    pub(super) fn environment(&self, rule: &[Token], tests: &[Token]) -> Environment {
        let written = reads::types_written(tests);
        let column = |name: &String| {
            let written = || written.get(name).map_or(ColumnType::String, |kind| *kind);
            // What the population computes may be null for all that is known.
            let (kind, nullable) =
                self.columns.get(name).copied().unwrap_or_else(|| (written(), true));
            Column { name: name.clone(), kind, nullable }
        };
        let shipped = self.shipped.iter().map(|(name, table)| (name.clone(), table.schema.clone()));
        let parameters = self.parameters.iter().map(|(name, (kind, _))| (name.clone(), *kind));
        Environment {
            input: Schema { columns: Reads::of(rule).input.iter().map(column).collect() },
            tables: shipped.chain(self.tables.clone()).collect(),
            parameters: parameters.collect(),
            // The population's query may have settled the currencies of its columns.
            ..Environment::default()
        }
    }
}

/// The newest profile of a role.
fn profile_of(role: &str) -> Option<&'static SchemaProfile> {
    profile::all().filter(|p| p.role == role).max_by_key(|p| p.name)
}

fn table(reference: &TableRef) -> Option<TableSchema> {
    let columns = profile_of(&reference.dataset)?.columns.iter();
    let column = |c: &profile::Column| Column {
        name: c.name.to_owned(),
        kind: c.kind,
        nullable: c.nullable,
    };
    Some(TableSchema {
        schema: Schema { columns: columns.map(column).collect() },
        key: reference.key.clone(),
        effective: reference.effective.clone(),
    })
}

/// The value of a parameter, unless it hangs on a dataset.
fn parameter_value(kind: ParameterType, text: &str) -> Option<Value> {
    match kind {
        ParameterType::String => Some(Value::String(text.to_owned())),
        ParameterType::Decimal => Decimal::parse(text).ok().map(Value::Number),
        ParameterType::Date => text.parse::<NaiveDate>().ok().map(Value::Date),
        ParameterType::Bool => text.parse().ok().map(Value::Bool),
    }
}
