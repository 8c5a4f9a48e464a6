//! From settings and flags to a plan in which nothing is left to be read from settings.

use crate::catalogue::Catalogue;
use crate::config::SettingFile;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::lock;
use crate::similar;
use crate::text::Period;
use crate::workspace::Workspace;
use chrono::NaiveDate;
use serde_saphyr::Spanned;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::dataset::Expectation;
use tieout_controls::profile;
use tieout_controls::result::RunParameters;
use tieout_controls::{Control, Digest, SchemaProfile};
use tieout_engine::dataset::DatasetSpec;
use tieout_engine::plan::{Plan, PlannedControl};

/// What the flags of a run say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// `--only`.
    pub(crate) only: Vec<String>,
    /// `--as-of`.
    pub(crate) as_of: Option<NaiveDate>,
    /// `--period`.
    pub(crate) period: Option<Period>,
}

impl Selection {
    /// Only these controls; all where there are none.
    pub(crate) fn only(only: Vec<String>) -> Self {
        Self { only, ..Self::default() }
    }
}

/// Resolves a workspace: flags, then file, then default. Everything wrong with it is reported at
/// once.
///
/// # Errors
/// What is wrong with the settings or flags, each with its place.
pub(crate) fn resolve(
    workspace: &Workspace,
    catalogue: &Catalogue,
    selection: &Selection,
) -> Outcome<Plan> {
    let plan = unlocked(workspace, catalogue, selection)?;
    let used: BTreeMap<_, _> = plan.controls.iter().map(|c| (&c.bundle.name, &*c.bundle)).collect();
    lock::check(workspace, used.into_values())?;
    Ok(plan)
}

/// As [`resolve`], whatever bundles the lock file pins: for what is only looked at.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn unlocked(
    workspace: &Workspace,
    catalogue: &Catalogue,
    selection: &Selection,
) -> Outcome<Plan> {
    let mut resolver = Resolver {
        workspace,
        catalogue,
        wrong: Vec::new(),
        overrides: catalogue.overrides.clone(),
    };
    let datasets = resolver.datasets();
    let controls = resolver.controls(selection, &datasets);
    resolver.settings();
    let (period, as_of) = resolver.dates(selection);
    let Resolver { wrong, overrides, .. } = resolver;
    if !wrong.is_empty() {
        return Err(Failure { exit: Exit::Usage, diagnostics: wrong });
    }
    let mut parameters = RunParameters {
        workspace: workspace.settings.workspace.value.clone(),
        period_start: period.start,
        period_end: period.end,
        as_of,
        configuration: Digest([0; 32]),
        engine: format!("tieout {}", env!("CARGO_PKG_VERSION")),
        overrides,
    };
    parameters.configuration = configuration(&parameters, &datasets, &controls, workspace)?;
    Ok(Plan { parameters, datasets, controls })
}

/// The workspace's datasets, whatever its controls.
///
/// # Errors
/// What is wrong with one of them, each with its place.
pub(crate) fn datasets(workspace: &Workspace) -> Outcome<Vec<DatasetSpec>> {
    let catalogue = Catalogue::of(Some(workspace))?;
    let (wrong, overrides) = (Vec::new(), BTreeMap::new());
    let mut resolver = Resolver { workspace, catalogue: &catalogue, wrong, overrides };
    let datasets = resolver.datasets();
    match resolver.wrong {
        wrong if wrong.is_empty() => Ok(datasets),
        diagnostics => Err(Failure { exit: Exit::Usage, diagnostics }),
    }
}

struct Resolver<'a> {
    workspace: &'a Workspace,
    catalogue: &'a Catalogue,
    wrong: Vec<Diagnostic>,
    overrides: BTreeMap<String, String>,
}

