//! Deciding over a population: step 3 of the path.

use crate::absence::Absences;
use crate::binding::Bound;
use crate::dataset::{CURRENCY, FILE, Loaded, ROW};
use crate::error::{input, list};
use crate::parameters;
use crate::plan::PlannedControl;
use crate::population::{self, Computed, Formed, Grain, Prepared};
use crate::progress::Progress;
use crate::record::{Classes, exposure, number, value};
use crate::run::RunError;
use crate::vectorised::{Backend, Vectorised};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use std::collections::BTreeMap;
use tieout_controls::control::{Effective, Exposure, PopulationQuery, TableRef};
use tieout_controls::record::RecordRef;
use tieout_controls::result::{PolicyIdentity, RunParameters};
use tieout_controls::{
    Cause, ColumnType, Control, Count, Decision, EvaluatedRecord, Reason, TestResult, Value,
    conclude,
};
use tieout_policies::bundle::Rule;
use tieout_policies::compile::{Compiled, Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema, Table, TableSchema};
use tieout_policies::evaluate::{EvaluateError, Evaluator, Reference};
use tieout_policies::explain::{Explanation, explain};

/// A control that can be tested: bound, its query and its policy checked.
pub(crate) struct Ready<'a> {
    planned: &'a PlannedControl,
    /// With its parameters' resolved values.
    control: Control,
    /// Parameter → where its value came from, for those that were resolved.
    pub(crate) origins: BTreeMap<String, String>,
    bound: Bound<'a>,
    prepared: Prepared,
    classes: Classes,
    computed: &'a Computed,
    absences: Absences,
    compiled: Compiled,
    data: Data,
    rule: &'a Rule,
}

/// A record, its decision, and what each rule of the policy says of it.
#[derive(Debug)]
pub struct Explained {
    /// The record as a run would give it.
    pub record: EvaluatedRecord,
    /// What the rules say, and the source they were read from; `None` for a record of which it is not
    /// known whether it belongs to the population.
    pub explanation: Option<(Explanation, Rule)>,
}

/// Batches that are decided before Ctrl-C is listened for.
const AT_ONCE: usize = 64;

/// How many batches are decided at a time; no result depends on it.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Checks a control's query and policy against the datasets.
pub(crate) fn prepare<'a>(
    planned: &'a PlannedControl,
    (bound, computed): (Bound<'a>, &'a Computed),
    run: &RunParameters,
) -> Result<Ready<'a>, RunError> {
    let mut control = planned.control.clone();
    check_in_force(planned, run)?;
    let rule = rule(planned)?;
    let (parameters, origins) = parameters::resolve(&mut control, bound.base()?)?;
    let prepared = population::prepare(&control, &bound)?;
    let absences = Absences::new(&control, &bound, &prepared.schema)?;
    let tables = tables(planned, &bound)?;
    let environment = Environment {
        input: schema(&prepared.schema),
        tables: tables.iter().map(|(name, table)| (name.clone(), table.schema.clone())).collect(),
        parameters: control.parameters.iter().map(|(name, p)| (name.clone(), p.kind)).collect(),
        currencies: currencies(&prepared.schema),
    };
    let compiled = compile(rule, &environment).map_err(RunError::Policy)?;
    let classes = Classes::new(&control, &bound, &prepared.personal);
    erasable(&control, &classes, &prepared, compiled.columns())?;
    let run =
        RunDates { as_of: run.as_of, period_start: run.period_start, period_end: run.period_end };
    let data = Data { tables, parameters, run };
    Ok(Ready {
        planned,
        control,
        origins,
        bound,
        prepared,
        classes,
        computed,
        absences,
        compiled,
        data,
        rule,
    })
}

/// Refuses rules that read personal columns without a word of why: what is erased can't be re-performed.
fn erasable(
    control: &Control,
    classes: &Classes,
    prepared: &Prepared,
    columns: &[String],
) -> Result<(), RunError> {
    let fields = columns.iter().filter_map(|name| prepared.schema.column_with_name(name));
    let personal = fields.filter(|(_, field)| classes.is_personal(field));
    let personal: Vec<_> = personal.map(|(_, field)| field.name().as_str()).collect();
    let id = &control.id;
    let (message, help) = match (&control.population.erasable, personal.as_slice()) {
        (None, []) => return Ok(()),
        (Some(reason), [_, ..]) if !reason.trim().is_empty() => return Ok(()),
        (Some(_), []) => (
            format!(
                "control `{id}`: `erasable` gives a reason, and the rule reads no personal column"
            ),
            "take it out",
        ),
        (_, names) => (
            format!("control `{id}`: the rule reads {}, which can be erased", list(names)),
            "let the query derive what the rule needs, such as whether two persons are one, and state it in \
             `population` as a column that is not personal; or give the reason why it can't: `erasable: REASON`",
        ),
    };
    Err(input("control-erasable", message, help.to_owned()))
}

