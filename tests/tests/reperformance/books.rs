//! From charges to invoices, credits, the ledger, and what vendors and comparables say.

/// The controls.
pub(crate) const CONTROLS: &[&str] =
    &["VAT-03", "SL-02", "SL-03", "PR-03", "RC-02", "RC-03", "GL-04", "TP-02", "TP-07"];
