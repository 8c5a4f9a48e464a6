//! Which dataset plays which role in a control.

use crate::dataset::Loaded;
use crate::error::{did_you_mean, input, list};
use crate::plan::PlannedControl;
use crate::population::native_roles;
use crate::run::RunError;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::control::PopulationQuery;
use tieout_controls::{Control, SchemaProfile};

/// The datasets of a control by role.
pub(crate) struct Bound<'a> {
    base: String,
    joins: BTreeSet<String>,
    roles: BTreeMap<String, &'a Loaded>,
}

/// Whether all roles of a control have a dataset.
pub(crate) enum Binding<'a> {
    /// They have.
    Complete(Bound<'a>),
    /// Why the control can't be tested.
    Missing(String),
}

impl<'a> Bound<'a> {
    /// Datasets by their roles, without a control: each role's only one.
    ///
    /// # Errors
    /// When a wanted role has no dataset, or several have one role.
    pub(crate) fn of_roles(
        datasets: &'a BTreeMap<String, Loaded>,
        wanted: &[&str],
        welcome: &[&str],
    ) -> Result<Self, RunError> {
        let mut roles = BTreeMap::new();
        for role in wanted.iter().chain(welcome) {
            match fitting(role, datasets, |loaded| loaded.profile).as_slice() {
                [(_, only)] => {
                    roles.insert((*role).to_owned(), *only);
                }
                [] if welcome.contains(role) => {}
                [] => {
                    let message = format!("no dataset of the role `{role}` is in the workspace");
                    let help = format!("add one with a schema profile such as `{role}-1`");
                    return Err(input("missing-dataset", message, help));
                }
                several => {
                    let help = "keep one of them in the workspace".to_owned();
                    return Err(input("ambiguous-dataset", all_have(several, role), help));
                }
            }
        }
        Ok(Self::of(roles))
    }

    /// Some datasets by role, which nothing joins.
    pub(crate) fn of(roles: BTreeMap<String, &'a Loaded>) -> Self {
        Self { base: String::new(), joins: BTreeSet::new(), roles }
    }

    /// The dataset of a role.
    pub(crate) fn role(&self, role: &str) -> Result<&'a Loaded, RunError> {
        let missing = || RunError::Internal(format!("the role `{role}` was not bound"));
        self.find(role).ok_or_else(missing)
    }

    /// The dataset of a role, if the control reads it.
    pub(crate) fn find(&self, role: &str) -> Option<&'a Loaded> {
        self.roles.get(role).copied()
    }

    /// The roles that the control reads.
    pub(crate) fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    /// The base dataset.
    pub(crate) fn base(&self) -> Result<&'a Loaded, RunError> {
        self.role(&self.base)
    }

    /// The datasets that the query reads beside the base, by role.
    pub(crate) fn joined(&self) -> impl Iterator<Item = (&str, &'a Loaded)> {
        let joined = self.roles.iter().filter(|(role, _)| self.joins.contains(*role));
        joined.map(|(role, loaded)| (role.as_str(), *loaded))
    }

    /// Every dataset once, by name.
    pub(crate) fn datasets(&self) -> Vec<&'a Loaded> {
        let by_name = self.roles.values().map(|loaded| (&loaded.summary.name, *loaded));
        by_name.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// Role → name of the dataset.
    pub(crate) fn names(&self) -> BTreeMap<String, String> {
        let name =
            |(role, loaded): (&String, &&Loaded)| (role.clone(), loaded.summary.name.clone());
        self.roles.iter().map(name).collect()
    }
}

/// Finds the dataset of each role: the one the workspace binds, else the only one whose profile
/// has the role.
///
/// # Errors
/// When a binding names no dataset or one of another role, or several could be meant.
pub(crate) fn bind<'a>(
    planned: &PlannedControl,
    datasets: &'a BTreeMap<String, Loaded>,
) -> Result<Binding<'a>, RunError> {
    let control = &planned.control;
    let joins: BTreeSet<String> = control.population.joins.iter().cloned().collect();
    let mut roles = BTreeMap::new();
    let mut missing = Vec::new();
    for role in wanted(control) {
        match of_role(planned, &role, datasets, |loaded| loaded.profile)? {
            Some(loaded) => {
                roles.insert(role, loaded);
            }
            None => missing.push(role),
        }
    }
    if !missing.is_empty() {
        let (noun, verb) = if missing.len() == 1 { ("dataset", "is") } else { ("datasets", "are") };
        let roles = list(&missing);
        return Ok(Binding::Missing(format!(
            "no {noun} of the role {roles} {verb} in the workspace"
        )));
    }
    let base = control.population.base.clone();
    Ok(Binding::Complete(Bound { base, joins, roles }))
}

/// The roles of a control: its base, its joins, its tables, and what a native population reads.
pub(crate) fn wanted(control: &Control) -> BTreeSet<String> {
    let population = &control.population;
    let tables = control.tables.values().map(|table| &table.dataset);
    let mut wanted: BTreeSet<String> =
        population.joins.iter().chain(tables).chain([&population.base]).cloned().collect();
    if let PopulationQuery::Native(name) = &population.query {
        wanted.extend(native_roles(name).iter().map(|role| (*role).to_owned()));
    }
    wanted
}

/// The dataset of a role, read or still to be read.
///
/// # Errors
/// As [`bind`].
pub(crate) fn of_role<'a, T>(
    planned: &PlannedControl,
    role: &str,
    datasets: &'a BTreeMap<String, T>,
    profile: fn(&T) -> &'static SchemaProfile,
) -> Result<Option<&'a T>, RunError> {
    let id = &planned.control.id;
    if let Some(name) = planned.bindings.get(role) {
        let Some(dataset) = datasets.get(name) else {
            let message = format!("control `{id}`: there is no dataset `{name}` for `{role}`");
            let help = did_you_mean(name, datasets.keys().map(String::as_str));
            return Err(input("unknown-dataset", message, help));
        };
        if profile(dataset).role != role {
            let message = format!(
                "control `{id}`: the dataset `{name}` has the schema profile `{}`, not one of the role `{role}`",
                profile(dataset).name
            );
            return Err(input("unknown-dataset", message, None));
        }
        return Ok(Some(dataset));
    }
    match fitting(role, datasets, profile).as_slice() {
        [] => Ok(None),
        [(_, only)] => Ok(Some(only)),
        several @ [(first, _), ..] => {
            let message = format!("control `{id}`: {}", all_have(several, role));
            let help = format!(
                "say which one under `controls.settings.{id}.datasets`, such as `{role}: {first}`"
            );
            Err(input("ambiguous-dataset", message, help))
        }
    }
}

/// The datasets of a role, by name.
fn fitting<'a, T>(
    role: &str,
    datasets: &'a BTreeMap<String, T>,
    profile: fn(&T) -> &'static SchemaProfile,
) -> Vec<(&'a String, &'a T)> {
    datasets.iter().filter(|(_, dataset)| profile(dataset).role == role).collect()
}

fn all_have<T>(datasets: &[(&String, T)], role: &str) -> String {
    let names = list(datasets.iter().map(|(name, _)| name.as_str()));
    format!("{names} all have the role `{role}`")
}
