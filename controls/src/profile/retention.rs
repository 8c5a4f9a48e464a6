//! What is kept, what must be kept, what was destroyed.

use super::{Column as C, SchemaProfile};

pub(super) const PROFILES: &[SchemaProfile] = &[
    SchemaProfile {
        name: "retention-record-1",
        role: "retention-record",
        about: "a record or batch of records of one class under one jurisdiction, kept or deleted",
        columns: &[
            C::text("record_id"),
            C::text("class"),
            C::jurisdiction("jurisdiction"),
            C::text("subject_ref").nullable().personal(),
            C::date("trigger_date"),
            C::instant("created"),
            C::instant("deleted_at").nullable(),
            C::text("disposed_by_cert").nullable(),
        ],
        key: &["record_id"],
        period: Some(("created", "created")),
    },
    SchemaProfile {
        name: "hold-1",
        role: "hold",
        about: "a legal hold on the records of a class and jurisdiction; a null scope column means all",
        columns: &[
            C::text("hold_id"),
            C::text("scope_class").nullable(),
            C::jurisdiction("scope_jurisdiction").nullable(),
            C::instant("valid_from"),
            C::instant("valid_to").nullable(),
            C::text("matter"),
        ],
        key: &["hold_id"],
        period: Some(("valid_from", "valid_to")),
    },
    SchemaProfile {
        name: "disposal-1",
        role: "disposal",
        about: "a certificate of destruction",
        columns: &[
            C::text("cert_id"),
            C::text("class"),
            C::jurisdiction("jurisdiction"),
            C::whole("record_count"),
            C::text("content_digest"),
            C::text("rule"),
            C::text("approver").personal(),
            C::text("executor").personal(),
            C::instant("executed_at"),
            C::text("method"),
        ],
        key: &["cert_id"],
        period: Some(("executed_at", "executed_at")),
    },
];
