//! What the built-in controls say of records: query and policy together, over small datasets.
//!
//! A record is written as `column=value …`; what it leaves out is null where the profile allows it,
//! and else something that the profile accepts.

#![cfg(test)]

#[path = "built_in/allocation.rs"]
mod allocation;
#[path = "built_in/books.rs"]
mod books;
#[path = "built_in/chain.rs"]
mod chain;
#[path = "built_in/charges.rs"]
mod charged;
#[path = "built_in/comparables.rs"]
mod comparables;
#[path = "built_in/estimates.rs"]
mod estimates;
#[path = "built_in/gate.rs"]
mod gate;
#[path = "built_in/metering.rs"]
mod metering;
#[path = "built_in/policies.rs"]
mod policies;
#[path = "built_in/purchases.rs"]
mod purchases;
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use support::{Folder, complaint, running, spec};
use tieout_controls::profile::{Column, Vocabulary};
use tieout_controls::{ColumnType, EvaluatedRecord, catalogue, profile};
use tieout_engine::dataset::DatasetSpec;
use tieout_engine::plan::{Plan, PlannedControl};

/// Profile, records.
type Table<'a> = (&'a str, &'a [&'a str]);

fn some(column: &Column) -> &'static str {
    match column.kind {
        _ if column.nullable => "",
        ColumnType::Date => "2025-01-01",
        ColumnType::Timestamp => "2025-01-01T00:00:00Z",
        ColumnType::Bool => "false",
        ColumnType::String => match column.vocabulary {
            Some(Vocabulary::Words(words)) => words[0],
            Some(_) => "DE",
            None => "x",
        },
        _ => "1",
    }
}

fn dataset(folder: &Folder, (name, records): &Table<'_>) -> DatasetSpec {
    let columns = profile::named(name).unwrap().columns;
    let header: Vec<_> = columns.iter().map(|column| column.name).collect();
    let mut text = header.join(",") + "\n";
    for record in *records {
        let stated: BTreeMap<_, _> =
            record.split_whitespace().map(|field| field.split_once('=').unwrap()).collect();
        for name in stated.keys() {
            assert!(header.contains(name), "no column {name}");
        }
        let cell = |c: &Column| stated.get(c.name).copied().unwrap_or_else(|| some(c));
        text += &(columns.iter().map(cell).collect::<Vec<_>>().join(",") + "\n");
    }
    spec(name, vec![folder.write(&format!("{name}.csv"), text)])
}

