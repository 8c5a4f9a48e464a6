//! A case as it is published, and what it can come to.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// A case.
pub(crate) struct Case {
    /// Its note, with a number where several have the same.
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) modules: Vec<String>,
    /// The path of the rule that it asks for, where it asks for no more.
    pub(crate) rule: Option<String>,
    /// JSON texts.
    pub(crate) data: Option<String>,
    pub(crate) input: Option<Value>,
    /// What the rule is; `None` when it is undefined.
    pub(crate) wanted: Option<Value>,
    pub(crate) wants_error: bool,
    pub(crate) in_any_order: bool,
}

/// What a case comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// Refused when it is loaded, with that code.
    Refused(String),
    /// The case asks for what the path doesn't have.
    NotExpressible(&'static str),
    /// It gives something else: one of [`DEVIATIONS`].
    Failed(&'static str),
    Panicked,
}

/// Why a case may give something else than OPA.
pub(crate) const DEVIATIONS: [(&str, &str); 5] = [
    (
        "fails-by-name",
        "a named failure, mostly of an argument that a function can't take, which OPA makes undefined",
    ),
    ("evaluator-differs", "regorus gives another value than OPA"),
    ("no-error", "OPA refuses it, regorus gives a value"),
    ("profile-differs", "exact decimals or another order than OPA's"),
    ("undetermined", "what reads a missing value is undetermined in the record profile"),
];

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Refused(code) => write!(f, "refused\t{code}"),
            Self::NotExpressible(why) => write!(f, "not expressible\t{why}"),
            Self::Failed(why) => write!(f, "failed\t{why}"),
            Self::Panicked => f.write_str("panicked"),
        }
    }
}

/// All cases, by family.
pub(crate) fn read(folder: &Path) -> Vec<Case> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    let mut cases = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for file in files {
        let family = file.file_stem().unwrap().to_string_lossy().into_owned();
        let read: Vec<Value> = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for published in &read {
            let note = published["note"].as_str().unwrap();
            let times = seen.entry(note.to_owned()).or_default();
            *times += 1;
            let name = if *times > 1 { format!("{note} ({times})") } else { note.to_owned() };
            cases.push(case(name, &family, published));
        }
    }
    cases
}

fn case(name: String, family: &str, published: &Value) -> Case {
    let modules = published["modules"].as_array().into_iter().flatten();
    let input = published.get("input").cloned().or_else(|| {
        let term = published.get("input_term")?.as_str()?;
        // A term of Rego that is no JSON is kept as what no path can read.
        Some(serde_json::from_str(term).unwrap_or(Value::String(term.to_owned())))
    });
    let results = published["want_result"].as_array();
    let wanted = results.and_then(|r| r.first()).and_then(|r| r.as_object()?.values().next());
    Case {
        name,
        family: family.to_owned(),
        modules: modules.map(|m| m.as_str().unwrap().to_owned()).collect(),
        rule: rule(published["query"].as_str().unwrap()),
        data: published.get("data").map(Value::to_string),
        input,
        wanted: wanted.cloned(),
        wants_error: published.get("want_error").is_some()
            || published.get("want_error_code").is_some(),
        in_any_order: published["sort_bindings"] == true,
    }
}

/// `data.a.b = x` asks for `data.a.b`.
fn rule(query: &str) -> Option<String> {
    let (path, variable) = query.trim().split_once(" = ")?;
    let word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let below = path.strip_prefix("data.")?;
    (word(variable) && below.split('.').all(word)).then(|| path.to_owned())
}

/// Whether a value is the one that is wanted.
pub(crate) fn same(case: &Case, got: Option<&Value>) -> bool {
    match (got, &case.wanted) {
        (Some(Value::Array(got)), Some(Value::Array(wanted))) if case.in_any_order => {
            let sorted = |values: &[Value]| {
                let mut texts: Vec<_> = values.iter().map(Value::to_string).collect();
                texts.sort();
                texts
            };
            sorted(got) == sorted(wanted)
        }
        (got, wanted) => got == wanted.as_ref(),
    }
}
