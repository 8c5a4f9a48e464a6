//! The canonical bytes of a row, to which a dataset's commitment commits: a JSON array with a
//! string or null for each column, in the dataset's column order, without spaces. Values are
//! written as packs write them; numbers in plain notation without trailing zeros behind the point,
//! so that the same number read from CSV and from Parquet is the same text.

use super::typing::Typed;
use crate::run::RunError;

/// Adds the bytes of a row to `out`.
pub(crate) fn row(values: &[Typed], out: &mut Vec<u8>) -> Result<(), RunError> {
    out.push(b'[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match text(value) {
            None => out.extend_from_slice(b"null"),
            Some(text) => serde_json::to_writer(&mut *out, text.as_ref())
                .map_err(|e| RunError::Internal(e.to_string()))?,
        }
    }
    out.push(b']');
    Ok(())
}

/// A value as packs write it; `None` for null.
pub(crate) fn text(value: &Typed) -> Option<std::borrow::Cow<'_, str>> {
    Some(match value {
        Typed::Null => return None,
        Typed::Text(text) => text.into(),
        Typed::Bool(true) => "true".into(),
        Typed::Bool(false) => "false".into(),
        Typed::Integer(number) => number.to_string().into(),
        Typed::Number(exact) => {
            let mut text = String::new();
            exact.write(&mut text);
            text.into()
        }
        Typed::Date(date) => date.format("%Y-%m-%d").to_string().into(),
        Typed::Instant(instant) => tieout_controls::value::instant_text(*instant).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::number::Exact;

    #[test]
    fn a_row_has_one_text() {
        let number = |text: &str| Typed::Number(Exact::parse(text).unwrap());
        let values = [
            Typed::Text("a\"b".into()),
            Typed::Null,
            number("1.50"),
            number("-0.00"),
            Typed::Bool(true),
        ];
        let mut bytes = Vec::new();
        row(&values, &mut bytes).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"["a\"b",null,"1.5","0","true"]"#);
    }
}
