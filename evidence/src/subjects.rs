//! Whom a personal value may be about: each text in it is a data subject's name.

use serde_json::Value;
use std::collections::BTreeSet;
use tieout_controls::record::{Field, FieldClass};

/// The subjects of a record: those of its personal fields.
pub(crate) fn of_fields<'a>(fields: impl IntoIterator<Item = &'a Field>) -> BTreeSet<String> {
    let personal = fields.into_iter().filter(|field| field.class == FieldClass::Personal);
    personal.flat_map(|field| of_value(&field.value.to_json())).collect()
}

/// The subjects of a personal value as packs write it: the text; of a list or an object, also where it is
/// written as a text, the texts in it. None of an absent or empty one.
pub(crate) fn of_value(value: &Value) -> BTreeSet<String> {
    let mut subjects = BTreeSet::new();
    collect(value, &mut subjects);
    subjects
}

fn collect(value: &Value, subjects: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with(['{', '[']) => {
            match serde_json::from_str::<Value>(text) {
                Ok(inner) => collect(&inner, subjects),
                Err(_) => drop(subjects.insert(text.clone())),
            }
        }
        Value::String(text) if !text.is_empty() => drop(subjects.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| collect(item, subjects)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, subjects)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_in_a_value_is_a_subject() {
        for (value, subjects) in [
            ("\"anna\"", &["anna"][..]),
            ("[\"anna\",[\"bruno\"],null,\"\"]", &["anna", "bruno"]),
            ("\"{\\\"owner\\\":\\\"anna\\\",\\\"n\\\":1}\"", &["anna"]),
            ("\"[no list\"", &["[no list"]),
            ("null", &[]),
            ("\"\"", &[]),
        ] {
            let found = of_value(&serde_json::from_str(value).unwrap());
            assert!(found.iter().eq(subjects), "{value}: {found:?}");
        }
    }
}
