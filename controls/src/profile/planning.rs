//! What was planned, and what is measured of billing itself.

use super::{Column as C, SchemaProfile};

pub(super) const PROFILES: &[SchemaProfile] = &[
    SchemaProfile {
        name: "forecast-1",
        role: "forecast",
        about: "what a cost centre is told that a provider will charge it for a period",
        columns: &[
            C::text("cost_centre"),
            C::text("issuer"),
            C::text("period"),
            C::text("version"),
            C::number("amount").money_in("currency"),
            C::text("currency"),
            C::instant("made_at"),
            C::instant("published_at").nullable(),
        ],
        key: &["cost_centre", "issuer", "period", "version"],
        period: Some(("published_at", "published_at")),
    },
    SchemaProfile {
        name: "budget-1",
        role: "budget",
        about: "what a cost centre may spend with a provider in a period",
        columns: &[
            C::text("cost_centre"),
            C::text("issuer"),
            C::text("period"),
            C::text("version"),
            C::number("amount").money_in("currency"),
            C::text("currency"),
            C::text("approved_by").personal(),
            C::instant("approved_at"),
        ],
        key: &["cost_centre", "issuer", "period", "version"],
        period: Some(("approved_at", "approved_at")),
    },
    SchemaProfile {
        name: "metric-1",
        role: "metric",
        about: "a metric as it was reported for a period",
        columns: &[
            C::text("metric_id"),
            C::text("period"),
            C::number("numerator"),
            C::number("denominator"),
            C::number("value"),
            C::text("definition_hash"),
            C::instant("published_at").nullable(),
        ],
        key: &["metric_id", "period"],
        period: None,
    },
];
