//! What of a pack becomes a document.

use crate::content::Content;
use crate::name::is_personal;
use crate::text::fold;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use tieout_controls::{Count, TestResult};
use tieout_evidence::verify::VerifiedPack;

/// A document of the index.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Which kind.
    pub(crate) kind: &'static str,
    /// Its number among its kind in the pack, from 0.
    pub(crate) number: Count,
    /// The control, where it has one.
    pub(crate) control: Option<String>,
    /// The verdict or the outcome, where it has one.
    pub(crate) decision: Option<String>,
    /// As it stands in the pack, but for personal fields.
    pub(crate) body: Value,
    /// Whether personal fields were taken out.
    pub(crate) personal: bool,
    /// What can be found.
    pub(crate) content: Content,
}

/// Calls `each` for the documents of a pack, in their order: results, records, refused rows,
/// population.
pub(crate) fn each_document<E: From<serde_json::Error>>(
    pack: &VerifiedPack,
    mut each: impl FnMut(Document) -> Result<(), E>,
) -> Result<(), E> {
    for (number, test) in pack.result.tests.iter().enumerate() {
        each(result(pack, number, test)?)?;
    }
    for kind in ["record", "refused"] {
        let lines = pack.records.iter().filter(|line| kind_of(line) == kind);
        for (number, line) in lines.enumerate() {
            each(record(kind, number, line))?;
        }
    }
    let names = personal_names(pack);
    for (number, line) in pack.population.iter().enumerate() {
        // Null is a record that is withheld: it keeps its number and has nothing else.
        if !line.is_null() {
            each(population(number, line, &names))?;
        }
    }
    Ok(())
}

/// How many evaluated records the pack no longer discloses.
pub(crate) fn withheld(pack: &VerifiedPack) -> Count {
    let evaluated: Count = pack.result.tests.iter().map(|test| test.counts.evaluated()).sum();
    let disclosed = pack.population.iter().filter(|line| !line.is_null()).count();
    Count(evaluated.0.saturating_sub(Count::of(disclosed).0))
}

fn kind_of(line: &Value) -> &'static str {
    match line.get("kind").and_then(Value::as_str) {
        Some("refused") => "refused",
        _ => "record",
    }
}

fn result(
    pack: &VerifiedPack,
    number: usize,
    test: &TestResult,
) -> Result<Document, serde_json::Error> {
    let body = serde_json::to_value(test)?;
    Ok(Document {
        kind: "result",
        number: Count::of(number),
        control: Some(test.control.id.to_string()),
        decision: Some(test.outcome.word().to_owned()),
        personal: false,
        content: Content::of_result(&pack.result.run, test, &body),
        body,
    })
}

/// INVARIANT: no personal field reaches the index, neither to be found nor to be shown: what has
/// to be erasable must not be copied. They stand below `personal`; and in a record that has some,
/// what a rule expected, what it found and its message may repeat them.
fn record(kind: &'static str, number: usize, line: &Value) -> Document {
    let mut body = line.clone();
    let mut personal = false;
    if let Some(members) = body.as_object_mut() {
        personal = members.shift_remove("personal").is_some();
        let facts = members.get_mut("facts").and_then(Value::as_array_mut);
        for fact in facts.into_iter().flatten().filter_map(Value::as_object_mut) {
            let withheld = fact.shift_remove("_sd").is_some();
            if personal || withheld {
                for field in ["expected", "actual", "message"] {
                    fact.shift_remove(field);
                }
            }
        }
    }
    document(kind, number, body, personal)
}

/// The population's keys are disclosed whole, so that personal columns are known by name only.
fn population(number: usize, line: &Value, names: &BTreeSet<String>) -> Document {
    let mut body = line.clone();
    let mut personal = false;
    if let Some(members) = body.as_object_mut() {
        personal = members.shift_remove("personal").is_some();
        if let Some(key) = members.get_mut("key").and_then(Value::as_object_mut) {
            let before = key.len();
            key.retain(|name, _| !is_personal(name) && !names.contains(&fold(name)));
            personal |= key.len() < before;
        }
    }
    document("population", number, body, personal)
}

fn document(kind: &'static str, number: usize, body: Value, personal: bool) -> Document {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    Document {
        kind,
        number: Count::of(number),
        control: text("control"),
        decision: text("decision"),
        personal,
        content: Content::of_line(kind, &body),
        body,
    }
}

/// The folded names of columns that are personal by a control of the run or in a record of the
/// pack, beside those of the schema profiles. A name that is personal once is so throughout.
fn personal_names(pack: &VerifiedPack) -> BTreeSet<String> {
    let controls = pack.result.tests.iter().map(|test| &test.control);
    let by_control = controls.flat_map(|c| &c.population.personal).map(String::as_str);
    let objects = pack.records.iter().filter_map(|line| line.get("personal")?.as_object());
    by_control.chain(objects.flat_map(Map::keys).map(String::as_str)).map(fold).collect()
}
