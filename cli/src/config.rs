//! `tieout.yaml` as it is written.
//!
//! Strict: unknown and duplicate keys are refused with line and column, only `true` and `false`
//! are booleans, and the budget for nodes and aliases is small.

use crate::diagnostic::{Diagnostic, Failure, Outcome, Place};
use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use tieout_controls::dataset::Expectation;
use tieout_engine::dataset::Reading;

/// The workspace file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "the settings of a workspace")]
pub(crate) struct WorkspaceFile {
    /// The workspace's name.
    pub(crate) workspace: Spanned<String>,
    /// The period tested.
    pub(crate) period: Spanned<PeriodFile>,
    /// The date on which the question is asked; the period's end where it isn't stated.
    pub(crate) as_of: Option<NaiveDate>,
    /// The datasets, by name.
    #[serde(default, deserialize_with = "perhaps_none")]
    pub(crate) datasets: BTreeMap<String, DatasetFile>,
    /// Which controls are tested, and how.
    #[serde(default)]
    pub(crate) controls: ControlsFile,
    /// The user's own controls and policy bundles.
    #[serde(default)]
    pub(crate) own: OwnFile,
    /// The gate on changes.
    #[serde(default)]
    pub(crate) gate: GateFile,
    /// The signing keys.
    pub(crate) keys: Option<KeysFile>,
    /// The log.
    #[serde(default)]
    pub(crate) log: LogFile,
    /// The keys of persons; without it, what is disclosed of them is erased by deleting it in every copy.
    pub(crate) vault: Option<VaultFile>,
    /// The folder for packs, index and reports.
    #[serde(default = "default_output")]
    pub(crate) output: String,
}

/// What may stand empty, as a key does under which everything is a comment.
fn perhaps_none<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// A half-open period.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a period such as `{start: 2025-01-01, end: 2026-01-01}`")]
pub(crate) struct PeriodFile {
    /// The first day.
    pub(crate) start: NaiveDate,
    /// The day after the last one.
    pub(crate) end: NaiveDate,
}

/// A dataset.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a dataset with `files` and `profile`")]
pub(crate) struct DatasetFile {
    /// The files, with `*` and `?`.
    pub(crate) files: Vec<Spanned<String>>,
    /// The schema profile.
    pub(crate) profile: Spanned<String>,
    /// How the files are read.
    #[serde(default)]
    pub(crate) reading: Reading,
    /// What someone else says that they hold.
    pub(crate) expected: Option<Expectation>,
}

/// Which controls are tested, and how.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`include`, `mandatory` and `settings` of controls")]
pub(crate) struct ControlsFile {
    /// Those to test; all where it isn't stated.
    pub(crate) include: Option<Vec<Spanned<String>>>,
    /// Those of which "not tested" is not enough.
    #[serde(default)]
    pub(crate) mandatory: Vec<Spanned<String>>,
    /// By control id.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, SettingFile>,
}

/// What the workspace says about one control.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "the settings of a control")]
pub(crate) struct SettingFile {
    /// The company's own id.
    pub(crate) company_id: Option<String>,
    /// Who owns it.
    pub(crate) owner: Option<String>,
    /// Parameter → value.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, Spanned<String>>,
    /// Role → dataset.
    #[serde(default)]
    pub(crate) datasets: BTreeMap<String, Spanned<String>>,
}

/// The user's own controls and policy bundles.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`catalogue`, `bundles` and `reasons`")]
pub(crate) struct OwnFile {
    /// A folder with a folder for each control.
    pub(crate) catalogue: Option<Spanned<String>>,
    /// Folders of policy bundles.
    #[serde(default)]
    pub(crate) bundles: Vec<Spanned<String>>,
    /// Why a built-in control or bundle is replaced by an own one: control id or bundle name →
    /// reason. The reason becomes part of the evidence.
    #[serde(default)]
    pub(crate) reasons: BTreeMap<String, String>,
}

