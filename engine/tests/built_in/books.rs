//! Invoices, credits and the journal against what they should bear.

use super::{Table, says};

#[test]
fn the_vat_of_a_document_is_rounded_once() {
    let line = |number: u8, rest: &str| {
        format!("issuer=DE01 invoice_no={number} currency=EUR net=0.99 vat_category=S {rest}")
    };
    let third = "vat_rate=19 vat_amount=0.19";
    let lines = [
        // 2.97 × 19 % = 0.5643, but three times 0.19.
        line(1, third),
        line(1, third),
        line(1, third),
        // The same, with the hundredth spread over one of the lines.
        line(2, third),
        line(2, third),
        line(2, "vat_rate=19 vat_amount=0.18"),
        // Two rates are two categories: 0.1881 and 0.0693.
        line(3, third),
        line(3, "vat_rate=7 vat_amount=0.07"),
        line(4, "vat_rate=19 vat_amount=0.25"),
        // No VAT, no rate; and VAT where none is.
        line(5, "vat_category=AE vat_rate= vat_amount=0"),
        line(6, "vat_category=O vat_rate= vat_amount=0.19"),
        // A credit note: −0.1881.
        line(7, "net=-0.99 vat_rate=19 vat_amount=-0.19"),
        // Yen have no minor unit: 0.1881.
        line(8, "currency=JPY vat_rate=19 vat_amount=0"),
        line(9, "currency=EUX vat_rate=19 vat_amount=0.19"),
    ];
    let unclear = [
        line(10, third),
        line(10, "currency=CHF vat_rate=19 vat_amount=0.19"),
        line(11, "vat_category=B vat_rate=19 vat_amount=0.19"),
        line(12, "vat_rate= vat_amount=0.19"),
        line(13, "vat_rate=0 vat_amount=0"),
        line(14, "vat_category=E vat_rate=19 vat_amount=0.19"),
        // Of the other line of this document nobody knows what it bears.
        line(16, "vat_rate=19 vat_amount=0.25"),
        line(16, "vat_rate=19 vat_amount=0.25 buyer_country=EL"),
        line(15, &format!("net={0} vat_rate=19 vat_amount=0", "9".repeat(28))),
        line(15, &format!("net={0} vat_rate=19 vat_amount=0", "9".repeat(28))),
    ];
    let lines: Vec<&str> = lines.iter().chain(&unclear).map(String::as_str).collect();
    says(
        "VAT-03",
        &[("invoice-1", &lines)],
        &[
            "refused invoice:buyer_country:not-in-vocabulary",
            "DE01/1: violates document-vat-differs 0.01",
            "DE01/10: undetermined ?difference",
            "DE01/11: undetermined ?difference",
            "DE01/12: undetermined ?difference",
            "DE01/13: undetermined ?difference",
            "DE01/14: undetermined ?difference",
            "DE01/15: undetermined ?difference",
            "DE01/16: undetermined ?invoice",
            "DE01/2: conforms",
            "DE01/3: conforms",
            "DE01/4: violates document-vat-differs 0.06",
            "DE01/5: conforms",
            "DE01/6: violates document-vat-differs 0.19",
            "DE01/7: conforms",
            "DE01/8: conforms",
            "DE01/9: undetermined ?difference",
        ],
    );
}

const PROMISES: Table<'_> = (
    "sla-1",
    &[
        "sla_id=A service_id=vm target=99.90 penalty_step=0.10 penalty_percent=2.5 cap_percent=30 effective_from=2025-01-01",
        "sla_id=B service_id=db target=99.90 penalty_step=0.10 penalty_percent=2.5 cap_percent=30 effective_from=2025-01-01 effective_to=2025-03-02",
        "sla_id=B service_id=db target=99.90 penalty_step=0.10 penalty_percent=5 cap_percent=30 effective_from=2025-03-02",
        "sla_id=C service_id=vm target=99.90 penalty_step=0.10 penalty_percent=2.5 cap_percent=30 penalty_formula=other effective_from=2025-01-01",
        "sla_id=D service_id=vm target=99.90 penalty_step=0 penalty_percent=2.5 cap_percent=30 effective_from=2025-01-01",
        "sla_id=E service_id=idle target=99.90 penalty_step=0.10 penalty_percent=2.5 cap_percent=30 effective_from=2025-01-01",
        "sla_id=F service_id=odd target=99.90 penalty_step=0.10 penalty_percent=2.5 cap_percent=30 effective_from=2025-01-01",
        "sla_id=G service_id=two target=99.90 penalty_step=0.10 penalty_percent=2.5 cap_percent=30 effective_from=2025-01-01",
        "sla_id=H service_id=vm target=99.90 penalty_step=0.10 penalty_percent=2.5 cap_percent=30 effective_from=2025-01-01",
        "sla_id=H service_id=vm target=99.90 penalty_step=0.10 penalty_percent=2.5 cap_percent=30 effective_from=2025-02-01",
    ],
);
const CHARGED: Table<'_> = (
    "charge-1",
    &[
        "service_id=vm billing_run=RUN-2025-03 amount=1000 currency=EUR reason=original",
        "service_id=vm billing_run=RUN-2025-03 amount=672 currency=EUR reason=original",
        "service_id=vm billing_run=RUN-2025-03 amount=500 currency=EUR reason=late",
        "service_id=vm billing_run=RUN-2025-04 amount=100 currency=EUR reason=original",
        "service_id=db billing_run=RUN-2025-03 amount=100 currency=EUR reason=original",
        "service_id=odd billing_run=March amount=100 currency=EUR reason=original",
        "service_id=two billing_run=RUN-2025-03 amount=100 currency=EUR reason=original",
        "service_id=two billing_run=RUN-2025-03 amount=100 currency=CHF reason=original",
    ],
);
const MEASURES: &[&str] = &[
    "sla_id=A period=2025-03 value=99.62",
    "sla_id=A period=2025-04 value=99.95",
    "sla_id=B period=2025-03 value=99.85",
    "sla_id=C period=2025-03 value=99.85",
    "sla_id=D period=2025-03 value=99.85",
    "sla_id=E period=2025-03 value=99.85",
    "sla_id=F period=2025-03 value=99.85",
    "sla_id=G period=2025-03 value=99.85",
    "sla_id=H period=2025-03 value=99.85",
    "sla_id=A period=2025-05 value=99.85",
    "sla_id=A period=2025-05 value=99.80",
    "sla_id=A period=spring value=99.80",
    "sla_id=Z period=2025-03 value=99.80",
];

