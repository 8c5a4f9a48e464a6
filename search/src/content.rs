//! What of a document can be found.

use crate::name::{
    Fixed, INVOICE_COLUMNS, currency_columns, is_currency_column, key_name, value_name,
};
use crate::order;
use crate::text::fold;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use tieout_controls::result::RunParameters;
use tieout_controls::{Decimal, TestResult};

/// What of a document can be found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    /// Every value as text, with the index's name of its column where it stands in one.
    pub(crate) values: Vec<(Option<String>, String)>,
    /// The fixed fields' values.
    pub(crate) fields: BTreeSet<(Fixed, String)>,
    /// The digests, as 64 hexadecimal digits.
    pub(crate) hashes: BTreeSet<String>,
    /// Amounts and their currencies.
    pub(crate) amounts: Vec<(Decimal, Option<String>)>,
    /// The numbers in columns, with the currencies that the schema profiles give them.
    pub(crate) numbers: Vec<(String, Decimal, Vec<String>)>,
    /// Days and instants, with the index's name of their column.
    pub(crate) times: Vec<(Option<String>, DateTime<Utc>)>,
}

/// Members of the format itself, which say where a record stands and nothing about it: a search
/// for `7` does not want every seventh row.
const FORMAT: [&str; 9] =
    ["v", "kind", "_sd", "_sd_alg", "salt", "population", "row", "line", "last_line"];

impl Content {
    /// Of a line of the records or the population.
    pub(crate) fn of_line(kind: &str, body: &Value) -> Self {
        let mut content = Self::default();
        content.field(Fixed::Kind, kind);
        content.line(body);
        content
    }

    /// Of a control's result, and of the JSON that is shown of it.
    pub(crate) fn of_result(run: &RunParameters, test: &TestResult, body: &Value) -> Self {
        let mut content = Self::default();
        content.field(Fixed::Kind, "result");
        content.leaves(body);
        content.result(test);
        for day in [run.period_start, run.period_end, run.as_of] {
            content.times.push((None, order::midnight(day)));
        }
        content
    }

    fn field(&mut self, field: Fixed, text: &str) {
        self.fields.insert((field, fold(text)));
    }

    fn value(&mut self, column: Option<String>, text: &str) {
        let folded = fold(text);
        let hex = folded.strip_prefix("sha256:").unwrap_or(&folded);
        if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            self.hashes.insert(hex.to_owned());
        }
        self.values.push((column, text.to_owned()));
    }

    fn leaves(&mut self, value: &Value) {
        match value {
            Value::Object(members) => members.values().for_each(|member| self.leaves(member)),
            Value::Array(items) => items.iter().for_each(|item| self.leaves(item)),
            scalar => {
                if let Some(text) = scalar_text(scalar) {
                    self.value(None, &text);
                }
            }
        }
    }

    fn line(&mut self, body: &Value) {
        let Some(members) = body.as_object() else { return };
        let money = members.get("exposure").and_then(|e| e.get("currency")).and_then(Value::as_str);
        let money = money.map(str::to_owned);
        for (name, member) in members {
            self.member(name, member, money.as_deref());
        }
        self.pair_currencies();
    }

    fn member(&mut self, name: &str, member: &Value, money: Option<&str>) {
        match (name, member) {
            (name, _) if FORMAT.contains(&name) => {}
            ("key", Value::Object(columns)) => self.columns(columns, key_name),
            ("values", Value::Object(columns)) => self.columns(columns, value_name),
            (_, Value::Object(members)) => {
                let own = members.get("currency").and_then(Value::as_str).or(money);
                for (name, member) in members {
                    self.member(name, member, own);
                }
            }
            (_, Value::Array(items)) => {
                for item in items {
                    self.member(name, item, money);
                }
            }
            (_, scalar) => self.scalar(name, scalar, money),
        }
    }

    fn scalar(&mut self, name: &str, scalar: &Value, money: Option<&str>) {
        let Some(text) = scalar_text(scalar) else { return };
        if name == "file" && text.bytes().all(|b| b.is_ascii_digit()) {
            return; // the file's number
        }
        let field = match name {
            "control" => Some(Fixed::Control),
            "decision" => Some(Fixed::Decision),
            "dataset" => Some(Fixed::Dataset),
            "code" => Some(Fixed::Code),
            "reason" => Some(Fixed::Reason),
            "currency" => Some(Fixed::Currency),
            _ => None,
        };
        if let Some(field) = field {
            self.field(field, &text);
        }
        if name == "amount"
            && let Some(amount) = order::read_decimal(&text)
        {
            self.amounts.push((amount, money.map(str::to_owned)));
        }
        self.value(None, &text);
    }

    fn columns(&mut self, columns: &Map<String, Value>, indexed: fn(&str) -> String) {
        for (name, value) in columns {
            // A NUL ends a name in the index's terms.
            let folded = fold(name).replace('\0', "\u{fffd}");
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for text in items.iter().filter_map(scalar_text) {
                self.column(&folded, indexed(&folded), &text);
            }
        }
    }

    fn column(&mut self, folded: &str, indexed: String, text: &str) {
        if INVOICE_COLUMNS.contains(&folded) {
            self.field(Fixed::Invoice, text);
        }
        if is_currency_column(folded) {
            self.field(Fixed::Currency, text);
        }
        if let Some(number) = order::read_decimal(text) {
            self.numbers.push((indexed.clone(), number, Vec::new()));
        }
        let at = order::read_day(text).map(order::midnight).or_else(|| order::read_instant(text));
        if let Some(at) = at {
            self.times.push((Some(indexed.clone()), at));
        }
        self.value(Some(indexed), text);
    }

    /// Gives each money column the currency that the record states for it.
    fn pair_currencies(&mut self) {
        for (name, _, currencies) in &mut self.numbers {
            let column = name.split_once('.').map_or("", |(_, column)| column);
            for currency_column in currency_columns(column) {
                let stated = [key_name(currency_column), value_name(currency_column)];
                let values = self.values.iter().filter(|(column, _)| {
                    column.as_ref().is_some_and(|column| stated.contains(column))
                });
                currencies.extend(values.map(|(_, currency)| currency.clone()));
            }
        }
    }

    fn result(&mut self, test: &TestResult) {
        self.field(Fixed::Control, test.control.id.as_str());
        if let Some(own) = &test.control.company_id {
            self.field(Fixed::Control, own);
        }
        self.field(Fixed::Decision, test.outcome.word());
        for (code, summary) in &test.by_code {
            self.field(Fixed::Code, code);
            self.value(None, code);
            for currency in summary.amounts.0.keys() {
                self.field(Fixed::Currency, currency);
            }
        }
        for group in &test.undetermined {
            if let Ok(Value::String(reason)) = serde_json::to_value(group.cause.reason) {
                self.field(Fixed::Reason, &reason);
            }
        }
        for (currency, amount) in &test.exception_amounts.0 {
            self.field(Fixed::Currency, currency);
            self.amounts.push((amount.clone(), Some(currency.clone())));
        }
        if let Some(population) = &test.population {
            let others = population.datasets.values();
            others.chain([&population.base]).for_each(|name| self.field(Fixed::Dataset, name));
        }
    }
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
