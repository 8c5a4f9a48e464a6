//! What is to be run.

use crate::dataset::DatasetSpec;
use std::collections::BTreeMap;
use std::sync::Arc;
use tieout_controls::Control;
use tieout_controls::result::RunParameters;
use tieout_policies::bundle::Bundle;

/// A run, resolved: nothing in it is read from settings any more.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Workspace, period, as-of date, configuration digest.
    pub parameters: RunParameters,
    /// The datasets.
    pub datasets: Vec<DatasetSpec>,
    /// The controls to test.
    pub controls: Vec<PlannedControl>,
}

/// A control to test.
#[derive(Debug, Clone)]
pub struct PlannedControl {
    /// The catalogue item with the workspace's owner, company id and parameters.
    pub control: Control,
    /// Whether it was asked for by name or is mandatory.
    pub mandatory: bool,
    /// Role → dataset name, where the workspace binds one. An unbound role takes the only dataset
    /// whose profile has that role; none is a missing dataset, several are an error.
    pub bindings: BTreeMap<String, String>,
    /// The bundle that holds its policy.
    pub bundle: Arc<Bundle>,
}
