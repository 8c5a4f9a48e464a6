//! A small company with the values that evaluators fall over.

use crate::random::Random;
use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DictionaryArray,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema as ArrowSchema};
use chrono::NaiveDate;
use datafusion::arrow::datatypes::i256;
use std::sync::Arc;
use tieout_controls::control::{Effective, ParameterType};
use tieout_controls::{ColumnType, Decimal, Value};
use tieout_policies::compile::Environment;
use tieout_policies::data::{Column, Data, RunDates, Schema, Table, TableSchema};

/// The population's columns; all nullable.
pub(crate) const COLUMNS: [(&str, ColumnType); 13] = [
    ("amount", ColumnType::Decimal { precision: 38, scale: 10 }),
    ("price", ColumnType::Decimal { precision: 38, scale: 18 }),
    ("quantity", ColumnType::Decimal { precision: 38, scale: 18 }),
    ("big", ColumnType::Decimal { precision: 76, scale: 38 }),
    ("number", ColumnType::Integer),
    ("flag", ColumnType::Bool),
    ("cost_centre", ColumnType::String),
    ("region", ColumnType::String),
    ("sku", ColumnType::String),
    ("day", ColumnType::Date),
    ("at", ColumnType::Timestamp),
    ("until", ColumnType::Timestamp),
    ("tags", ColumnType::StringList),
];

const TEXTS: [&str; 12] =
    ["", "A", "B", "C1", "C2", "EU", "US", "ﬀ", "Straße", "😀 tag", " A ", "2025-01-31"];

