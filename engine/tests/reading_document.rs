//! JSON and YAML, which are read whole.

#[cfg(test)]
mod support;

use support::{Folder, column, complaint, load, refused, spec};
use tieout_engine::dataset::{Encoding, Format, Reading};
use tieout_engine::inspect::inspect;

const JSON: &str = r#"[
  {"from_ccy": "a", "rate": 1.10, "to_ccy": "USD", "date": "2025-01-31", "type": "avg"},
  {"from_ccy": "b", "rate": 12345678901234567890.0123456789,
   "to_ccy": "USD", "date": "2025-01-31", "type": "avg", "source": "ecb"}, [1],
  {"from_ccy": "c", "rate": 1e-2, "rate": 2, "to_ccy": "USD", "date": "2025-01-31", "type": "avg"},
  {"from_ccy": "d", "rate": 1111111111111111111111111111111111111111, "to_ccy": "USD",
   "date": "2025-01-31", "type": "avg"}
]"#;

const YAML: &str = "\
# rates
fx:
- from_ccy: a
  rate: 1.10
  to_ccy: USD
  date: 2025-01-31
  type: avg

- {from_ccy: b, rate: 12345678901234567890.0123456789, to_ccy: USD, date: \"2025-01-31\", type: avg,
   source: ecb}
- [1]
- {from_ccy: c, rate: 1e-2, to_ccy: USD, date: 2025-01-31, type: avg, rate: 2}
-
  from_ccy: d
  rate: 1111111111111111111111111111111111111111
  to_ccy: USD
  date: 2025-01-31
  type: avg
- {from_ccy: NO, rate: .nan, to_ccy: USD, date: 2025-01-31, type: avg}
- {from_ccy: f, rate: {a: [1, 2]}, to_ccy: USD, date: 2025-01-31, type: avg}
- {from_ccy: ~, rate: 1, to_ccy: USD, date: 2025-01-31, type: avg}
- {from_ccy: NO, rate: '3.50', to_ccy: 'null', date: 2025-01-31, type: avg}
";

#[test]
fn json_keeps_digits_and_lines() {
    let folder = Folder::new();
    let loaded = load(&spec("fx-rate-1", vec![folder.write("fx.json", JSON)])).unwrap();
    assert_eq!(column(&loaded, "rate"), ["1.1000000000", "12345678901234567890.0123456789"]);
    assert_eq!(column(&loaded, "source"), ["null", "ecb"]);
    let expected =
        ["3:4:-:not-a-json-object", "4:5:rate:duplicate-key", "5:6:rate:too-many-digits"];
    assert_eq!(refused(&loaded), expected);
    let wrapped = folder.write("fx.jsonx", format!("\u{feff}{{\"fx\":\n{JSON}\n}}\n"));
    let mut dataset = spec("fx-rate-1", vec![wrapped]);
    dataset.reading.format = Some(Format::Json);
    assert_eq!(load(&dataset).unwrap().refused[0].line.unwrap().0, 5);
}

#[test]
fn yaml_keeps_digits_and_lines() {
    let folder = Folder::new();
    let loaded = load(&spec("fx-rate-1", vec![folder.write("fx.yml", YAML)])).unwrap();
    let rates = ["1.1000000000", "12345678901234567890.0123456789", "3.5000000000"];
    assert_eq!(column(&loaded, "rate"), rates);
    assert_eq!(column(&loaded, "from_ccy"), ["a", "b", "NO"]);
    assert_eq!(column(&loaded, "to_ccy"), ["USD", "USD", "null"]);
    assert_eq!(
        refused(&loaded),
        [
            "3:11:-:not-a-mapping",
            "4:12:rate:duplicate-key",
            "5:14:rate:too-many-digits",
            "6:19:rate:not-a-decimal",
            "7:20:rate:column-type",
            "8:21:from_ccy:null-not-allowed",
        ]
    );
}

/// Code, and the message after the name of the file.
fn said(name: &str, text: impl AsRef<[u8]>) -> String {
    let folder = Folder::new();
    let dataset = spec("fx-rate-1", vec![folder.write(name, text)]);
    let (code, message, help) = complaint(load(&dataset));
    assert!(!help.is_empty(), "{message}");
    format!("{code}: {}", message.replace(&format!("`{name}`"), "F"))
}

#[test]
fn a_document_of_another_shape_is_refused_where_it_begins_to_be() {
    let other = "unreadable-file: F, line 1: JSON of another shape";
    let row = r#"{"rate": 1}"#;
    for (text, expected) in [
        (row, other),
        ("7", other),
        (&format!("{{\"v\": 1, \"fx\": [{row}]}}"), other),
        (
            &format!("{{\"fx\": [{row}],\n\"v\": 1}}"),
            "unreadable-file: F, line 2: JSON of another shape",
        ),
        ("[]", "empty-file: F holds no rows"),
        (&format!("[{row},\n{row}"), "unreadable-file: F, line 2: from here on it is not JSON"),
        (&format!("[{row},\n\n]"), "unreadable-file: F, line 3: from here on it is not JSON"),
        (&format!("[{row}]\n[{row}]"), "unreadable-file: F, line 2: from here on it is not JSON"),
        ("[{\"rate\": 01}]", "unreadable-file: F, line 1: from here on it is not JSON"),
    ] {
        assert_eq!(said("fx.json", text), expected, "{text}");
    }
    let other = "unreadable-file: F, line 1: YAML of another shape";
    for (text, expected) in [
        ("rate: 1\n", other),
        ("seven\n", other),
        ("fx:\n- {rate: 1}\nv: 1\n", "unreadable-file: F, line 3: YAML of another shape"),
        ("# nothing\n", "empty-file: F holds no rows"),
        ("", "empty-file: F holds no rows"),
        ("- &a {rate: 1}\n- *a\n", "unreadable-file: F, line 1: an anchor or alias"),
        ("- rate: 1\n- rate: !!str 1\n", "unreadable-file: F, line 2: a tag"),
        ("- rate: 1\n---\n- rate: 2\n", "unreadable-file: F, line 2: a second document"),
        ("- ? [a]\n  : 1\n", "unreadable-file: F, line 1: a name that is no text"),
    ] {
        assert_eq!(said("fx.yaml", text), expected, "{text}");
    }
    assert!(said("fx.yaml", "- rate: 1\n- rate: \"2\n").starts_with("unreadable-file: F, line "));
    assert_eq!(
        said("fx.yaml", b"- rate: 1\n- source: \xe9\n"),
        "encoding: F, line 2: not valid UTF-8"
    );
    assert_eq!(said("fx.json", b"\xff\xfe[\0"), "encoding: F is UTF-16");
}

#[test]
fn inspecting_looks_into_documents_too() {
    let folder = Folder::new();
    for (name, text) in [("fx.json", JSON), ("fx.yaml", YAML)] {
        let inspection = inspect(&folder.write(name, text), &Reading::default()).unwrap();
        assert_eq!(inspection.profiles[0].profile.name, "fx-rate-1", "{name}");
    }
    let mut dataset = spec("fx-rate-1", vec![folder.write("fx.yaml", b"- type: \xe9\n")]);
    dataset.reading.encoding = Encoding::Latin1;
    assert_eq!(complaint(load(&dataset)).0, "missing-column");
}