/// 7.5 % of 1672 is 125.40; late charges don't count.
#[test]
fn a_service_credit_follows_the_formula() {
    let credit = |id: &str, rest: &str| {
        format!("credit_id={id} kind=sla period=2025-03 currency=EUR amount=2.50 {rest}")
    };
    let of = |credits: &[String], expected: &[&str]| {
        let credits: Vec<&str> = credits.iter().map(String::as_str).collect();
        says(
            "SL-02",
            &[("credit-1", &credits), PROMISES, ("sla-measure-1", MEASURES), CHARGED],
            expected,
        );
    };
    of(
        &[
            credit("a", "sla_id=A amount=125.40"),
            credit("b", "sla_id=A kind=provisional amount=9"),
            credit("c", "sla_id=A period=2025-04 amount=1"),
            credit("d", "sla_id=B amount=2.50"),
            credit("e", "sla_id=E amount=1"),
            credit("f", "sla_id=C"),
            credit("g", "sla_id=D"),
            credit("h", "sla_id=F"),
            credit("i", "sla_id=G"),
            credit("j", "sla_id=H"),
            credit("k", "sla_id=Z"),
            credit("l", "sla_id="),
            credit("m", "sla_id=A period=2025-05"),
            credit("n", "sla_id=A period=spring"),
        ],
        &[
            "a: conforms",
            "b: not-applicable",
            "c: violates credit-above-formula 1",
            "d: conforms",
            "e: violates credit-above-formula 1",
            "f: undetermined ?penalty_step",
            "g: undetermined ?penalty_step",
            "h: undetermined ?charges",
            "i: undetermined ?charges",
            "j: undetermined ?cap_percent ?charges ?penalty_percent ?penalty_step ?target",
            "k: undetermined ?cap_percent ?charges ?penalty_percent ?penalty_step ?target",
            "l: undetermined ?cap_percent ?charges ?granted ?penalty_percent ?penalty_step ?target ?value",
            "m: undetermined ?value",
            "n: undetermined ?cap_percent ?charges ?penalty_percent ?penalty_step ?target",
        ],
    );
    // The half was taken back and the rest granted: the sum counts, and a difference once.
    let parts = |last: &str| {
        [
            credit("a", "sla_id=A amount=60"),
            credit("b", "sla_id=A kind=reversal reverses=a amount=-60 period=2025-06"),
            credit("c", &format!("sla_id=A amount={last}")),
        ]
    };
    of(&parts("125.40"), &["a: conforms", "b: not-applicable", "c: conforms"]);
    of(
        &parts("100"),
        &[
            "a: violates credit-below-formula -25.4",
            "b: not-applicable",
            "c: violates credit-below-formula 0",
        ],
    );
    // Another currency than the charges'.
    of(&[credit("a", "sla_id=A currency=CHF")], &["a: undetermined ?charges"]);
}

#[test]
fn a_missed_service_level_is_credited() {
    let credits: &[&str] = &[
        "credit_id=a kind=sla sla_id=B period=2025-03 currency=EUR amount=1",
        "credit_id=b kind=final sla_id=A period=2025-03 currency=EUR amount=1",
    ];
    says(
        "SL-03",
        &[("sla-measure-1", MEASURES), PROMISES, CHARGED, ("credit-1", credits)],
        &[
            "A/2025-03: violates credit-not-granted -125.4",
            "A/2025-04: not-applicable",
            "B/2025-03: conforms",
            "C/2025-03: undetermined ?penalty_step",
            "D/2025-03: undetermined ?penalty_step",
            "E/2025-03: not-applicable",
            "F/2025-03: undetermined ?charges",
            "G/2025-03: undetermined ?charges",
            "H/2025-03: undetermined ?charges ?target",
            "A/2025-05: not-applicable",
            "A/2025-05: not-applicable",
            "A/spring: undetermined ?charges ?target",
            "Z/2025-03: undetermined ?charges ?target",
        ],
    );
}