pub(crate) fn date(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn schema(columns: &[(&str, ColumnType)]) -> Schema {
    let column = |(name, kind): &(&str, ColumnType)| Column {
        name: (*name).to_owned(),
        kind: *kind,
        nullable: true,
    };
    Schema { columns: columns.iter().map(column).collect() }
}

fn cell(kind: ColumnType, text: &str) -> Value {
    match kind {
        _ if text == "-" => Value::Null,
        ColumnType::Bool => Value::Bool(text == "true"),
        ColumnType::Integer | ColumnType::Decimal { .. } => {
            Value::Number(Decimal::parse(text).unwrap())
        }
        ColumnType::Date => Value::Date(date(text)),
        ColumnType::Timestamp => Value::Timestamp(text.parse().unwrap()),
        _ => Value::String(text.to_owned()),
    }
}

fn table(
    columns: &[(&str, ColumnType)],
    key: &[&str],
    effective: Option<(&str, &str)>,
    rows: &[&[&str]],
) -> Table {
    let row = |row: &&[&str]| row.iter().zip(columns).map(|(t, (_, k))| cell(*k, t)).collect();
    let effective =
        effective.map(|(from, to)| Effective { from: from.to_owned(), to: to.to_owned() });
    let key = key.iter().map(|k| (*k).to_owned()).collect();
    let rows = rows.iter().map(row).collect();
    Table::new(TableSchema { schema: schema(columns), key, effective }, rows)
}

/// Tables with nulls, doubled keys, gaps and overlaps.
pub(crate) fn data() -> Data {
    use ColumnType::{Bool, Date, Integer, String, Timestamp};
    let number = ColumnType::Decimal { precision: 38, scale: 6 };
    let centres = table(
        &[("id", String), ("owner", String), ("active", Bool), ("budget", number)],
        &["id"],
        None,
        &[
            &["A", "kim", "true", "100"],
            &["B", "-", "false", "-"],
            &["C1", "lee", "-", "5.50"],
            &["C2", "kim", "true", "1"],
            &["C2", "lee", "true", "2"],
            &["-", "nobody", "true", "3"],
            &["😀 tag", "EU", "true", "4"],
        ],
    );
    let rates = table(
        &[("sku", String), ("from", Date), ("to", Date), ("price", number)],
        &["sku"],
        Some(("from", "to")),
        &[
            &["A", "2025-01-01", "2025-02-01", "1.10"],
            &["A", "2025-02-01", "2025-03-01", "1.20"],
            &["A", "2025-04-01", "-", "1.30"],
            &["B", "2025-01-01", "2025-03-01", "2"],
            &["B", "2025-02-01", "-", "3"],
            &["EU", "-", "2025-03-01", "4"],
            &["", "2025-01-01", "-", "-"],
            &["US", "2025-03-01", "2025-01-01", "9"],
        ],
    );
    let meters = table(
        &[
            ("region", String),
            ("number", Integer),
            ("from", Timestamp),
            ("to", Timestamp),
            ("name", String),
        ],
        &["region", "number"],
        Some(("from", "to")),
        &[
            &["EU", "0", "2025-01-01T00:00:00Z", "2025-03-30T01:00:00Z", "A"],
            &["EU", "0", "2025-03-30T01:00:00Z", "-", "B"],
            &["EU", "1", "2025-01-01T00:00:00Z", "-", "-"],
            &["US", "-1", "2025-01-01T00:00:00Z", "-", "C1"],
        ],
    );
    let limits = table(
        &[("region", String), ("sku", String), ("most", number)],
        &["region", "sku"],
        None,
        &[&["EU", "A", "10"], &["EU", "B", "20"], &["US", "", "-"]],
    );
    let days = table(
        &[("day", Date), ("open", Bool)],
        &["day"],
        None,
        &[&["2025-01-31", "true"], &["2025-03-30", "false"], &["1969-12-31", "-"]],
    );
    let prices = table(
        &[("price", number), ("name", String)],
        &["price"],
        None,
        &[&["1.1", "A"], &["0", "B"], &["-2.50", "-"]],
    );
    let tables = [
        ("centres", centres),
        ("rates", rates),
        ("meters", meters),
        ("limits", limits),
        ("days", days),
        ("prices", prices),
    ];
    let parameters = [
        ("tolerance", Value::Number(Decimal::parse("0.01").unwrap())),
        ("label", Value::String("EU".into())),
        ("since", Value::Date(date("2025-01-31"))),
        ("strict", Value::Bool(true)),
    ];
    Data {
        tables: tables.into_iter().map(|(n, t)| (n.to_owned(), t)).collect(),
        parameters: parameters.into_iter().map(|(n, v)| (n.to_owned(), v)).collect(),
        run: RunDates {
            as_of: date("2025-06-30"),
            period_start: date("2025-01-01"),
            period_end: date("2025-07-01"),
        },
    }
}

pub(crate) fn environment(data: &Data) -> Environment {
    let parameters = [
        ("tolerance", ParameterType::Decimal),
        ("label", ParameterType::String),
        ("since", ParameterType::Date),
        ("strict", ParameterType::Bool),
    ];
    Environment {
        input: schema(&COLUMNS),
        tables: data.tables.iter().map(|(n, t)| (n.clone(), t.schema.clone())).collect(),
        parameters: parameters.into_iter().map(|(n, k)| (n.to_owned(), k)).collect(),
        ..Environment::default()
    }
}

/// How a column's values are drawn.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Of a hundred values, how many are null.
    pub(crate) nulls: u64,
    /// Whether text columns are dictionaries.
    pub(crate) dictionaries: bool,
}

fn optional<T>(
    random: &mut Random,
    shape: Shape,
    value: impl FnOnce(&mut Random) -> T,
) -> Option<T> {
    let null = random.below(100) < shape.nulls;
    (!null).then(|| value(random))
}

fn decimal(random: &mut Random, scale: u32, digits: u32) -> Decimal {
    let text = match random.below(10) {
        0 => "0".to_owned(),
        1 => "1.1".to_owned(),
        2 => "-2.5".to_owned(),
        3 => format!("{}E-{}", random.below(100), random.below(8)),
        4 => format!("-{}.{}", random.below(1000), random.below(100)),
        // As many digits as the column takes.
        5 => "9".repeat(usize::try_from(digits - scale).unwrap()),
        6 => format!("-{}", "9".repeat(usize::try_from(digits - scale).unwrap())),
        7 => format!("0.{}1", "0".repeat(usize::try_from(scale.min(30) - 1).unwrap())),
        _ => format!("{}.{:02}", random.below(100_000), random.below(100)),
    };
    Decimal::parse(&text).unwrap()
}

