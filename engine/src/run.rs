//! Running a plan.

use crate::absence;
use crate::binding::{Binding, bind};
use crate::dataset::{Loaded, read_keeping};
pub use crate::decide::Explained;
use crate::decide::{Ready, prepare};
use crate::error::input;
use crate::plan::{Plan, PlannedControl};
use crate::population::Computed;
use crate::progress::Progress;
use crate::vectorised::Backend;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::control::ControlId;
use tieout_controls::paper::CommitmentFactory;
use tieout_controls::result::{PolicyIdentity, RunParameters};
use tieout_controls::{
    Control, Count, DatasetSummary, EvaluatedRecord, RecordRef, RunResult, conclude,
};

/// What a run gives.
#[derive(Debug)]
pub struct RunOutput {
    /// The result.
    pub result: RunResult,
    /// The working paper: every evaluated record, by control and in the population's order.
    pub records: Vec<EvaluatedRecord>,
    /// The policy files as run, and each population's query as `population/ID.sql`, whose SHA-256
    /// is the population's query digest: path → text.
    pub policies: BTreeMap<String, String>,
}

impl RunOutput {
    /// The records of a control, in the population's order; none of one that was not tested.
    pub fn records_of(&self, control: &str) -> &[EvaluatedRecord] {
        let start = self.records.partition_point(|record| record.control.as_str() < control);
        let end = self.records.partition_point(|record| record.control.as_str() <= control);
        self.records.get(start..end).unwrap_or_default()
    }
}

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Something the user wrote or gave is wrong: code, message, help.
    #[error("{message}")]
    Input {
        /// Stable kebab-case code.
        code: &'static str,
        /// What is wrong and where.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// A rule's source is wrong.
    #[error("policy does not compile")]
    Policy(Vec<tieout_policies::compile::Diagnostic>),
    /// The machine refused.
    #[error("{0}")]
    Outside(String),
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
    /// Our bug.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Runs a plan.
///
/// # Errors
/// Only for what can't be done; exceptions, refused rows and missing datasets are in the result.
pub fn run(
    plan: &Plan,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<RunOutput, RunError> {
    run_over(plan, &read(plan, commitments, progress)?, progress)
}

/// A run of which all is known but what it will find: its datasets are read and committed to, its
/// queries and policies are checked, and nothing is decided.
pub struct ReadyRun<'a> {
    plan: &'a Plan,
    datasets: &'a Datasets,
    ready: BTreeMap<ControlId, Ready<'a>>,
    missing: Vec<(&'a PlannedControl, String)>,
}

/// Makes a run ready.
///
/// # Errors
/// As [`run`].
pub fn ready<'a>(plan: &'a Plan, datasets: &'a Datasets) -> Result<ReadyRun<'a>, RunError> {
    let (ready, missing) = prepared(plan, datasets)?;
    Ok(ReadyRun { plan, datasets, ready, missing })
}

/// Runs a plan over datasets that are read: another plan over the same ones differs in its policies
/// alone.
///
/// # Errors
/// As [`run`].
pub fn run_over(
    plan: &Plan,
    datasets: &Datasets,
    progress: &dyn Progress,
) -> Result<RunOutput, RunError> {
    ready(plan, datasets)?.test(progress)
}

impl ReadyRun<'_> {
    /// The parameters, with the settings that were resolved.
    pub fn parameters(&self) -> RunParameters {
        let mut parameters = self.plan.parameters.clone();
        for (id, control) in &self.ready {
            let origins = control.origins.iter();
            let origins = origins.map(|(name, origin)| (format!("{id}.{name}"), origin.clone()));
            parameters.overrides.extend(origins);
        }
        parameters
    }

    /// The datasets, by name.
    pub fn datasets(&self) -> Vec<DatasetSummary> {
        self.datasets.all().values().map(|loaded| loaded.summary.clone()).collect()
    }

    /// The controls as they will be run, by id, each with the policy that will decide; none where a
    /// dataset is missing.
    pub fn controls(&self) -> Vec<(Control, Option<PolicyIdentity>)> {
        let ready = self.ready.values().map(Ready::announced);
        let ready = ready.map(|(control, policy)| (control, Some(policy)));
        let missing = self.missing.iter().map(|(planned, _)| (planned.control.clone(), None));
        let mut all: Vec<_> = ready.chain(missing).collect();
        all.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        all
    }

    /// Tests the controls.
    ///
    /// # Errors
    /// As [`run`].
    pub fn test(self, progress: &dyn Progress) -> Result<RunOutput, RunError> {
        let (run, summaries) = (self.parameters(), self.datasets());
        let mut tests = BTreeMap::new();
        for (planned, why) in self.missing {
            let control = planned.control.clone();
            let test = conclude::not_tested(control, planned.mandatory, why);
            tests.insert(planned.control.id.clone(), test);
        }
        let (mut records, mut policies) = (Vec::new(), BTreeMap::new());
        for (id, control) in self.ready {
            if progress.cancelled() {
                return Err(RunError::Interrupted);
            }
            progress.step(&format!("testing `{id}`"));
            policies.extend(control.policies());
            let (test, evaluated) = control.test(&self.plan.parameters, progress)?;
            tests.insert(id, test);
            records.extend(evaluated);
        }
        let refused = self.datasets.all().values().flat_map(|loaded| loaded.refused.clone());
        let result = RunResult {
            schema_version: "1".to_owned(),
            run,
            refused_rows: refused.collect(),
            datasets: summaries,
            tests: tests.into_values().collect(),
        };
        Ok(RunOutput { result, records, policies })
    }
}

/// The columns of each control's population, as its policy meets them; none of a control of which a dataset
/// is missing.
///
/// # Errors
/// As [`run`].
pub fn schemas(
    plan: &Plan,
    datasets: &Datasets,
) -> Result<BTreeMap<ControlId, tieout_policies::data::Schema>, RunError> {
    let (ready, _) = prepared(plan, datasets)?;
    Ok(ready.into_iter().map(|(id, control)| (id, control.schema())).collect())
}

/// Tells of each control how its policy would be evaluated over the datasets as they are; with
/// [`Backends::Compared`] every record is decided by columns and by rows.
///
/// # Errors
/// As [`run`].
pub fn explain_plan(
    plan: &Plan,
    backends: Backends,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<BTreeMap<ControlId, PolicyPlan>, RunError> {
    let datasets = read(plan, commitments, progress)?;
    let (ready, missing) = prepared(plan, &datasets)?;
    let missing = missing.into_iter();
    let mut plans: BTreeMap<_, _> = missing
        .map(|(planned, why)| (planned.control.id.clone(), PolicyPlan::NotTested(why)))
        .collect();
    for (id, control) in ready {
        let rules = control.backends()?;
        let compared = match backends {
            Backends::Named => None,
            Backends::Compared => {
                progress.step(&format!("comparing `{id}`"));
                let (records, differing) = control.compare(&plan.parameters, progress)?;
                Some(Compared { records, differing })
            }
        };
        plans.insert(id, PolicyPlan::Rules { rules, compared });
    }
    Ok(plans)
}

/// What each rule of a control's policy says of the records that are asked for, in the population's
/// order.
///
/// # Errors
/// As [`run`]; [`RunError::Input`] where the plan has no such control or it can't be tested.
pub fn explain_records(
    plan: &Plan,
    control: &ControlId,
    wanted: &dyn Fn(&RecordRef) -> bool,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Explained>, RunError> {
    let datasets = read(plan, commitments, progress)?;
    let (mut ready, missing) = prepared(plan, &datasets)?;
    if let Some(control) = ready.remove(control) {
        progress.step("explaining");
        return control.explain(&plan.parameters, wanted, progress);
    }
    let why = missing.into_iter().find(|(planned, _)| planned.control.id == *control);
    let why = why.map_or_else(|| "it is not in the plan".to_owned(), |(_, why)| why);
    Err(input("control-not-tested", format!("control `{control}` can't be tested: {why}"), None))
}

/// What is asked about backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backends {
    /// Which decides a rule.
    Named,
    /// That, and whether both say the same.
    Compared,
}

/// How a control's policy would be evaluated.
#[derive(Debug)]
pub enum PolicyPlan {
    /// By these backends.
    Rules {
        /// For each rule, which.
        rules: Vec<Backend>,
        /// What both say, where that was asked.
        compared: Option<Compared>,
    },
    /// Not at all, and what is missing.
    NotTested(String),
}

/// Records decided by columns and by rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// How many.
    pub records: Count,
    /// Those of which the decisions differ; any is an error of ours.
    pub differing: Count,
}

/// The datasets of a plan, read, and the native populations that were computed over them.
#[derive(Debug)]
pub struct Datasets(BTreeMap<String, Loaded>, Computed);

impl Datasets {
    /// All of them, by name.
    pub(crate) fn all(&self) -> &BTreeMap<String, Loaded> {
        &self.0
    }
}

/// Reads all datasets of a plan.
///
/// # Errors
/// As [`run`].
pub fn read(
    plan: &Plan,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Datasets, RunError> {
    read_for(&[plan], commitments, progress)
}

/// Reads the datasets of the first of several plans with the columns that any of their controls asks for, so
/// that [`run_over`] can run each over the same ones.
///
/// # Errors
/// As [`run`].
pub fn read_for(
    plans: &[&Plan],
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Datasets, RunError> {
    plans.iter().try_for_each(|plan| check_names(plan))?;
    let mut datasets = BTreeMap::new();
    for spec in plans.first().into_iter().flat_map(|plan| &plan.datasets) {
        if progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        progress.step(&format!("reading `{}`", spec.name));
        let controls = plans.iter().flat_map(|plan| &plan.controls).map(|planned| &planned.control);
        let kept = absence::columns(controls, spec.profile.role);
        let loaded = read_keeping(spec, &kept, commitments, progress)?;
        datasets.insert(spec.name.clone(), loaded);
    }
    Ok(Datasets(datasets, Computed::default()))
}

/// The controls that can be tested, and those that can't with what is missing.
type Prepared<'a> = (BTreeMap<ControlId, Ready<'a>>, Vec<(&'a PlannedControl, String)>);

/// Checks every query and every policy before the first is run.
fn prepared<'a>(plan: &'a Plan, datasets: &'a Datasets) -> Result<Prepared<'a>, RunError> {
    let (mut ready, mut missing) = (BTreeMap::new(), Vec::new());
    let mut diagnostics = Vec::new();
    for planned in &plan.controls {
        let bound = match bind(planned, datasets.all())? {
            Binding::Complete(bound) => bound,
            Binding::Missing(why) => {
                missing.push((planned, why));
                continue;
            }
        };
        match prepare(planned, (bound, &datasets.1), &plan.parameters) {
            Ok(control) => {
                ready.insert(planned.control.id.clone(), control);
            }
            Err(RunError::Policy(found)) => diagnostics.extend(found),
            Err(other) => return Err(other),
        }
    }
    if diagnostics.is_empty() { Ok((ready, missing)) } else { Err(RunError::Policy(diagnostics)) }
}

fn check_names(plan: &Plan) -> Result<(), RunError> {
    let mut datasets = BTreeSet::new();
    for spec in &plan.datasets {
        if !datasets.insert(&spec.name) {
            let message = format!("two datasets are called `{}`", spec.name);
            return Err(input("duplicate-name", message, None));
        }
    }
    let mut controls = BTreeSet::new();
    for planned in &plan.controls {
        if !controls.insert(&planned.control.id) {
            let message = format!("two controls have the id `{}`", planned.control.id);
            return Err(input("duplicate-name", message, None));
        }
    }
    Ok(())
}
