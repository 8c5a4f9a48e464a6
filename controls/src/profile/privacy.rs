//! What is done with data of persons, and what persons asked for.

use super::{Column as C, SchemaProfile};

pub(super) const PROFILES: &[SchemaProfile] = &[
    SchemaProfile {
        name: "processing-register-1",
        role: "processing-register",
        about: "a processing of personal data, as the record of processing activities has it",
        columns: &[
            C::text("processing_id"),
            C::text("entity"),
            C::text("purpose"),
            C::text("legal_basis").one_of(&[
                "consent",
                "contract",
                "legal-obligation",
                "vital-interests",
                "public-task",
                "legitimate-interests",
            ]),
            C::text("data_categories"),
            C::text("subject_categories"),
            C::text("retention_class").nullable(),
            C::text("recipients").nullable(),
            C::text("third_country").nullable(),
            C::text("owner").nullable().personal(),
            C::date("reviewed_on").nullable(),
        ],
        key: &["processing_id"],
        period: None,
    },
    SchemaProfile {
        name: "subject-request-1",
        role: "subject-request",
        about: "what a person asked for under data protection law, and the answer",
        columns: &[
            C::text("request_id"),
            C::text("subject_ref").personal(),
            C::text("kind").one_of(&[
                "access",
                "rectification",
                "erasure",
                "restriction",
                "portability",
                "objection",
            ]),
            C::text("entity"),
            C::instant("received_at"),
            C::instant("extended_at").nullable(),
            C::text("extension_reason").nullable(),
            C::instant("answered_at").nullable(),
            C::text("outcome").nullable().one_of(&["granted", "partly-granted", "refused"]),
            C::text("reason").nullable(),
            C::text("handled_by").nullable().personal(),
        ],
        key: &["request_id"],
        period: Some(("received_at", "received_at")),
    },
];
