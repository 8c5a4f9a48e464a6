//! Which rules a command for authors is about.

use crate::args::Global;
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::output;
use crate::similar;
use crate::workspace::Workspace;
use std::path::Path;
use std::sync::Arc;
use tieout_controls::Control;
use tieout_policies::bundle::{self, Bundle, Language, Rule};
use tieout_policies::compile;
use tieout_policies::unit_test::{Setting, Suite};

/// A Rego rule with what is known of it.
pub(crate) struct Target {
    pub(super) bundle: Arc<Bundle>,
    pub(super) rule: Rule,
    /// Where the bundle lies on the disk, as it is shown.
    folder: Option<String>,
    control: Option<Control>,
}

/// The rules that are named: folders of bundles or rules, `BUNDLE`, `BUNDLE/RULE` or `RULE`. Without
/// any, those of the workspace's own bundles, or the built-in ones where it has none.
pub(super) fn resolve(global: &Global, names: &[String]) -> Outcome<Vec<Target>> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let catalogue = Catalogue::of(workspace.as_ref())?;
    let mut targets = Vec::new();
    if names.is_empty() {
        let own = !catalogue.folders.is_empty();
        let chosen = catalogue.bundles.iter();
        for (_, bundle) in chosen.filter(|(name, _)| !own || catalogue.folders.contains_key(*name))
        {
            targets.extend(rules(bundle, &catalogue, catalogue.folders.get(&bundle.name), None));
        }
    }
    for name in names {
        let found = named(name, &catalogue)?;
        if found.is_empty() {
            return Err(unknown(name, &catalogue));
        }
        targets.extend(found);
    }
    Ok(targets)
}

fn named(name: &str, catalogue: &Catalogue) -> Outcome<Vec<Target>> {
    let path = output::absolute(Path::new(name));
    let folder = if path.is_file() { path.parent().unwrap_or(&path) } else { &path };
    if folder.is_dir() {
        let single = !folder.join("bundle.yaml").is_file();
        let home = if single { folder.parent().unwrap_or(folder) } else { folder };
        let bundle = load(home)?;
        let rule = folder.file_name().filter(|_| single).and_then(|name| name.to_str());
        let shown = output::shown(home);
        return Ok(rules(&Arc::new(bundle), catalogue, Some(&shown), rule));
    }
    let (bundle, rule) = name.split_once('/').map_or((name, None), |(b, r)| (b, Some(r)));
    if let Some(bundle) = catalogue.bundles.get(bundle) {
        return Ok(rules(bundle, catalogue, catalogue.folders.get(&bundle.name), rule));
    }
    let of = |b: &Arc<Bundle>| rules(b, catalogue, catalogue.folders.get(&b.name), Some(name));
    Ok(catalogue.bundles.values().flat_map(of).collect())
}

/// The policy bundle in a folder.
pub(super) fn load(folder: &Path) -> Outcome<Bundle> {
    bundle::load(folder).map_err(|e| {
        Failure::usage(Diagnostic::new("bundle-unreadable", format!("policy bundle {e}")))
    })
}

/// The Rego rules of a bundle, or the one of that name.
fn rules(
    bundle: &Arc<Bundle>,
    catalogue: &Catalogue,
    folder: Option<&String>,
    only: Option<&str>,
) -> Vec<Target> {
    let rego = bundle.rules.values().filter(|rule| rule.language == Language::Rego);
    let target = |rule: &Rule| Target {
        bundle: Arc::clone(bundle),
        rule: rule.clone(),
        folder: folder.cloned(),
        control: control(catalogue, &bundle.name, &rule.name),
    };
    rego.filter(|rule| only.is_none_or(|only| only == rule.name)).map(target).collect()
}

fn control(catalogue: &Catalogue, bundle: &str, rule: &str) -> Option<Control> {
    let mut controls = catalogue.items.values().map(|item| &item.control);
    controls.find(|c| c.policy.bundle == bundle && c.policy.rule == rule).cloned()
}

fn unknown(name: &str, catalogue: &Catalogue) -> Failure {
    let known = catalogue.bundles.values().flat_map(|bundle| bundle.rules.keys());
    let known = known.chain(catalogue.bundles.keys()).map(String::as_str);
    let help = similar::nearest(name, known).map_or_else(
        || "name a folder with a `bundle.yaml`, a rule's folder, or a built-in rule".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("there is no policy bundle or rule `{name}`");
    Failure::usage(Diagnostic::new("rule-not-found", message).help(help))
}

impl Target {
    /// A rule as a control uses it, under the name that its bundle gives it.
    pub(crate) fn of(bundle: &Arc<Bundle>, rule: &Rule, control: Option<&Control>) -> Self {
        let (rule, control) = (rule.clone(), control.cloned());
        Self { bundle: Arc::clone(bundle), rule, folder: None, control }
    }

    /// The rule's tests: path and source.
    pub(super) fn tests(&self) -> Option<(&String, &String)> {
        let path = format!("{}/{}/rule_test.rego", self.bundle.name, self.rule.name);
        self.bundle.files.get_key_value(&path)
    }

    /// Where the rule is used.
    pub(super) fn setting(&self) -> Setting {
        Setting::of(&self.bundle, self.control.as_ref())
    }

    /// The rule with its tests; `None` if it has none.
    ///
    /// # Errors
    /// What is wrong in one of them.
    pub(crate) fn suite(&self) -> Result<Option<Suite>, Vec<Diagnostic>> {
        let Some((path, source)) = self.tests() else { return Ok(None) };
        let suite = Suite::new(&self.rule, path, source, self.setting());
        let told = |found: Vec<_>| found.into_iter().map(|d| self.told(d)).collect();
        suite.map(Some).map_err(told)
    }

    /// A file of the bundle under the name that the user knows.
    pub(super) fn shown(&self, path: &str) -> String {
        let rest = path.split_once('/').map_or(path, |(_, rest)| rest);
        match &self.folder {
            Some(folder) => format!("{}/{rest}", folder.trim_end_matches('/')),
            None => path.to_owned(),
        }
    }

    /// A diagnostic with its source line.
    pub(super) fn told(&self, found: compile::Diagnostic) -> Diagnostic {
        let source = self.bundle.files.get(&found.path).map_or("", String::as_str);
        let file = self.shown(&found.path);
        Diagnostic::of_policy(found, &file, source)
    }
}
