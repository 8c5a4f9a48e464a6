//! The columns of a dataset: what its profile declares, what its files have beside, and which
//! column of which file fills which.

use super::source::{self, Source};
use super::{DatasetSpec, FloatRule, Reading, SourceFile};
use crate::error::{closest, did_you_mean, input, list};
use crate::run::RunError;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tieout_controls::profile::Vocabulary;
use tieout_controls::record::FieldClass;
use tieout_controls::{ColumnType, SchemaProfile};

/// The column that numbers the files of a dataset, from 0.
pub(crate) const FILE: &str = "_file";
/// The column that numbers the data rows of a file, from 1.
pub(crate) const ROW: &str = "_row";
/// The metadata key under which an Arrow field says that it is personal data.
pub(crate) const CLASS: &str = "tieout.class";
/// Its value.
pub(crate) const PERSONAL: &str = "personal";

/// The metadata key under which the Arrow field of an amount, or of a currency itself, names the
/// profile's column that states the currency.
pub(crate) const CURRENCY: &str = "tieout.currency";

/// A column of a dataset.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    pub(crate) nullable: bool,
    pub(crate) class: FieldClass,
    /// The column that states its currency, for an amount.
    pub(crate) currency: Option<&'static str>,
    /// The values that it may have, where the list is closed.
    pub(crate) vocabulary: Option<Vocabulary>,
}

/// The columns of a dataset and where they come from.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The profile's columns in their order, then the files' own by name.
    pub(crate) targets: Vec<Target>,
    /// For each file, for each target: the position in the file.
    pub(crate) sources: Vec<Vec<Option<usize>>>,
    /// Columns of the files which the profile doesn't know.
    pub(crate) undeclared: Vec<String>,
    /// Columns of the profile which no file has.
    pub(crate) absent: Vec<String>,
    /// Columns which some files lack and others have: file → columns.
    pub(crate) partly: BTreeMap<String, Vec<String>>,
}

impl Layout {
    /// Matches the headers of all files with the profile.
    pub(crate) fn of(spec: &DatasetSpec, headers: &[Vec<String>]) -> Result<Self, RunError> {
        check_settings(spec, headers)?;
        let named: Vec<Vec<Option<String>>> =
            headers.iter().map(|header| renamed(header, &spec.reading)).collect();
        for (file, names) in spec.files.iter().zip(&named) {
            check_names(file, names)?;
            check_mandatory(file, spec.profile, names)?;
        }
        let found: BTreeSet<&String> = named.iter().flatten().flatten().collect();
        let undeclared: Vec<String> = found
            .iter()
            .filter(|name| spec.profile.column(name).is_none())
            .map(|name| (*name).clone())
            .collect();
        let targets = targets(spec, &undeclared);
        let position = |names: &[Option<String>], target: &Target| {
            names.iter().position(|name| name.as_ref() == Some(&target.name))
        };
        let sources: Vec<Vec<Option<usize>>> = named
            .iter()
            .map(|names| targets.iter().map(|target| position(names, target)).collect())
            .collect();
        let absent: Vec<String> = targets
            .iter()
            .map(|target| target.name.clone())
            .filter(|name| !found.contains(name))
            .collect();
        let mut partly = BTreeMap::new();
        for (file, sources) in spec.files.iter().zip(&sources) {
            let lacking = targets
                .iter()
                .zip(sources)
                .filter(|(target, at)| at.is_none() && !absent.contains(&target.name));
            let lacking: Vec<String> = lacking.map(|(target, _)| target.name.clone()).collect();
            if !lacking.is_empty() {
                partly.insert(file.shown.clone(), lacking);
            }
        }
        Ok(Self { targets, sources, undeclared, absent, partly })
    }

    /// Leaves those columns alone.
    pub(crate) fn narrow(&mut self, columns: &[&str]) {
        let stays: Vec<bool> =
            self.targets.iter().map(|target| columns.contains(&target.name.as_str())).collect();
        let kept = |at: &mut dyn Iterator<Item = bool>| at.next().unwrap_or(false);
        let mut at = stays.iter().copied();
        self.targets.retain(|_| kept(&mut at));
        for sources in &mut self.sources {
            let mut at = stays.iter().copied();
            sources.retain(|_| kept(&mut at));
        }
    }