impl Ready<'_> {
    /// The files of the policy as run, and the population's query: path → text.
    pub(crate) fn policies(&self) -> BTreeMap<String, String> {
        let query = (population::file_name(&self.control), self.prepared.text.clone());
        self.planned.bundle.files.clone().into_iter().chain([query]).collect()
    }

    /// The control as it will be run, and the policy that will decide.
    pub(crate) fn announced(&self) -> (Control, PolicyIdentity) {
        (self.control.clone(), self.policy())
    }

    fn policy(&self) -> PolicyIdentity {
        let bundle = &self.planned.bundle;
        PolicyIdentity {
            bundle: bundle.name.clone(),
            version: bundle.version.clone(),
            digest: bundle.digest,
            rule: self.rule.name.clone(),
            source: self.rule.path.clone(),
        }
    }

    /// The columns of its population.
    pub(crate) fn schema(&self) -> Schema {
        schema(&self.prepared.schema)
    }

    /// By which backend each of its rules is decided.
    pub(crate) fn backends(&self) -> Result<Vec<Backend>, RunError> {
        Ok(self.vectorised()?.backends())
    }

    fn vectorised(&self) -> Result<Vectorised<'_>, RunError> {
        Vectorised::new(&self.compiled, &self.data).map_err(|e| self.failed(&e))
    }

    /// A policy that can't be evaluated at all though it was checked.
    fn failed(&self, error: &EvaluateError) -> RunError {
        RunError::Internal(format!("control `{}`: {error}", self.control.id))
    }

    fn form(&self, run: &RunParameters, progress: &dyn Progress) -> Result<Formed, RunError> {
        let how = (&self.prepared, self.computed);
        population::form(&self.control, &self.bound, run, how, progress)
    }

    /// Decides each record by both backends: how many records, and of how many they differ.
    pub(crate) fn compare(
        &self,
        run: &RunParameters,
        progress: &dyn Progress,
    ) -> Result<(Count, Count), RunError> {
        let formed = self.form(run, progress)?;
        let vectorised = self.vectorised()?;
        let (mut records, mut differing) = (Count(0), Count(0));
        for batch in &formed.batches {
            let one = std::slice::from_ref(batch);
            let by_columns = vectorised.decide(one, 1).map_err(|e| self.failed(&e))?.concat();
            let by_rows = Reference.decide(&self.compiled, batch, &self.data);
            let by_rows = by_rows.map_err(|e| self.failed(&e))?;
            for (by_columns, by_rows) in by_columns.iter().zip(&by_rows) {
                records.increment();
                if by_columns != by_rows {
                    differing.increment();
                }
            }
        }
        Ok((records, differing))
    }

    /// Forms the population, decides each record, concludes.
    pub(crate) fn test(
        self,
        run: &RunParameters,
        progress: &dyn Progress,
    ) -> Result<(TestResult, Vec<EvaluatedRecord>), RunError> {
        let formed = self.form(run, progress)?;
        let classes = &self.classes;
        let mut records = Vec::new();
        let vectorised = self.vectorised()?;
        for batches in formed.batches.chunks(AT_ONCE) {
            if progress.cancelled() {
                return Err(RunError::Interrupted);
            }
            let decided = vectorised.decide(batches, threads()).map_err(|e| self.failed(&e))?;
            for (batch, decisions) in batches.iter().zip(decided) {
                self.record(batch, decisions, &formed, classes, &mut records)?;
            }
        }
        let mut summary = formed.summary.clone();
        for money in records.iter().filter_map(|record| record.exposure.as_ref()) {
            summary.totals.add(&money.amount, &money.currency).map_err(|e| {
                RunError::Internal(format!("the population's total can't be held: {e}"))
            })?;
        }
        self.undetermined_selection(&formed, classes, &mut records)?;
        let policy = self.policy();
        let mandatory = self.planned.mandatory;
        let id = self.control.id.clone();
        let result = conclude::conclude(self.control, mandatory, policy, summary, &records);
        let result = result.map_err(|e| {
            RunError::Internal(format!("control `{id}`: a sum of amounts can't be held: {e}"))
        })?;
        Ok((result, records))
    }

    /// The records that are asked for, each with its decision and what each rule says of it.
    pub(crate) fn explain(
        &self,
        run: &RunParameters,
        wanted: &dyn Fn(&RecordRef) -> bool,
        progress: &dyn Progress,
    ) -> Result<Vec<Explained>, RunError> {
        let formed = self.form(run, progress)?;
        let classes = &self.classes;
        let mut found = Vec::new();
        for batch in &formed.batches {
            for row in 0..batch.num_rows() {
                if !wanted(&self.reference(batch, row, &formed, classes)?) {
                    continue;
                }
                let alone = batch.slice(row, 1);
                let decisions = Reference.decide(&self.compiled, &alone, &self.data);
                let decisions = decisions.map_err(|e| self.failed(&e))?;
                let mut records = Vec::new();
                self.record(&alone, decisions, &formed, classes, &mut records)?;
                let explanation = explain(&self.compiled, &alone, 0, &self.data);
                let explanation = explanation.map_err(|e| self.failed(&e))?;
                let record = records.pop().ok_or_else(|| no_record(&self.control))?;
                let explanation = Some((explanation, self.rule.clone()));
                found.push(Explained { record, explanation });
            }
        }
        let mut unselected = Vec::new();
        self.undetermined_selection(&formed, classes, &mut unselected)?;
        let unselected = unselected.into_iter().filter(|record| wanted(&record.record));
        found.extend(unselected.map(|record| Explained { record, explanation: None }));
        Ok(found)
    }

    /// Adds the records of a batch with their decisions.
    fn record(
        &self,
        batch: &RecordBatch,
        decisions: Vec<Decision>,
        formed: &Formed,
        classes: &Classes,
        records: &mut Vec<EvaluatedRecord>,
    ) -> Result<(), RunError> {
        if decisions.len() != batch.num_rows() {
            return Err(RunError::Internal(
                "a policy decided another number of records".to_owned(),
            ));
        }
        let stake = self.control.population.exposure.as_ref();
        let shown = self.shown();
        for (row, decision) in decisions.into_iter().enumerate() {
            let decision = self.group_is_known(batch, row)?.unwrap_or(decision);
            let column = |name: &str| self.column(name, batch, row, formed);
            let decision = self.absences.judge(decision, column)?;
            records.push(EvaluatedRecord {
                control: self.control.id.clone(),
                record: self.reference(batch, row, formed, classes)?,
                values: match &decision {
                    Decision::Violates { .. } | Decision::Undetermined { .. } => {
                        classes.fields(batch, row, shown.iter().map(String::as_str))?
                    }
                    Decision::Conforms | Decision::NotApplicable => Vec::new(),
                },
                decision,
                exposure: exposure(stake, batch, row)?,
            });
        }
        Ok(())
    }

    /// The columns whose values a record carries: those that the policy reads, and of a native
    /// population all but those that name the record, since no file has what it computed.
    fn shown(&self) -> Vec<String> {
        let read = self.compiled.columns();
        if let PopulationQuery::Sql(_) = self.control.population.query {
            return read.to_vec();
        }
        let naming = Grain::of(&self.control).order();
        let columns = self.prepared.schema.fields().iter().map(|field| field.name());
        let shown = |name: &&String| {
            read.contains(name) || !(naming.contains(&name.as_str()) || name.starts_with('_'))
        };
        columns.filter(shown).cloned().collect()
    }

    /// The value of a record's column: the population's, else that of a single record's row in the
    /// base dataset.
    fn column(
        &self,
        name: &str,
        batch: &RecordBatch,
        row: usize,
        formed: &Formed,
    ) -> Result<Value, RunError> {
        if let Some(array) = batch.column_by_name(name) {
            return value(array.as_ref(), row);
        }
        let number = |column| number(batch, column, row).map(|n| i64::try_from(n.0).ok());
        let place = number(FILE)?.zip(number(ROW)?).and_then(|(f, r)| formed.base.place(f, r));
        let Some((batch, row)) = place else { return Ok(Value::Null) };
        let batch = self.bound.base()?.batches.get(batch);
        let array = batch.and_then(|batch| batch.column_by_name(name));
        array.map_or(Ok(Value::Null), |array| value(array.as_ref(), row))
    }

    fn reference(
        &self,
        batch: &RecordBatch,
        row: usize,
        formed: &Formed,
        classes: &Classes,
    ) -> Result<RecordRef, RunError> {
        let base = self.bound.base()?;
        let key = match Grain::of(&self.control) {
            Grain::Row => {
                let (file, ordinal) = (number(batch, FILE, row)?, number(batch, ROW, row)?);
                let place = i64::try_from(file.0).ok().zip(i64::try_from(ordinal.0).ok());
                return match place.and_then(|(file, row)| formed.base.place(file, row)) {
                    Some((batch, row)) => classes.row(base, batch, row),
                    None => Ok(RecordRef {
                        dataset: base.summary.name.clone(),
                        file: Some(file),
                        row: Some(ordinal),
                        key: Vec::new(),
                    }),
                };
            }
            Grain::Group(columns) => {
                classes.fields(batch, row, columns.iter().map(String::as_str))?
            }
            Grain::Key(columns) => classes.fields(batch, row, columns.iter().copied())?,
        };
        Ok(RecordRef { dataset: base.summary.name.clone(), file: None, row: None, key })
    }

    /// A group whose key has a null is no group: to which it belongs is unknown.
    fn group_is_known(
        &self,
        batch: &RecordBatch,
        row: usize,
    ) -> Result<Option<Decision>, RunError> {
        let Grain::Group(columns) = Grain::of(&self.control) else { return Ok(None) };
        for column in columns {
            let Some(array) = batch.column_by_name(column) else { continue };
            if value(array.as_ref(), row)?.is_null() {
                return Ok(Some(self.selection_unknown(Some(column.clone()))));
            }
        }
        Ok(None)
    }

    fn undetermined_selection(
        &self,
        formed: &Formed,
        classes: &Classes,
        records: &mut Vec<EvaluatedRecord>,
    ) -> Result<(), RunError> {
        let base = self.bound.base()?;
        let stake = self.control.population.exposure.as_ref();
        for unknown in &formed.unknown {
            let batch = base.batches.get(unknown.batch);
            let batch =
                batch.ok_or_else(|| RunError::Internal("a row without a batch".to_owned()))?;
            let columns = formed.condition_columns.iter().map(String::as_str);
            let values = classes.fields(batch, unknown.row, columns)?;
            let null = values.iter().find(|field| field.value.is_null());
            let decision = self.selection_unknown(null.map(|field| field.name.clone()));
            records.push(EvaluatedRecord {
                control: self.control.id.clone(),
                record: classes.row(base, unknown.batch, unknown.row)?,
                decision,
                values,
                exposure: base_exposure(stake, base, batch, unknown.row)?,
            });
        }
        Ok(())
    }

    fn selection_unknown(&self, column: Option<String>) -> Decision {
        let rule = self.prepared.condition.clone();
        let reason = Reason::SelectionUnknown;
        Decision::Undetermined { causes: vec![Cause { reason, rule, column }] }
    }
}

