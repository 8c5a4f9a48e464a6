//! Every built-in control can be prepared: its query plans, its policy compiles against the
//! population's columns. Over empty datasets none is tested, and none errs.

#[cfg(test)]
mod support;

use std::sync::Arc;
use support::{Folder, rows, running, spec};
use tieout_controls::{Outcome, catalogue, profile};
use tieout_engine::plan::PlannedControl;

#[test]
fn every_built_in_control_is_ready_for_its_datasets() {
    let folder = Folder::new();
    let mut datasets = Vec::new();
    for found in profile::all().filter(|p| p.name != "focus-1.0") {
        let header: Vec<&str> = found.columns.iter().map(|column| column.name).collect();
        let file = folder.write(&format!("{}.csv", found.name), header.join(",") + "\n");
        let mut dataset = spec(found.name, vec![file]);
        dataset.expected = Some(rows(0));
        datasets.push(dataset);
    }
    let bundles = tieout_policies::bundle::builtin().unwrap();
    for item in catalogue::builtin().unwrap() {
        let control = item.control;
        let id = control.id.clone();
        let Some(bundle) = bundles.get(&control.policy.bundle) else {
            panic!("{id}: no bundle `{}`", control.policy.bundle)
        };
        let mut plan = running::plan(control.clone(), "", datasets.clone());
        plan.controls = vec![PlannedControl {
            control,
            mandatory: false,
            bindings: std::collections::BTreeMap::new(),
            bundle: Arc::new(bundle.clone()),
        }];
        let output = running::go(&plan).unwrap_or_else(|e| panic!("{id}: {e:#?}"));
        assert!(
            matches!(output.result.tests[0].outcome, Outcome::NotTested { .. }),
            "{id}: {:?}",
            output.result.tests[0].outcome
        );
    }
}