    /// The Arrow schema: the targets, then the file's number and the row's.
    pub(crate) fn schema(&self) -> SchemaRef {
        let mut fields: Vec<Field> = self.targets.iter().map(Target::field).collect();
        fields.push(Field::new(FILE, DataType::Int64, false));
        fields.push(Field::new(ROW, DataType::Int64, false));
        Arc::new(Schema::new(fields))
    }
}

impl Target {
    fn field(&self) -> Field {
        let class = match self.class {
            FieldClass::Clear => None,
            FieldClass::Personal => Some((CLASS.to_owned(), PERSONAL.to_owned())),
        };
        let currency = self.currency.map(|column| (CURRENCY.to_owned(), column.to_owned()));
        let metadata = class.into_iter().chain(currency).collect();
        Field::new(&self.name, arrow_type(self.kind), self.nullable).with_metadata(metadata)
    }
}

/// The Arrow type in which a column of that type is kept.
pub(crate) fn arrow_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::String => DataType::Utf8,
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Decimal { precision, scale } => {
            let scale = i8::try_from(scale).unwrap_or(i8::MAX);
            if precision <= 38 {
                DataType::Decimal128(precision, scale)
            } else {
                DataType::Decimal256(precision, scale)
            }
        }
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::StringList => DataType::new_list(DataType::Utf8, true),
    }
}

fn targets(spec: &DatasetSpec, undeclared: &[String]) -> Vec<Target> {
    let declared = spec.profile.columns.iter().map(|column| Target {
        name: column.name.to_owned(),
        kind: match column.kind {
            ColumnType::Decimal { .. } if spec.reading.widen.iter().any(|w| w == column.name) => {
                ColumnType::Decimal { precision: 76, scale: 38 }
            }
            kind => kind,
        },
        nullable: column.nullable,
        class: column.class,
        currency: column.currency.or_else(|| states_currency(spec.profile, column.name)),
        vocabulary: column.vocabulary,
    });
    let own = undeclared.iter().map(|name| Target {
        name: name.clone(),
        kind: ColumnType::String,
        nullable: true,
        class: FieldClass::Clear,
        currency: None,
        vocabulary: None,
    });
    declared.chain(own).collect()
}

/// A column that states the currency of others states its own.
fn states_currency(profile: &SchemaProfile, name: &str) -> Option<&'static str> {
    profile.columns.iter().filter_map(|column| column.currency).find(|currency| *currency == name)
}

/// The file's columns by the names that the dataset gives them; `None` for one left out.
fn renamed(header: &[String], reading: &Reading) -> Vec<Option<String>> {
    let name = |column: &String| {
        if reading.ignore.contains(column) {
            return None;
        }
        Some(reading.rename.get(column).unwrap_or(column).clone())
    };
    header.iter().map(name).collect()
}

fn inspect_help(file: &str) -> String {
    format!("run `tieout dataset inspect {file}`")
}

fn check_names(file: &SourceFile, names: &[Option<String>]) -> Result<(), RunError> {
    let mut seen = BTreeSet::new();
    for name in names.iter().flatten() {
        let shown = &file.shown;
        if name == FILE || name == ROW {
            let message =
                format!("`{shown}` has a column `{name}`, a name that Tieout uses itself");
            return Err(input("reserved-column", message, "rename or ignore it".to_owned()));
        }
        if name.is_empty() {
            let message = format!("`{shown}` has a column without a name");
            return Err(input("unnamed-column", message, inspect_help(shown)));
        }
        if !seen.insert(name) {
            let message = format!("`{shown}` has the column `{name}` twice");
            return Err(input("duplicate-column", message, inspect_help(shown)));
        }
    }
    Ok(())
}