fn no_record(control: &Control) -> RunError {
    RunError::Internal(format!("control `{}`: a row without a record", control.id))
}

/// The exposure of a row of the base. Where the query computes the exposure column, it is unknown.
fn base_exposure(
    stake: Option<&Exposure>,
    base: &Loaded,
    batch: &RecordBatch,
    row: usize,
) -> Result<Option<tieout_controls::Money>, RunError> {
    let declared = stake.filter(|stake| base.profile.column(&stake.amount).is_some());
    exposure(declared, batch, row)
}

fn rule(planned: &PlannedControl) -> Result<&Rule, RunError> {
    let (bundle, wanted) = (&planned.bundle, &planned.control.policy.rule);
    bundle.rules.get(wanted).ok_or_else(|| {
        let id = &planned.control.id;
        let message =
            format!("control `{id}`: the bundle `{}` has no rule `{wanted}`", bundle.name);
        let known = bundle.rules.keys().map(String::as_str);
        input("unknown-rule", message, crate::error::did_you_mean(wanted, known))
    })
}

/// Refuses a period of which the bundle is in force for a part or not at all: what was right then
/// is not said by the rules of another time.
fn check_in_force(planned: &PlannedControl, run: &RunParameters) -> Result<(), RunError> {
    let (id, bundle) = (&planned.control.id, &planned.bundle);
    let early = bundle.effective_from.is_some_and(|from| run.period_start < from);
    let late = bundle.effective_to.is_some_and(|to| to < run.period_end);
    if !early && !late {
        return Ok(());
    }
    let from = bundle.effective_from.map(|from| format!(" from {from}")).unwrap_or_default();
    let to = bundle.effective_to.map(|to| format!(" until before {to}")).unwrap_or_default();
    let (name, version) = (&bundle.name, &bundle.version);
    let (start, end) = (run.period_start, run.period_end);
    let message = format!(
        "control `{id}`: the policy bundle `{name}` {version} is in force{from}{to}, the run's period is from {start} until before {end}"
    );
    let help = format!(
        "choose the version of `{name}` that is in force for that period; where two share it, run each part with its own version"
    );
    Err(input("bundle-not-in-force", message, help))
}

