//! Services, how they are priced, and the charges that came of it.

use super::{Column as C, SchemaProfile};

/// How the tiers of a price are applied.
const MODES: &[&str] =
    &["per-unit", "graduated", "volume", "package", "stairstep", "flat", "burst"];

/// The rounding modes, as re-performance names them.
const ROUNDINGS: &[&str] = &["half-up", "half-even", "half-down", "up", "down", "floor", "ceiling"];

pub(super) const PROFILES: &[SchemaProfile] = &[
    SchemaProfile {
        name: "service-1",
        role: "service",
        about: "a version of a service, in force for a half-open interval of time",
        columns: &[
            C::text("service_id"),
            C::text("version"),
            C::text("name"),
            C::text("category"),
            C::text("owner").nullable(),
            C::text("unit"),
            C::text("cost_behaviour").one_of(&["fixed", "variable", "mixed"]),
            C::text("lvaigs_category").nullable(),
            C::text("gl_code").nullable(),
            C::text("tax_code").nullable(),
            C::instant("effective_from"),
            C::instant("effective_to").nullable(),
            C::text("status"),
        ],
        key: &["service_id", "version"],
        period: Some(("effective_from", "effective_to")),
    },
    SchemaProfile {
        name: "price-plan-1",
        role: "price-plan",
        about: "the declared rule by which a version of a service's price makes an amount of a quantity",
        columns: &[
            C::text("service_id"),
            C::text("version"),
            C::instant("effective_from"),
            C::instant("effective_to").nullable(),
            C::instant("known_from").optional(),
            C::text("mode").one_of(MODES),
            C::text("bound").one_of(&["upper-inclusive", "lower-inclusive"]),
            C::number("free_units"),
            C::number("minimum").nullable().money_in("currency"),
            C::number("discount_percent"),
            C::text("discount_order").one_of(&["after-minimum", "before-minimum"]),
            C::flag("prorated"),
            C::text("rounding_mode").one_of(ROUNDINGS),
            C::whole("rounding_scale"),
            C::text("currency"),
        ],
        key: &["service_id", "version"],
        period: Some(("effective_from", "effective_to")),
    },
    SchemaProfile {
        name: "charge-1",
        role: "charge",
        about: "a rated charge of a resource for a half-open interval of time",
        columns: &[
            C::text("charge_id"),
            C::text("reason").one_of(&["original", "correction", "late"]),
            C::text("corrects").nullable(),
            C::text("resource_id"),
            C::text("service_id"),
            C::text("cost_centre"),
            C::instant("period_start"),
            C::instant("period_end"),
            C::number("quantity"),
            C::text("unit"),
            C::text("price_version"),
            C::number("free_units"),
            C::number("list_amount").money_in("currency"),
            C::number("minimum").nullable().money_in("currency"),
            C::number("discount").money_in("currency"),
            C::whole("proration_numerator"),
            C::whole("proration_denominator"),
            C::number("amount").money_in("currency"),
            C::text("currency"),
            C::text("billing_run"),
            C::instant("known_at"),
            C::text("invoice_no").nullable(),
            C::whole("invoice_line").nullable(),
        ],
        key: &["charge_id"],
        period: Some(("period_start", "period_end")),
    },
];
