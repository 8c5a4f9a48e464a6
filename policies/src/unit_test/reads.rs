//! What a source reads and writes by its tokens alone, before anything is known of its types.

use crate::rego::{Kind, Token};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::{ColumnType, Decimal};

/// The names that a rule reads.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Columns of the record.
    pub(super) input: BTreeSet<String>,
    /// Tables.
    pub(super) tables: BTreeSet<String>,
    /// Dates of the run.
    pub(super) run: BTreeSet<String>,
}

impl Reads {
    pub(super) fn of(tokens: &[Token]) -> Self {
        let mut reads = Self::default();
        for position in 0..tokens.len() {
            let rest = tokens.get(position..).unwrap_or_default();
            if let Some((name, _)) = field(rest, "input") {
                reads.input.insert(name.to_owned());
            }
            if let Some(name) = object_get(rest) {
                reads.input.insert(name.to_owned());
            }
            match field(rest, "data") {
                Some(("run", rest)) => {
                    reads.run.extend(step(rest).map(|(name, _)| name.to_owned()));
                }
                Some(("parameters", _)) | None => {}
                Some((table, _)) => drop(reads.tables.insert(table.to_owned())),
            }
        }
        reads
    }
}

/// `root.name` or `root["name"]`, and what follows.
fn field<'t>(tokens: &'t [Token], root: &str) -> Option<(&'t str, &'t [Token])> {
    let (first, rest) = tokens.split_first()?;
    if first.kind == Kind::Word(root.to_owned()) { step(rest) } else { None }
}

fn step(tokens: &[Token]) -> Option<(&str, &[Token])> {
    let (open, rest) = tokens.split_first()?;
    let (name, rest) = rest.split_first()?;
    match (&open.kind, &name.kind) {
        (Kind::Symbol("."), Kind::Word(name)) | (Kind::Symbol("["), Kind::String(name)) => {
            Some((name, rest))
        }
        _ => None,
    }
}

/// `object.get(input, "name"`.
fn object_get(tokens: &[Token]) -> Option<&str> {
    let [object, dot, get, open, input, comma, name, ..] = tokens else { return None };
    let words = [(object, "object"), (get, "get"), (input, "input")];
    let symbols = [(dot, "."), (open, "("), (comma, ",")];
    let fits = words.iter().all(|(t, w)| t.kind == Kind::Word((*w).to_owned()))
        && symbols.iter().all(|(t, s)| matches!(t.kind, Kind::Symbol(symbol) if symbol == *s));
    match &name.kind {
        Kind::String(name) if fits => Some(name),
        _ => None,
    }
}

/// The types of the values that the tests write under each name: `"name": value`.
pub(super) fn types_written(tokens: &[Token]) -> BTreeMap<String, ColumnType> {
    let mut written: BTreeMap<String, Vec<Written>> = BTreeMap::new();
    for window in tokens.windows(4) {
        let [name, colon, value, after] = window else { continue };
        let (Kind::String(name), Kind::Symbol(":")) = (&name.kind, &colon.kind) else { continue };
        let negative = value.kind == Kind::Symbol("-");
        let value = if negative { &after.kind } else { &value.kind };
        if let Some(kind) = Written::of(value) {
            written.entry(name.clone()).or_default().push(kind);
        }
    }
    written.into_iter().filter_map(|(name, kinds)| Some((name, common(&kinds)?))).collect()
}

/// What a literal looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Number,
    NumberAsText,
    Bool,
    Date,
    Instant,
    Text,
    List,
}

impl Written {
    fn of(token: &Kind) -> Option<Self> {
        Some(match token {
            Kind::Number(_) => Self::Number,
            Kind::Word(word) if word == "true" || word == "false" => Self::Bool,
            Kind::Symbol("[") => Self::List,
            Kind::String(text) if text.parse::<chrono::NaiveDate>().is_ok() => Self::Date,
            Kind::String(text) if chrono::DateTime::parse_from_rfc3339(text).is_ok() => {
                Self::Instant
            }
            Kind::String(text) if Decimal::parse(text).is_ok() => Self::NumberAsText,
            Kind::String(_) => Self::Text,
            _ => return None,
        })
    }
}

/// The one type of them; text where they differ, but for a number that is written as text beside
/// one that isn't.
fn common(kinds: &[Written]) -> Option<ColumnType> {
    let all = |wanted: &[Written]| kinds.iter().all(|kind| wanted.contains(kind));
    let number = ColumnType::Decimal { precision: 76, scale: 38 };
    Some(match kinds.first()? {
        Written::Number | Written::NumberAsText
            if kinds.contains(&Written::Number)
                && all(&[Written::Number, Written::NumberAsText]) =>
        {
            number
        }
        Written::Bool if all(&[Written::Bool]) => ColumnType::Bool,
        Written::Date if all(&[Written::Date]) => ColumnType::Date,
        Written::Instant if all(&[Written::Instant]) => ColumnType::Timestamp,
        Written::List if all(&[Written::List]) => ColumnType::StringList,
        _ => ColumnType::String,
    })
}
