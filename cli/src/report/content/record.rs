//! The pack's record lines, read defensively.

use crate::report::shown;
use serde::Serialize;
use serde_json::Value;
use std::cmp::Ordering;
use tieout_controls::dataset::DatasetSummary;
use tieout_controls::{Cause, Count, Decimal};

/// What one rule states about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::report) struct Exception {
    /// The control.
    pub(in crate::report) control: String,
    /// The record.
    pub(in crate::report) record: RecordName,
    /// The code of the defect; empty where the line states none.
    pub(in crate::report) code: String,
    /// What the rule expected.
    pub(in crate::report) expected: Option<String>,
    /// What the record has.
    pub(in crate::report) actual: Option<String>,
    /// The money it is about, in full.
    pub(in crate::report) amount: Option<Decimal>,
    /// The amount's currency; empty where there is none.
    pub(in crate::report) currency: String,
    /// A sentence of the policy's own.
    pub(in crate::report) message: Option<String>,
    /// The rule.
    pub(in crate::report) rule: Option<Place>,
}

/// A record that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::report) struct Undetermined {
    /// The control.
    pub(in crate::report) control: String,
    /// The record.
    pub(in crate::report) record: RecordName,
    /// What stood in the way.
    pub(in crate::report) causes: Vec<Cause>,
    /// The money at stake; `None` where it is unknown.
    pub(in crate::report) exposure: Option<Decimal>,
    /// Its currency; empty where there is none.
    pub(in crate::report) currency: String,
}

/// Which record.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in crate::report) struct RecordName {
    /// The number of its line in the pack's `records/`, from 0.
    pub(in crate::report) number: Count,
    /// The dataset's name.
    pub(in crate::report) dataset: Option<String>,
    /// The file as the workspace names it.
    pub(in crate::report) file: Option<String>,
    /// The data row's ordinal in the file, from 1.
    pub(in crate::report) row: Option<Count>,
    /// The key's clear columns with their values; `None` where the value is null.
    pub(in crate::report) key: Vec<(String, Option<String>)>,
    /// The personal columns that are disclosed.
    pub(in crate::report) personal: Vec<(String, Option<String>)>,
    /// Whether the pack withholds personal columns of the record.
    pub(in crate::report) withheld: bool,
}

/// A line of the pack's `records/`, and its number there, from 0.
pub(super) struct Line<'a> {
    /// The number.
    pub(super) number: Count,
    /// The line.
    pub(super) value: &'a Value,
}

/// Lines of a policy file in the pack's `policy/` folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in crate::report) struct Place {
    /// The path in the folder.
    pub(in crate::report) file: String,
    /// The first line, from 1.
    pub(in crate::report) line: Count,
    /// The last line.
    pub(in crate::report) last_line: Count,
}

impl Exception {
    /// By currency, then by falling amount without its sign, those without an amount last of all;
    /// ties by record and code.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let size = |e: &Self| e.amount.as_ref().map(Decimal::abs);
        let by_size = size(other).cmp(&size(self));
        let currency = |e: &Self| (e.currency.is_empty(), e.currency.clone());
        let currencies = currency(self).cmp(&currency(other));
        currencies.then(by_size).then_with(|| self.record.cmp(&other.record)).then_with(|| {
            (&self.code, &self.rule, &self.message).cmp(&(&other.code, &other.rule, &other.message))
        })
    }

    /// What the rule says of the record, in a line.
    pub(in crate::report) fn statement(&self) -> String {
        let expected = self.expected.as_deref().map(|e| format!("expected {}", shown::stated(e)));
        let actual = self.actual.as_deref().map(|a| format!("found {}", shown::stated(a)));
        let values: Vec<_> = expected.into_iter().chain(actual).collect();
        let message = self.message.as_deref().map(shown::visible).into_iter();
        let values = (!values.is_empty()).then(|| values.join(", "));
        let said: Vec<_> = message.chain(values).collect();
        shown::or_nothing(&said.join("; ")).to_owned()
    }
}

/// The exceptions that a line states: one for each fact.
pub(super) fn exceptions(line: &Line<'_>, datasets: &[DatasetSummary]) -> Vec<Exception> {
    let value = line.value;
    let facts = value.get("facts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let owned = |of: &Value, name: &str| text(of, name).map(str::to_owned);
    let exception = |fact: &Value| {
        let amount = decimal(fact, "amount");
        let currency = if amount.is_some() { exposure_currency(value) } else { String::new() };
        Exception {
            control: owned(value, "control").unwrap_or_default(),
            record: record_name(line, datasets),
            code: owned(fact, "code").unwrap_or_default(),
            expected: owned(fact, "expected"),
            actual: owned(fact, "actual"),
            amount,
            currency,
            message: owned(fact, "message"),
            rule: fact.get("rule").and_then(place),
        }
    };
    facts.iter().map(exception).collect()
}

/// The undetermined record that a line states, if it states one.
pub(super) fn undetermined(line: &Line<'_>, datasets: &[DatasetSummary]) -> Option<Undetermined> {
    let value = line.value;
    if text(value, "decision") != Some("undetermined") {
        return None;
    }
    let causes = value.get("causes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let read = |cause: &Value| serde_json::from_value::<Cause>(cause.clone()).ok();
    Some(Undetermined {
        control: text(value, "control").unwrap_or_default().to_owned(),
        record: record_name(line, datasets),
        causes: causes.iter().filter_map(read).collect(),
        exposure: value.get("exposure").and_then(|exposure| decimal(exposure, "amount")),
        currency: exposure_currency(value),
    })
}

/// The text in a field of an object.
pub(super) fn text<'a>(of: &'a Value, field: &str) -> Option<&'a str> {
    of.get(field)?.as_str()
}

