//! What two versions of the policies have in common, and what they don't: control by control as the
//! workspace resolves it, with its rule; the rules that no control uses; and the policy bundles.

use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::gate::hashed;
use crate::gate::judge::FAMILY;
use crate::lock;
use crate::plan::{self, Selection};
use crate::text::Period;
use crate::workspace::Workspace;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use tieout_controls::{Control, Digest};
use tieout_engine::plan::{Plan, PlannedControl};
use tieout_policies::bundle::{Bundle, Language, Rule};

/// Files beside a rule that say what it is worth, and not what it does.
const TESTS: [&str; 3] = ["rule_test.rego", "cases.md", "equivalent.yaml"];

/// A version of a workspace's policies.
pub(super) struct Policies {
    /// The controls by id, the rules without one by `BUNDLE/RULE`, and the bundles by name.
    pub(super) items: BTreeMap<String, Item>,
    /// What the workspace runs.
    pub(super) plan: Plan,
}

/// A control with its rule, a rule that no control uses, or a policy bundle.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) control: Option<Arc<Control>>,
    /// `BUNDLE/RULE`; none of a bundle.
    pub(super) rule: Option<String>,
    pub(super) bundle: Arc<Bundle>,
    /// Whether the workspace runs it, or its gate does.
    pub(super) runs: bool,
    pub(super) mandatory: bool,
    /// Over everything that is told here of it.
    pub(super) digest: Digest,
    definition: Digest,
    rules: Digest,
    tests: Digest,
}

/// What differs.
pub(super) struct Differing {
    pub(super) subject: String,
    pub(super) old: Option<Item>,
    pub(super) new: Option<Item>,
    pub(super) rule_changed: bool,
    pub(super) definition_changed: bool,
    pub(super) tests_changed: bool,
}

impl Policies {
    /// What a workspace runs over a period and what judges its requests, each as its settings resolve it.
    ///
    /// # Errors
    /// What is wrong with its settings, controls or bundles.
    pub(super) fn of(
        workspace: &Workspace,
        catalogue: &Catalogue,
        (as_of, period): (NaiveDate, Period),
    ) -> Outcome<Self> {
        let asked = Selection { only: Vec::new(), as_of: Some(as_of), period: Some(period) };
        let plan = plan::unlocked(workspace, catalogue, &asked)?;
        let gate = catalogue.items.iter().filter(|(_, item)| item.control.family == FAMILY);
        let only: Vec<String> = gate.map(|(id, _)| id.clone()).collect();
        let judging = plan::unlocked(workspace, catalogue, &Selection { only, ..asked })?;
        let mut items: BTreeMap<String, Item> = BTreeMap::new();
        for planned in plan.controls.iter().chain(&judging.controls) {
            items.entry(planned.control.id.to_string()).or_insert(of_control(planned)?);
        }
        for (id, known) in &catalogue.items {
            let control = &known.control;
            if let (Some(bundle), None) =
                (catalogue.bundles.get(&control.policy.bundle), items.get(id))
            {
                items.insert(
                    id.clone(),
                    of_rule(bundle, rule(control, bundle)?, Some(control), "")?,
                );
            }
        }
        let used: BTreeSet<String> = items.values().filter_map(|item| item.rule.clone()).collect();
        for (name, bundle) in &catalogue.bundles {
            for rule in bundle.rules.values() {
                let named = format!("{name}/{}", rule.name);
                if !used.contains(&named) {
                    items.insert(named, of_rule(bundle, rule, None, "")?);
                }
            }
            items.insert(name.clone(), of_bundle(bundle));
        }
        Ok(Self { items, plan })
    }

    /// Whether the lock file, where there is one, pins the bundles as they are here.
    ///
    /// # Errors
    /// It pins others.
    pub(super) fn locked(&self, workspace: &Workspace) -> Outcome<()> {
        let used = self.plan.controls.iter().map(|planned| &planned.bundle);
        let used: BTreeMap<&str, &Bundle> = used.map(|b| (b.name.as_str(), &**b)).collect();
        lock::check(workspace, used.into_values())
    }

    /// SHA-256 of [`lines`](Self::lines).
    pub(super) fn digest(&self) -> Digest {
        hashed([self.lines().as_str()])
    }

    /// Each item's name with its digest, a line each, in the names' order.
    pub(super) fn lines(&self) -> String {
        let mut lines = String::new();
        for (name, item) in &self.items {
            let _ = writeln!(lines, "{}  {name}", item.digest);
        }
        lines
    }
}