impl Resolver<'_> {
    fn fail(&mut self, failure: Failure) {
        self.wrong.extend(failure.diagnostics);
    }

    fn datasets(&mut self) -> Vec<DatasetSpec> {
        let mut specs = Vec::new();
        for (name, dataset) in &self.workspace.settings.datasets {
            let wanted = &dataset.profile;
            let found = profile::named(&wanted.value);
            if found.is_none() {
                let message = format!("no schema profile is called `{}`", wanted.value);
                let help = similar::help(
                    &wanted.value,
                    profile::all().map(|p| p.name).collect::<Vec<_>>(),
                );
                self.fail(self.workspace.wrong("unknown-profile", message, wanted, help));
            }
            if let (Some(expected), Some(profile)) = (&dataset.expected, found) {
                self.totals(name, expected, profile);
            }
            match (self.workspace.files(name, &dataset.files), found) {
                (Err(failure), _) => self.fail(failure),
                (Ok(files), Some(profile)) => specs.push(DatasetSpec {
                    name: name.clone(),
                    profile,
                    files,
                    reading: dataset.reading.clone(),
                    expected: dataset.expected.clone(),
                }),
                (Ok(_), None) => {}
            }
        }
        specs
    }

    /// A total of a column that isn't there would only ever differ.
    fn totals(&mut self, dataset: &str, expected: &Expectation, profile: &SchemaProfile) {
        let amounts = profile.columns.iter().filter(|column| column.currency.is_some());
        let amounts: Vec<_> = amounts.map(|column| column.name).collect();
        for column in expected.totals.keys().filter(|column| !amounts.contains(&column.as_str())) {
            let message =
                format!("dataset `{dataset}`: `{column}` is no amount of `{}`", profile.name);
            let place =
                self.workspace.place_of(&["datasets", dataset, "expected", "totals", column]);
            let help = if amounts.is_empty() {
                Some(format!("`{}` has no amounts of money: leave `totals` out", profile.name))
            } else {
                similar::help(column, amounts.clone())
            };
            let wrong = Diagnostic::new("unknown-column", message).at(place).maybe_help(help);
            self.wrong.push(wrong);
        }
    }

    fn controls(&mut self, selection: &Selection, datasets: &[DatasetSpec]) -> Vec<PlannedControl> {
        let settings = &self.workspace.settings.controls;
        let mandatory: BTreeSet<String> =
            settings.mandatory.iter().filter_map(|id| self.known(id)).collect();
        let included: Option<BTreeSet<String>> = settings
            .include
            .as_ref()
            .map(|ids| ids.iter().filter_map(|id| self.known(id)).collect());
        let mut only = BTreeSet::new();
        for id in &selection.only {
            match self.catalogue.control(id) {
                Ok(_) => drop(only.insert(id.clone())),
                Err(failure) => self.fail(failure),
            }
        }
        if !only.is_empty() {
            let ids: Vec<_> = only.iter().map(String::as_str).collect();
            self.overrides.insert("controls".to_owned(), format!("--only {}", ids.join(",")));
        }
        let by_name = if only.is_empty() { included } else { Some(only) };
        let mut planned = Vec::new();
        for (id, item) in &self.catalogue.items {
            if by_name.as_ref().is_some_and(|ids| !ids.contains(id)) {
                continue;
            }
            let mandatory = by_name.is_some() || mandatory.contains(id);
            // What they judge exists only within a gate: here they would be told as not tested.
            if item.of_the_gate() && !mandatory {
                continue;
            }
            planned.extend(self.control(item.control.clone(), mandatory, datasets));
        }
        if planned.is_empty() && self.wrong.is_empty() {
            let place = self.workspace.key_place("include");
            let message = "no control is selected";
            self.wrong.push(Diagnostic::new("no-control", message).at(place));
        }
        planned
    }

    fn known(&mut self, id: &Spanned<String>) -> Option<String> {
        if self.catalogue.items.contains_key(&id.value) {
            return Some(id.value.clone());
        }
        let diagnostic = self.catalogue.unknown(&id.value).at(self.workspace.place(id));
        self.wrong.push(diagnostic);
        None
    }

    fn control(
        &mut self,
        mut control: Control,
        mandatory: bool,
        datasets: &[DatasetSpec],
    ) -> Option<PlannedControl> {
        let id = control.id.to_string();
        let none = SettingFile::default();
        let setting = self.workspace.settings.controls.settings.get(&id).unwrap_or(&none);
        control.company_id = setting.company_id.clone().or(control.company_id);
        if let Some(owner) = &setting.owner {
            control.owner.clone_from(owner);
        }
        for (name, value) in &setting.parameters {
            let Some(parameter) = control.parameters.get_mut(name) else {
                let message = format!("control `{id}` has no parameter `{name}`");
                let known: Vec<_> = control.parameters.keys().map(String::as_str).collect();
                let help = similar::help(name, known);
                self.fail(self.workspace.wrong("unknown-parameter", message, value, help));
                continue;
            };
            if parameter.value != value.value {
                let told = format!("{} instead of {}", value.value, parameter.value);
                self.overrides.insert(format!("parameter {id}.{name}"), told);
            }
            parameter.value.clone_from(&value.value);
        }
        let bindings = self.bindings(&control, setting, datasets);
        let Some(bundle) = self.catalogue.bundles.get(&control.policy.bundle) else {
            let name = &control.policy.bundle;
            let message = format!("control `{id}`: no policy bundle is called `{name}`");
            let known: Vec<_> = self.catalogue.bundles.keys().map(String::as_str).collect();
            let diagnostic =
                Diagnostic::new("unknown-bundle", message).maybe_help(similar::help(name, known));
            self.wrong.push(diagnostic);
            return None;
        };
        Some(PlannedControl { control, mandatory, bindings, bundle: bundle.clone() })
    }

    fn bindings(
        &mut self,
        control: &Control,
        setting: &SettingFile,
        datasets: &[DatasetSpec],
    ) -> BTreeMap<String, String> {
        let population = &control.population;
        let tables = control.tables.values().map(|t| &t.dataset);
        let roles: BTreeSet<&str> = std::iter::once(&population.base)
            .chain(&population.joins)
            .chain(tables)
            .map(String::as_str)
            .collect();
        let mut bindings = BTreeMap::new();
        for (role, name) in &setting.datasets {
            let workspace = self.workspace;
            if !roles.contains(role.as_str()) {
                let message = format!("control `{}` reads no dataset `{role}`", control.id);
                let help = similar::help(role, roles.clone());
                self.fail(workspace.wrong("unknown-role", message, name, help));
            } else if !workspace.settings.datasets.contains_key(&name.value) {
                let message = format!("no dataset is called `{}`", name.value);
                let known: Vec<_> =
                    workspace.settings.datasets.keys().map(String::as_str).collect();
                let help = similar::help(&name.value, known);
                self.fail(workspace.wrong("unknown-dataset", message, name, help));
            } else if datasets.iter().any(|d| d.name == name.value && d.profile.role != role) {
                let message = format!(
                    "dataset `{}` can't stand for `{role}`: its profile has another role",
                    name.value
                );
                self.fail(workspace.wrong("wrong-role", message, name, None));
            } else {
                bindings.insert(role.clone(), name.value.clone());
            }
        }
        bindings
    }

    /// Settings of controls that don't exist are slips, even where the control isn't tested.
    fn settings(&mut self) {
        for id in self.workspace.settings.controls.settings.keys() {
            if !self.catalogue.items.contains_key(id) {
                let place = self.workspace.key_place(id);
                self.wrong.push(self.catalogue.unknown(id).at(place));
            }
        }
    }

    fn dates(&mut self, selection: &Selection) -> (Period, NaiveDate) {
        let file = self.workspace.settings.period.value;
        let mut period = Period { start: file.start, end: file.end };
        if let Some(flag) = selection.period {
            let told = format!("--period {}..{}", flag.start, flag.end);
            self.overrides.insert("period".to_owned(), told);
            period = flag;
        }
        if let Some(flag) = selection.as_of {
            self.overrides.insert("as_of".to_owned(), format!("--as-of {flag}"));
        }
        let as_of = selection.as_of.or(self.workspace.settings.as_of).unwrap_or(period.end);
        (period, as_of)
    }
}