/// The reference tables: the bundle's own, and the control's datasets.
fn tables(
    planned: &PlannedControl,
    bound: &Bound<'_>,
) -> Result<BTreeMap<String, Table>, RunError> {
    let mut tables = planned.bundle.tables.clone();
    for (name, reference) in &planned.control.tables {
        let id = &planned.control.id;
        if tables.contains_key(name) {
            let bundle = &planned.bundle.name;
            let message =
                format!("control `{id}`: the bundle `{bundle}` has a table `{name}` already");
            return Err(input(
                "table-name-taken",
                message,
                "call the control's table otherwise".to_owned(),
            ));
        }
        let loaded = bound.role(&reference.dataset)?;
        check_table(planned, name, reference, loaded)?;
        tables.insert(name.clone(), table(reference, loaded)?);
    }
    Ok(tables)
}

fn check_table(
    planned: &PlannedControl,
    name: &str,
    reference: &TableRef,
    loaded: &Loaded,
) -> Result<(), RunError> {
    let interval = reference.effective.iter().flat_map(|e| [&e.from, &e.to]);
    for column in reference.key.iter().chain(interval) {
        if loaded.schema.column_with_name(column).is_none() {
            let id = &planned.control.id;
            let message = format!(
                "control `{id}`, table `{name}`: `{}` has no column `{column}`",
                loaded.summary.name
            );
            let known = loaded.schema.fields().iter().map(|field| field.name().as_str());
            return Err(input("table-column", message, crate::error::did_you_mean(column, known)));
        }
    }
    let Some(Effective { from, to }) = &reference.effective else { return Ok(()) };
    let kind = |column: &str| {
        let field = loaded.schema.field_with_name(column).ok()?;
        tieout_policies::column::column_type(field.data_type())
    };
    match (kind(from), kind(to)) {
        (Some(ColumnType::Date), Some(ColumnType::Date))
        | (Some(ColumnType::Timestamp), Some(ColumnType::Timestamp)) => Ok(()),
        // An interval of a day and an instant never ends for a question of the other type.
        (starts, ends) => {
            let id = &planned.control.id;
            let word = |kind: Option<ColumnType>| kind.map_or("nothing".into(), |k| k.to_string());
            let (starts, ends) = (word(starts), word(ends));
            let message = format!(
                "control `{id}`, table `{name}`: the validity interval runs from `{from}` ({starts}) to `{to}` ({ends})"
            );
            let help = "name two columns that are both dates or both timestamps";
            Err(input("table-column", message, help.to_owned()))
        }
    }
}

