//! Forming populations: step 2 of the path.
//!
//! SQL loses rows silently: an inner join drops what has no partner, a WHERE drops what is null.
//! So a population names its base dataset; the selecting condition is evaluated over every row of
//! it (true selects, false excludes, null makes the record undetermined), and the records that the
//! query gives are reconciled with the selected rows. What doesn't add up is a reason why the
//! population is not reconciled, never an empty result that looks clean.

mod check;
pub(crate) mod native;
mod personal;
mod select;
mod session;
mod sql;

pub(crate) use self::check::Grain;
pub(crate) use self::native::{Computed, roles as native_roles};

use self::select::Condition;
use crate::binding::Bound;
use crate::dataset::Loaded;
use crate::progress::Progress;
use crate::run::RunError;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use tieout_controls::control::PopulationQuery;
use tieout_controls::decision::RuleRef;
use tieout_controls::result::{PopulationSummary, RunParameters};
use tieout_controls::{Control, Count, DatasetSummary, Digest, Totals};

/// A population whose query was checked, before it is run.
pub(crate) struct Prepared {
    /// The columns of its records.
    pub(crate) schema: SchemaRef,
    /// Those columns that are made of personal data.
    pub(crate) personal: BTreeSet<String>,
    /// The text that its digest is of: the selecting condition and the query.
    pub(crate) text: String,
    /// Where the condition stands in the text.
    pub(crate) condition: RuleRef,
}

/// A population.
pub(crate) struct Formed {
    /// The records in their order: by file and row, or by the group's key.
    pub(crate) batches: Vec<RecordBatch>,
    /// The selected rows of the base dataset, by file and row.
    pub(crate) base: select::Rows,
    /// The rows for which the condition is null.
    pub(crate) unknown: Vec<select::Unknown>,
    /// The columns that the condition reads.
    pub(crate) condition_columns: Vec<String>,
    /// How it was formed; its exposure totals are still to be summed.
    pub(crate) summary: PopulationSummary,
}

/// Checks a population's query against the datasets' schemas.
pub(crate) fn prepare(control: &Control, bound: &Bound<'_>) -> Result<Prepared, RunError> {
    let (text, condition) = text(control);
    let mut personal = BTreeSet::new();
    let schema = match &control.population.query {
        PopulationQuery::Sql(query) => {
            if let Some(condition) = &control.population.condition {
                Condition::new(control, condition, bound.base()?)?;
            }
            let plan = session::block_on(sql::plan(control, query, bound, None))??;
            check::columns(control, &plan.schema)?;
            personal = plan.personal;
            plan.schema
        }
        PopulationQuery::Native(name) => {
            let schema = native::checked(control, name)?;
            check::columns(control, &schema)?;
            schema
        }
    };
    Ok(Prepared { schema, personal, text, condition })
}

