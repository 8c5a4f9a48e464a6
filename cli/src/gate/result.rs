//! What a gate says: the value from which every output is made, and which is sealed with the pack.
//!
//! Every number is a string. It names no person: approvals have ids, authors are counted.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tieout_controls::control::Severity;
use tieout_engine::gate::integrity::Identity;

/// What the result of a gate on rates is called.
pub(crate) const RATES: &str = "rates";
/// And of one on policies.
pub(crate) const POLICIES: &str = "policies";

/// The result of a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GateResult {
    /// The format of this document: `1`.
    pub(crate) schema_version: String,
    /// What is gated: `rates` or `policies`.
    pub(crate) gate: String,
    /// The workspace's name.
    pub(crate) workspace: String,
    /// The engine's name and version.
    pub(crate) engine: String,
    /// The day on which the question is asked.
    pub(crate) as_of: String,
    /// The protected side.
    pub(crate) base: Side,
    /// What is proposed: the merge result.
    pub(crate) head: Side,
    /// The SHA-256 of the evaluated diff, to which approvals are bound.
    pub(crate) diff_digest: String,
    /// The datasets that judged it or that it was put to.
    pub(crate) inputs: Vec<Input>,
    /// How many rows of the tables are on both sides, and on one.
    pub(crate) rows: Reconciled,
    /// What is let pass as the base's own.
    pub(crate) legacy: Legacy,
    /// What changes, and what is wrong with the table.
    pub(crate) changes: Vec<ChangeLine>,
    /// Of policies: what changes, and of which records something else is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) policies: Vec<PolicyLine>,
    /// Of policies: the period whose data both decided over; `None` where they decided over none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) period: Option<String>,
    /// What it comes to; `None` where nothing was put to usage.
    pub(crate) rerating: Option<Rerating>,
    /// Who stands behind it.
    pub(crate) request: RequestSummary,
    /// The controls that were tested.
    pub(crate) controls: Vec<ControlLine>,
    /// What the policies found.
    pub(crate) findings: Vec<Finding>,
    /// What could not be decided.
    pub(crate) open: Vec<Open>,
    /// What became of the waivers of the base.
    pub(crate) waivers: Vec<WaiverLine>,
    /// What is concluded.
    pub(crate) verdict: GateVerdict,
    /// From which severity a finding blocks.
    pub(crate) fail_on: Severity,
}

/// A side of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Side {
    /// As it was asked for.
    pub(crate) shown: String,
    /// The commit, where git knows it.
    pub(crate) revision: Option<String>,
    /// The table's path.
    pub(crate) file: String,
    /// The SHA-256 of what the table says, whatever its form.
    pub(crate) digest: String,
    /// Its rows.
    pub(crate) rows: String,
}

/// A dataset that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// Its name in the base's workspace.
    pub(crate) name: String,
    /// Its schema profile.
    pub(crate) profile: String,
    /// Its accepted rows.
    pub(crate) rows: String,
    /// The commitment to them.
    pub(crate) commitment: String,
}

/// Rows of both tables: those of the base are `unchanged + only_base`, of the head likewise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reconciled {
    /// In both, saying the same.
    pub(crate) unchanged: String,
    /// Only in the base.
    pub(crate) only_base: String,
    /// Only in the head.
    pub(crate) only_head: String,
}

/// What is wrong with the head's table and let pass as the base's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Legacy {
    /// The signed baseline of the base; `None` where it has none, and all that the base has is let pass.
    pub(crate) baseline: Option<BaselineLine>,
    /// How many findings are let pass, by the baseline where there is one.
    pub(crate) passed: String,
    /// How many the base has and the baseline doesn't list: they are held against the request, unless it is
    /// `renewed`.
    pub(crate) unlisted: String,
    /// Whether the request changes no rate and brings another baseline: its approvers decide.
    pub(crate) renewed: bool,
    /// What the baseline lists and no longer stands.
    pub(crate) cleared: Vec<ClearedLine>,
}

