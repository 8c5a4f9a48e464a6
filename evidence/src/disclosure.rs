//! SD-JWT disclosures (RFC 9901): what a digest in a pack stands for.
//!
//! A disclosure is the JSON text `[salt, name, value]`. Its digest is the SHA-256 over the ASCII of
//! the text's URL-safe base64, itself written as URL-safe base64. Packs keep the JSON text, so that
//! people can read it.

use crate::encoding::{self, base64_url};
use crate::json;
use serde_json::Value;
use tieout_controls::Digest;

/// The digest of a disclosure's JSON text, as packs write it.
#[cfg(any(feature = "seal", test))]
pub(crate) fn digest(text: &str) -> String {
    base64_url(&sha256(text).0)
}

/// The digest of a disclosure's JSON text.
pub(crate) fn sha256(text: &str) -> Digest {
    encoding::sha256(base64_url(text.as_bytes()).as_bytes())
}

/// The JSON text of a disclosure, as packs write it.
pub(crate) fn text(salt: &str, name: &str, value: &Value) -> String {
    Value::from(vec![Value::from(salt), Value::from(name), value.clone()]).to_string()
}

/// What stands in a disclosure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disclosure {
    pub(crate) salt: String,
    pub(crate) name: String,
    pub(crate) value: Value,
}

/// Reads a disclosure's JSON text.
pub(crate) fn parse(text: &str) -> Result<Disclosure, String> {
    let Value::Array(parts) = json::value(text.as_bytes())? else {
        return Err("not a JSON array".to_owned());
    };
    match <[Value; 3]>::try_from(parts) {
        Ok([Value::String(salt), Value::String(name), value]) => {
            Ok(Disclosure { salt, name, value })
        }
        _ => Err("not an array of salt, name and value".to_owned()),
    }
}

/// Reads a disclosure's JSON text, which must be laid out as packs write it.
pub(crate) fn parse_exact(text: &str) -> Result<Disclosure, String> {
    let read = parse(text)?;
    if self::text(&read.salt, &read.name, &read.value) == text {
        Ok(read)
    } else {
        Err("not laid out as the format says".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_9901() {
        // Section 4.2.3.
        let text = r#"["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]"#;
        assert_eq!(digest(text), "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
        let disclosure = parse(text).unwrap();
        assert_eq!((disclosure.name.as_str(), disclosure.value), ("family_name", "Möbius".into()));
    }
}