/// Forms a population.
pub(crate) fn form(
    control: &Control,
    bound: &Bound<'_>,
    run: &RunParameters,
    (prepared, computed): (&Prepared, &Computed),
    progress: &dyn Progress,
) -> Result<Formed, RunError> {
    let base = bound.base()?;
    let mut not_reconciled = refused_beside(bound, base);
    let mut condition_columns = Vec::new();
    let formed = match &control.population.query {
        PopulationQuery::Native(name) => {
            let selection = select::select(base, None, progress)?;
            let request = native::Request { control, bound, run, progress };
            let batches = computed.batches(name, &request)?;
            not_reconciled.extend(check::reconcile(control, &batches, &selection.rows)?);
            (batches, selection.rows, selection.unknown, selection.counts)
        }
        PopulationQuery::Sql(query) => {
            let condition = match &control.population.condition {
                Some(condition) => Some(Condition::new(control, condition, base)?),
                None => None,
            };
            let selection = select::select(base, condition.as_ref(), progress)?;
            condition_columns.extend(condition.iter().flat_map(|c| c.columns.clone()));
            let counts = selection.counts;
            let plan = session::block_on(sql::plan(control, query, bound, condition.as_ref()))??;
            let batches = session::interruptible(plan.collect(), progress)??;
            if progress.cancelled() {
                return Err(RunError::Interrupted);
            }
            not_reconciled.extend(check::reconcile(control, &batches, &selection.rows)?);
            (batches, selection.rows, selection.unknown, counts)
        }
    };
    let (batches, rows, unknown, counts) = formed;
    let summary = PopulationSummary {
        base: base.summary.name.clone(),
        datasets: bound.names(),
        query: Digest(Sha256::digest(prepared.text.as_bytes()).into()),
        base_rows: base.summary.accepted,
        selected: counts.selected,
        excluded: counts.excluded,
        unknown: counts.unknown,
        refused: base.summary.refused,
        records: batches.iter().map(|batch| Count::of(batch.num_rows())).sum(),
        totals: Totals::default(),
        not_tied_out: bound.datasets().into_iter().flat_map(dataset_reasons).collect(),
        not_reconciled,
    };
    Ok(Formed { batches, base: rows, unknown, condition_columns, summary })
}

/// How many rows of the base the condition takes, leaves out, can't tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) selected: Count,
    pub(crate) excluded: Count,
    pub(crate) unknown: Count,
}

/// The query's text as it is digested and kept with the policy files, and where in it the
/// selecting condition stands.
fn text(control: &Control) -> (String, RuleRef) {
    let population = &control.population;
    let condition = population.condition.as_deref().unwrap_or("true").trim_end();
    let query = match &population.query {
        PopulationQuery::Sql(sql) => sql.trim_end().to_owned(),
        PopulationQuery::Native(name) => format!("-- native: {name}"),
    };
    let text = format!(
        "-- population of {}: the rows of {} where\n{condition}\n-- query\n{query}\n",
        control.id, population.base
    );
    let lines = u32::try_from(condition.lines().count().max(1)).unwrap_or(1);
    let last_line = lines.saturating_add(1);
    (text, RuleRef { file: file_name(control), line: 2, last_line })
}

/// The path of the query's text among the policy files.
pub(crate) fn file_name(control: &Control) -> String {
    format!("population/{}.sql", control.id)
}

/// The refused rows of the datasets beside the base, whose own are counted for themselves: such a
/// row is missing from its joins and tables without any record to show it.
fn refused_beside(bound: &Bound<'_>, base: &Loaded) -> Vec<String> {
    let beside = bound.datasets().into_iter().map(|loaded| &loaded.summary);
    let beside = beside.filter(|s| s.name != base.summary.name && s.refused > Count(0));
    let reason = |summary: &DatasetSummary| {
        let (refused, name) = (summary.refused, &summary.name);
        let rows = if refused == Count(1) { "row" } else { "rows" };
        format!("`{name}`: {refused} {rows} refused by its schema profile")
    };
    beside.map(reason).collect()
}

/// Where a dataset doesn't agree with what someone else says it holds.
fn dataset_reasons(loaded: &Loaded) -> Vec<String> {
    use tieout_controls::TieOut;
    let name = &loaded.summary.name;
    match &loaded.summary.tie_out {
        TieOut::Agrees { .. } => Vec::new(),
        TieOut::NoExpectation => vec![format!("`{name}` has no independent expectation")],
        TieOut::Differs { expected, differences } => {
            let sentence = |d: &tieout_controls::dataset::Difference| {
                let (size, side) = match d.difference.strip_prefix('-') {
                    Some(size) => (size, "below"),
                    None => (d.difference.as_str(), "above"),
                };
                let what = &d.what;
                let (stated, source) = (&d.expected, &expected.source);
                let verb = if what == "rows" { "are" } else { "is" };
                format!("`{name}`: {what} {verb} {size} {side} the {stated} expected by {source}")
            };
            differences.iter().map(sentence).collect()
        }
    }
}