fn of_control(planned: &PlannedControl) -> Outcome<Item> {
    let PlannedControl { control, mandatory, bindings, bundle } = planned;
    let bindings = serde_json::to_string(bindings).map_err(Failure::internal)?;
    let item = of_rule(bundle, rule(control, bundle)?, Some(control), &bindings)?;
    let digest = hashed([item.digest.to_string().as_str(), "runs", &mandatory.to_string()]);
    Ok(Item { runs: true, mandatory: *mandatory, digest, ..item })
}

/// The rule that a control is decided by.
fn rule<'a>(control: &Control, bundle: &'a Bundle) -> Outcome<&'a Rule> {
    bundle.rules.get(&control.policy.rule).ok_or_else(|| {
        let (id, name, rule) = (&control.id, &bundle.name, &control.policy.rule);
        let message = format!("control `{id}`: the policy bundle `{name}` has no rule `{rule}`");
        Failure::usage(Diagnostic::new("rule-not-found", message))
    })
}

fn of_rule(
    bundle: &Arc<Bundle>,
    rule: &Rule,
    control: Option<&Control>,
    bindings: &str,
) -> Outcome<Item> {
    let named = format!("{}/{}", bundle.name, rule.name);
    let folder = format!("{named}/");
    let tests = |path: &str| TESTS.iter().any(|test| path.strip_prefix(&folder) == Some(test));
    // A rule may read every table of its bundle, and holds where and when the bundle does.
    let runs = |path: &str| {
        path.strip_prefix(&folder)
            .is_some_and(|file| matches!(file, "rule.rego" | "rule.cedar" | "request.yaml"))
            || path.ends_with("/table.yaml")
    };
    let of = |wanted: &dyn Fn(&str) -> bool| {
        let files = bundle.files.iter().filter(|(path, _)| wanted(path));
        hashed(files.flat_map(|(path, text)| [path.as_str(), text.as_str()]))
    };
    let days = [bundle.effective_from, bundle.effective_to].map(|day| format!("{day:?}"));
    let scope = [days[0].as_str(), days[1].as_str(), bundle.jurisdiction.as_deref().unwrap_or("")];
    let (source, rules) = (of(&runs), hashed(scope));
    let rules = hashed([source.to_string().as_str(), &rules.to_string()]);
    let tests = of(&tests);
    let defined = control.map(serde_json::to_string).transpose().map_err(Failure::internal)?;
    let definition = hashed([defined.as_deref().unwrap_or_default(), bindings]);
    let parts = [definition, rules, tests].map(|digest| digest.to_string());
    Ok(Item {
        control: control.cloned().map(Arc::new),
        rule: Some(named),
        bundle: Arc::clone(bundle),
        runs: false,
        mandatory: false,
        digest: hashed(parts.iter().map(String::as_str)),
        definition,
        rules,
        tests,
    })
}

fn of_bundle(bundle: &Arc<Bundle>) -> Item {
    let nothing = hashed([]);
    Item {
        control: None,
        rule: None,
        bundle: Arc::clone(bundle),
        runs: false,
        mandatory: false,
        digest: bundle.digest,
        definition: nothing,
        rules: nothing,
        tests: nothing,
    }
}

/// What differs, by subject. A policy bundle of which rules differ is told with them.
pub(super) fn differing(base: &Policies, head: &Policies) -> Vec<Differing> {
    let names: BTreeSet<&String> = base.items.keys().chain(head.items.keys()).collect();
    let pairs = names.into_iter().map(|name| (name, base.items.get(name), head.items.get(name)));
    let found = pairs.filter(|(_, old, new)| old.map(|i| i.digest) != new.map(|i| i.digest));
    let mut all: Vec<Differing> = found.map(|(name, old, new)| pair(name, old, new)).collect();
    let told: BTreeSet<String> = all
        .iter()
        .flat_map(|of| [&of.old, &of.new])
        .flatten()
        .filter(|item| item.rule.is_some())
        .map(|item| item.bundle.name.clone())
        .collect();
    all.retain(|of| of.rule().is_some() || !told.contains(&of.subject));
    all
}

fn pair(name: &str, old: Option<&Item>, new: Option<&Item>) -> Differing {
    let differs = |part: fn(&Item) -> Digest| old.map(part) != new.map(part);
    Differing {
        subject: name.to_owned(),
        old: old.cloned(),
        new: new.cloned(),
        rule_changed: differs(|item| item.rules) || old.map(Item::named) != new.map(Item::named),
        definition_changed: differs(|item| item.definition),
        tests_changed: differs(|item| item.tests),
    }
}

