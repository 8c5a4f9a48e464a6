//! The shipped rules with their tests and the controls that use them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_controls::Control;
use tieout_policies::bundle::{self, Bundle, Language, Rule};
use tieout_policies::unit_test::{Setting, Suite};

/// A shipped Rego rule.
pub(crate) struct Shipped {
    pub(crate) rule: Rule,
    pub(crate) setting: Setting,
    pub(crate) tests: (String, String),
    pub(crate) equivalents: Option<String>,
}

impl Shipped {
    pub(crate) fn suite(&self) -> Suite {
        let (path, source) = &self.tests;
        Suite::new(&self.rule, path, source, self.setting.clone())
            .unwrap_or_else(|found| panic!("{found:#?}"))
    }
}

/// All shipped Rego rules, in the order of their paths.
pub(crate) fn rules() -> Vec<Shipped> {
    let controls = controls();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundles");
    let bundles: Vec<Bundle> =
        folders(&root).iter().map(|folder| bundle::load(folder).unwrap()).collect();
    let of = |bundle: &Bundle| -> Vec<Shipped> {
        let rego = bundle.rules.values().filter(|rule| rule.language == Language::Rego);
        let shipped = rego.map(|rule| {
            let control = controls.get(&(bundle.name.clone(), rule.name.clone()));
            let path = format!("{}/{}/rule_test.rego", bundle.name, rule.name);
            let source = bundle.files.get(&path).unwrap_or_else(|| panic!("no {path}")).clone();
            let setting = Setting::of(bundle, control);
            let listed = format!("{}/{}/equivalent.yaml", bundle.name, rule.name);
            let equivalents = bundle.files.get(&listed).cloned();
            Shipped { rule: rule.clone(), setting, tests: (path, source), equivalents }
        });
        shipped.collect()
    };
    let all: Vec<_> = bundles.iter().flat_map(of).collect();
    assert_eq!(all.len(), 67);
    all
}

/// The controls of the catalogue by the bundle and rule that decide.
fn controls() -> BTreeMap<(String, String), Control> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../controls/catalogue");
    let mut found = BTreeMap::new();
    for family in folders(&root) {
        for control in folders(&family) {
            let text = std::fs::read_to_string(control.join("control.yaml")).unwrap();
            let control: Control = serde_saphyr::from_str(&text).unwrap();
            let policy = &control.policy;
            found.insert((policy.bundle.clone(), policy.rule.clone()), control);
        }
    }
    found
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}
