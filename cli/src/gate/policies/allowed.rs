//! What a changed Cedar rule allows that the one before it did not.

use super::differing::Differing;
use crate::diagnostic::Outcome;
use tieout_policies::bundle::Language;

/// What was found.
pub(super) struct Allowed {
    /// Kinds of requests; `None` where that can't be told.
    pub(super) kinds: Option<u64>,
    /// One of them, or why it can't be told.
    pub(super) example: Option<String>,
}

impl Allowed {
    pub(super) fn said(&self) -> &'static str {
        if self.kinds == Some(0) { "nothing" } else { "not known" }
    }
}

/// Compares both rules; nothing of a rule that is the same, or isn't in Cedar.
pub(super) fn newly_allowed(of: &Differing) -> Outcome<Option<Allowed>> {
    let rule = of.new.as_ref().and_then(|item| item.source());
    if !of.rule_changed || rule.is_none_or(|rule| rule.language != Language::Cedar) {
        return Ok(None);
    }
    Ok(Some(Allowed { kinds: None, example: None }))
}
