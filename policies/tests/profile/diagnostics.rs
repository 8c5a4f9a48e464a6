//! What is refused, where it stands and what to write instead.

use crate::harness::{environment, refused, rule};
use tieout_policies::compile::{CODES, Environment, compile};

/// The diagnostics of a rule with that body on line 3.
fn in_body(body: &str) -> String {
    refused(&format!("package t\nviolation contains {{\"code\": \"x\"}} if {{\n{body}\n}}"))
}

/// The diagnostics of a body where `amount` is in `region` and `quantity` in `sku`.
fn of_amounts(body: &str) -> Vec<String> {
    let currencies =
        [("amount", "region"), ("region", "region"), ("quantity", "sku"), ("sku", "sku")];
    let currencies = currencies.map(|(column, states)| (column.to_owned(), states.to_owned()));
    let environment = Environment { currencies: currencies.into(), ..environment() };
    let source = format!("package t\nviolation contains {{\"code\": \"x\"}} if {{\n{body}\n}}");
    let found = compile(&rule(&source), &environment).err().unwrap_or_default();
    found.iter().map(|d| format!("{}:{}+{} {}", d.line, d.column, d.length, d.code)).collect()
}

#[test]
fn amounts_meet_in_one_currency() {
    for (body, expected) in [
        ("input.amount == input.quantity", "3:1+30"),
        ("x := input.amount - 1\nabs(x) > -input.quantity", "4:1+24"),
        ("every t in input.tags {\n\tt == \"a\"\n\tinput.amount + input.quantity > 1\n}", "5:2+29"),
        ("not input.amount < input.quantity", "3:5+29"),
        ("input.region == \"EUR\"\ninput.sku == \"USD\"\ninput.amount < input.quantity", "5:1+29"),
    ] {
        assert_eq!(of_amounts(body), [format!("{expected} rego-mixed-currency")], "{body}");
    }
    for body in [
        "input.amount == input.amount + 1",
        "input.amount * input.quantity > 1",
        "input.amount * 2 == input.quantity",
        "input.amount > 100",
        "input.amount < input.quantity\ninput.sku == input.region",
        "input.region == \"EUR\"\n\"EUR\" == input.sku\ninput.amount < input.quantity",
        "input.sku == input.region\nevery t in input.tags {\n\tt == \"a\"\n\tinput.amount > input.quantity\n}",
    ] {
        assert_eq!(of_amounts(body), [""; 0], "{body}");
    }
}

