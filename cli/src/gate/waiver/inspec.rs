//! Waiver files of InSpec: control → `expiration_date`, `run`, `justification`
//! (<https://docs.chef.io/inspec/waivers/>, in YAML).
//!
//! InSpec knows neither who asked nor who approved (it has been asked for the latter:
//! <https://github.com/inspec/inspec/issues/4551>), no scope and no money. None of that is invented: it
//! is left empty, and a waiver with something empty is refused wherever it is read.

use crate::config;
use crate::diagnostic::Outcome;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A waiver of InSpec.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "`expiration_date`, `run` and `justification` of a waiver"
)]
struct InSpec {
    /// The day at whose first instant it ends, in the zone of the machine; permanent without one.
    expiration_date: Option<String>,
    /// Whether the control is run at all: `yes`, `no`, `true` or `false`. Here it always is.
    #[expect(dead_code, reason = "a waived exception is tested and shown, whatever this says")]
    run: Option<String>,
    justification: Option<String>,
}

/// The waivers of an InSpec file as a file of ours: the text, how many, and how many of them InSpec
/// holds for ever.
///
/// # Errors
/// It is no such file.
pub(crate) fn import(file: &str, source: &str, zone: &str) -> Outcome<(String, usize, usize)> {
    let found: BTreeMap<String, InSpec> = config::parse(file, source)?;
    let mut text = HEAD.to_owned();
    for (control, waiver) in &found {
        let said = |part: &Option<String>| part.clone().unwrap_or_default();
        text.push_str(&item(&[
            ("id", control),
            ("control", control),
            ("scope", ""),
            ("reason", &said(&waiver.justification)),
            ("ticket", ""),
            ("requester", ""),
            ("approver", ""),
            ("beneficiary", ""),
            ("start", ""),
            ("expiry", &said(&waiver.expiration_date)),
            ("zone", zone),
            ("amount", ""),
            ("currency", ""),
        ]));
    }
    let permanent = found.values().filter(|waiver| waiver.expiration_date.is_none()).count();
    Ok((text, found.len(), permanent))
}

const HEAD: &str = "\
# From a waiver file of InSpec. What is empty is to be filled in by who knows it, and the controls are
# to be named by their ids here; `tieout waiver check` says what is left.
";

/// A waiver as YAML, of its fields in the order of the schema.
pub(crate) fn item(fields: &[(&str, &str); 13]) -> String {
    // A string of JSON is one of YAML, whatever stands in it.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = String::new();
    for (at, (name, value)) in fields.iter().enumerate() {
        let lead = if at == 0 { "- " } else { "  " };
        match *name {
            "amount" => text.push_str(&format!("  exposure:\n    amount: {}\n", quoted(value))),
            "currency" => text.push_str(&format!("    currency: {}\n", quoted(value))),
            name => text.push_str(&format!("{lead}{name}: {}\n", quoted(value))),
        }
    }
    text
}
