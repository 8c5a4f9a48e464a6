//! How pools of cost are divided.

use super::{Column as C, SchemaProfile};

pub(super) const PROFILES: &[SchemaProfile] = &[
    SchemaProfile {
        name: "allocation-key-1",
        role: "allocation-key",
        about: "a recipient's quantity of the driver by which a pool of a period is divided",
        columns: &[
            C::text("key_id"),
            C::text("period"),
            C::text("recipient"),
            C::text("driver"),
            C::number("driver_qty"),
            C::instant("recorded_at"),
            C::instant("frozen_at").nullable(),
            C::text("source_query_hash").nullable(),
        ],
        key: &["key_id", "period", "recipient"],
        period: Some(("recorded_at", "recorded_at")),
    },
    SchemaProfile {
        name: "allocation-result-1",
        role: "allocation-result",
        about: "the part of a pool of a period that a recipient bears",
        columns: &[
            C::text("pool_id"),
            C::text("period"),
            C::text("recipient"),
            C::text("recipient_kind").one_of(&["cost-centre", "entity", "pool"]),
            C::text("key_id"),
            C::fine_number("share"),
            C::number("amount").money_in("currency"),
            C::number("rounding_adj").money_in("currency"),
            C::text("currency"),
            C::text("run_id"),
        ],
        key: &["pool_id", "period", "recipient"],
        period: None,
    },
];