/// The SHA-256 of the evaluated diff: what each item that differs was and is, a line each.
pub(super) fn digest(base: &Policies, head: &Policies) -> Digest {
    let mut text = String::new();
    let names: BTreeSet<&String> = base.items.keys().chain(head.items.keys()).collect();
    for name in names {
        let of = |policies: &Policies| policies.items.get(name).map(|item| item.digest);
        let (old, new) = (of(base), of(head));
        if old != new {
            let word = |digest: Option<Digest>| {
                digest.map_or_else(|| "none".to_owned(), |digest| digest.to_string())
            };
            let _ = writeln!(text, "{} {} {name}", word(old), word(new));
        }
    }
    hashed([text.as_str()])
}

impl Item {
    fn named(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// The rule itself; none of a bundle.
    pub(super) fn source(&self) -> Option<&Rule> {
        let (_, name) = self.rule.as_deref()?.split_once('/')?;
        self.bundle.rules.get(name)
    }

    /// The word for its rule's language.
    pub(super) fn language(&self) -> Option<&'static str> {
        self.source().map(|rule| match rule.language {
            Language::Rego => "rego",
            Language::Cedar => "cedar",
        })
    }

    /// The file that its rule is in.
    pub(super) fn file(&self) -> &'static str {
        match self.source().map(|rule| rule.language) {
            Some(Language::Cedar) => "rule.cedar",
            _ => "rule.rego",
        }
    }

    /// Whether it judges requests, so that no period's data can be put to it.
    pub(super) fn of_the_gate(&self) -> bool {
        self.control.as_ref().is_some_and(|control| control.family == FAMILY)
    }

    pub(super) fn version(&self) -> &str {
        &self.bundle.version
    }

    /// Whether the bundle's changelog has an entry with a star under the version.
    pub(super) fn starred(&self) -> bool {
        let path = format!("{}/CHANGELOG.md", self.bundle.name);
        self.bundle.files.get(&path).is_some_and(|text| starred(text, &self.bundle.version))
    }
}

/// Whether a changelog has a line with a star below the heading of a version.
fn starred(changelog: &str, version: &str) -> bool {
    let mut within = false;
    for line in changelog.lines() {
        if line.starts_with('#') {
            let part = |c: char| !(c.is_ascii_alphanumeric() || c == '.');
            within = line.split(part).any(|word| word == version);
        } else if within && line.contains('★') {
            return true;
        }
    }
    false
}

impl Differing {
    pub(super) fn kind(&self) -> &'static str {
        let runs = |item: &Option<Item>| item.as_ref().is_some_and(|item| item.runs);
        match (&self.old, &self.new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ if runs(&self.old) && !runs(&self.new) => "removed",
            _ if !runs(&self.old) && runs(&self.new) => "added",
            _ => "changed",
        }
    }

    /// What differs, in words.
    pub(super) fn what(&self) -> Vec<String> {
        if self.old.is_none() || self.new.is_none() {
            return Vec::new();
        }
        let mandatory = |item: &Option<Item>| item.as_ref().is_some_and(|item| item.mandatory);
        let parts = [
            (self.rule_changed, "rule"),
            (self.definition_changed, "definition"),
            (self.tests_changed, "tests"),
            (mandatory(&self.old) != mandatory(&self.new), "whether it is mandatory"),
        ];
        let told: Vec<String> =
            parts.iter().filter(|(differs, _)| *differs).map(|(_, w)| (*w).to_owned()).collect();
        if told.is_empty() { vec!["what is said of it".to_owned()] } else { told }
    }

    pub(super) fn rule(&self) -> Option<&str> {
        self.new.as_ref().or(self.old.as_ref()).and_then(Item::named)
    }

    /// Whether a control that is run uses it, before or after.
    pub(super) fn is_run(&self) -> bool {
        [&self.old, &self.new].into_iter().flatten().any(|item| item.runs)
    }

    /// Whether the version of its bundle went up; `None` where it has none on one side.
    pub(super) fn version_raised(&self) -> Option<bool> {
        let (old, new) = (self.old.as_ref()?, self.new.as_ref()?);
        Some(parts(new.version()) > parts(old.version()))
    }
}

fn parts(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_counts_under_its_own_version_alone() {
        let log = "# Changelog\n\n## [1.10.0] – 2026-11-01\n- ★ stricter\n\n## 1.1.0\n- tidier\n";
        assert!(starred(log, "1.10.0"));
        assert!(!starred(log, "1.1.0"));
        assert!(!starred(log, "1.1"));
        assert!(!starred("- ★ of no version\n", "1.0.0"));
    }

    #[test]
    fn versions_are_numbers() {
        assert!(parts("1.10.0") > parts("1.9.9"));
    }
}