#[test]
fn spans_point_at_the_mistake() {
    let cases = [
        (
            "input.amout > 1",
            "3:7+5 rego-unknown-column: the population has no column `amout` (did you mean `amount`?)",
        ),
        (
            "input[\"Region\"] == \"EU\"",
            "3:7+8 rego-unknown-column: the population has no column `Region` (did you mean `region`?)",
        ),
        (
            "input.amount > \"5\"",
            "3:1+18 rego-type-mismatch: number is compared with string (write the number without quotes, or read the text with `decimal.parse(…)`)",
        ),
        (
            "input.day > \"2025-01-01\"",
            "3:1+24 rego-type-mismatch: date is compared with string (read the text with `date.parse(…)`)",
        ),
        (
            "input.at > input.day",
            "3:1+20 rego-type-mismatch: timestamp is compared with date (take the instant's UTC day with `date.of(…)` and compare dates)",
        ),
        (
            "input.flag == \"true\"",
            "3:1+20 rego-type-mismatch: bool is compared with string (write `true` or `false` without quotes)",
        ),
        (
            "input.region + 1 == 2",
            "3:1+12 rego-type-mismatch: this is string, not number (write the number without quotes, or read the text with `decimal.parse(…)`)",
        ),
        (
            "data.cost_centers[input.sku]",
            "3:6+12 rego-unknown-table: there is no table `data.cost_centers` (did you mean `cost_centres`?)",
        ),
        (
            "data.cost_centres[input.sku].ownr == \"a\"",
            "3:30+4 rego-unknown-column: `data.cost_centres` has no column `ownr` (did you mean `owner`?)",
        ),
        ("data.limits[input.sku]", "3:13+9 rego-table: the key of `data.limits` is [region, sku]"),
        (
            "data.cost_centres[input.amount]",
            "3:19+12 rego-type-mismatch: this is number, not string (write the number without quotes, or read the text with `decimal.parse(…)`)",
        ),
        (
            "data.rates[input.sku]",
            "3:1+21 rego-dated-table: `data.rates` is dated: a key alone doesn't name a row (write `effective.at(data.rates, [key], date)`)",
        ),
        (
            "effective.at(data.limits, [input.region, input.sku], input.day)",
            "3:14+11 rego-table: the table has no validity interval (look it up with `data.NAME[key]`)",
        ),
        (
            "data.parameters.tolerence > 1",
            "3:17+9 rego-unknown-parameter: the control has no parameter `tolerence` (did you mean `tolerance`?)",
        ),
        (
            "data.run.asof > input.day",
            "3:10+4 rego-unknown-name: a run has no `asof` (did you mean `as_of`?)",
        ),
        (
            "start_with(input.region, \"a\")",
            "3:1+10 rego-unknown-function: there is no function `start_with` (did you mean `startswith`?)",
        ),
        (
            "startswith(input.region)",
            "3:1+24 rego-wrong-arguments: `startswith` takes 2 arguments, not 1",
        ),
        (
            "input.amount / 2 > 1",
            "3:14+1 rego-division: `/` has no exact result (write `decimal.div(a, b, scale, mode)`: a quotient needs a scale and a rounding)",
        ),
        ("x == 1", "3:1+1 rego-unknown-name: nothing is named `x`"),
        ("x := 1\nx := 2", "4:1+1 rego-name-taken: `x` is taken already"),
        (
            "x := input.amount\nx == null",
            "4:1+1 rego-null-test: only a column or looked-up cell can be compared with `null` (ask the column itself: `input.x == null`)",
        ),
        (
            "decimal.round(input.amount, 2, \"up_half\") > 1",
            "3:32+9 rego-literal: the rounding mode must be a literal (half_up, half_even, half_down, down, up, floor or ceiling)",
        ),
        (
            "regex.match(\"(\", input.region)",
            "3:13+3 rego-literal: the pattern is no regular expression, or too large a one",
        ),
        ("date.parse(\"2025-02-30\") == input.day", "3:1+24 rego-literal: `2025-02-30` is no date"),
        (
            "sprintf(\"%.2f\", [input.amount]) == \"a\"",
            "3:9+6 rego-literal: `%.` is not one of `%s`, `%v`, `%d`, `%%` (round with `decimal.round(…)` and show with `%v`)",
        ),
        (
            "input.amount > 0 = true = input.flag",
            "3:25+1 rego-syntax: unexpected `=`; write `:=` for a value and `==` for a comparison",
        ),
        ("input.amount > ", "4:1+1 rego-syntax: expected an expression, found `}`"),
        (
            "input.amount > 1 input.amount < 3",
            "3:18+5 rego-syntax: expected a line break, `;` or `}`, found `input`",
        ),
        (
            "input.region == \"EU",
            "3:17+1 rego-syntax: the string has no closing quote\n4:1+1 rego-syntax: expected an expression, found `}`",
        ),
        ("1 < 2 < 3", "3:7+1 rego-syntax: comparisons don't chain: `<` needs brackets"),
        (
            "input.amount > 123456789012345678901234567890123456789",
            "3:16+39 rego-number: `123456789012345678901234567890123456789`: more than 38 digits",
        ),
        ("input.amount > 1x", "3:16+2 rego-number: `1x`: not a decimal number"),
        (
            "count({1: t | some t in input.tags}) > 1",
            "3:8+1 rego-type-mismatch: a key is text; this is number (write it as text: `sprintf(\"%v\", [x])`)",
        ),
        (
            "[1] | {2} == {1, 2}",
            "3:1+3 rego-type-mismatch: this is list of number, not a set (collect its items: `{x | some x in …}`)",
        ),
        (
            "{1} - {\"a\"} == {1}",
            "3:7+5 rego-type-mismatch: this is set of string, not set of number",
        ),
        (
            "union([{1}, {2}]) == {1}",
            "3:1+17 rego-literal: the argument must be a literal set of sets (write `union({a, b})`, or `a | b`)",
        ),
        (
            "array.concat({1}, [2]) == [1]",
            "3:14+3 rego-type-mismatch: this is set of number, not a list",
        ),
        (
            "object.get([1], \"a\", 1) == 1",
            "3:12+3 rego-type-mismatch: this is list of number, not an object",
        ),
        (
            "input.flag with input as {}",
            "3:12+4 rego-unsupported: `with` has no place in a rule (use a function instead)",
        ),
        (
            "some i, t in data.cost_centres",
            "3:6+1 rego-unsupported: the rows of a table have no position (write `some row in …`, one name)",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(in_body(body), expected, "{body}");
    }
}

#[test]
fn files_and_rules_are_checked() {
    let cases = [
        ("x := 1", "1:1+1 rego-syntax: the file has no `package` line (begin with `package NAME`)"),
        (
            "package t",
            "1:1+1 rego-no-violation: the file has no rule `violation` (write `violation contains {\"code\": …} if { … }`)",
        ),
        (
            "package t\nviolation[x] { x := 1 }",
            "2:10+1 rego-v0-syntax: this is the syntax before Rego v1 (write `name contains value if { … }` or `name if { … }`)",
        ),
        (
            "package t\nviolation contains \"x\" if 1 == 1",
            "2:20+3 rego-fact-shape: a fact is a literal object (write `violation contains {\"code\": \"the-code\", …} if { … }`)",
        ),
        (
            "package t\nviolation contains {\"actual\": 1} if 1 == 1",
            "2:20+13 rego-fact-shape: the fact has no `code`",
        ),
        (
            "package t\nviolation contains {\"code\": input.region} if 1 == 1",
            "2:29+12 rego-fact-shape: `code` is a literal such as \"rate-differs\" (lower-case letters, digits and hyphens in quotes)",
        ),
        (
            "package t\nviolation contains {\"code\": \"x\", \"actuel\": 1} if 1 == 1",
            "2:34+8 rego-fact-shape: `actuel` is twice in the fact or not a field of facts (did you mean `actual`?)",
        ),
        (
            "package t\nviolation contains {\"code\": \"x\", \"amount\": input.region} if 1 == 1",
            "2:44+12 rego-type-mismatch: `amount` is string, not number",
        ),
        (
            "package t\nimport data.other\nviolation contains {\"code\": \"x\"} if 1 == 1",
            "2:1+6 rego-import: can't import `data.other` (a rule sees `input`, `data` and the named functions only)",
        ),
        (
            "package t\nviolation contains {\"code\": \"x\"} if a\na if b\nb if a",
            "4:6+1 rego-recursion: `a` depends on itself",
        ),
        (
            "package t\nviolation contains {\"code\": \"x\"} if f(1)\nf(x) if f(x)",
            "3:9+4 rego-recursion: `f` depends on itself",
        ),
        (
            "package t\nviolation contains {\"code\": \"x\"} if 1 == 1\nf(x) if x == 1",
            "3:1+1 rego-unused-function: the function `f` is never called",
        ),
        (
            "package t\nviolation contains {\"code\": \"x\"} if 1 == 1\nunused if input.amout > 1",
            "3:17+5 rego-unknown-column: the population has no column `amout` (did you mean `amount`?)",
        ),
        (
            "package t\nviolation contains {\"code\": \"x\"} if f(1, 2)\nf(x) if x == 1",
            "2:37+7 rego-wrong-arguments: `f` takes 1 arguments, not 2",
        ),
        (
            "package t\nviolation contains {\"code\": \"x\"} if k == 1\nk := 1\nk := \"a\" if input.flag",
            "4:6+3 rego-type-mismatch: `k` is string here and number elsewhere",
        ),
        (
            "package t\nabs(x) := 1\nviolation contains {\"code\": \"x\"} if abs(1) == 1",
            "2:1+3 rego-name-taken: `abs` means something already",
        ),
        ("# METADATA\n# titel: a\npackage t\nviolation contains {\"code\": \"x\"} if 1 == 1", ""),
    ];
    for (source, expected) in cases {
        let told = refused(source);
        if expected.is_empty() {
            assert!(told.starts_with("1:1+10 rego-metadata: "), "{told}");
        } else {
            assert_eq!(told, expected, "{source}");
        }
    }
}

#[test]
fn everything_is_told_at_once_in_order() {
    let source = "package t
violation contains {\"code\": \"a\"} if input.amout > 1
violation contains {\"code\": \"b\"} if {
	input.region == 5
	http.send({\"url\": \"x\"})
}";
    let codes: Vec<_> = compile(&rule(source), &environment())
        .unwrap_err()
        .iter()
        .map(|d| (d.line, d.code))
        .collect();
    let expected =
        [(2, "rego-unknown-column"), (4, "rego-type-mismatch"), (5, "rego-not-reproducible")];
    assert_eq!(codes, expected);
    // A syntax error ends its rule only.
    let source = "package t\na := )\nb := 1\nc := ]\n";
    assert_eq!(refused(source).lines().count(), 2);
}

#[test]
fn what_is_not_reproducible_or_not_exact_is_refused_by_name() {
    let not_reproducible = [
        "http.send",
        "net.lookup_ip_addr",
        "opa.runtime",
        "print",
        "rand.intn",
        "time.now_ns",
        "trace",
        "uuid.rfc4122",
    ];
    for name in not_reproducible {
        let told = in_body(&format!("{name}(\"a\")"));
        assert!(told.contains(&format!("rego-not-reproducible: `{name}` is refused: ")), "{told}");
    }
    let refused_functions = [
        "array.flatten",
        "base64.encode",
        "bits.and",
        "cast_array",
        "ceil",
        "crypto.sha256",
        "floor",
        "format_int",
        "glob.match",
        "graph.reachable",
        "graphql.parse",
        "hex.encode",
        "io.jwt.decode",
        "is_number",
        "json.unmarshal",
        "net.cidr_contains",
        "object.union",
        "regex.replace",
        "rego.parse_module",
        "round",
        "semver.compare",
        "strings.replace_n",
        "time.clock",
        "time.parse_ns",
        "to_number",
        "type_name",
        "units.parse",
        "urlquery.encode",
        "uuid.parse",
        "walk",
        "yaml.unmarshal",
    ];
    for name in refused_functions {
        let told = in_body(&format!("{name}(\"a\")"));
        assert!(told.contains(&format!("rego-refused-function: `{name}` is refused: ")), "{told}");
    }
}

/// What a hostile file does to a reader with a small stack.
#[test]
fn bombs_are_refused_and_stop_nobody() {
    let deep = |open: &str, middle: &str, close: &str| {
        let (open, close) = (open.repeat(12_000), close.repeat(12_000));
        format!(
            "package t\nviolation contains {{\"code\": \"x\"}} if {{\n{open}{middle}{close} > 1\n}}"
        )
    };
    let sum = format!("1{}", " + 1".repeat(20_000));
    let bombs = [
        deep("(", "1", ")"),
        deep("[", "1", "]"),
        deep("{", "1", "}"),
        deep("-", "1", ""),
        deep("abs(", "1", ")"),
        deep("{\"a\": ", "1", "}"),
        deep("every x in [1] { ", "1", "}"),
        deep("", &sum, ""),
        deep("", "x", ".a"),
        deep("", "x", "[0]"),
        deep("not ", "1", ""),
    ];
    for bomb in bombs {
        let told = refused(&bomb);
        let deep = told.contains("rego-too-deep") || told.contains("rego-syntax");
        assert!(deep, "{}", told.chars().take(300).collect::<String>());
    }
    let large = format!("package t\n# {}", "x".repeat(300_000));
    assert_eq!(refused(&large), "1:1+1 rego-too-large: the source is larger than 256 KiB");
}

#[test]
fn helpers_that_call_helpers_are_bounded() {
    let mut source = "package t\nviolation contains {\"code\": \"x\"} if h0\n".to_owned();
    for i in 0..60 {
        source.push_str(&format!("h{i} if h{}\n", i + 1));
    }
    source.push_str("h60 if input.flag\n");
    assert!(refused(&source).contains("rego-too-deep"));
    // Each function calls the next with every combination of types: refused, not waited for.
    let mut source =
        "package t\nviolation contains {\"code\": \"x\"} if f0(1, 1, 1, 1, 1)\n".to_owned();
    for i in 0..20 {
        let n = i + 1;
        source.push_str(&format!(
            "f{i}(a, b, c, d, e) if {{ f{n}(b, c, d, e, a); f{n}(\"x\", b, c, d, e); f{n}(a, true, c, d, e) }}\n"
        ));
    }
    source.push_str("f20(a, b, c, d, e) if a == a\n");
    assert!(refused(&source).contains("rego-too-deep"));
}

/// The highest trees that are accepted fit a thread's stack (2 MiB in tests) when they run.
#[test]
fn what_is_accepted_can_be_run() {
    let sum = format!("input.amount{} > 1", " + 1".repeat(90));
    assert_eq!(crate::harness::body(&sum, &[("amount", "2")]), "violates | x");
    let brackets = format!("{}input.amount{} > 1", "(".repeat(45), ")".repeat(45));
    assert_eq!(crate::harness::body(&brackets, &[("amount", "2")]), "violates | x");
    let mut source = "violation contains {\"code\": \"x\"} if h0 > 1\n".to_owned();
    for i in 0..18 {
        source.push_str(&format!("h{i} := -(-(-(1 + h{}))) + 3\n", i + 1));
    }
    source.push_str("h18 := input.amount\n");
    let told = crate::harness::decided(&source, &[("amount", "2")]);
    assert_eq!(told, "violates | x");
}

#[test]
fn codes_are_sorted_and_each_is_known() {
    assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
    let samples = ["package", "package t\nx := rand.intn(1)", "package t\nviolation[1] { 1 }"];
    for sample in samples {
        for found in compile(&rule(sample), &environment()).unwrap_err() {
            assert!(CODES.iter().any(|(code, _)| *code == found.code), "{}", found.code);
        }
    }
}
