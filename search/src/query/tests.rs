//! Parsing, the canonical form, refusals and their carets.

use super::parse;

fn canonical(text: &str) -> String {
    let query = parse(text).unwrap_or_else(|e| panic!("{text}: {e}\n{}", e.render(text)));
    let printed = query.to_string();
    let again = parse(&printed).unwrap_or_else(|e| panic!("{printed}: {e}"));
    assert_eq!(again, query, "{text} → {printed}");
    assert_eq!(again.to_string(), printed);
    printed
}

#[test]
fn queries_have_a_canonical_form() {
    let cases = [
        ("a", "a"),
        ("a b", "a AND b"),
        ("a and b Or c", "(a AND b) OR c"),
        ("a OR b c", "a OR (b AND c)"),
        ("((a) (b (c)))", "a AND b AND c"),
        ("not not a", "NOT NOT a"),
        ("a NOT (b or c)", "a AND NOT (b OR c)"),
        ("\"exact phrase\"", "\"exact phrase\""),
        ("\"INV-0042\"", "INV-0042"),
        ("\"and\" \"-x\" \"a\\\"b\\\\\"", "\"and\" AND \"-x\" AND \"a\\\"b\\\\\""),
        ("control:FOC-R03", "control:FOC-R03"),
        ("CONTROL=foc-r03", "control:foc-r03"),
        ("decision:Violates", "decision:violates"),
        ("invoiceid:INV-0042", "InvoiceId:INV-0042"),
        ("KEY.invoiceid=\"INV 42\"", "key.InvoiceId=\"INV 42\""),
        ("value.My-Own:x", "value.My-Own:x"),
        ("amount:[1000.005..2000]", "amount:[1000.005..2000]"),
        ("amount:[ 1000.0050 .. 2e3 ] EUR", "amount:[1000.005..2000] EUR"),
        ("amount>=100 EUR x", "amount:[100..] EUR AND x"),
        ("amount>=100 AND EUR", "amount:[100..] AND EUR"),
        ("amount < -5", "amount<-5"),
        ("amount:[..5]", "amount:[..5]"),
        ("amount=5", "amount:[5..5]"),
        ("BilledCost>1 CHF", "BilledCost>1 CHF"),
        ("PricingQuantity>1 CHF", "PricingQuantity>1 AND CHF"),
        ("date:[2025-01-01..2025-03-31]", "date:[2025-01-01..2025-03-31]"),
        ("date:2025-01-31", "date:[2025-01-31..2025-01-31]"),
        ("date>2025-01-31T23:00:00+01:00", "date>2025-01-31T22:00:00Z"),
        ("tax_point<=2025-01-31", "tax_point:[..2025-01-31]"),
        ("value.own>5", "value.own>5"),
        ("value.own:[2025-01-01..]", "value.own:[2025-01-01..]"),
        ("arn/aws.x_y-z@1", "arn/aws.x_y-z@1"),
        ("Größe naïve 請求書", "Größe AND naïve AND 請求書"),
    ];
    for (text, expected) in cases {
        assert_eq!(canonical(text), expected, "{text}");
    }
    let digest = "0A".repeat(32);
    let hash = format!("hash:sha256:{}", digest.to_lowercase());
    assert_eq!(canonical(&format!("hash:SHA256:{digest}")), hash);
    assert_eq!(canonical(&format!("hash:{digest}")), hash);
}

