//! What the modules of a policy define, and what a path in one of them means.

use regorus::unstable::{Expr, Module, Ref, Rule, RuleHead};
use std::collections::{BTreeMap, BTreeSet};

/// The definitions of all modules by their full path, without `data`.
#[derive(Debug, Default)]
pub(super) struct Names {
    functions: BTreeSet<Vec<String>>,
    rules: BTreeSet<Vec<String>>,
    first_package: Vec<String>,
}

/// One module's view: its package and its imports.
#[derive(Debug)]
pub(super) struct Scope {
    package: Vec<String>,
    imports: BTreeMap<String, Vec<String>>,
}

impl Names {
    pub(super) fn of(modules: &[Ref<Module>]) -> Self {
        let mut names = Self::default();
        for module in modules {
            let package = Scope::of(module).package;
            for rule in &module.policy {
                let path = [package.clone(), prefix(head(rule))].concat();
                let functions = is_function(rule);
                if functions { &mut names.functions } else { &mut names.rules }.insert(path);
            }
            if names.first_package.is_empty() {
                names.first_package = package;
            }
        }
        names
    }

    pub(super) fn is_function(&self, path: &[String]) -> bool {
        self.functions.contains(path)
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &Vec<String>> {
        self.functions.iter()
    }

    /// The rules as regorus addresses them, by their plain names: with `data`, and those of the
    /// first package without it too.
    pub(super) fn rules(&self) -> BTreeMap<String, String> {
        let mut rules = BTreeMap::new();
        for path in &self.rules {
            let full = addressed(path);
            rules.insert(format!("data.{}", path.join(".")), full.clone());
            if let Some(own) = path.strip_prefix(self.first_package.as_slice()) {
                rules.insert(own.join("."), full.clone());
            }
            rules.insert(full.clone(), full);
        }
        rules
    }
}

/// A path as regorus reads it.
fn addressed(path: &[String]) -> String {
    path.iter().fold("data".to_owned(), |path, part| {
        let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit());
        if plain { format!("{path}.{part}") } else { format!("{path}[{part:?}]") }
    })
}

impl Scope {
    pub(super) fn of(module: &Module) -> Self {
        let mut imports = BTreeMap::new();
        for import in &module.imports {
            let path = prefix(&import.refr);
            let alias = import.r#as.as_ref().map(|span| span.text().to_owned());
            if let Some(alias) = alias.or_else(|| path.last().cloned()) {
                imports.insert(alias, path);
            }
        }
        Self { package: prefix(&module.package.refr), imports }
    }

    /// What a path beginning with that name means, without `data`, or `None` when it is not below
    /// `data`. A bare name is one of this package's.
    pub(super) fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        if let Some(imported) = self.imports.get(first) {
            let (root, below) = imported.split_first()?;
            return (root == "data").then(|| [below, rest].concat());
        }
        match first.as_str() {
            "data" => Some(rest.to_vec()),
            "input" => None,
            _ => Some([self.package.as_slice(), path].concat()),
        }
    }
}

/// The reference under which a rule is defined.
pub(super) fn head(rule: &Rule) -> &Expr {
    match rule {
        Rule::Default { refr, .. } => refr,
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. }
            | RuleHead::Set { refr, .. }
            | RuleHead::Func { refr, .. } => refr,
        },
    }
}

fn is_function(rule: &Rule) -> bool {
    match rule {
        Rule::Default { args, .. } => !args.is_empty(),
        Rule::Spec { head, .. } => matches!(head, RuleHead::Func { .. }),
    }
}

/// The constant beginning of a reference: `data.a[x].b` gives `data`, `a`.
pub(super) fn prefix(reference: &Expr) -> Vec<String> {
    let mut path = Vec::new();
    collect(reference, &mut path);
    path
}

/// Whether the whole reference was constant.
fn collect(reference: &Expr, path: &mut Vec<String>) -> bool {
    let part = match reference {
        Expr::Var { span, .. } => {
            path.push(span.text().to_owned());
            return true;
        }
        Expr::RefDot { refr, field: (span, _), .. } => {
            collect(refr, path).then(|| span.text().to_owned())
        }
        Expr::RefBrack { refr, index, .. } => {
            if !collect(refr, path) {
                return false;
            }
            match index.as_ref() {
                Expr::String { value, .. } | Expr::RawString { value, .. } => {
                    value.as_string().ok().map(|s| s.to_string())
                }
                _ => None,
            }
        }
        _ => None,
    };
    let constant = part.is_some();
    path.extend(part);
    constant
}