fn count(of: &Value, field: &str) -> Option<Count> {
    text(of, field)?.parse().ok().map(Count)
}

fn decimal(of: &Value, field: &str) -> Option<Decimal> {
    // Sums and products have more digits than an input may, so the results' own reader reads them.
    serde_json::from_value(of.get(field)?.clone()).ok()
}

fn record_name(line: &Line<'_>, datasets: &[DatasetSummary]) -> RecordName {
    let value = line.value;
    let dataset = text(value, "dataset");
    let summary = datasets.iter().find(|d| Some(d.name.as_str()) == dataset);
    let file = count(value, "file").and_then(|number| usize::try_from(number.0).ok());
    let file = file.and_then(|number| summary?.files.get(number));
    let withheld = value.get("personal").and_then(|personal| personal.get("_sd"));
    RecordName {
        number: line.number,
        dataset: dataset.map(str::to_owned),
        file: file.cloned(),
        row: count(value, "row"),
        key: fields(value, "key"),
        personal: fields(value, "personal"),
        withheld: withheld.and_then(Value::as_array).is_some_and(|digests| !digests.is_empty()),
    }
}

fn exposure_currency(line: &Value) -> String {
    let currency = line.get("exposure").and_then(|exposure| text(exposure, "currency"));
    currency.unwrap_or_default().to_owned()
}

/// The columns in an object, without the digests of those that are withheld.
fn fields(line: &Value, name: &str) -> Vec<(String, Option<String>)> {
    let object = line.get(name).and_then(Value::as_object);
    let columns = object.into_iter().flatten().filter(|(name, _)| *name != "_sd");
    columns.map(|(name, value)| (name.clone(), value.as_str().map(str::to_owned))).collect()
}

fn place(rule: &Value) -> Option<Place> {
    let line = count(rule, "line")?;
    let last_line = count(rule, "last_line").unwrap_or(line);
    Some(Place { file: text(rule, "file")?.to_owned(), line, last_line })
}

impl RecordName {
    /// The key's values for people, in the key's order, then the personal columns disclosed.
    pub(in crate::report) fn key_text(&self) -> String {
        let mut values = self.clear_values();
        for (name, value) in &self.personal {
            let value = value.as_deref().unwrap_or(shown::NOTHING);
            values.push(shown::visible(&format!("{name} {value}")));
        }
        if self.withheld {
            values.push("personal columns withheld".to_owned());
        }
        shown::or_nothing(&values.join(" · ")).to_owned()
    }

    /// The key's values without any personal one.
    pub(in crate::report) fn clear_text(&self) -> String {
        let mut values = self.clear_values();
        if self.is_personal() {
            values.push("personal columns left out".to_owned());
        }
        shown::or_nothing(&values.join(" · ")).to_owned()
    }

    /// Whether the record has personal columns, disclosed or not.
    pub(in crate::report) fn is_personal(&self) -> bool {
        self.withheld || !self.personal.is_empty()
    }

    fn clear_values(&self) -> Vec<String> {
        let values = self.key.iter().map(|(_, value)| value.as_deref().unwrap_or(shown::NOTHING));
        values.map(shown::visible).collect()
    }

    /// Where the record stands, and its number in the pack, by which `tieout explain` finds it.
    pub(in crate::report) fn numbered_place(&self) -> String {
        format!("{}, pack record {}", self.place_text(), self.number)
    }

    /// Where the record stands: file and row, or the dataset of a group.
    pub(in crate::report) fn place_text(&self) -> String {
        let dataset = self.dataset.as_deref().unwrap_or(shown::NOTHING);
        let file = self.file.as_deref().unwrap_or(dataset);
        match self.row {
            Some(row) => shown::visible(&format!("{file}, row {}", shown::count(row))),
            None => shown::visible(&format!("group in {dataset}")),
        }
    }
}

impl Place {
    /// `file:first-last`, as editors write it.
    pub(in crate::report) fn text(&self) -> String {
        let file = shown::visible(&self.file);
        if self.line == self.last_line {
            return format!("{file}:{}", self.line);
        }
        format!("{file}:{}-{}", self.line, self.last_line)
    }
}
