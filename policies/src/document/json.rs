//! JSON in and out, without a number that is rounded on the way.

use crate::compile::Diagnostic;
use regorus::Value;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// Reads a JSON text. `what` is what the message calls it.
///
/// # Errors
/// It is not JSON, states a member twice, or has a number that is no integer of 64 bits.
pub(super) fn read(what: &str, text: &str, most: usize) -> Result<Value, Box<Diagnostic>> {
    let failed = |line: usize, column: usize, message: String, help: Option<&str>| {
        let narrow = |n: usize| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
        Box::new(Diagnostic {
            code: "document-json",
            path: what.to_owned(),
            line: narrow(line),
            column: narrow(column),
            length: 1,
            message,
            help: help.map(str::to_owned),
        })
    };
    if text.len() > most {
        return Err(failed(1, 1, format!("it is larger than {} MiB", most / 1024 / 1024), None));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Exact { parent: None, step: Step::Root }.deserialize(&mut reader);
    read.and_then(|()| reader.end()).map_err(|e| {
        let said = e.to_string();
        let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
        let help = said.contains(NOT_EXACT).then_some("write it as a string");
        failed(e.line(), e.column(), said.to_owned(), help)
    })?;
    // What the first pass let through can be read.
    Value::from_json_str(text).map_err(|_| failed(1, 1, "it can't be read".to_owned(), None))
}

const NOT_EXACT: &str = "is a number but no integer of 64 bits";

/// A value that is looked through, and its place.
#[derive(Clone, Copy)]
struct Exact<'a> {
    parent: Option<&'a Exact<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Member(&'a str),
    Item(usize),
}

/// The place as a JSON pointer (RFC 6901).
impl fmt::Display for Exact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Item(index) => write!(f, "/{index}"),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Exact<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Exact<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(E::custom(format!("`{self}` {NOT_EXACT}")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        let item = |index| Exact { parent: Some(&self), step: Step::Item(index) };
        while items.next_element_seed(item(index))?.is_some() {
            index = index.saturating_add(1);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            let member = Exact { parent: Some(&self), step: Step::Member(&name) };
            if names.contains(&name) {
                return Err(A::Error::custom(format!("`{member}` is stated twice")));
            }
            members.next_value_seed(member)?;
            names.insert(name);
        }
        Ok(())
    }
}

/// A value as JSON: a set as an array in its order, a key that is no text as its JSON text. The
/// error says what can't be written.
pub(super) fn write(value: &Value, most: usize) -> Result<serde_json::Value, &'static str> {
    Writer { left: most, depth: 0 }.value(value)
}

struct Writer {
    left: usize,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<serde_json::Value, &'static str> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(TOO_LARGE);
        }
        let written = self.written(value);
        self.depth = self.depth.saturating_sub(1);
        written
    }

    fn written(&mut self, value: &Value) -> Result<serde_json::Value, &'static str> {
        let size = if let Value::String(text) = value { text.len() } else { 0 };
        self.left = self.left.checked_sub(size.saturating_add(1)).ok_or(TOO_LARGE)?;
        Ok(match value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(_) => integer(value).ok_or("a number that is no integer of 64 bits")?,
            Value::String(text) => text.as_ref().into(),
            Value::Array(items) => self.array(items.iter())?,
            Value::Set(items) => self.array(items.iter_sorted())?,
            Value::Object(members) => {
                let mut written = serde_json::Map::new();
                for (key, value) in members.iter_sorted() {
                    let name = match self.value(key)? {
                        serde_json::Value::String(name) => name,
                        other => other.to_string(),
                    };
                    if written.insert(name, self.value(value)?).is_some() {
                        return Err("an object with two keys of the same text");
                    }
                }
                serde_json::Value::Object(written)
            }
            Value::Undefined => return Err("a value that is undefined"),
        })
    }

    fn array<'a>(
        &mut self,
        items: impl Iterator<Item = &'a Value>,
    ) -> Result<serde_json::Value, &'static str> {
        items.map(|item| self.value(item)).collect()
    }
}

/// Why a value is too large to be written.
pub(super) const TOO_LARGE: &str = "a value larger than a result may be";
/// What reads JSON reads so many levels.
const MAX_DEPTH: usize = 128;

fn integer(value: &Value) -> Option<serde_json::Value> {
    let signed = value.as_i64().ok().map(serde_json::Value::from);
    signed.or_else(|| value.as_u64().ok().map(serde_json::Value::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (String, Option<String>) {
        let found = read("d.json", text, 100).unwrap_err();
        (found.message, found.help)
    }

    #[test]
    fn a_number_that_would_be_rounded_is_refused_with_its_pointer() {
        let help = Some("write it as a string".to_owned());
        let message = |pointer: &str| format!("`{pointer}` is a number but no integer of 64 bits");
        assert_eq!(refusal(r#"{"a/b": [1, {"c": 1.10}]}"#), (message("/a~1b/1/c"), help.clone()));
        assert_eq!(refusal("12345678901234567890123"), (message(""), help.clone()));
        assert_eq!(refusal(r#"{"x": 1e2}"#), (message("/x"), help));
    }

    #[test]
    fn a_member_stated_twice_and_what_is_no_json_are_refused() {
        assert_eq!(refusal(r#"{"a": {"b": 1, "b": 2}}"#).0, "`/a/b` is stated twice");
        assert_eq!(refusal("{").0, "EOF while parsing an object");
        assert_eq!(refusal("1 2").0, "trailing characters");
        assert_eq!(refusal(&" ".repeat(101)).0, "it is larger than 0 MiB");
    }

    #[test]
    fn what_was_read_is_written_as_it_was() {
        for text in ["18446744073709551615", "-9223372036854775808", r#"{"a":["1.10",null,true]}"#]
        {
            let value = read("d.json", text, 100).unwrap();
            assert_eq!(write(&value, 100).unwrap().to_string(), text);
        }
        let value = read("d.json", "[[1, 2], [3]]", 100).unwrap();
        assert_eq!(write(&value, 5), Err(TOO_LARGE));
    }
}
