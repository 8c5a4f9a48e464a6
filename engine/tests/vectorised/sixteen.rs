//! The sixteen checks of which another compiler of Rego to columns takes eight: each is decided
//! by columns, and says what it says of a null.

use crate::company::{COLUMNS, batch, data, environment};
use crate::random::Random;
use crate::{Shape, agree, compiled};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Int64Array,
    ListArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use datafusion::arrow::datatypes::i256;
use std::sync::Arc;
use tieout_controls::{ColumnType, Decimal};
use tieout_policies::evaluate::{Evaluator, Reference};

/// Name, body, and records: the columns that aren't null, and the verdict.
type Check = (
    &'static str,
    &'static str,
    &'static [(&'static [(&'static str, &'static str)], &'static str)],
);

const CHECKS: [Check; 16] = [
    (
        "negative cost unless credit",
        "input.amount < 0\n\tinput.region != \"credit\"",
        &[
            (&[("amount", "-1"), ("region", "EU")], "violates"),
            (&[("amount", "-1"), ("region", "credit")], "conforms"),
            (&[("amount", "1")], "conforms"),
            (&[("amount", "-1")], "undetermined"),
        ],
    ),
    (
        "missing field by plain not",
        "not input.sku",
        &[(&[("sku", "")], "conforms"), (&[], "violates")],
    ),
    ("== null", "input.sku == null", &[(&[("sku", "A")], "conforms"), (&[], "violates")]),
    (
        "not in a list",
        "not input.region in [\"EU\", \"US\"]",
        &[
            (&[("region", "EU")], "conforms"),
            (&[("region", "XX")], "violates"),
            (&[], "undetermined"),
        ],
    ),
    (
        "rate lookup and compare",
        "rate := effective.at(data.rates, [input.sku], input.day)\n\tinput.price != rate.price",
        &[
            (&[("sku", "A"), ("day", "2025-01-31"), ("price", "1.1")], "conforms"),
            (&[("sku", "A"), ("day", "2025-02-01"), ("price", "1.1")], "violates"),
            (&[("sku", "A"), ("day", "2025-03-01"), ("price", "1.1")], "undetermined"),
            (&[("sku", "A"), ("price", "1.1")], "undetermined"),
        ],
    ),
    (
        "price × quantity ≠ amount",
        "input.price * input.quantity != input.amount",
        &[
            (&[("price", "33.33"), ("quantity", "3"), ("amount", "99.99")], "conforms"),
            (&[("price", "33.33"), ("quantity", "3"), ("amount", "99.990001")], "violates"),
            (&[("price", "33.33"), ("amount", "99.99")], "undetermined"),
        ],
    ),
    (
        "column against column",
        "input.at > input.until",
        &[
            (&[("at", "2025-01-01T00:00:00Z"), ("until", "2025-01-01T00:00:00Z")], "conforms"),
            (
                &[("at", "2025-01-01T00:00:00.000001Z"), ("until", "2025-01-01T00:00:00Z")],
                "violates",
            ),
            (&[("at", "2025-01-01T00:00:00Z")], "undetermined"),
        ],
    ),
    (
        "VAT by country from a table",
        "data.limits[[input.region, input.sku]].most != input.amount",
        &[
            (&[("region", "EU"), ("sku", "A"), ("amount", "10")], "conforms"),
            (&[("region", "EU"), ("sku", "B"), ("amount", "10")], "violates"),
            (&[("region", "EU"), ("sku", "C"), ("amount", "10")], "undetermined"),
            (&[("region", "US"), ("sku", ""), ("amount", "10")], "undetermined"),
            (&[("sku", "A"), ("amount", "10")], "undetermined"),
        ],
    ),
    (
        "GL key exists",
        "not data.centres[input.cost_centre]",
        &[
            (&[("cost_centre", "A")], "conforms"),
            (&[("cost_centre", "Z")], "violates"),
            (&[], "undetermined"),
        ],
    ),
    (
        "sum of two columns",
        "input.amount + input.price > 3.45",
        &[
            (&[("amount", "1.15"), ("price", "2.30")], "conforms"),
            (&[("amount", "1.15"), ("price", "2.3000000000001")], "violates"),
            (&[("amount", "1.15")], "undetermined"),
        ],
    ),
    (
        "RFC 3339 time parse",
        "time.parse(input.sku) > input.at",
        &[
            (&[("sku", "2025-01-01T01:00:00+01:00"), ("at", "2025-01-01T00:00:00Z")], "conforms"),
            (&[("sku", "2025-01-01T01:00:01+01:00"), ("at", "2025-01-01T00:00:00Z")], "violates"),
            (&[("sku", "2025-01-01"), ("at", "2025-01-01T00:00:00Z")], "undetermined"),
            (&[("at", "2025-01-01T00:00:00Z")], "undetermined"),
        ],
    ),
    (
        "startswith",
        "not startswith(input.sku, \"SKU-\")",
        &[(&[("sku", "SKU-1")], "conforms"), (&[("sku", "")], "violates"), (&[], "undetermined")],
    ),
    (
        "every tag non-empty",
        "not tagged",
        &[
            (&[("tags", "a,b")], "conforms"),
            (&[("tags", "a,,b")], "violates"),
            (&[], "undetermined"),
        ],
    ),
    (
        "not helper",
        "not ours",
        &[
            (&[("region", "EU")], "conforms"),
            (&[("region", "US")], "violates"),
            (&[], "undetermined"),
        ],
    ),
    (
        "abs tolerance",
        "abs(input.amount - input.price) > data.parameters.tolerance",
        &[
            (&[("amount", "1.01"), ("price", "1.02")], "conforms"),
            (&[("amount", "1.01"), ("price", "1.0200000000000001")], "violates"),
            (&[("price", "1")], "undetermined"),
        ],
    ),
    (
        "regex on a nullable column",
        "not regex.match(\"^C[0-9]+$\", input.cost_centre)",
        &[
            (&[("cost_centre", "C12")], "conforms"),
            (&[("cost_centre", "12")], "violates"),
            (&[], "undetermined"),
        ],
    ),
];