/// The SHA-256 of the resolved configuration as JSON with sorted keys and without spaces.
fn configuration(
    parameters: &RunParameters,
    datasets: &[DatasetSpec],
    controls: &[PlannedControl],
    workspace: &Workspace,
) -> Outcome<Digest> {
    let mut described = Vec::new();
    for dataset in datasets {
        let files: Vec<_> = dataset.files.iter().map(|f| f.shown.as_str()).collect();
        described.push(serde_json::json!({
            "name": dataset.name,
            "profile": dataset.profile.name,
            "files": files,
            "reading": json(&dataset.reading)?,
            "expected": json(&dataset.expected)?,
        }));
    }
    let mut tested = Vec::new();
    for planned in controls {
        let PlannedControl { control, mandatory, bindings, bundle } = planned;
        tested.push(serde_json::json!({
            "control": json(control)?,
            "mandatory": mandatory,
            "bindings": bindings,
            "bundle": {
                "name": bundle.name,
                "version": bundle.version,
                "digest": bundle.digest.to_string(),
            },
        }));
    }
    let whole = serde_json::json!({
        "workspace": parameters.workspace,
        "engine": parameters.engine,
        "period": [parameters.period_start.to_string(), parameters.period_end.to_string()],
        "as_of": parameters.as_of.to_string(),
        "overrides": parameters.overrides,
        "origin": workspace.origin(),
        "datasets": described,
        "controls": tested,
    });
    Ok(Digest(Sha256::digest(canonical(&whole).as_bytes()).into()))
}

fn json(value: impl serde::Serialize) -> Outcome<serde_json::Value> {
    serde_json::to_value(value).map_err(Failure::internal)
}

/// JSON with sorted keys and without spaces.
fn canonical(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            let pairs = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_has_sorted_keys() {
        let value = serde_json::json!({"b": [1, {"d": null, "c": "x"}], "a": true});
        assert_eq!(canonical(&value), r#"{"a":true,"b":[1,{"c":"x","d":null}]}"#);
    }
}