/// The signed baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BaselineLine {
    /// Its file.
    pub(crate) file: String,
    /// The file's SHA-256.
    pub(crate) digest: String,
    /// The dataset that it is of.
    pub(crate) dataset: String,
    /// The SHA-256 of what the table said.
    pub(crate) table: String,
    /// The day of the table.
    pub(crate) as_of: String,
    /// Why.
    pub(crate) reason: String,
    /// How many findings it lists.
    pub(crate) entries: String,
}

/// An entry of the baseline that no longer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearedLine {
    /// Service, region and segment.
    pub(crate) rate_key: String,
    /// `gap`, `overlap` or `two-prices`.
    pub(crate) kind: String,
    /// Where the tier begins.
    pub(crate) tier_from: Option<String>,
    /// From when.
    pub(crate) effective_from: String,
    /// Until when.
    pub(crate) effective_to: Option<String>,
}

impl ClearedLine {
    /// What an entry says.
    pub(crate) fn of(entry: &Identity) -> Self {
        Self {
            rate_key: entry.key().to_string(),
            kind: entry.kind.clone(),
            tier_from: entry.tier_from.clone(),
            effective_from: entry.effective_from.clone(),
            effective_to: entry.effective_to.clone(),
        }
    }
}

impl Legacy {
    /// In a sentence; `None` where there is nothing to tell.
    pub(crate) fn sentence(&self) -> Option<String> {
        let Some(baseline) = &self.baseline else {
            let passed = found(&self.passed);
            return (self.passed != "0").then(|| {
                format!("Legacy, not in a signed baseline: {passed} of the base let pass")
            });
        };
        let mut text = format!(
            "Legacy by the signed baseline of {}: {} let pass",
            baseline.as_of,
            found(&self.passed)
        );
        if self.unlisted != "0" {
            text.push_str(&format!("; {} of the base not in it", found(&self.unlisted)));
        }
        if self.renewed {
            text.push_str("; the request brings another one, and its approvers decide");
        }
        if !self.cleared.is_empty() {
            let entries = crate::text::counted(self.cleared.len(), "entry");
            text.push_str(&format!("; {entries} cleared, to be taken out of it"));
        }
        Some(text)
    }
}

/// A number of findings in words.
fn found(number: &str) -> String {
    format!("{number} finding{}", if number == "1" { "" } else { "s" })
}

/// A row of the change set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeLine {
    /// Service, region and segment.
    pub(crate) rate_key: String,
    /// What kind of change.
    pub(crate) kind: String,
    /// The key of the row before or after, where usage goes from the rate of another key or to it.
    pub(crate) other_rate_key: Option<String>,
    /// Where the tier begins.
    pub(crate) tier_from: Option<String>,
    /// From when.
    pub(crate) effective_from: String,
    /// Until when.
    pub(crate) effective_to: Option<String>,
    /// The price with its currency and unit before.
    pub(crate) old: Option<String>,
    /// And after.
    pub(crate) new: Option<String>,
    /// By how much of a hundred.
    pub(crate) percent: Option<String>,
    /// Whether the base has it too.
    pub(crate) in_base: bool,
    /// Whether it is let pass for that, and by the baseline where there is one.
    pub(crate) legacy: bool,
    /// Whether it holds for time that has passed.
    pub(crate) retroactive: bool,
    /// Issued invoices that it would change.
    pub(crate) invoices_touched: Option<String>,
    /// Their numbers.
    pub(crate) invoices: Vec<String>,
    /// `priced`, `unpriced`, `undetermined`, `not-rated`.
    pub(crate) coverage: String,
    /// What it changes of the month re-rated.
    pub(crate) delta: Option<String>,
    /// In which currency.
    pub(crate) currency: Option<String>,
    /// The file of the head, and the line.
    pub(crate) file: String,
    /// The line.
    pub(crate) line: Option<String>,
}

