//! Running a plan.

use crate::absence;
use crate::binding::{Binding, bind};
use crate::dataset::read_keeping;
use crate::decide::prepare;
use crate::error::input;
use crate::plan::Plan;
use crate::progress::Progress;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::paper::CommitmentFactory;
use tieout_controls::{EvaluatedRecord, RunResult, conclude};

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
    check_names(plan)?;
    let mut datasets = BTreeMap::new();
    for spec in &plan.datasets {
        if progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        progress.step(&format!("reading `{}`", spec.name));
        let controls = plan.controls.iter().map(|planned| &planned.control);
        let kept = absence::columns(controls, spec.profile.role);
        let loaded = read_keeping(spec, &kept, commitments, progress)?;
        datasets.insert(spec.name.clone(), loaded);
    }
    let mut parameters = plan.parameters.clone();
    let mut tests = BTreeMap::new();
    let mut ready = BTreeMap::new();
    let mut diagnostics = Vec::new();
    // Every query and every policy is checked before the first is run.
    for planned in &plan.controls {
        let id = planned.control.id.clone();
        let bound = match bind(planned, &datasets)? {
            Binding::Complete(bound) => bound,
            Binding::Missing(why) => {
                let control = planned.control.clone();
                tests.insert(id, conclude::not_tested(control, planned.mandatory, why));
                continue;
            }
        };
        match prepare(planned, bound, &plan.parameters) {
            Ok(control) => {
                ready.insert(id, control);
            }
            Err(RunError::Policy(found)) => diagnostics.extend(found),
            Err(other) => return Err(other),
        }
    }
    if !diagnostics.is_empty() {
        return Err(RunError::Policy(diagnostics));
    }
    let (mut records, mut policies) = (Vec::new(), BTreeMap::new());
    for (id, control) in ready {
        if progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        progress.step(&format!("testing `{id}`"));
        let origins = control.origins.iter();
        let origins = origins.map(|(name, origin)| (format!("{id}.{name}"), origin.clone()));
        parameters.overrides.extend(origins);
        policies.extend(control.policies());
        let (test, evaluated) = control.test(&plan.parameters, progress)?;
        tests.insert(id, test);
        records.extend(evaluated);
    }
    let result = RunResult {
        schema_version: "1".to_owned(),
        run: parameters,
        refused_rows: datasets.values().flat_map(|loaded| loaded.refused.clone()).collect(),
        datasets: datasets.into_values().map(|loaded| loaded.summary).collect(),
        tests: tests.into_values().collect(),
    };
    Ok(RunOutput { result, records, policies })
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