const HELPERS: &str = "
tagged if {
	every tag in input.tags { tag != \"\" }
}

ours if {
	input.region == data.parameters.label
}
";

#[test]
fn the_sixteen_checks_are_decided_by_columns_and_tell_what_a_null_is() {
    let data = data();
    let environment = environment(&data);
    for (name, body, records) in CHECKS {
        let helpers = HELPERS.split("\n\n").filter(|helper| {
            let helper = helper.trim().split(' ').next().unwrap_or_default();
            body.contains(helper)
        });
        let helpers: Vec<&str> = helpers.collect();
        let source = format!(
            "package t\n\nviolation contains {{\"code\": \"c\"}} if {{\n\t{body}\n}}\n{}",
            helpers.join("\n\n")
        );
        let policy = compiled(&source, &environment).unwrap_or_else(|| panic!("{name}"));
        let batch = records_of(records.iter().map(|(fields, _)| *fields));
        assert_eq!(agree(&source, &policy, &data, &batch), (1, 0), "{name} is decided by rows");
        let decided = Reference.decide(&policy, &batch, &data).unwrap();
        let words: Vec<_> = decided.iter().map(tieout_controls::Decision::word).collect();
        let expected: Vec<_> = records.iter().map(|(_, word)| *word).collect();
        assert_eq!(words, expected, "{name}");
        println!("{name}: by columns; {}", words.join(", "));
    }
}

/// The same whatever the order of the rows, the size of the batches and the number of threads.
#[test]
fn order_batches_and_threads_change_nothing() {
    let data = data();
    let environment = environment(&data);
    let mut random = Random(77);
    let whole = batch(&mut random, 2000, Shape { nulls: 10, dictionaries: true });
    let rules = CHECKS.map(|(_, body, _)| {
        format!("violation contains {{\"code\": \"c\"}} if {{\n\t{body}\n}}\n")
    });
    let source = format!("package t\n\n{}{HELPERS}", rules.join("\n"));
    let policy = compiled(&source, &environment).unwrap();
    let expected = Reference.decide(&policy, &whole, &data).unwrap();
    let vectorised = tieout_engine::vectorised::Vectorised::new(&policy, &data).unwrap();
    for size in [1, 7, 333, 2000] {
        let batches: Vec<_> =
            (0..2000).step_by(size).map(|from| whole.slice(from, size.min(2000 - from))).collect();
        for threads in [1, 2, 5] {
            let decided = vectorised.decide(&batches, threads).unwrap().concat();
            assert!(decided == expected, "batches of {size} in {threads} threads");
        }
    }
    let backwards: Vec<u32> = (0..2000).rev().collect();
    let backwards = datafusion::arrow::compute::take_record_batch(
        &whole,
        &arrow_array::UInt32Array::from(backwards),
    );
    let mut decided = vectorised.decide(&[backwards.unwrap()], 1).unwrap().concat();
    decided.reverse();
    assert!(decided == expected, "backwards");
}

fn records_of<'a>(records: impl Iterator<Item = &'a [(&'a str, &'a str)]>) -> RecordBatch {
    let records: Vec<_> = records.collect();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (name, kind) in COLUMNS {
        let cells = records.iter().map(|r| r.iter().find(|(n, _)| *n == name).map(|(_, v)| *v));
        arrays.push(array(kind, cells.collect()));
    }
    let fields = COLUMNS.iter().zip(&arrays);
    let fields: Vec<_> = fields
        .map(|((name, _), array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn array(kind: ColumnType, cells: Vec<Option<&str>>) -> ArrayRef {
    match kind {
        ColumnType::Decimal { precision: 76, scale } => {
            let wide = |c: &str| {
                let number = Decimal::parse(c).unwrap().to_scaled_be_bytes(scale.into());
                i256::from_be_bytes(number.unwrap())
            };
            let array: Decimal256Array = cells.into_iter().map(|c| c.map(wide)).collect();
            Arc::new(array.with_precision_and_scale(76, i8::try_from(scale).unwrap()).unwrap())
        }
        ColumnType::Decimal { precision, scale } => {
            let scaled = |c: &str| Decimal::parse(c).unwrap().to_scaled(scale.into()).unwrap();
            let array: Decimal128Array = cells.into_iter().map(|c| c.map(scaled)).collect();
            let scale = i8::try_from(scale).unwrap();
            Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
        }
        ColumnType::Integer => {
            let numbers = cells.into_iter().map(|c| c.map(|c| c.parse::<i64>().unwrap()));
            Arc::new(numbers.collect::<Int64Array>())
        }
        ColumnType::Bool => {
            Arc::new(cells.into_iter().map(|c| c.map(|c| c == "true")).collect::<BooleanArray>())
        }
        ColumnType::String => Arc::new(StringArray::from(cells)),
        ColumnType::Date => {
            let days = |c: &str| crate::company::date(c).to_epoch_days();
            Arc::new(cells.into_iter().map(|c| c.map(days)).collect::<Date32Array>())
        }
        ColumnType::Timestamp => {
            let micros =
                |c: &str| c.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros();
            let array: TimestampMicrosecondArray =
                cells.into_iter().map(|c| c.map(micros)).collect();
            Arc::new(array.with_timezone("UTC"))
        }
        ColumnType::StringList => {
            let mut builder =
                arrow_array::builder::ListBuilder::new(arrow_array::builder::StringBuilder::new());
            for cell in cells {
                builder.append_option(cell.map(|c| c.split(',').map(Some).collect::<Vec<_>>()));
            }
            let lists: ListArray = builder.finish();
            Arc::new(lists)
        }
    }
}
