//! The outputs of a gate, each a pure function of its result.
//!
//! | format | reader |
//! |---|---|
//! | [`GateFormat::Text`] | the person at the terminal |
//! | [`GateFormat::Md`] | a pull request's comment, a job's summary |
//! | [`GateFormat::Json`] | programs; its schema is `docs/reference/gate-result.schema.json` |
//! | [`GateFormat::Sarif`] | a code host: SARIF 2.1.0 within GitHub's limits |
//! | [`GateFormat::Gitlab`] | GitLab's code quality report |
//! | [`GateFormat::Junit`] | a CI server: a control is a test case |
//! | [`GateFormat::Github`] | workflow commands, which GitHub shows as annotations |

mod github;
mod gitlab;
mod junit;
mod markdown;
mod policy;
mod sarif;
mod text;

use super::result::{ChangeLine, ClearedLine, Finding, GateResult};
use crate::diagnostic::{Failure, Outcome};

/// The formats of a gate's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum GateFormat {
    /// Plain text.
    Text,
    /// Markdown.
    Md,
    /// JSON, schema version 1.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitLab code quality.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// GitHub workflow commands.
    Github,
}

impl GateFormat {
    /// Every format.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 7] =
        [Self::Text, Self::Md, Self::Json, Self::Sarif, Self::Gitlab, Self::Junit, Self::Github];
}

/// The bytes of an output. The same result gives the same bytes.
///
/// # Errors
/// Our bug: a writer that refuses its own input.
pub(crate) fn render(format: GateFormat, result: &GateResult) -> Outcome<Vec<u8>> {
    match format {
        GateFormat::Text => Ok(text::write(result).into_bytes()),
        GateFormat::Md => Ok(markdown::write(result).into_bytes()),
        GateFormat::Json => json(result),
        GateFormat::Sarif => json(&sarif::write(result)),
        GateFormat::Gitlab => json(&gitlab::write(result)),
        GateFormat::Junit => junit::write(result),
        GateFormat::Github => Ok(github::write(result).into_bytes()),
    }
}

fn json(value: &impl serde::Serialize) -> Outcome<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Failure::internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What stays the same of a finding as long as it is the same finding: control, code, rate, date, tier,
/// and of a request the currency.
fn fingerprint(finding: &Finding) -> String {
    let date = finding.effective_from.as_deref().unwrap_or_default();
    let tier = finding.tier_from.as_deref().unwrap_or_default();
    let currency = finding.currency.as_deref().unwrap_or_default();
    let parts = [&finding.control, &finding.code, finding.subject.as_str(), date, tier, currency];
    super::hashed(parts).to_string()
}

/// A finding's money in words, such as `-18,420.00 EUR`; empty where it has none.
fn money(amount: Option<&str>, currency: Option<&str>) -> String {
    amount.map_or_else(String::new, |a| crate::text::money_text(a, currency.unwrap_or_default()))
}

/// Before and after, such as `0.50 EUR → 0.46 EUR (-8 %)`.
fn step(change: &ChangeLine) -> String {
    let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
    let percent = change.percent.as_ref().map_or_else(String::new, |p| format!(" ({p} %)"));
    let other = change.other_rate_key.as_ref();
    let other = other.map_or_else(String::new, |key| format!(", the other is the rate of {key}"));
    match (&change.old, &change.new) {
        (None, None) => String::new(),
        (old, new) => format!("{} → {}{percent}{other}", side(old), side(new)),
    }
}

/// The issued invoices that a change of the past touches, the first ones by their numbers.
fn invoices(change: &ChangeLine) -> Option<String> {
    const NAMED: usize = 10;
    let number = change.invoices_touched.as_deref().filter(|number| *number != "0")?;
    let noun = if number == "1" { "issued invoice" } else { "issued invoices" };
    let named: Vec<&str> = change.invoices.iter().take(NAMED).map(String::as_str).collect();
    let more = change.invoices.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{number} {noun}: {}{more}", named.join(", ")))
}

/// The day of an instant at midnight in UTC, else the instant.
pub(super) fn day(instant: &str) -> &str {
    instant.strip_suffix("T00:00:00Z").unwrap_or(instant)
}

/// An entry of the baseline that no longer stands.
fn cleared(entry: &ClearedLine) -> String {
    format!(
        "{} {} from {} until {}",
        entry.kind,
        subject(&entry.rate_key, entry.tier_from.as_deref()),
        day(&entry.effective_from),
        entry.effective_to.as_deref().map_or("further notice", day),
    )
}

/// A tier after a rate's key.
fn subject(key: &str, tier: Option<&str>) -> String {
    tier.map_or_else(|| key.to_owned(), |tier| format!("{key} from {tier}"))
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn the_same_result_gives_the_same_bytes_in_every_format() {
        let result = fixture::result();
        for format in GateFormat::ALL {
            let first = render(format, &result).unwrap();
            assert!(!first.is_empty(), "{format:?}");
            assert_eq!(first, render(format, &result).unwrap(), "{format:?}");
        }
    }

    #[test]
    fn a_fingerprint_outlives_another_line_and_message_and_not_another_date() {
        let finding = fixture::result().findings[0].clone();
        let moved = Finding { line: Some("99".into()), message: "else".into(), ..finding.clone() };
        assert_eq!(fingerprint(&finding), fingerprint(&moved));
        let later =
            Finding { effective_from: Some("2027-01-01T00:00:00Z".into()), ..finding.clone() };
        assert_ne!(fingerprint(&finding), fingerprint(&later));
    }

    #[test]
    fn a_result_is_read_back_as_it_was() {
        let result = fixture::result();
        let bytes = render(GateFormat::Json, &result).unwrap();
        assert_eq!(serde_json::from_slice::<GateResult>(&bytes).unwrap(), result);
    }
}
