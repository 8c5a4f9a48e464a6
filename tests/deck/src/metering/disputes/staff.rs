//! Who handles disputes, decides them and mends what they show.

/// Who acts for a provider.
pub(super) struct Staff {
    pub(super) agent: &'static str,
    pub(super) head: &'static str,
    pub(super) mediator: &'static str,
    pub(super) finance: &'static str,
    pub(super) engineer: &'static str,
}

pub(super) const STAFF: [Staff; 2] = [
    Staff { agent: "U092", head: "U137", mediator: "U140", finance: "U002", engineer: "U093" },
    Staff { agent: "U094", head: "U139", mediator: "U140", finance: "U002", engineer: "U121" },
];