/// Each refusal with the text that its span marks.
#[test]
fn what_cannot_be_honoured_is_refused_in_its_place() {
    let cases = [
        ("", "", "empty"),
        ("  ", "  ", "empty"),
        ("disput*", "*", "wildcard"),
        ("d?spute", "?", "wildcard"),
        ("*", "*", "wildcard"),
        ("control:*", "*", "wildcard"),
        ("dispute~1", "~", "similar"),
        ("\"a b\"~5", "~", "similar"),
        ("a^2", "^", "weighs"),
        ("+a", "+", "not needed"),
        ("a -b", "-", "does not exclude"),
        ("a !b", "!", "does not exclude"),
        ("a && b", "&", "operator"),
        ("a || b", "|", "operator"),
        ("/res-00a.*/", "/res-00a.", "regular"),
        ("control:/x/", "/", "regular"),
        ("a NEAR/5 b", "NEAR/5", "proximity"),
        ("(a", "(", "not closed"),
        ("(", "(", "not closed"),
        ("a)", ")", "closes nothing"),
        (")", ")", "nothing before"),
        ("()", "(", "nothing in"),
        ("\"a", "\"", "not closed"),
        ("\"\"", "\"\"", "nothing between"),
        ("\"a\\n\"", "\\", "stands before"),
        ("“a”", "“", "quotation mark"),
        ("AND a", "AND", "on its left"),
        ("a or", "or", "on its right"),
        ("a AND OR b", "OR", "on its left"),
        ("not", "not", "on its right"),
        ("contrl:x", "contrl", "no field"),
        ("12:30", "12", "no field"),
        ("control:", "control", "missing"),
        ("control: x", "control", "missing"),
        ("control:(a OR b)", "control", "group"),
        (":x", ":", "no name"),
        (">5", ">", "no name"),
        ("[1..2]", "[", "behind a name"),
        ("amount:[1 TO 2]", "[1 TO 2]", "`..`"),
        ("amount:[1..2", "[", "not closed"),
        ("amount:[..]", "[..]", "no ends"),
        ("amount:[*..5]", "*", "open end"),
        ("amount:[2..1]", "2..1", "ends before"),
        ("amount:{1..2}", "{", "bracket"),
        ("amount:1,000", "1,000", "not a number"),
        ("amount=>5", "=>", "comparison"),
        ("amount>=5 eur", "eur", "not clear"),
        ("date:2025-02-30", "2025-02-30", "not a date"),
        ("date:2025-01-31T23:00:00", "2025-01-31T23:00:00", "not a date"),
        ("control>x", "control>x", "can't be compared"),
        ("control:[a..b]", "a..b", "no ranges"),
        ("decision:violated", "violated", "not a decision"),
        ("hash:abc", "abc", "64"),
        ("ab\"cd\"", "\"", "without a space"),
        ("\"ab\"cd", "c", "without a space"),
        ("--", "-", "does not exclude"),
        ("@", "@", "no letter"),
        ("a;b", ";", "can't be searched"),
        ("größe:x", "größe", "no field"),
    ];
    for (text, marked, message) in cases {
        let error = parse(text).err().unwrap_or_else(|| panic!("{text} should be refused"));
        assert_eq!(&text[error.start..error.end], marked, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn limits_are_errors_and_not_crashes() {
    for deep in [
        format!("{}a{}", "(".repeat(20_000), ")".repeat(20_000)),
        "(".repeat(20_000),
        "not ".repeat(16_000),
        format!("{}a", "(a or not ".repeat(6_000)),
    ] {
        let error = parse(&deep).unwrap_err();
        assert!(error.message.contains("more than 64 deep"), "{error}");
        assert!(error.render(&deep).len() < 1000);
    }
    assert!(parse(&format!("{}a{}", "(".repeat(64), ")".repeat(64))).is_ok());
    assert!(parse(&format!("{}a", "not ".repeat(64))).is_ok());
    assert!(parse(&format!("{}a", "not ".repeat(65))).is_err());
    assert!(parse(&"a ".repeat(1024)).is_ok());
    assert!(parse(&"a ".repeat(1025)).unwrap_err().message.contains("1024 terms"));
    assert!(parse(&format!("\"{}\"", "a ".repeat(1025))).is_err());
    assert!(parse(&"a".repeat(65_536)).is_ok());
    assert!(parse(&"a".repeat(65_537)).unwrap_err().message.contains("65537 bytes"));
}

/// Deep nesting that alternates operators keeps its canonical form within the limits.
#[test]
fn the_deepest_query_survives_its_canonical_form() {
    let mut query = "a".to_owned();
    for level in 0..31 {
        let operator = if level % 2 == 0 { "or" } else { "and" };
        query = format!("({query} {operator} not b)");
    }
    canonical(&query);
    let mut implicit = "a".to_owned();
    for _ in 0..40 {
        implicit = format!("b or c ({implicit})");
    }
    assert!(parse(&implicit).unwrap_err().message.contains("deep"));
}

#[test]
fn carets_stand_under_what_is_shown() {
    let rendered = |text: &str| parse(text).unwrap_err().render(text);
    assert_eq!(rendered("disput*"), "disput*\n      ^");
    assert_eq!(rendered("größe disput*"), "größe disput*\n            ^");
    // Each of these takes two columns.
    assert_eq!(rendered("請求書 disput*"), "請求書 disput*\n             ^");
    assert_eq!(rendered("請求書:x"), "請求書:x\n^^^^^^");
    assert_eq!(rendered("a\nb contrl:x\nc"), "b contrl:x\n  ^^^^^^");
    assert_eq!(rendered("a\tb*"), "a\u{fffd}b*\n   ^");
    assert_eq!(rendered("\u{1b}[31m"), "\u{fffd}[31m\n^");
    assert_eq!(rendered(""), "\n^");
    let long = format!("{} b* {}", "a".repeat(500), "c".repeat(500));
    let lines: Vec<_> = rendered(&long).lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with('…') && lines[0].ends_with('…'));
    let at = lines[1].chars().count() - 1;
    assert_eq!(lines[0].chars().nth(at), Some('*'));
}

/// The examples of the reference are the reference's own promise.
#[test]
fn the_examples_of_the_reference_are_as_it_says() {
    let page = include_str!("../../../docs/reference/search.md");
    let mut inside = None;
    let mut counts = (0, 0);
    for line in page.lines() {
        match (inside, line) {
            (None, "```query") => inside = Some(true),
            (None, "```refused") => inside = Some(false),
            (Some(_), "```") => inside = None,
            (Some(true), example) => {
                let (query, expected) = example.split_once(" → ").unwrap_or((example, ""));
                let printed = canonical(query.trim());
                assert!(expected.is_empty() || printed == expected.trim(), "{query}: {printed}");
                counts.0 += 1;
            }
            (Some(false), example) => {
                let (query, message) = example.split_once(" → ").unwrap();
                let error = parse(query.trim()).unwrap_err();
                assert_eq!(error.message, message.trim(), "{query}");
                counts.1 += 1;
            }
            _ => {}
        }
    }
    assert!(counts.0 >= 30 && counts.1 >= 10, "{counts:?}");
}

mod properties;