/// A control or rule that changes, and in one currency of which records something else is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyLine {
    /// The control, else the rule, else the policy bundle.
    pub(crate) subject: String,
    /// `added`, `removed`, `changed`.
    pub(crate) kind: String,
    /// Its rule.
    pub(crate) rule: Option<String>,
    /// What of it differs.
    pub(crate) what: Vec<String>,
    /// The bundle's version before.
    pub(crate) old_version: Option<String>,
    /// And after.
    pub(crate) new_version: Option<String>,
    /// How many tests the rule has.
    pub(crate) tests: Option<String>,
    /// How many of them fail.
    pub(crate) tests_failed: Option<String>,
    /// How many mutants it has.
    pub(crate) mutants: Option<String>,
    /// How many of them no test notices.
    pub(crate) survivors: Option<String>,
    /// Of Cedar: what it allows that was not allowed.
    pub(crate) newly_allowed: Option<String>,
    /// `compared`, `not-asked`, `of-the-gate`, `not-possible`.
    pub(crate) comparison: String,
    /// Why it was not possible.
    pub(crate) why: Option<String>,
    /// Records that were found or undecided, and are no longer, or for less.
    pub(crate) loosened: Option<String>,
    /// What they come to.
    pub(crate) loosened_amount: Option<String>,
    /// The opposite.
    pub(crate) tightened: Option<String>,
    /// What they come to.
    pub(crate) tightened_amount: Option<String>,
    /// The currency.
    pub(crate) currency: Option<String>,
    /// The first records of those no longer found.
    pub(crate) no_longer_found: Vec<String>,
    /// The file.
    pub(crate) file: String,
    /// The line.
    pub(crate) line: Option<String>,
}

/// The month's usage under both tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rerating {
    /// The month.
    pub(crate) month: String,
    /// Rows of usage in it.
    pub(crate) rows: String,
    /// The commitment to the usage.
    pub(crate) usage: String,
    /// How many groups of usage were rated on each side, had no rate, or could not be decided.
    pub(crate) groups: BTreeMap<String, [String; 2]>,
    /// The quantity by unit: the same on both sides.
    pub(crate) quantity: BTreeMap<String, String>,
    /// The totals by currency.
    pub(crate) totals: BTreeMap<String, Money>,
    /// What moves, by currency: the differences of all rates without their signs, so that a rise here and a
    /// cut there are no small change; with the sign of the total.
    pub(crate) moved: BTreeMap<String, String>,
    /// By `service_id`, `entity`, `cost_centre`, `gl_account`: value and currency.
    pub(crate) by: BTreeMap<String, Vec<Moved>>,
    /// Usage that no rate of the head prices: service, region, segment, unit, quantity.
    pub(crate) unrated: Vec<String>,
    /// Rates in force without usage.
    pub(crate) unpriced: Vec<String>,
}

/// An amount on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Money {
    /// Under the base.
    pub(crate) old: String,
    /// Under the head.
    pub(crate) new: String,
    /// The second less the first.
    pub(crate) delta: String,
}

/// What a value of a dimension comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moved {
    /// The value, `-` for none.
    pub(crate) value: String,
    /// The currency.
    pub(crate) currency: String,
    /// Both sides.
    pub(crate) money: Money,
}

/// Who stands behind the request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestSummary {
    /// How many authors, and how many of them the directory doesn't know.
    pub(crate) authors: String,
    /// Those that the directory doesn't know.
    pub(crate) unknown_authors: String,
    /// The approvals, and whether they count.
    pub(crate) approvals: Vec<ApprovalLine>,
    /// Files that judge requests and that this one changes.
    pub(crate) protected_changes: Vec<String>,
    /// The ticket of an emergency.
    pub(crate) emergency: Option<String>,
    /// The role that its approvers hold.
    pub(crate) role: String,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalLine {
    /// Its id in its source.
    pub(crate) id: String,
    /// Where it comes from.
    pub(crate) source: String,
    /// Whether it counts.
    pub(crate) counts: bool,
    /// Why it doesn't, by code.
    pub(crate) why: Vec<String>,
}

