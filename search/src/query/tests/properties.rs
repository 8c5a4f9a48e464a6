//! Laws of the language, over texts that nobody would think of.

use crate::query::parse;
use proptest::prelude::*;

/// Pieces that make syntax, valid or not, when put side by side.
fn soup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        " ",
        " ",
        " ",
        "(",
        ")",
        "\"",
        "and",
        "OR",
        "not",
        "a",
        "INV-0042",
        "größe",
        "請",
        ":",
        "=",
        ">=",
        "<",
        "[",
        "]",
        "..",
        "control",
        "amount",
        "date",
        "hash",
        "key.x",
        "InvoiceId",
        "BilledCost",
        "EUR",
        "eur",
        "5",
        "-5",
        "1e3",
        "2025-01-31",
        "2025-01-31T23:00:00Z",
        "*",
        "~",
        "\\",
        "/",
        "+",
        "-",
        "\n",
        "\t",
        "“",
        "\u{202e}",
        "decision:violates",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

/// Queries that the language takes.
fn valid() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-zA-Z0-9é請][a-zA-Z0-9_.é-]{0,6}",
        r#"[^"\\\p{C}]{0,6}[a-z][^"\\\p{C}]{0,6}"#.prop_map(|text| format!("\"{text}\"")),
        "(control|code|dataset|invoice|InvoiceId|key\\.own|value\\.own)[:=][a-z0-9]{1,6}",
        "(amount|BilledCost|key\\.own)(>|>=|<|<=)-?[0-9]{1,30}(\\.[0-9]{1,20})?",
        "(amount|BilledCost):\\[-9[0-9]{0,8}\\.\\.[0-9]{0,8}\\]( EUR)?",
        "(date|tax_point)(>|>=|<|<=|:)20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])",
    ]
    .prop_map(|text| if is_operator(&text) { "x".to_owned() } else { text });
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|p| format!("({})", p.join(" AND "))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|p| format!("({})", p.join(" or "))),
            inner.prop_map(|part| format!("(not {part})")),
        ]
    })
}

fn is_operator(text: &str) -> bool {
    ["and", "or", "not"].contains(&text.to_lowercase().as_str())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_refused_in_its_place(text in soup()) {
        match parse(&text) {
            Ok(query) => prop_assert_eq!(parse(&query.to_string()).unwrap(), query),
            Err(error) => {
                prop_assert!(error.start <= error.end && error.end <= text.len());
                prop_assert!(text.is_char_boundary(error.start) && text.is_char_boundary(error.end));
                let rendered = error.render(&text);
                prop_assert_eq!(rendered.lines().count(), 2, "{}", rendered);
            }
        }
    }

    #[test]
    fn any_characters_are_parsed_or_refused(text in any::<String>()) {
        if let Ok(query) = parse(&text) {
            prop_assert_eq!(parse(&query.to_string()).unwrap(), query);
        }
    }

    #[test]
    fn the_canonical_form_means_the_same(text in valid()) {
        let query = parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let printed = query.to_string();
        prop_assert_eq!(&parse(&printed).unwrap(), &query, "{} → {}", text, printed);
        prop_assert_eq!(parse(&printed).unwrap().to_string(), printed);
    }
}
