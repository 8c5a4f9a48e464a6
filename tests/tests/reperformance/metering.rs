//! From usage to charges.

/// The controls.
pub(crate) const CONTROLS: &[&str] = &[
    "PT-02", "LN-01", "LN-02", "LN-04", "DD-01", "DD-02", "DD-03", "IM-01", "IM-02", "IM-04",
    "RC-01", "PR-01",
];