/// The gate on changes of rates and policies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "the settings of the gate: `waivers`, `baseline`, `approvers`, `usage_signers`, roles, `protected`"
)]
pub(crate) struct GateFile {
    /// The file of waivers.
    pub(crate) waivers: Option<Spanned<String>>,
    /// The signed baseline: what of the base's own findings is let pass.
    pub(crate) baseline: Option<Spanned<String>>,
    /// Whose statements can approve: account and public key.
    #[serde(default)]
    pub(crate) approvers: Vec<ApproverFile>,
    /// Who seals usage summaries: account and public key. With one, usage without its seal is refused.
    #[serde(default)]
    pub(crate) usage_signers: Vec<ApproverFile>,
    /// The role that approvers hold; `rate-approver` where it isn't stated.
    pub(crate) approver_role: Option<String>,
    /// The role that approvers of policies hold; `policy-approver` where it isn't stated.
    pub(crate) policy_approver_role: Option<String>,
    /// The role that approvers of emergencies hold; `emergency-approver` where it isn't stated.
    pub(crate) emergency_role: Option<String>,
    /// Files that judge requests, beside the workspace's own, with `*` and `?`.
    #[serde(default)]
    pub(crate) protected: Vec<Spanned<String>>,
}

/// Whose statements can approve.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an approver with `account` and `key`")]
pub(crate) struct ApproverFile {
    /// The account.
    pub(crate) account: String,
    /// The file of its public key.
    pub(crate) key: Spanned<String>,
}

/// The signing keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "the key files `operator` and `log`")]
pub(crate) struct KeysFile {
    /// The operator's.
    pub(crate) operator: Spanned<String>,
    /// The log's; another one.
    pub(crate) log: Spanned<String>,
}

/// The keys of persons.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`folder` and `epochs` of the vault")]
pub(crate) struct VaultFile {
    /// The folder of the wrapped keys.
    pub(crate) folder: String,
    /// The folder of the key that wraps them, in no backup of the other.
    pub(crate) epochs: String,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "`folder`, `origin` and `policy` of the log")]
pub(crate) struct LogFile {
    /// Its folder.
    pub(crate) folder: String,
    /// Its origin line; `tieout.local/<workspace>` where it isn't stated.
    pub(crate) origin: Option<Spanned<String>>,
    /// The policy file (C2SP tlog-policy) that names the witnesses to ask after each run, with their URLs, and
    /// how many are enough.
    pub(crate) policy: Option<Spanned<String>>,
}

impl Default for LogFile {
    fn default() -> Self {
        Self { folder: "log".to_owned(), origin: None, policy: None }
    }
}

fn default_output() -> String {
    "out".to_owned()
}

/// Reads a file that a user wrote.
///
/// # Errors
/// What is wrong, with its line.
pub(crate) fn parse<T: DeserializeOwned>(file: &str, source: &str) -> Outcome<T> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_events: 100_000,
            max_nodes: 50_000,
            max_aliases: 100,
            max_anchors: 100,
            max_depth: 32,
        },
    };
    serde_saphyr::from_str_with_options(source, options)
        .map_err(|error| Failure::usage(diagnostic(file, source, &error)))
}

fn diagnostic(file: &str, source: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let message = plain(&error.to_string());
    let code = if message.contains("duplicate") { "yaml-duplicate-key" } else { "yaml-invalid" };
    let diagnostic = Diagnostic::new(code, format!("`{file}`: {message}"));
    let Some(location) = error.location() else { return diagnostic };
    let place = Place::in_text(file, source, location.line(), location.column(), 1);
    let length = place.text.as_deref().map_or(1, |text| word_at(text, location.column()));
    diagnostic.at(Place { length, ..place })
}

