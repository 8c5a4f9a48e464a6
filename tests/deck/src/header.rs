//! The columns of datasets that both worlds write, as their schema profiles have them.

use crate::csv::{Cell, Format, Table};

/// A dataset without its rows, written as CSV.
pub(crate) struct Header {
    role: &'static str,
    columns: &'static [&'static str],
    money: &'static [(&'static str, &'static str)],
}

impl Header {
    pub(crate) const fn new(role: &'static str, columns: &'static [&'static str]) -> Self {
        Self { role, columns, money: &[] }
    }

    /// The dataset with an amount that has its currency beside it.
    pub(crate) const fn with_amount(role: &'static str, columns: &'static [&'static str]) -> Self {
        Self { role, columns, money: &[("amount", "currency")] }
    }

    /// The dataset with these rows.
    pub(crate) fn table(&self, rows: Vec<Vec<Cell>>) -> Table {
        let Self { role, columns, money } = *self;
        Table { role, format: Format::Csv, columns, money, rows }
    }
}

/// The dataset `cost-centre`.
pub(crate) const COST_CENTRE: Header = Header {
    role: "cost-centre",
    columns: &[
        "cc_id",
        "valid_from",
        "valid_to",
        "name",
        "entity",
        "parent",
        "owner_user",
        "status",
    ],
    money: &[],
};

/// The dataset `entity`.
pub(crate) const ENTITY: Header = Header {
    role: "entity",
    columns: &[
        "entity_id",
        "name",
        "country",
        "functional_currency",
        "vat_id",
        "vat_group",
        "fiscal_calendar",
        "tp_role",
    ],
    money: &[],
};

/// The dataset `fx-rate`.
pub(crate) const FX_RATE: Header = Header {
    role: "fx-rate",
    columns: &["from_ccy", "to_ccy", "date", "rate", "type", "source"],
    money: &[],
};

/// The dataset `gl-map`.
pub(crate) const GL_MAP: Header = Header {
    role: "gl-map",
    columns: &[
        "service_id",
        "charge_class",
        "entity",
        "effective_from",
        "effective_to",
        "gl_account",
        "cost_element",
        "tax_code",
    ],
    money: &[],
};

/// The dataset `ic-agreement`.
pub(crate) const IC_AGREEMENT: Header = Header {
    role: "ic-agreement",
    columns: &[
        "agreement_id",
        "seller",
        "buyer",
        "category",
        "method",
        "markup",
        "allocation_key",
        "effective_from",
        "effective_to",
        "doc_hash",
    ],
    money: &[],
};

/// The dataset `intercompany`.
pub(crate) const INTERCOMPANY: Header = Header {
    role: "intercompany",
    columns: &[
        "entry_id",
        "seller",
        "buyer",
        "ic_ref",
        "txn_date",
        "category",
        "service_id",
        "pool_id",
        "txn_amount",
        "txn_ccy",
        "booked_amount",
        "booked_ccy",
        "fx_rate",
        "fx_date",
        "side",
        "period",
    ],
    money: &[("txn_amount", "txn_ccy"), ("booked_amount", "booked_ccy")],
};

/// The dataset `invoice`.
pub(crate) const INVOICE: Header = Header {
    role: "invoice",
    columns: &[
        "issuer",
        "invoice_no",
        "line_no",
        "issue_date",
        "tax_point",
        "buyer",
        "buyer_country",
        "buyer_type",
        "service_kind",
        "net",
        "vat_category",
        "rate_class",
        "vat_rate",
        "vat_amount",
        "exemption_code",
        "gross",
        "currency",
        "po",
        "status",
    ],
    money: &[("net", "currency"), ("vat_amount", "currency"), ("gross", "currency")],
};

/// The dataset `vat-rate`.
pub(crate) const VAT_RATE: Header = Header {
    role: "vat-rate",
    columns: &["country", "rate_class", "effective_from", "effective_to", "rate", "source"],
    money: &[],
};

/// The dataset `vat-registration`.
pub(crate) const VAT_REGISTRATION: Header = Header {
    role: "vat-registration",
    columns: &["party", "country", "vat_id", "valid_from", "valid_to", "checked_at", "proof"],
    money: &[],
};

/// The dataset `user`.
pub(crate) const USER: Header = Header::new(
    "user",
    &["user_id", "name_ref", "department", "manager", "hired", "terminated", "type", "status"],
);

/// The dataset `role`.
pub(crate) const ROLE: Header =
    Header::new("role", &["role", "parent_role", "valid_from", "valid_to", "owner"]);

/// The dataset `role-grant`.
pub(crate) const ROLE_GRANT: Header = Header::new(
    "role-grant",
    &["user_id", "role", "scope", "granted_at", "revoked_at", "granted_by", "request_id"],
);

/// The dataset `permission`.
pub(crate) const PERMISSION: Header =
    Header::new("permission", &["role", "action", "resource_type"]);

/// The dataset `sod-rule`.
pub(crate) const SOD_RULE: Header = Header::new(
    "sod-rule",
    &["rule_id", "action_a", "action_b", "severity", "compensating_control"],
);

/// The dataset `change`.
pub(crate) const CHANGE: Header = Header::new(
    "change",
    &[
        "change_id",
        "type",
        "artefact",
        "old_hash",
        "new_hash",
        "author",
        "created",
        "deployed_by",
        "deployed_at",
        "effective_from",
        "emergency",
        "tests_ref",
    ],
);

/// The dataset `approval`.
pub(crate) const APPROVAL: Header = Header::new(
    "approval",
    &["change_id", "step", "approver", "role", "decision", "decided_at", "evidence"],
);

/// The dataset `retention-record`.
pub(crate) const RETENTION_RECORD: Header = Header::new(
    "retention-record",
    &[
        "record_id",
        "class",
        "jurisdiction",
        "subject_ref",
        "trigger_date",
        "created",
        "deleted_at",
        "disposed_by_cert",
    ],
);

/// The dataset `hold`.
pub(crate) const HOLD: Header = Header::new(
    "hold",
    &["hold_id", "scope_class", "scope_jurisdiction", "valid_from", "valid_to", "matter"],
);

/// The dataset `disposal`.
pub(crate) const DISPOSAL: Header = Header::new(
    "disposal",
    &[
        "cert_id",
        "class",
        "jurisdiction",
        "record_count",
        "content_digest",
        "rule",
        "approver",
        "executor",
        "executed_at",
        "method",
    ],
);