fn table(reference: &TableRef, loaded: &Loaded) -> Result<Table, RunError> {
    let mut rows = Vec::new();
    for batch in &loaded.batches {
        for row in 0..batch.num_rows() {
            let values = batch.columns().iter().map(|array| value(array.as_ref(), row));
            rows.push(values.collect::<Result<Vec<Value>, _>>()?);
        }
    }
    let schema = TableSchema {
        schema: schema(&loaded.schema),
        key: reference.key.clone(),
        effective: reference.effective.clone(),
    };
    Ok(Table::new(schema, rows))
}

fn schema(arrow: &SchemaRef) -> Schema {
    let column = |field: &datafusion::arrow::datatypes::FieldRef| {
        let kind = tieout_policies::column::column_type(field.data_type())?;
        Some(Column { name: field.name().clone(), kind, nullable: field.is_nullable() })
    };
    Schema { columns: arrow.fields().iter().filter_map(column).collect() }
}

/// What the columns say of the column that states their currency.
fn currencies(arrow: &SchemaRef) -> BTreeMap<String, String> {
    let stated = |field: &datafusion::arrow::datatypes::FieldRef| {
        let currency = field.metadata().get(CURRENCY)?;
        Some((field.name().clone(), currency.clone()))
    };
    arrow.fields().iter().filter_map(stated).collect()
}