/// A control that was tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ControlLine {
    /// Its id.
    pub(crate) id: String,
    /// Its title.
    pub(crate) title: String,
    /// How grave.
    pub(crate) severity: Severity,
    /// The word for its outcome before waivers.
    pub(crate) outcome: String,
    /// Records evaluated.
    pub(crate) records: String,
}

/// A finding on a rate, gross: with the waiver that covers it, if one does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finding {
    /// The control.
    pub(crate) control: String,
    /// How grave.
    pub(crate) severity: Severity,
    /// The code.
    pub(crate) code: String,
    /// The rate's key, or the request.
    pub(crate) subject: String,
    /// From when the change holds.
    pub(crate) effective_from: Option<String>,
    /// Where the tier begins.
    pub(crate) tier_from: Option<String>,
    /// In words.
    pub(crate) message: String,
    /// The money, exact.
    pub(crate) amount: Option<String>,
    /// Its currency.
    pub(crate) currency: Option<String>,
    /// The file.
    pub(crate) file: String,
    /// The line.
    pub(crate) line: Option<String>,
    /// The waiver that covers it.
    pub(crate) waiver: Option<String>,
}

/// What a control could not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Open {
    /// The control, or `gate`.
    pub(crate) control: String,
    /// Why.
    pub(crate) why: String,
    /// A place in the table, where there is one.
    pub(crate) line: Option<String>,
}

impl Open {
    /// What the gate itself could not find out.
    pub(crate) fn of_gate(why: impl Into<String>) -> Self {
        Self { control: "gate".to_owned(), why: why.into(), line: None }
    }
}

/// Whether an exact amount in text is nothing.
pub(crate) fn is_nothing(amount: &str) -> bool {
    amount.bytes().all(|b| matches!(b, b'0' | b'.' | b'-'))
}

/// A waiver of the base, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverLine {
    /// Its id.
    pub(crate) id: String,
    /// `applied`, `unused`, `expired`, `not-yet`, `exceeded`, `invalid`.
    pub(crate) state: String,
    /// In words.
    pub(crate) about: String,
}

/// What is concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GateVerdict {
    /// Nothing at or above the severity stands against it.
    Allowed,
    /// Something does.
    Blocked,
    /// Something could not be decided: as good as blocked.
    Inconclusive,
}

impl GateVerdict {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl GateResult {
    /// The findings that block: at or above the severity, and not waived.
    pub(crate) fn blocking(&self) -> impl Iterator<Item = &Finding> {
        let counts = |f: &&Finding| f.waiver.is_none() && f.severity >= self.fail_on;
        self.findings.iter().filter(counts)
    }

    /// The findings that don't block, and why.
    pub(crate) fn others(&self) -> impl Iterator<Item = (&Finding, &str)> {
        self.findings.iter().filter_map(|f| match &f.waiver {
            Some(waiver) => Some((f, waiver.as_str())),
            None if f.severity < self.fail_on => Some((f, "")),
            None => None,
        })
    }

    /// What follows from findings and open questions; exceptions go before what is open.
    pub(crate) fn concluded(&self) -> GateVerdict {
        if self.blocking().next().is_some() {
            GateVerdict::Blocked
        } else if self.open.is_empty() {
            GateVerdict::Allowed
        } else {
            GateVerdict::Inconclusive
        }
    }

    /// Which role was missing, where an approval doesn't count for that.
    pub(crate) fn role_missing(&self) -> Option<&str> {
        let missing = |approval: &ApprovalLine| approval.why.iter().any(|why| why == "no-role");
        let found = self.request.approvals.iter().any(missing);
        found.then_some(self.request.role.as_str())
    }

    /// The verdict in a sentence.
    pub(crate) fn headline(&self) -> String {
        let blocking = crate::text::counted(self.blocking().count(), "finding");
        let open = crate::text::counted(self.open.len(), "question");
        match self.verdict {
            GateVerdict::Allowed => "Allowed: no finding stands against it".to_owned(),
            GateVerdict::Blocked => format!("Blocked by {blocking}"),
            GateVerdict::Inconclusive => format!("Not decided: {open} open, which blocks it"),
        }
    }
}