const SERVICES: Table<'_> = (
    "service-1",
    &[
        "service_id=vm version=1 gl_code=620100 effective_from=2024-01-01T00:00:00Z effective_to=2025-01-01T00:00:00Z",
        "service_id=vm version=2 gl_code=620150 effective_from=2025-01-01T00:00:00Z",
        "service_id=bare version=1 effective_from=2024-01-01T00:00:00Z",
        "service_id=two version=1 gl_code=620100 effective_from=2024-01-01T00:00:00Z",
        "service_id=two version=2 gl_code=620150 effective_from=2024-01-01T00:00:00Z",
    ],
);

fn posted_charges() -> Vec<String> {
    let charge = |centre: &str, rest: &str| {
        format!(
            "charge_id=x cost_centre={centre} service_id=vm billing_run=RUN-2025-03 currency=EUR \
             period_start=2025-03-01T00:00:00Z {rest}"
        )
    };
    vec![
        charge("C1", "amount=60"),
        charge("C1", "amount=40"),
        charge("C1", "amount=7 period_start=2024-12-01T00:00:00Z"),
        charge("C2", "amount=10"),
        charge("C2", "amount=-10"),
        charge("C3", "amount=5 service_id=bare"),
        charge("C4", "amount=5 service_id=two"),
        charge("C5", "amount=5 service_id=none"),
        charge("C6", "amount=5 billing_run=March"),
        charge("C7", "amount=5 currency=CHF"),
    ]
}

#[test]
fn the_ledger_bears_what_was_charged() {
    let line = |number: u8, centre: &str, rest: &str| {
        format!(
            "entry_id=J line_no={number} ledger=local period=2025-03 gl_account=620150 \
             cost_centre={centre} txn_currency=EUR {rest}"
        )
    };
    let lines = [
        line(1, "C1", "txn_amount=100"),
        line(2, "C1", "txn_amount=7.01 gl_account=620100"),
        line(3, "C1", "txn_amount=100 gl_account=140000"),
        // Two lines of a place: their sum is 10 too much, once.
        line(4, "C1", "txn_amount=70 ledger=group"),
        line(5, "C1", "txn_amount=40 ledger=group"),
        line(6, "C2", "txn_amount=0.01"),
        line(7, "C8", "txn_amount=5"),
        line(8, "C1", "txn_amount=100 period=2025-04"),
        line(9, "", "txn_amount=100"),
        line(10, "C1", "txn_amount=100 txn_currency="),
        line(11, "C7", "txn_amount="),
        line(12, "C3", "txn_amount=5"),
        line(13, "C4", "txn_amount=5"),
        line(14, "C5", "txn_amount=5"),
        line(15, "C6", "txn_amount=5"),
        line(16, "C7", "txn_amount=5 ledger=group"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let charges = posted_charges();
    let charges: Vec<&str> = charges.iter().map(String::as_str).collect();
    says(
        "RC-03",
        &[("journal-1", &lines), ("charge-1", &charges), SERVICES],
        &[
            "J/1: conforms",
            "J/2: violates journal-off-charges 0.01",
            "J/3: not-applicable",
            "J/4: violates journal-off-charges 10",
            "J/5: violates journal-off-charges 0",
            "J/6: violates journal-off-charges 0.01",
            "J/7: violates line-without-charges 5",
            "J/8: violates line-without-charges 100",
            "J/9: undetermined ?charged ?posted",
            "J/10: undetermined ?charged ?posted",
            "J/11: undetermined ?posted",
            "J/12: undetermined ?charged",
            "J/13: undetermined ?charged",
            "J/14: undetermined ?charged",
            "J/15: undetermined ?charged",
            "J/16: violates line-without-charges 5",
        ],
    );
}

#[test]
fn every_charge_reaches_the_ledger() {
    let charges = posted_charges();
    let charges: Vec<&str> = charges.iter().map(String::as_str).collect();
    let line = "entry_id=J ledger=local period=2025-03 cost_centre=C1 txn_currency=EUR";
    let lines = [
        format!("{line} line_no=1 gl_account=620150"),
        format!("{line} line_no=2 gl_account=620100 period=2025-04"),
        format!("{line} line_no=3 gl_account=620150 cost_centre=C7"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    says(
        "GL-04",
        &[("charge-1", &charges), SERVICES, ("journal-1", &lines)],
        &[
            "March/C6/620150/EUR: undetermined ?lines",
            "RUN-2025-03/C1/620100/EUR: violates charges-not-posted -7",
            "RUN-2025-03/C1/620150/EUR: conforms",
            "RUN-2025-03/C2/620150/EUR: not-applicable",
            "RUN-2025-03/C3/EUR: undetermined ?gl_account",
            "RUN-2025-03/C4/EUR: undetermined ?gl_account",
            "RUN-2025-03/C5/EUR: undetermined ?gl_account",
            "RUN-2025-03/C7/620150/CHF: violates charges-not-posted -5",
        ],
    );
}