fn check_mandatory(
    file: &SourceFile,
    profile: &SchemaProfile,
    names: &[Option<String>],
) -> Result<(), RunError> {
    let has = |name: &str| names.iter().flatten().any(|n| n == name);
    let missing: Vec<&str> = profile
        .columns
        .iter()
        .filter(|column| !column.optional && !has(column.name))
        .map(|column| column.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let spare: Vec<&str> = names
        .iter()
        .flatten()
        .map(String::as_str)
        .filter(|n| profile.column(n).is_none())
        .collect();
    let near = missing.iter().filter_map(|name| {
        closest(name, spare.iter().copied()).map(|near| format!("{near}: {name}"))
    });
    let near: Vec<String> = near.collect();
    let columns = if missing.len() == 1 { "the column" } else { "the columns" };
    let message = format!(
        "`{}` lacks {columns} {} of the schema profile `{}`",
        file.shown,
        list(&missing),
        profile.name
    );
    let mut help = inspect_help(&file.shown);
    if !near.is_empty() {
        help = format!("did you mean `rename: {{{}}}`? {help}", near.join(", "));
    }
    Err(input("missing-column", message, help))
}

fn check_settings(spec: &DatasetSpec, headers: &[Vec<String>]) -> Result<(), RunError> {
    let reading = &spec.reading;
    let found: BTreeSet<&str> = headers.iter().flatten().map(String::as_str).collect();
    let of_files = reading.rename.keys().map(|c| ("rename", c));
    for (setting, column) in of_files.chain(reading.ignore.iter().map(|c| ("ignore", c))) {
        if !found.contains(column.as_str()) {
            let message = format!(
                "dataset `{}`: `{setting}` names the column `{column}`, which no file has",
                spec.name
            );
            return Err(input("unknown-column", message, did_you_mean(column, found)));
        }
    }
    let of_profile = reading.scale.keys().map(|c| ("scale", c));
    for (setting, column) in of_profile.chain(reading.widen.iter().map(|c| ("widen", c))) {
        let decimals = || {
            let decimal = |c: &&tieout_controls::profile::Column| {
                matches!(c.kind, ColumnType::Decimal { .. })
            };
            spec.profile.columns.iter().filter(decimal).map(|c| c.name)
        };
        if !decimals().any(|name| name == column) {
            let message = format!(
                "dataset `{}`: `{setting}` names `{column}`, which is no decimal column of `{}`",
                spec.name, spec.profile.name
            );
            return Err(input("unknown-column", message, did_you_mean(column, decimals())));
        }
    }
    Ok(())
}

/// Whether the columns of a Parquet file have types that can be read exactly into the targets.
pub(crate) fn check_parquet_types(
    file: Source<'_>,
    spec: &DatasetSpec,
    targets: &[Target],
    sources: &[Option<usize>],
) -> Result<(), RunError> {
    let Some(schema) = source::parquet_schema(file, &spec.reading)? else { return Ok(()) };
    for (target, at) in targets.iter().zip(sources) {
        let Some(field) = at.and_then(|at| schema.fields().get(at)) else { continue };
        let declared = spec.profile.column(&target.name).is_some();
        if declared && !fits(field.data_type(), target.kind, spec.reading.float) {
            return Err(misfit(file.shown, spec, target, field.data_type()));
        }
    }
    Ok(())
}

fn fits(found: &DataType, wanted: ColumnType, float: Option<FloatRule>) -> bool {
    use DataType as D;
    let found = match found {
        D::Dictionary(_, values) => values.as_ref(),
        plain => plain,
    };
    let text = matches!(found, D::Utf8 | D::LargeUtf8 | D::Utf8View | D::Null);
    text || match wanted {
        ColumnType::String => found.is_integer() || found.is_nested() || *found == D::Boolean,
        ColumnType::Bool => *found == D::Boolean,
        ColumnType::Integer => found.is_integer() || matches!(found, D::Decimal128(_, 0)),
        ColumnType::Decimal { .. } => match found {
            D::Float32 | D::Float64 => float == Some(FloatRule::Shortest),
            D::Decimal32(..) | D::Decimal64(..) => false,
            other => other.is_integer() || matches!(other, D::Decimal128(..) | D::Decimal256(..)),
        },
        ColumnType::Date => matches!(found, D::Date32 | D::Date64),
        ColumnType::Timestamp => matches!(found, D::Timestamp(..)),
        ColumnType::StringList => false,
    }
}

fn misfit(file: &str, spec: &DatasetSpec, target: &Target, found: &DataType) -> RunError {
    let column = &target.name;
    let at = format!("`{file}`, column `{column}`");
    if found.is_floating() && matches!(target.kind, ColumnType::Decimal { .. }) {
        let message =
            format!("{at}: binary floating point ({found}) can't hold decimal amounts exactly");
        let help = format!(
            "export it as DECIMAL, or set `float: shortest` in the reading of `{}` to take the shortest decimal that reads back as the same number; the result says so",
            spec.name
        );
        return input("float-not-allowed", message, help);
    }
    let message = format!("{at}: {found} where `{}` wants {}", spec.profile.name, target.kind);
    input("column-type", message, inspect_help(file))
}
