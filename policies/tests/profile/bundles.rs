//! Policy bundles as folders.

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
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

/// What each built-in rule reads: columns, tables (with their key and interval) and parameters,
/// which are decimals but for `name:s`. The types are those of the schema profiles.
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
    ("gate/pg-01", "tests:i tests_failed:i parts_not_covered:i", &[], ""),
    ("gate/pg-02", "survivors:i mutants:i", &[], "max_survivors"),
    ("gate/pg-03", "remarks:i", &[], ""),
    (
        "gate/pg-04",
        "kind:s old_version:s new_version:s version_raised:b starred:b comparison:s moves:b",
        &[],
        "",
    ),
    (
        "gate/pg-05",
        "loosened:i loosened_without_amount:i all_amount:n currency:s",
        &[],
        "max_loosened_amount max_loosened_records",
    ),
    ("gate/pg-06", "kind:s was_mandatory:b mandatory:b old_severity:s new_severity:s", &[], ""),
    ("gate/pg-07", "newly_allowed:i newly_allowed_example:s", &[], ""),
    (
        "gate/rg-01",
        "change_percent:n old_price:n old_currency:s new_price:n new_currency:s",
        &[],
        "max_change_percent",
    ),
    ("gate/rg-02", "gate:s delta:n changes:i currency:s", &[], "max_delta"),
    (
        "gate/rg-03",
        "old_source_contract_line:s source_contract_line:s margin_percent:n new_price:n new_currency:s \
         contract_price:n old_price:n old_currency:s",
        &[],
        "margin_floor_percent",
    ),
    (
        "gate/rg-04",
        "customer_segment:s margin_percent:n new_price:n new_currency:s old_price:n old_currency:s",
        &[],
        "transfer_segment:s margin_min_percent margin_max_percent",
    ),
    ("gate/rg-05", "old_tax_code:s new_tax_code:s", &[], ""),
    (
        "gate/rg-06",
        "old_cap_price:n cap_price:n new_price:n new_currency:s old_price:n old_currency:s",
        &[],
        "",
    ),
    (
        "gate/rg-07",
        "dearer:b kind:s old_price:n new_price:n effective_from:t announced_on:d notice_days:i \
         old_currency:s new_currency:s",
        &[],
        "notice_days_min",
    ),
    (
        "gate/rg-08",
        "effective_from:t closed_period:b old_price:n old_currency:s new_price:n new_currency:s",
        &[],
        "",
    ),
    (
        "gate/rg-09",
        "effective_from:t retroactive:b declared_retroactive:b invoices_touched:i old_price:n \
         old_currency:s new_price:n new_currency:s",
        &[],
        "",
    ),
    (
        "gate/rg-10",
        "method_doc_id:s effective_from:t method_in_force:b old_price:n old_currency:s \
         new_price:n new_currency:s",
        &[],
        "",
    ),
    (
        "gate/rg-11",
        "in_base:b rate_key:s effective_from:t kind:s old_price:n old_currency:s new_price:n \
         new_currency:s effective_to:t tier_from:n",
        &[],
        "",
    ),
    (
        "gate/rg-12",
        "in_base:b rate_key:s effective_from:t kind:s effective_to:t tier_from:n",
        &[],
        "",
    ),
    (
        "gate/rg-13",
        "old_currency:s new_currency:s kind:s old_unit:s new_unit:s old_price:n new_price:n",
        &[],
        "",
    ),
    (
        "gate/rg-14",
        "known_coverage:s old_price:n old_currency:s new_price:n new_currency:s",
        &[],
        "",
    ),
    (
        "gate/rg-15",
        "cumulative_percent:n old_price:n old_currency:s new_price:n new_currency:s",
        &[],
        "max_cumulative_percent",
    ),
    ("gate/rg-16", "quantity:n new_unit:s effective_from:t kind:s in_base:b", &[], ""),
    ("gate/rg-20", "counted_approvals:i emergency:b delta:n currency:s", &[], "small large"),
    ("gate/rg-23", "changes:i protected_changes:i", &[], ""),
    (
        "gate/rg-21",
        "approval_id:s person:s account_kind:s author:b acts_for_author:b releaser:b holds_role:b \
         bound_to_diff:b decision:s",
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
    ("sod/cm-04", "deployed_at:t first_reviewed_at:t", &[], "days_to_review"),
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
        let parameters = parameters.split_whitespace().map(|text| match text.split_once(':') {
            Some((name, _)) => (name.to_owned(), ParameterType::String),
            None => (text.to_owned(), ParameterType::Decimal),
        });
        let environment = Environment {
            input: schema(columns),
            tables: tables.iter().map(table).chain(own).collect(),
            parameters: parameters.collect(),
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

/// A cell of a case; a column that the table leaves out names the record and is told from no other.
fn cell(column: &Column, text: Option<&str>) -> ArrayRef {
    let text = text.unwrap_or("c1");
    let stated = (text != "null").then_some(text);
    match column.kind {
        ColumnType::Bool => {
            Arc::new(BooleanArray::from(vec![stated.map(|text| text.parse().unwrap())]))
        }
        _ => Arc::new(StringArray::from(vec![stated])),
    }
}

/// Runs the cases of a Cedar rule, a table with a column for each of the population's; how many.
fn cases_hold(path: &str) -> usize {
    let (bundle, rule) = path.split_once('/').unwrap();
    let bundle = &builtin().unwrap()[bundle];
    let (_, columns, ..) = READ.iter().find(|(of, ..)| *of == path).unwrap();
    let input = schema(columns);
    let environment = Environment { input: input.clone(), ..Environment::default() };
    let compiled = compile(&bundle.rules[rule], &environment).unwrap();
    let lines = bundle.files[&format!("{path}/cases.md")].lines().filter(|l| l.starts_with("| "));
    let mut lines = lines
        .map(|line| -> Vec<&str> { line.trim_matches('|').split('|').map(str::trim).collect() });
    let header = lines.next().unwrap();
    assert_eq!((header[0], *header.last().unwrap()), ("case", "verdict"));
    let mut seen = 0;
    for cells in lines {
        assert_eq!(cells.len(), header.len(), "{cells:?}");
        let stated = |name: &str| Some(cells[header.iter().position(|h| *h == name)?]);
        let columns = input.columns.iter();
        let batch = columns.map(|c| (c.name.as_str(), cell(c, stated(&c.name)), true));
        let batch = RecordBatch::try_from_iter_with_nullable(batch).unwrap();
        let data = crate::harness::data();
        let decision = Reference.decide(&compiled, &batch, &data).unwrap().remove(0);
        let codes: Vec<_> = decision.facts().iter().map(|f| format!("`{}`", f.code)).collect();
        let columns = decision.causes().iter().flat_map(|c| &c.column);
        let columns: Vec<_> = columns.map(|c| format!("`{c}`")).collect();
        let told = match decision.word() {
            "violates" => codes.join(", "),
            "undetermined" => format!("undetermined: {}", columns.join(", ")),
            word => word.to_owned(),
        };
        assert_eq!(told, stated("verdict").unwrap(), "{path}: {}", cells[0]);
        seen += 1;
    }
    seen
}

#[test]
fn the_cases_of_the_built_in_cedar_rules_hold() {
    assert!(cases_hold("sod/cm-02") >= 8);
    assert!(cases_hold("gate/rg-21") >= 16);
}