fn text(random: &mut Random) -> &'static str {
    TEXTS[usize::try_from(random.below(12)).unwrap()]
}

fn instant(random: &mut Random) -> i64 {
    let stated = [
        "2025-03-30T00:59:59.999999Z",
        "2025-03-30T01:00:00Z",
        "2025-01-31T23:59:59Z",
        "2025-02-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "2024-02-29T12:00:00Z",
    ];
    let pick = usize::try_from(random.below(8)).unwrap();
    match stated.get(pick) {
        Some(text) => text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros(),
        None => 1_735_689_600_000_000 + i64::try_from(random.below(15_000_000_000_000)).unwrap(),
    }
}

fn day(random: &mut Random) -> i32 {
    match random.below(8) {
        0 => date_days("2025-01-31"),
        1 => date_days("2025-02-01"),
        2 => date_days("2025-03-30"),
        3 => date_days("2024-02-29"),
        4 => -1,
        _ => 20_089 + i32::try_from(random.below(180)).unwrap(),
    }
}

fn date_days(text: &str) -> i32 {
    date(text).to_epoch_days()
}

/// A batch of random rows.
pub(crate) fn batch(random: &mut Random, rows: usize, shape: Shape) -> RecordBatch {
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (_, kind) in COLUMNS {
        let array: ArrayRef = match kind {
            ColumnType::Decimal { precision: 76, scale } => {
                let value = |random: &mut Random| {
                    let number = decimal(random, scale.into(), 38 + u32::from(scale));
                    i256::from_be_bytes(number.to_scaled_be_bytes(scale.into()).unwrap())
                };
                let values: Decimal256Array =
                    (0..rows).map(|_| optional(random, shape, value)).collect();
                Arc::new(values.with_precision_and_scale(76, i8::try_from(scale).unwrap()).unwrap())
            }
            ColumnType::Decimal { precision, scale } => {
                let value = |random: &mut Random| {
                    let number = decimal(random, scale.into(), precision.into());
                    number
                        .round(scale.into(), tieout_controls::Rounding::Down)
                        .unwrap()
                        .to_scaled(scale.into())
                        .unwrap()
                };
                let values: Decimal128Array =
                    (0..rows).map(|_| optional(random, shape, value)).collect();
                let scale = i8::try_from(scale).unwrap();
                Arc::new(values.with_precision_and_scale(precision, scale).unwrap())
            }
            ColumnType::Integer => {
                let value = |random: &mut Random| match random.below(6) {
                    0 => i64::MAX,
                    1 => i64::MIN,
                    n => i64::try_from(n).unwrap() - 3,
                };
                Arc::new((0..rows).map(|_| optional(random, shape, value)).collect::<Int64Array>())
            }
            ColumnType::Bool => {
                let value = |random: &mut Random| random.below(2) == 0;
                Arc::new(
                    (0..rows).map(|_| optional(random, shape, value)).collect::<BooleanArray>(),
                )
            }
            ColumnType::String => {
                let values: Vec<_> = (0..rows).map(|_| optional(random, shape, text)).collect();
                if shape.dictionaries {
                    Arc::new(values.into_iter().collect::<DictionaryArray<Int32Type>>())
                } else {
                    Arc::new(StringArray::from(values))
                }
            }
            ColumnType::Date => {
                Arc::new((0..rows).map(|_| optional(random, shape, day)).collect::<Date32Array>())
            }
            ColumnType::Timestamp => {
                let values = (0..rows).map(|_| optional(random, shape, instant));
                Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
            ColumnType::StringList => {
                let mut lists = ListBuilder::new(StringBuilder::new());
                for _ in 0..rows {
                    let list = optional(random, shape, |random| {
                        // Now and then one that is longer than columns go through.
                        let length = if random.below(50) == 0 { 40 } else { random.below(4) };
                        (0..length).map(|_| optional(random, shape, text)).collect::<Vec<_>>()
                    });
                    lists.append_option(list);
                }
                Arc::new(lists.finish())
            }
        };
        arrays.push(array);
    }
    let fields = COLUMNS.iter().zip(&arrays);
    let fields: Vec<_> = fields
        .map(|((name, _), array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).unwrap()
}
