//! The functions of Rego that a rule can't use, and what to write instead.

/// Why a function of Rego is refused, and what to write instead.
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) help: Option<&'static str>,
}

/// Whether that is a function of Rego that a rule can't use.
pub(crate) fn refusal(name: &str) -> Option<Refusal> {
    let not_reproducible = NOT_REPRODUCIBLE.iter().find(|(n, _)| *n == name);
    if let Some((_, reason)) = not_reproducible {
        return Some(Refusal { code: "rego-not-reproducible", reason, help: None });
    }
    let replaced = REPLACED.iter().find(|(n, _)| *n == name);
    if let Some((_, help)) = replaced {
        let reason = "it is not exact, or has another name here";
        return Some(Refusal { code: "rego-refused-function", reason, help: Some(help) });
    }
    let family = name.split_once('.').map_or(name, |(family, _)| family);
    (OTHER.contains(&name) || FAMILIES.contains(&family)).then_some(Refusal {
        code: "rego-refused-function",
        reason: "it is not part of the record profile",
        help: None,
    })
}

/// Functions whose result depends on more than the record, the tables and the parameters.
pub(crate) const NOT_REPRODUCIBLE: &[(&str, &str)] = &[
    ("http.send", "it asks the network"),
    ("net.lookup_ip_addr", "it asks the network"),
    ("opa.runtime", "it depends on where it runs"),
    ("print", "it writes to a log"),
    ("rand.intn", "it is random"),
    ("time.now_ns", "it depends on the time of day; `data.run.as_of` is the date of the question"),
    ("trace", "it writes to a log"),
    ("uuid.rfc4122", "it is random"),
];

/// Functions of Rego with a named replacement.
pub(crate) const REPLACED: &[(&str, &str)] = &[
    ("ceil", "write `decimal.round(x, 0, \"ceiling\")`"),
    ("div", "write `decimal.div(a, b, scale, mode)`"),
    ("floor", "write `decimal.round(x, 0, \"floor\")`"),
    ("format_int", "write `sprintf(\"%v\", [x])`"),
    ("json.unmarshal", "a column has one type; declare it in the schema profile"),
    ("minus", "write `a - b`"),
    ("mul", "write `a * b`"),
    ("plus", "write `a + b`"),
    ("re_match", "write `regex.match(pattern, text)`"),
    ("round", "write `decimal.round(x, scale, mode)`"),
    ("time.add_date", "write `date.add_years(d, n)`, `date.add_months` or `date.add_days`"),
    ("time.date", "write `date.of(x)` or `date.year(d)`"),
    ("time.diff", "write `date.days_between(a, b)`"),
    ("time.parse_ns", "write `date.parse(s)`, or declare the column as a timestamp"),
    ("time.parse_rfc3339_ns", "write `time.parse(s)`, or declare the column as a timestamp"),
    ("to_number", "write `decimal.parse(s)`"),
];

const FAMILIES: &[&str] = &[
    "array",
    "base64",
    "base64url",
    "bits",
    "crypto",
    "glob",
    "graph",
    "graphql",
    "hex",
    "http",
    "internal",
    "io",
    "json",
    "net",
    "numbers",
    "object",
    "opa",
    "providers",
    "rand",
    "regex",
    "rego",
    "semver",
    "strings",
    "template",
    "time",
    "units",
    "urlquery",
    "uuid",
    "yaml",
];

const OTHER: &[&str] = &[
    "all",
    "and",
    "any",
    "assign",
    "cast_array",
    "cast_boolean",
    "cast_null",
    "cast_object",
    "cast_set",
    "cast_string",
    "eq",
    "equal",
    "gt",
    "gte",
    "indexof_n",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "lt",
    "lte",
    "neq",
    "or",
    "rem",
    "set_diff",
    "type_name",
    "walk",
];
