//! The columns of the datasets of the board, of plans and of metrics, as their schema profiles have them.

use crate::header::Header;

/// The dataset `board`.
pub(crate) const BOARD: Header = Header::new(
    "board",
    &[
        "meeting_id",
        "kind",
        "held_on",
        "period",
        "quorum_rule",
        "minutes_hash",
        "signed_by",
        "signed_at",
    ],
);

/// The dataset `board-attendee`.
pub(crate) const BOARD_ATTENDEE: Header = Header::new(
    "board-attendee",
    &["meeting_id", "user_id", "function", "role", "present", "abstained"],
);

/// The dataset `board-decision`.
pub(crate) const BOARD_DECISION: Header = Header::new(
    "board-decision",
    &["decision_id", "meeting_id", "kind", "object_id", "object_version", "outcome"],
);

/// The dataset `document-term`.
pub(crate) const DOCUMENT_TERM: Header =
    Header::new("document-term", &["doc_id", "version", "term", "value", "unit"]);

/// The dataset `acknowledgement`.
pub(crate) const ACKNOWLEDGEMENT: Header =
    Header::new("acknowledgement", &["doc_id", "version", "user_id", "acknowledged_at"]);

/// The dataset `finding`.
pub(crate) const FINDING: Header = Header::new(
    "finding",
    &[
        "finding_id",
        "control",
        "opened_at",
        "severity",
        "owner",
        "response",
        "responded_at",
        "due",
        "remediated_at",
        "retested_at",
        "retest_result",
        "closed_at",
        "closed_by",
    ],
);

/// The dataset `close-task`.
pub(crate) const CLOSE_TASK: Header =
    Header::new("close-task", &["entity", "period", "task", "due", "done_at", "done_by"]);

/// The dataset `forecast`.
pub(crate) const FORECAST: Header = Header::with_amount(
    "forecast",
    &[
        "cost_centre",
        "issuer",
        "period",
        "version",
        "amount",
        "currency",
        "made_at",
        "published_at",
    ],
);

/// The dataset `budget`.
pub(crate) const BUDGET: Header = Header::with_amount(
    "budget",
    &[
        "cost_centre",
        "issuer",
        "period",
        "version",
        "amount",
        "currency",
        "approved_by",
        "approved_at",
    ],
);

/// The dataset `metric`.
pub(crate) const METRIC: Header = Header::new(
    "metric",
    &[
        "metric_id",
        "period",
        "numerator",
        "denominator",
        "value",
        "definition_hash",
        "published_at",
    ],
);
