//! Entities, invoices, VAT rates and registrations.

use super::{Column as C, SchemaProfile};

/// EN 16931, VAT category codes (the invoice's part of UNTDID 5305).
const VAT_CATEGORIES: &[&str] = &["S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"];

pub(super) const PROFILES: &[SchemaProfile] = &[
    SchemaProfile {
        name: "entity-1",
        role: "entity",
        about: "a legal entity of the group",
        columns: &[
            C::text("entity_id"),
            C::text("name"),
            C::country("country"),
            C::text("functional_currency"),
            C::text("vat_id").nullable(),
            C::text("vat_group").nullable(),
            C::text("fiscal_calendar"),
            C::text("tp_role").nullable(),
        ],
        key: &["entity_id"],
        period: None,
    },
    SchemaProfile {
        name: "invoice-1",
        role: "invoice",
        about: "a line of an invoice issued by an entity of the group",
        columns: &[
            C::text("issuer"),
            C::text("invoice_no"),
            C::whole("line_no"),
            C::date("issue_date"),
            C::date("tax_point"),
            C::text("buyer"),
            C::country("buyer_country"),
            C::text("buyer_type").one_of(&["business", "consumer"]),
            C::text("service_kind").one_of(&["electronic", "other"]),
            C::number("net").money_in("currency"),
            C::text("vat_category").one_of(VAT_CATEGORIES),
            C::text("rate_class").nullable(),
            C::number("vat_rate").nullable(),
            C::number("vat_amount").money_in("currency"),
            C::text("exemption_code").nullable(),
            C::number("gross").money_in("currency"),
            C::text("currency"),
            C::text("po").nullable(),
            C::text("status"),
        ],
        key: &["issuer", "invoice_no", "line_no"],
        period: Some(("tax_point", "tax_point")),
    },
    SchemaProfile {
        name: "vat-rate-1",
        role: "vat-rate",
        about: "a VAT rate in percent, in force in a country for a half-open interval of days",
        columns: &[
            C::country("country"),
            C::text("rate_class"),
            C::date("effective_from"),
            C::date("effective_to").nullable(),
            C::number("rate"),
            C::text("source").nullable(),
        ],
        key: &["country", "rate_class", "effective_from"],
        period: Some(("effective_from", "effective_to")),
    },
    SchemaProfile {
        name: "vat-registration-1",
        role: "vat-registration",
        about: "a party's VAT number, valid for a half-open interval of days",
        columns: &[
            C::text("party"),
            C::country("country"),
            C::text("vat_id"),
            C::date("valid_from"),
            C::date("valid_to").nullable(),
            C::instant("checked_at").nullable(),
            C::text("proof").nullable(),
        ],
        key: &["party", "vat_id", "valid_from"],
        period: Some(("valid_from", "valid_to")),
    },
];
