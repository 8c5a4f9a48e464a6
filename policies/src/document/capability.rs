//! What a document policy may call: a list, so that what a newer evaluator brings along is refused
//! until somebody has looked at it.

use crate::rego::refusal::{self, NOT_REPRODUCIBLE};

/// A function that can't be called, and why.
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) reason: &'static str,
    pub(super) help: Option<&'static str>,
}

/// Whether a document policy may call a function of that name; `None` of an unknown one.
pub(super) fn judge(name: &str) -> Option<Result<(), Refused>> {
    let refused = |code, reason, help| Some(Err(Refused { code, reason, help }));
    if ALLOWED.contains(&name) || super::decimal::ARITIES.iter().any(|(n, _)| *n == name) {
        return Some(Ok(()));
    }
    if let Some((_, reason)) = NOT_REPRODUCIBLE.iter().find(|(n, _)| *n == name) {
        return refused("rego-not-reproducible", reason, None);
    }
    if let Some((_, help)) = INEXACT.iter().find(|(n, _)| *n == name) {
        return refused("rego-inexact", "it is not exact for amounts", Some(*help));
    }
    if let Some((_, reason)) = ENDLESS.iter().find(|(n, _)| *n == name) {
        return refused("rego-refused-function", reason, None);
    }
    refusal::refusal(name)?;
    let reason = "the evaluator of document policies doesn't have it";
    refused("rego-refused-function", reason, None)
}

/// The names that may be called, for a hint at the one that was meant.
pub(super) fn names<'a>() -> impl Iterator<Item = &'a str> {
    ALLOWED.iter().copied().chain(super::decimal::ARITIES.iter().map(|(name, _)| *name))
}

/// Functions of numbers that round, and what computes instead.
const INEXACT: &[(&str, &str)] = &[
    ("abs", "write `decimal.abs(x)`"),
    ("ceil", "write `decimal.round(x, 0, \"ceiling\")`"),
    ("div", "write `decimal.div(a, b, scale, mode)`"),
    ("floor", "write `decimal.round(x, 0, \"floor\")`"),
    ("format_int", "write `sprintf(\"%v\", [x])`"),
    ("max", "write `decimal.max(xs)`"),
    ("min", "write `decimal.min(xs)`"),
    ("minus", "write `decimal.sub(a, b)`"),
    ("mul", "write `decimal.mul(a, b)`"),
    ("plus", "write `decimal.add(a, b)`"),
    ("product", "write `decimal.mul(a, b)`"),
    ("rem", "write `decimal.sub(a, decimal.mul(b, decimal.div(a, b, 0, \"down\")))`"),
    ("round", "write `decimal.round(x, scale, mode)`"),
    ("sum", "write `decimal.sum(xs)`"),
    ("to_number", "write `decimal.parse(s)`"),
    ("units.parse", "state amounts in one unit"),
    ("units.parse_bytes", "state amounts in one unit"),
];

/// Functions whose one call can take any time.
const ENDLESS: &[(&str, &str)] = &[(
    "graph.reachable_paths",
    "the number of paths grows without bound; `graph.reachable` is there",
)];

/// Exact and reproducible functions that regorus has.
const ALLOWED: &[&str] = &[
    "array.concat",
    "array.reverse",
    "array.slice",
    "base64.decode",
    "base64.encode",
    "base64.is_valid",
    "base64url.decode",
    "base64url.encode",
    "base64url.encode_no_pad",
    "bits.and",
    "bits.lsh",
    "bits.negate",
    "bits.or",
    "bits.rsh",
    "bits.xor",
    "concat",
    "contains",
    "count",
    "endswith",
    "glob.match",
    "glob.quote_meta",
    "graph.reachable",
    "hex.decode",
    "hex.encode",
    "indexof",
    "indexof_n",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.filter",
    "json.is_valid",
    "json.marshal",
    "json.marshal_with_options",
    "json.patch",
    "json.remove",
    "json.unmarshal",
    "lower",
    "numbers.range",
    "numbers.range_step",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "regex.find_all_string_submatch_n",
    "regex.find_n",
    "regex.is_valid",
    "regex.match",
    "regex.replace",
    "regex.split",
    "regex.template_match",
    "replace",
    "semver.compare",
    "semver.is_valid",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.count",
    "strings.replace_n",
    "strings.reverse",
    "substring",
    "time.add_date",
    "time.clock",
    "time.date",
    "time.diff",
    "time.format",
    "time.parse_duration_ns",
    "time.parse_ns",
    "time.parse_rfc3339_ns",
    "time.weekday",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "upper",
    "urlquery.decode",
    "urlquery.decode_object",
    "urlquery.encode",
    "urlquery.encode_object",
    "walk",
];

#[cfg(test)]
mod tests {
    use super::*;
    use regorus::unstable::BUILTINS;

    #[test]
    fn everything_of_the_evaluator_was_looked_at() {
        for name in BUILTINS.keys().filter(|name| !name.starts_with("__")) {
            assert!(judge(name).is_some(), "{name}");
        }
        for name in ALLOWED {
            assert!(BUILTINS.contains_key(name), "{name}");
        }
    }

    #[test]
    fn clock_chance_and_network_are_refused_even_where_they_are_absent() {
        for name in ["http.send", "time.now_ns", "rand.intn", "uuid.rfc4122", "opa.runtime"] {
            assert_eq!(judge(name).unwrap().err().unwrap().code, "rego-not-reproducible");
        }
        for name in ["trace", "print", "net.lookup_ip_addr"] {
            assert_eq!(judge(name).unwrap().err().unwrap().code, "rego-not-reproducible");
        }
        assert_eq!(judge("sum").unwrap().err().unwrap().code, "rego-inexact");
        assert!(judge("summe").is_none());
    }
}
