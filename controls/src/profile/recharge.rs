//! Who is charged and who is only shown, and bills that rise.

use super::{Column as C, SchemaProfile};

pub(super) const PROFILES: &[SchemaProfile] = &[
    SchemaProfile {
        name: "charge-mode-1",
        role: "charge-mode",
        about: "whether a cost centre is charged its cost or only shown it, for a half-open interval of days",
        columns: &[
            C::text("cc_id"),
            C::text("mode").one_of(&["chargeback", "showback"]),
            C::date("effective_from"),
            C::date("effective_to").nullable(),
            C::text("decided_by").nullable().personal(),
            C::instant("decided_at").nullable(),
            C::text("evidence").nullable(),
        ],
        key: &["cc_id", "effective_from"],
        period: Some(("effective_from", "effective_to")),
    },
    SchemaProfile {
        name: "bill-increase-1",
        role: "bill-increase",
        about: "the approval of a cost centre's bill that rose by more than the cap against the period before",
        columns: &[
            C::text("cc_id"),
            C::text("period"),
            C::text("currency"),
            C::number("bill").money_in("currency"),
            C::number("bill_before").money_in("currency"),
            C::text("approved_by").personal(),
            C::instant("approved_at"),
            C::text("reason").nullable(),
        ],
        key: &["cc_id", "period", "currency"],
        period: Some(("approved_at", "approved_at")),
    },
];
