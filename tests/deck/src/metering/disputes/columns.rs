//! The columns of the datasets of disputes, as their schema profiles have them.

use crate::header::Header;

/// The dataset `dispute`.
pub(crate) const DISPUTE: Header = Header::with_amount(
    "dispute",
    &[
        "dispute_id",
        "opened_at",
        "opened_by",
        "issuer",
        "invoice_no",
        "invoice_line",
        "cost_centre",
        "service_id",
        "charge_ids",
        "amount",
        "currency",
        "root_cause",
        "state",
        "level",
        "owner",
        "due_at",
        "resolved_at",
        "outcome",
        "evidence_ids",
        "change_id",
    ],
);

/// The dataset `dispute-event`.
pub(crate) const DISPUTE_EVENT: Header = Header::new(
    "dispute-event",
    &["dispute_id", "seq", "ts", "from_state", "to_state", "level", "actor", "note_hash"],
);

/// The dataset `dispute-evidence`.
pub(crate) const DISPUTE_EVIDENCE: Header = Header::new(
    "dispute-evidence",
    &[
        "evidence_id",
        "dispute_id",
        "kind",
        "media_type",
        "location",
        "hash",
        "submitted_at",
        "submitted_by",
    ],
);

/// The dataset `ticket`.
pub(crate) const TICKET: Header = Header::new(
    "ticket",
    &[
        "ticket_id",
        "dispute_id",
        "service_id",
        "opened_at",
        "opened_by",
        "owner",
        "severity",
        "state",
        "root_cause_analysis",
        "analysed_at",
        "analysed_by",
        "closed_at",
    ],
);

/// The dataset `outbox`.
pub(crate) const OUTBOX: Header = Header::new(
    "outbox",
    &["message_id", "dispute_id", "seq", "recipient", "channel", "queued_at", "sent_at", "state"],
);

/// The dataset `credit`.
pub(crate) const CREDIT: Header = Header::with_amount(
    "credit",
    &[
        "credit_id",
        "kind",
        "dispute_id",
        "sla_id",
        "period",
        "amount",
        "currency",
        "issued_at",
        "approved_by",
        "reverses",
        "gl_entry",
    ],
);
