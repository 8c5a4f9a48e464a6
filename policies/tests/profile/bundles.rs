//! Policy bundles as folders.

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tieout_controls::ColumnType;
use tieout_controls::control::{Effective, ParameterType};
use tieout_policies::bundle::{Language, builtin, load};
use tieout_policies::compile::{Environment, compile};
use tieout_policies::data::{Column, Schema, TableSchema};
use tieout_policies::evaluate::{Evaluator, Reference};

#[test]
fn the_built_in_bundles_can_be_read_and_are_documented() {
    for (name, bundle) in builtin().unwrap() {
        assert_eq!(bundle.name, name);
        for rule in bundle.rules.keys() {
            let page = format!("{name}/{rule}/README.md");
            assert!(bundle.files.contains_key(&page), "{page}");
        }
        for (path, text) in &bundle.files {
            let on_disk = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundles").join(path);
            assert_eq!(&fs::read_to_string(on_disk).unwrap(), text, "{path}");
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundles").join(&name);
        assert_eq!(load(&folder).unwrap().digest, bundle.digest);
    }
}

const MANIFEST: &str =
    "name: ours\nversion: 1.0.0\neffective_from: 2025-01-01\nsources: [a]\nowner: o\napprover: p\n";
const TABLE: &str = "columns: [{name: k, type: string}]\nkey: [k]\nrows: [[a]]\n";

fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_folder_is_read_and_its_digest_is_that_of_sha256sum() {
    let folder = written(&[
        ("bundle.yaml", MANIFEST),
        ("a-rule/rule.rego", "package a\n"),
        ("some-table/table.yaml", TABLE),
        ("c/rule.cedar", ""),
        ("c/request.yaml", ""),
        (".git/HEAD", "x"),
    ]);
    let bundle = load(folder.path()).unwrap();
    assert_eq!((bundle.name.as_str(), bundle.version.as_str()), ("ours", "1.0.0"));
    assert_eq!(bundle.rules["a-rule"].path, "ours/a-rule/rule.rego");
    assert_eq!(bundle.rules["c"].language, Language::Cedar);
    assert_eq!(bundle.tables["some_table"].rows().len(), 1);
    assert_eq!(bundle.files.len(), 5);
    // (for f in $(LC_ALL=C sort list); do sha256sum $f; done) | sha256sum
    assert_eq!(
        bundle.digest.to_string(),
        "837e1675a2be2dc8aae0be29402fe45db924fff582ba433ca280917738fb684b"
    );
}

#[test]
fn what_is_wrong_is_told_with_its_file() {
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[], "bundle.yaml`: missing"),
        (&[("bundle.yaml", "name: a\nnmae: b\n")], "bundle.yaml`: "),
        (&[("bundle.yaml", "name: a\nname: b\n")], "bundle.yaml`: "),
        (&[("bundle.yaml", &MANIFEST.replace("1.0.0", "1.0"))], "`1.0` is not a version"),
        (&[("bundle.yaml", MANIFEST), ("x/notes.md", "")], "x`: has none of"),
        (&[("bundle.yaml", MANIFEST), ("x/rule.rego", ""), ("x/rule.cedar", "")], "x`: has both"),
        (&[("bundle.yaml", MANIFEST), ("x/rule.cedar", "")], "x/request.yaml`: missing"),
        (&[("bundle.yaml", MANIFEST), ("x/table.yaml", "rows: []")], "x/table.yaml`: "),
        (
            &[("bundle.yaml", MANIFEST), ("x/y/rule.rego", "")],
            "x/y`: a rule's folder has no folders",
        ),
    ];
    for (files, expected) in cases {
        let folder = written(files);
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// A table: name, columns, key, and `effective` where it is dated.
type Looked = (&'static str, &'static str, &'static [&'static str], &'static str);

/// What each built-in rule reads: columns, tables (with their key and interval) and parameters.
/// The types are those of the schema profiles.
const READ: &[(&str, &str, &[Looked], &str)] = &[
    ("billing/al-01", "recipients:i shares:n amount:n", &[], "tolerance_per_share"),
    ("billing/al-02", "share:n expected_share:n difference:n", &[], "share_tolerance"),
    (
        "billing/al-03",
        "key_id:s pool_key:s amount:n expected:n difference:n rounding_adj:n expected_adj:n \
         missing:n",
        &[],
        "",
    ),
    ("billing/al-06", "recorded_at:t frozen_at:t", &[], ""),
    ("billing/dd-01", "duplicates:i excess_amount:n billed_twice:s", &[], ""),
    ("billing/dd-02", "excess:n excess_amount:n billed_twice:s", &[], ""),
    ("billing/dd-03", "excess:n excess_amount:n billed_twice:s", &[], ""),
    (
        "billing/foc-r01",
        "ChargePeriodStart:t ChargePeriodEnd:t BillingPeriodStart:t BillingPeriodEnd:t BilledCost:n",
        &[],
        "",
    ),
    (
        "billing/foc-r02",
        "ChargePeriodStart:t ChargePeriodEnd:t BillingPeriodStart:t BillingPeriodEnd:t \
         ChargeClass:s BilledCost:n",
        &[],
        "",
    ),
    (
        "billing/foc-r03",
        "ListCost:n ListUnitPrice:n PricingQuantity:n ContractedCost:n ContractedUnitPrice:n",
        &[],
        "list_cost_tolerance contracted_cost_tolerance",
    ),
    (
        "billing/foc-r08",
        "BillingCurrency:s ChargePeriodStart:t BilledCost:n InvoiceId:s invoice_currencies:i",
        &[],
        "",
    ),
    (
        "billing/gl-01",
        "ServiceName:s SubAccountId:s ChargeCategory:s services:i accounts:i BilledCost:n",
        &[],
        "",
    ),
    ("billing/gl-04", "amount:n lines:i", &[], ""),
    ("billing/im-01", "expected:n amount:n kind:s intervals:i", &[], "gap_max"),
    (
        "billing/im-02",
        "kind:s expected:n actual:n amount:n intervals_off:i method_due:s method:s intervals:i",
        &[],
        "gap_max",
    ),
    ("billing/im-04", "kind:s intervals:i estimated_amount:n", &[], "gap_max"),
    ("billing/ln-01", "quantity:n charged:n usage_rows:i", &[], ""),
    ("billing/ln-02", "decides:b usage_rows:i expected:n quantity:n amount:n", &[], ""),
    (
        "billing/ln-04",
        "due:b charged_as_metered:b metered:n charged:n unbilled_amount:n unbilled:n",
        &[],
        "",
    ),
    ("billing/pr-01", "has_contract:b expected:n actual:n amount:n", &[], ""),
    ("billing/pr-03", "contract_price:n unit_price:n quantity:n currency:s", &[], ""),
    ("billing/pt-02", "expected:n amount:n difference:n", &[], ""),
    ("billing/rc-01", "metered:n billed:n amount:n periods_off:i", &[], ""),
    ("billing/rc-02", "expected:n actual:n difference:n within:b class:s", &[], ""),
    ("billing/rc-03", "of_services:i posted:n charged:n counted:i has_charges:i", &[], ""),
    (
        "billing/rt-01",
        "SkuPriceId:s ChargePeriodStart:t ContractedUnitPrice:n PricingQuantity:n BillingCurrency:s",
        &[(
            "rates",
            "rate_id:s effective_from:t effective_to:t unit_price:n currency:s",
            &["rate_id"],
            "effective",
        )],
        "",
    ),
    (
        "billing/sl-02",
        "kind:s target:n value:n penalty_step:n penalty_percent:n cap_percent:n charges:n \
         currency:s granted:n counted:i",
        &[],
        "",
    ),
    (
        "billing/sl-03",
        "value:n target:n charges:n penalty_step:n penalty_percent:n cap_percent:n currency:s \
         credits:i",
        &[],
        "",
    ),
    ("retention/ret-01", "class:s jurisdiction:s trigger_date:d deleted_at:t", &[], ""),
    (
        "retention/ret-02",
        "class:s jurisdiction:s trigger_date:d deleted_at:t",
        &[(
            "holds",
            "hold_id:s scope_class:s scope_jurisdiction:s valid_from:t valid_to:t",
            &["hold_id"],
            "",
        )],
        "",
    ),
    ("retention/ret-04", "class:s jurisdiction:s deleted_at:t holds:i first_hold:s", &[], ""),
    ("sod/cm-01", "approvals:i first_approved_at:t effective_from:t", &[], ""),
    ("sod/cm-02", "change_id:s approver:s author:s deployed_by:s", &[], ""),
    (
        "sod/sod-01",
        "user_type:s action_a:s action_b:s severity:s conflict:b path_a:s path_b:s since:t",
        &[],
        "",
    ),
    ("transfer-pricing/ic-04", "ar_entries:i ap_entries:i txn_amount:n", &[], ""),
    ("transfer-pricing/tp-01", "agreements:i txn_amount:n", &[], ""),
    (
        "transfer-pricing/tp-02",
        "agreements:i markup:n pool_amount:n pass_through:n txn_amount:n txn_ccy:s",
        &[],
        "tolerance_bp",
    ),
    ("transfer-pricing/tp-04", "pool_amount:n allocated:n uncharged:n", &[], ""),
    (
        "transfer-pricing/tp-07",
        "charges:i expected:n actual:n difference:n net_cost_plus:n lower:n upper:n median:n \
         in_range:b",
        &[],
        "",
    ),
    ("vat/vat-01", "treatment_key:s vat_category:s vat_amount:n", &[], ""),
    (
        "vat/vat-02",
        "place_country:s rate_class:s tax_point:d net:n vat_rate:n vat_amount:n",
        &[(
            "vat_rates",
            "country:s rate_class:s effective_from:d effective_to:d rate:n",
            &["country", "rate_class"],
            "effective",
        )],
        "vat_amount_tolerance",
    ),
    ("vat/vat-03", "expected:n actual:n difference:n class:s", &[], ""),
];

fn schema(columns: &str) -> Schema {
    let column = |text: &str| {
        let (name, kind) = text.split_once(':').unwrap();
        let kind = match kind {
            "s" => ColumnType::String,
            "b" => ColumnType::Bool,
            "i" => ColumnType::Integer,
            "d" => ColumnType::Date,
            "t" => ColumnType::Timestamp,
            _ => ColumnType::Decimal { precision: 38, scale: 18 },
        };
        Column { name: name.to_owned(), kind, nullable: true }
    };
    Schema { columns: columns.split_whitespace().map(column).collect() }
}

#[test]
fn the_built_in_rules_fit_what_they_read() {
    let bundles = builtin().unwrap();
    let mut seen = 0;
    for (path, columns, tables, parameters) in READ {
        let (bundle, rule) = path.split_once('/').unwrap();
        let bundle = &bundles[bundle];
        let table = |(name, columns, key, dated): &Looked| {
            let effective = (*dated == "effective")
                .then(|| Effective { from: "effective_from".into(), to: "effective_to".into() });
            let key = key.iter().map(|k| (*k).to_owned()).collect();
            ((*name).to_owned(), TableSchema { schema: schema(columns), key, effective })
        };
        let own = bundle.tables.iter().map(|(name, table)| (name.clone(), table.schema.clone()));
        let parameters = parameters.split_whitespace();
        let environment = Environment {
            input: schema(columns),
            tables: tables.iter().map(table).chain(own).collect(),
            parameters: parameters.map(|p| (p.to_owned(), ParameterType::Decimal)).collect(),
            ..Environment::default()
        };
        let compiled = compile(&bundle.rules[rule], &environment);
        let compiled = compiled.unwrap_or_else(|found| panic!("{path}: {found:#?}"));
        assert!(!compiled.columns().is_empty());
        seen += 1;
    }
    let all: usize = bundles.values().map(|b| b.rules.len()).sum();
    assert_eq!(seen, all);
}

/// The cases of cm-02 are a table that runs.
#[test]
fn the_cases_of_the_built_in_cedar_rule_hold() {
    let bundles = builtin().unwrap();
    let bundle = &bundles["sod"];
    let input = schema("change_id:s approver:s author:s deployed_by:s");
    let environment = Environment { input, ..Environment::default() };
    let compiled = compile(&bundle.rules["cm-02"], &environment).unwrap();
    let mut seen = 0;
    for line in bundle.files["sod/cm-02/cases.md"].lines().filter(|l| l.starts_with("| ")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [case, approver, author, deployed_by, verdict] = cells[..] else { panic!("{line}") };
        if case == "case" {
            continue;
        }
        let column = |text: &str| -> ArrayRef {
            let cell = (text != "null").then_some(text);
            Arc::new(StringArray::from(vec![cell]))
        };
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("change_id", column("c1"), true),
            ("approver", column(approver), true),
            ("author", column(author), true),
            ("deployed_by", column(deployed_by), true),
        ]);
        let data = crate::harness::data();
        let decision = Reference.decide(&compiled, &batch.unwrap(), &data).unwrap().remove(0);
        let codes: Vec<_> = decision.facts().iter().map(|f| format!("`{}`", f.code)).collect();
        let columns = decision.causes().iter().flat_map(|c| &c.column);
        let columns: Vec<_> = columns.map(|c| format!("`{c}`")).collect();
        let told = match decision.word() {
            "violates" => codes.join(", "),
            "undetermined" => format!("undetermined: {}", columns.join(", ")),
            word => word.to_owned(),
        };
        assert_eq!(told, verdict, "{case}");
        seen += 1;
    }
    assert!(seen >= 8);
}
