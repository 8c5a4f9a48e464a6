//! Strict JSON, as every document of a pack is read.
//!
//! Two readers of a signed document must not see two things. So an object with a key twice is
//! refused (readers differ on which one counts), and so is any number (readers differ on those
//! past 2⁵³; the formats write numbers as strings).

use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};
use std::fmt;

/// Reads one JSON document into a value.
///
/// The error says what is wrong and where, without any value of the document.
pub(crate) fn value(bytes: &[u8]) -> Result<Value, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = deserializer.deserialize_any(Strict).map_err(|e| describe(&e))?;
    deserializer.end().map_err(|e| describe(&e))?;
    Ok(value)
}

/// Reads one JSON document into its type.
///
/// The error says what is wrong and where, without any value or name of the document.
pub(crate) fn document<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    value(bytes)?;
    serde_json::from_slice(bytes).map_err(|e| describe(&e))
}

const TWICE: &str = "a key twice in one object";
const NUMBER: &str = "a number where the format has strings";

/// What serde_json says of syntax is its own. What it says of data quotes names and values of the
/// document, which may be personal, or made to look like a verdict: only kind and place are told.
fn describe(error: &serde_json::Error) -> String {
    if error.classify() != Category::Data {
        return error.to_string();
    }
    let text = error.to_string();
    let own = [TWICE, NUMBER].into_iter().find(|own| text.starts_with(own));
    let kind = own.unwrap_or("a field of another name, type or value than the format has");
    match (error.line(), error.column()) {
        (0, _) => kind.to_owned(),
        (line, column) => format!("{kind} at line {line} column {column}"),
    }
}

struct Strict;

impl<'de> serde::de::DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without numbers")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Value, E> {
        Err(E::custom(NUMBER))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        Err(E::custom(NUMBER))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(E::custom(NUMBER))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            values.push(item);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Strict)?;
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_disagree_on_is_refused() {
        for text in [
            r#"{"a":"1","a":"2"}"#,
            r#"{"a":{"b":[{"c":null,"c":null}]}}"#,
            r#"{"a":1}"#,
            r#"[-1]"#,
            r#"[1.5]"#,
            r#"{"a":"1"} x"#,
            "{\"a\":\"\u{1}\"}",
            r#"{"a":"1",}"#,
            "",
        ] {
            assert!(value(text.as_bytes()).is_err(), "{text}");
        }
        assert!(value(br#"{"a":["1",null,true,{}]}"#).is_ok());
    }

    #[test]
    fn nothing_of_the_document_is_quoted() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct One {
            #[expect(dead_code, reason = "only its type matters")]
            digest: tieout_controls::Digest,
        }
        for text in [
            "{\"digest\":\"anna@example.com\"}",
            "{\n\"anna@example.com\":\"1\"}",
            "{\"digest\":{\"anna@example.com\":null}}",
            "{\"anna@example.com\":null,\"anna@example.com\":null}",
        ] {
            let error = document::<One>(text.as_bytes()).unwrap_err();
            assert!(!error.contains("anna") && error.contains("at line "), "{error}");
        }
    }

    #[test]
    fn deep_nesting_ends_with_an_error() {
        let deep = "[".repeat(100_000);
        assert!(value(deep.as_bytes()).is_err());
    }
}