/// The message without its place, which is shown beside, and without words for programmers.
fn plain(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let cut = ["; location", " at line ", " (line "].iter().filter_map(|m| first.find(m)).min();
    let text = cut.and_then(|at| first.get(..at)).unwrap_or(first);
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let text = match text.split_once(": ") {
        Some((place, rest)) if place.starts_with("line ") => rest,
        _ => text,
    };
    if let Some(rest) = text.strip_prefix("duplicate mapping key: ") {
        let key = rest.split(", set ").next().unwrap_or(rest);
        return format!("duplicate key `{key}`");
    }
    let said = PLAIN.iter().find(|(reader, _)| text.starts_with(reader));
    said.map_or(text.trim_end_matches('.'), |(_, plain)| plain).to_owned()
}

/// What the readers of YAML and of dates say, and what people understand.
const PLAIN: [(&str, &str); 8] = [
    ("expected mapping start", "settings of the form `key: value` are expected here"),
    ("expected sequence start", "a list is expected here, such as `[a, b]`"),
    ("invalid boolean", "`true` or `false` is expected here"),
    ("input contains invalid characters", NO_DATE),
    ("premature end of input", NO_DATE),
    ("trailing input", NO_DATE),
    ("input is out of range", "there is no such date"),
    ("input is not enough for unique date and time", NO_DATE),
];

const NO_DATE: &str =
    "a date such as `2025-01-31`, or an instant such as `2025-01-31T09:00:00Z`, is expected here";

/// The length of the word that begins at a column, at least 1.
pub(crate) fn word_at(line: &str, column: u64) -> u64 {
    let skip = usize::try_from(column.saturating_sub(1)).unwrap_or_default();
    let ends = |c: &char| !c.is_whitespace() && !matches!(c, ':' | ',' | ']' | '}');
    let length = line.chars().skip(skip).take_while(ends).count();
    u64::try_from(length).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "workspace: acme\nperiod: {start: 2025-01-01, end: 2026-01-01}\n";

    fn failure(rest: &str) -> Diagnostic {
        let source = format!("{START}{rest}");
        let failed = parse::<WorkspaceFile>("tieout.yaml", &source).expect_err("should be refused");
        failed.diagnostics.into_iter().next().unwrap()
    }

    #[test]
    fn the_smallest_workspace_has_defaults() {
        let file: WorkspaceFile = parse("tieout.yaml", START).unwrap();
        assert_eq!(file.output, "out");
        assert_eq!(file.log.folder, "log");
        assert!(file.controls.include.is_none());
        let empty = format!("{START}datasets:\n  # none yet\noutput: o\n");
        let file: WorkspaceFile = parse("tieout.yaml", &empty).unwrap();
        assert!(file.datasets.is_empty());
    }

    #[test]
    fn a_duplicate_key_is_refused_with_its_place() {
        let found = failure("output: a\noutput: b\n");
        assert_eq!(found.code, "yaml-duplicate-key", "{}", found.message);
        let place = found.place.unwrap();
        assert_eq!((place.line, place.text.as_deref()), (4, Some("output: b")));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let found = failure("outptu: a\n");
        assert!(found.message.contains("outptu"), "{}", found.message);
        assert_eq!(found.place.unwrap().line, 3);
    }

    #[test]
    fn yes_is_not_a_boolean() {
        let found = failure(
            "datasets:\n  f:\n    files: [a.csv]\n    profile: focus-1.2\n    reading: {decimal_comma: yes}\n",
        );
        assert_eq!(found.place.unwrap().line, 7);
    }

    #[test]
    fn messages_are_for_people() {
        for rest in ["keys: [a]\n", "datasets: {f: 3}\n", "as_of: soon\n", "log: 4\n", "own: []\n"]
        {
            let message = failure(rest).message;
            for word in ["struct", "File", "Option", "NaiveDate", "mapping", "characters", "line "]
            {
                assert!(!message.contains(word), "{message}");
            }
        }
    }

    #[test]
    fn an_alias_bomb_is_refused_quickly() {
        let mut source = format!("{START}datasets:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let refs = vec![format!("*a{}", i - 1); 9].join(", ");
            source.push_str(&format!("  a{i}: &a{i} [{refs}]\n"));
        }
        assert!(parse::<WorkspaceFile>("tieout.yaml", &source).is_err());
    }
}