/// The built-in control over these tables, as of 2026-01-31, with its parameters as they are.
fn plan(folder: &Folder, id: &str, tables: &[Table<'_>]) -> Plan {
    let items = catalogue::builtin().unwrap();
    let control = items.into_iter().find(|item| item.control.id.to_string() == id).unwrap().control;
    let bundles = tieout_policies::bundle::builtin().unwrap();
    let bundle = Arc::new(bundles[&control.policy.bundle].clone());
    let datasets = tables.iter().map(|table| dataset(folder, table)).collect();
    let mut plan = running::plan(control.clone(), "", datasets);
    let bindings = BTreeMap::new();
    plan.controls = vec![PlannedControl { control, mandatory: false, bindings, bundle }];
    plan
}

/// A record and what was decided, in a line: key, verdict, facts with their amounts, what stood in
/// the way.
fn told(record: &EvaluatedRecord) -> String {
    let key: Vec<_> = record.record.key.iter().filter_map(|field| field.value.to_text()).collect();
    let mut words = vec![format!("{}:", key.join("/")), record.decision.word().to_owned()];
    for fact in record.decision.facts() {
        words.push(fact.code.clone());
        words.extend(fact.amount.as_ref().map(|amount| amount.normalized().to_string()));
    }
    for cause in record.decision.causes() {
        words.push(format!("?{}", cause.column.as_deref().unwrap_or("-")));
    }
    words.join(" ")
}

/// What the control says of each record; refused rows first.
fn says(id: &str, tables: &[Table<'_>], expected: &[&str]) {
    let folder = Folder::new();
    let output = running::go(&plan(&folder, id, tables)).unwrap_or_else(|e| panic!("{id}: {e:#?}"));
    let refused = output.result.refused_rows.iter().map(|row| {
        format!("refused {}:{}:{}", row.dataset, row.column.as_deref().unwrap_or("-"), row.code)
    });
    let found: Vec<_> = refused.chain(output.records.iter().map(told)).collect();
    assert_eq!(found, expected, "{id}");
}

const ENTITIES: Table<'_> =
    ("entity-1", &["entity_id=DE01 country=DE", "entity_id=GR01 country=GR"]);
const NO_NUMBERS: Table<'_> = ("vat-registration-1", &[]);

/// `EL` and `fr` were once taken for countries outside the Union: electronic services there bear no
/// VAT, so that the lines conformed.
#[test]
fn a_country_that_is_none_is_no_country_abroad() {
    let lines: &[&str] = &[
        "issuer=DE01 invoice_no=1 buyer_country=GR buyer_type=consumer vat_category=O vat_amount=0",
        "issuer=DE01 invoice_no=2 buyer_country=EL buyer_type=consumer vat_category=O vat_amount=0",
        "issuer=DE01 invoice_no=3 buyer_country=fr buyer_type=consumer vat_category=O vat_amount=0",
        "issuer=DE01 invoice_no=4 buyer_country=US buyer_type=consumer vat_category=O vat_amount=0",
        "issuer=DE01 invoice_no=5 buyer_country=FR buyer_type=Consumer vat_category=S vat_amount=0",
        "issuer=XX01 invoice_no=6 buyer_country=FR vat_category=S vat_amount=0",
        "issuer=DE01 invoice_no=7 buyer_country=FR vat_category=AE vat_amount=0",
    ];
    says(
        "VAT-01",
        &[
            ("invoice-1", lines),
            ENTITIES,
            ("vat-registration-1", &["party=x country=FR valid_from=2024-01-01"]),
        ],
        &[
            "refused invoice:buyer_country:not-in-vocabulary",
            "refused invoice:buyer_country:not-in-vocabulary",
            "refused invoice:buyer_type:not-in-vocabulary",
            "DE01/1/1: violates wrong-category",
            "DE01/4/1: conforms",
            "XX01/6/1: undetermined ?treatment_key",
            "DE01/7/1: conforms",
        ],
    );
}

const RATES: Table<'_> = (
    "vat-rate-1",
    &[
        "country=DE rate_class=standard effective_from=2021-01-01 rate=19",
        "country=GR rate_class=standard effective_from=2021-01-01 rate=24",
    ],
);

#[test]
fn vat_is_recomputed_where_the_rate_is_right() {
    let line = |number: u8, rest: &str| {
        format!("issuer=DE01 invoice_no={number} net=100 vat_category=S rate_class=standard {rest}")
    };
    let lines = [
        line(1, "vat_rate=19 vat_amount=19"),
        line(2, "vat_rate=19 vat_amount=19.01"),
        line(3, "vat_rate=19 vat_amount=18.98"),
        line(4, "vat_rate=16 vat_amount=99"),
        line(5, "vat_rate=24 vat_amount=24.50 buyer_country=GR buyer_type=consumer"),
        line(
            6,
            "vat_rate=19 vat_amount=19 buyer_country=GR buyer_type=consumer service_kind=other",
        ),
        line(7, "vat_rate=19 vat_amount=19 buyer_country=US buyer_type=consumer"),
        line(8, "vat_rate=24 vat_amount=24 buyer_country=GR buyer_type=business"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    says(
        "VAT-02",
        &[("invoice-1", &lines), ENTITIES, NO_NUMBERS, RATES],
        &[
            "DE01/1/1: conforms",
            "DE01/2/1: conforms",
            "DE01/3/1: violates vat-amount-differs -0.02",
            "DE01/4/1: violates rate-not-in-force 80",
            "DE01/5/1: violates vat-amount-differs 0.5",
            "DE01/6/1: conforms",
            "DE01/7/1: conforms",
            "DE01/8/1: conforms",
        ],
    );
}

/// A charge of March, of 10 EUR, with the resource as its key. What `rest` states wins.
fn charge(resource: &str, rest: &str) -> String {
    format!(
        "ResourceId={resource} BilledCost=10 BillingCurrency=EUR ChargePeriodStart=2025-03-01T00:00:00Z \
         ChargePeriodEnd=2025-03-02T00:00:00Z BillingPeriodStart=2025-03-01T00:00:00Z \
         BillingPeriodEnd=2025-04-01T00:00:00Z {rest}"
    )
}

fn charges(records: &[(&str, &str)]) -> Vec<String> {
    records.iter().map(|(resource, rest)| charge(resource, rest)).collect()
}

fn of_charges(id: &str, records: &[(&str, &str)], more: &[Table<'_>], expected: &[&str]) {
    let records = charges(records);
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let tables: Vec<Table<'_>> =
        std::iter::once(("focus-1.2", records.as_slice())).chain(more.iter().copied()).collect();
    let start = "/2025-03-01T00:00:00Z";
    let expected: Vec<_> = expected.iter().map(|line| line.replacen('@', start, 1)).collect();
    says(id, &tables, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_charge_with_two_facts_counts_its_cost_once() {
    of_charges(
        "FOC-R01",
        &[
            ("a", "ChargePeriodEnd=2025-03-01T00:00:00Z"),
            ("b", "BillingPeriodEnd=2025-02-01T00:00:00Z"),
            ("c", "ChargePeriodEnd=2025-02-01T00:00:00Z BillingPeriodEnd=2025-02-01T00:00:00Z"),
        ],
        &[],
        &[
            "a@: violates charge-period-inverted 10",
            "b@: violates billing-period-inverted 10",
            "c@: violates charge-period-inverted 10 billing-period-inverted",
        ],
    );
    of_charges(
        "FOC-R08",
        &[
            ("a", "InvoiceId=I BillingCurrency=EUR"),
            ("b", "InvoiceId=I BillingCurrency=EUX"),
            ("c", "InvoiceId=J BillingCurrency=EUX"),
        ],
        &[],
        &[
            "I/a@: violates invoice-mixed-currency 10",
            "I/b@: violates currency-not-iso-4217 10 invoice-mixed-currency",
            "J/c@: violates currency-not-iso-4217 10",
        ],
    );
}

#[test]
fn list_cost_and_contracted_cost_are_not_netted() {
    let folder = Folder::new();
    let right =
        "ListUnitPrice=2 ContractedUnitPrice=1 PricingQuantity=10 ListCost=20 ContractedCost=10";
    let records = charges(&[
        ("a", &right.replace("ListCost=20", "ListCost=25")),
        ("b", &right.replace("ContractedCost=10", "ContractedCost=7")),
        ("c", &right.replace("ListCost=20", "ListCost=28").replace("edCost=10", "edCost=11")),
    ]);
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let mut plan = plan(&folder, "FOC-R03", &[("focus-1.2", &records)]);
    for column in ["ListCost", "ContractedCost"] {
        plan.datasets[0].reading.scale.insert(column.into(), 2);
    }
    let output = running::go(&plan).unwrap();
    let amounts = &output.result.tests[0].exception_amounts.0["EUR"];
    assert_eq!(amounts.normalized().to_string(), "-2");
    let facts: Vec<_> = output.records.iter().map(told).collect();
    let start = "2025-03-01T00:00:00Z";
    assert_eq!(
        facts,
        [
            format!("a/{start}: violates list-cost-differs"),
            format!("b/{start}: violates contracted-cost-differs -3"),
            format!("c/{start}: violates list-cost-differs contracted-cost-differs 1"),
        ]
    );
}

#[test]
fn prices_of_two_currencies_are_not_compared() {
    let rate = "rate_id=R effective_from=2025-01-01T00:00:00Z unit_price=0.20 currency=EUR";
    of_charges(
        "RT-01",
        &[
            ("a", "SkuPriceId=R ContractedUnitPrice=0.2 PricingQuantity=100"),
            ("b", "SkuPriceId=R ContractedUnitPrice=0.21 PricingQuantity=100"),
            ("c", "SkuPriceId=R ContractedUnitPrice=0.2 PricingQuantity=100 BillingCurrency=CHF"),
            ("d", "SkuPriceId=R ContractedUnitPrice=0.3 PricingQuantity=100 BillingCurrency=CHF"),
        ],
        &[("rate-table-1", &[rate])],
        &[
            "a/R@: conforms",
            "b/R@: violates rate-differs 1",
            "c/R@: violates rate-currency-differs",
            "d/R@: violates rate-currency-differs",
        ],
    );
}

#[test]
fn services_and_accounts_are_counted_and_not_rows() {
    let services: &[&str] = &[
        "provider_service=VM sub_account_id=twice service_id=vm entity=DE01",
        "provider_service=VM sub_account_id=twice service_id=vm entity=DE01",
        "provider_service=VM sub_account_id=entities service_id=vm entity=DE01",
        "provider_service=VM sub_account_id=entities service_id=vm entity=FR01",
        "provider_service=VM sub_account_id=services service_id=vm entity=DE01",
        "provider_service=VM sub_account_id=services service_id=db entity=DE01",
        "provider_service=VM sub_account_id=overlap service_id=db entity=DE01",
        "provider_service=VM sub_account_id=none service_id=dns entity=DE01",
    ];
    let account = |service: &str, account: &str| {
        format!(
            "service_id={service} charge_class=Usage entity=DE01 effective_from=2025-01-01T00:00:00Z gl_account={account}"
        )
    };
    // The virtual machine's account is there twice, the database has two.
    let accounts = [
        account("vm", "6100"),
        account("vm", "6100"),
        account("db", "6200"),
        account("db", "6300"),
    ];
    let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let sub_accounts = ["twice", "entities", "services", "overlap", "none", "unmapped"];
    let records: Vec<_> = sub_accounts
        .iter()
        .map(|name| (*name, format!("ServiceName=VM SubAccountId={name}")))
        .chain([("null", "ServiceName=VM".to_owned())])
        .collect();
    let records: Vec<_> = records.iter().map(|(name, rest)| (*name, rest.as_str())).collect();
    of_charges(
        "GL-01",
        &records,
        &[("service-map-1", services), ("gl-map-1", &accounts)],
        &[
            "twice@: conforms",
            "entities@: violates service-ambiguous 10",
            "services@: violates service-ambiguous 10",
            "overlap@: violates account-ambiguous 10",
            "none@: violates account-missing 10",
            "unmapped@: violates service-unmapped 10",
            "null@: undetermined ?SubAccountId",
        ],
    );
}

#[test]
fn a_credited_pool_has_a_tolerance_and_a_currency_its_minor_unit() {
    let agreement = |buyer: &str, markup: &str| {
        format!(
            "agreement_id={buyer} seller=DE01 buyer={buyer} category=it markup={markup} effective_from=2024-01-01"
        )
    };
    let agreements = [agreement("FR01", "0.05"), agreement("JP01", "0.050055")];
    let pool = |id: &str, amount: &str, currency: &str| {
        format!("pool_id={id} period=2025-03 amount={amount} currency={currency} pass_through=0")
    };
    let pools =
        [pool("up", "8000", "EUR"), pool("down", "-8000", "EUR"), pool("yen", "8000", "JPY")];
    let entry = |id: &str, buyer: &str, pool: &str, amount: &str, currency: &str| {
        format!(
            "entry_id={id} seller=DE01 buyer={buyer} txn_date=2025-03-31 category=it pool_id={pool} period=2025-03 txn_amount={amount} txn_ccy={currency}"
        )
    };
    let entries = [
        entry("1", "FR01", "up", "8400", "EUR"),
        entry("2", "FR01", "down", "-8400", "EUR"),
        entry("3", "FR01", "down", "-8400.80", "EUR"),
        entry("4", "FR01", "down", "-8400.81", "EUR"),
        entry("5", "JP01", "yen", "8402", "JPY"),
        entry("6", "JP01", "yen", "8400", "JPY"),
    ];
    fn texts(all: &[String]) -> Vec<&str> {
        all.iter().map(String::as_str).collect()
    }
    says(
        "TP-02",
        &[
            ("intercompany-1", &texts(&entries)),
            ("ic-agreement-1", &texts(&agreements)),
            ("cost-pool-1", &texts(&pools)),
        ],
        &[
            "1: conforms",
            "2: conforms",
            "3: conforms",
            "4: violates mark-up-differs -0.81",
            "5: violates mark-up-differs 2",
            "6: conforms",
        ],
    );
}

#[test]
fn a_negative_tolerance_is_refused() {
    let folder = Folder::new();
    let tables: [Table<'_>; 3] =
        [("intercompany-1", &[]), ("ic-agreement-1", &[]), ("cost-pool-1", &[])];
    let mut plan = plan(&folder, "TP-02", &tables);
    let control = &mut plan.controls[0].control;
    control.parameters.get_mut("tolerance_bp").unwrap().value = "-1".into();
    let (code, message, help) = complaint(running::go(&plan));
    assert_eq!(code, "parameter-value");
    assert_eq!(
        message,
        "control `TP-02`, parameter `tolerance_bp`: `-1` is less than zero; with a negative tolerance nothing could conform"
    );
    assert!(help.contains("`0`"), "{help}");
}

#[test]
fn what_was_deleted_after_the_as_of_date_was_still_kept_on_it() {
    let record = |id: u8, deleted: &str| {
        format!(
            "record_id={id} class=usage-log-personal jurisdiction=DE trigger_date=2023-01-01 {deleted}"
        )
    };
    let records = [
        record(1, ""),
        record(2, "deleted_at=2026-02-15T00:00:00Z"),
        record(3, "deleted_at=2026-01-31T23:59:59Z"),
        record(4, "deleted_at=2025-02-01T00:00:00Z"),
    ];
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    says(
        "RET-02",
        &[("retention-record-1", &records), ("hold-1", &[])],
        &[
            "1: violates kept-too-long",
            "2: violates kept-too-long",
            "3: not-applicable",
            "4: not-applicable",
        ],
    );
}

#[test]
fn a_change_is_judged_once_it_is_in_effect() {
    let changes: &[&str] = &[
        "change_id=1 effective_from=2026-01-31T10:00:00Z",
        "change_id=2 effective_from=2026-02-01T00:00:00Z",
        "change_id=3 effective_from=2025-06-01T00:00:00Z",
        "change_id=4 effective_from=2025-06-01T00:00:00Z",
    ];
    let approvals: &[&str] = &[
        "change_id=3 decision=rejected decided_at=2025-05-01T00:00:00Z",
        "change_id=4 decision=approved decided_at=2025-05-01T00:00:00Z",
        "change_id=3 decision=Approved decided_at=2025-05-02T00:00:00Z",
    ];
    says(
        "CM-01",
        &[("change-1", changes), ("approval-1", approvals)],
        &[
            "refused approval:decision:not-in-vocabulary",
            "1: violates not-approved",
            "2: not-applicable",
            // The refused approval may be the one that is missing.
            "3: undetermined ?approval",
            "4: conforms",
        ],
    );
}

#[test]
fn a_pair_that_hangs_on_an_unknown_name_is_undetermined_and_says_which() {
    let grants: &[&str] = &[
        "user_id=both role=editor",
        "user_id=both role=approver",
        "user_id=guest role=editor",
        "user_id=guest role=contractor",
        "user_id=one role=editor",
    ];
    let rules: &[&str] = &[
        "rule_id=R1 action_a=rate.edit action_b=rate.approve",
        "rule_id=R2 action_a=rate.edit action_b=rate.aprove",
    ];
    let permissions: &[&str] =
        &["role=editor action=rate.edit", "role=approver action=rate.approve"];
    let tables: [Table<'_>; 5] = [
        ("role-grant-1", grants),
        ("user-1", &[]),
        ("role-1", &["role=editor"]),
        ("permission-1", permissions),
        ("sod-rule-1", rules),
    ];
    let expected = [
        "both/R1: violates toxic-pair",
        "both/R2: undetermined ?conflict",
        "guest/R1: undetermined ?conflict",
        "guest/R2: undetermined ?conflict",
        "one/R1: conforms",
        "one/R2: undetermined ?conflict",
    ];
    says("SOD-01", &tables, &expected);
    let folder = Folder::new();
    let output = running::go(&plan(&folder, "SOD-01", &tables)).unwrap();
    let unresolved = |record: &EvaluatedRecord| {
        let field = record.values.iter().find(|field| field.name == "unresolved")?;
        field.value.to_text()
    };
    let named: Vec<_> = output.records.iter().filter_map(unresolved).collect();
    assert_eq!(
        named,
        ["action rate.aprove", "role contractor", "role contractor", "action rate.aprove"]
    );
}

/// A widened column has up to 38 digits behind the point; none is lost in the sum.
#[test]
fn a_sum_keeps_every_digit_of_a_widened_column() {
    let entries: &[&str] = &[
        "entry_id=1 seller=DE01 buyer=FR01 ic_ref=I side=AR txn_ccy=EUR txn_amount=0.000000000001",
        "entry_id=2 seller=DE01 buyer=FR01 ic_ref=I side=AR txn_ccy=EUR txn_amount=1",
    ];
    let folder = Folder::new();
    let mut plan = plan(&folder, "IC-04", &[("intercompany-1", entries)]);
    plan.datasets[0].reading.widen = vec!["txn_amount".into()];
    let output = running::go(&plan).unwrap();
    let told: Vec<_> = output.records.iter().map(told).collect();
    assert_eq!(told, ["DE01/FR01/I: violates one-sided 1.000000000001"]);
}
