//! `equivalent.yaml`: mutants that no test can notice, each with the reason.

use super::{Fate, Mutant};
use serde::Deserialize;

/// A mutant by its operator and what it changes, which outlive a change of lines.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    operator: String,
    before: String,
    after: String,
    reason: String,
}

/// The entries, and whether there was such a mutant.
pub(super) struct Equivalents(Vec<(Entry, bool)>);

pub(super) fn read(text: Option<&str>) -> Result<Equivalents, String> {
    let entries: Vec<Entry> = match text {
        Some(text) => crate::bundle::yaml(text).map_err(|e| format!("`equivalent.yaml`: {e}"))?,
        None => Vec::new(),
    };
    if let Some(entry) = entries.iter().find(|entry| entry.reason.trim().is_empty()) {
        return Err(format!("`equivalent.yaml`: `{}` has no reason", entry.before));
    }
    Ok(Equivalents(entries.into_iter().map(|entry| (entry, false)).collect()))
}

impl Equivalents {
    /// A mutant's fate, if it is named here. One that a test notices is not equivalent.
    pub(super) fn judge(&mut self, mutant: &Mutant, fate: Fate) -> Result<Fate, String> {
        let named = self.0.iter_mut().find(|(entry, _)| {
            entry.operator == mutant.operator
                && entry.before == mutant.before
                && entry.after == mutant.after
        });
        let Some((entry, met)) = named else { return Ok(fate) };
        *met = true;
        match fate {
            Fate::Survived => Ok(Fate::Equivalent(entry.reason.clone())),
            Fate::Killed(test) => {
                let before = &entry.before;
                Err(format!("`equivalent.yaml` names a change of `{before}` that `{test}` notices"))
            }
            other => Ok(other),
        }
    }

    pub(super) fn finish(self) -> Result<(), String> {
        match self.0.into_iter().find(|(_, met)| !met) {
            None => Ok(()),
            Some((Entry { operator, before, after, .. }, _)) => Err(format!(
                "`equivalent.yaml` names no mutant of the rule: {operator}, `{before}` to `{after}`"
            )),
        }
    }
}
