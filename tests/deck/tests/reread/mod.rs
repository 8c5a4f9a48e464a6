//! Reads what the deck wrote, with code of its own, and adds it up in 10^-18.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

/// Rows: column → value as text; a null has no entry.
pub(crate) struct Rows(pub(crate) Vec<BTreeMap<String, String>>);

/// The rows of a dataset.
pub(crate) fn read(folder: &Path, dataset: &str) -> Rows {
    let file = |ending: &str| folder.join(format!("data/{dataset}.{ending}"));
    if let Ok(text) = fs::read_to_string(file("csv")) {
        return csv(&text);
    }
    if let Ok(text) = fs::read_to_string(file("ndjson")) {
        return Rows(text.lines().map(object).collect());
    }
    parquet(&file("parquet"))
}

/// Column and currency → sum in 10^-18.
pub(crate) fn sums(dataset: &str, rows: &Rows) -> BTreeMap<(String, String), i128> {
    let money: &[(&str, &str)] = match dataset {
        "focus" => &[
            ("BilledCost", "BillingCurrency"),
            ("ContractedCost", "BillingCurrency"),
            ("EffectiveCost", "BillingCurrency"),
            ("ListCost", "BillingCurrency"),
        ],
        "price_tier" => &[("fixed_fee", "currency")],
        "invoice" => &[("net", "currency"), ("vat_amount", "currency"), ("gross", "currency")],
        "cost_pool" => &[("amount", "currency"), ("pass_through", "currency")],
        "intercompany" => &[("txn_amount", "txn_ccy"), ("booked_amount", "booked_ccy")],
        "charge" => &[
            ("list_amount", "currency"),
            ("minimum", "currency"),
            ("discount", "currency"),
            ("amount", "currency"),
        ],
        "price_plan" => &[("minimum", "currency")],
        "allocation_result" => &[("amount", "currency"), ("rounding_adj", "currency")],
        "contract" => &[("min_commit", "currency")],
        "vendor_invoice" => &[("net", "currency")],
        "credit" | "dispute" | "forecast" | "budget" => &[("amount", "currency")],
        "bill_increase" => &[("bill", "currency"), ("bill_before", "currency")],
        "journal" => {
            &[("debit", "currency"), ("credit", "currency"), ("txn_amount", "txn_currency")]
        }
        _ => &[],
    };
    let mut sums = BTreeMap::new();
    for row in &rows.0 {
        for (amount, currency) in money {
            if let Some(text) = row.get(*amount) {
                let place = ((*amount).to_owned(), row[*currency].clone());
                *sums.entry(place).or_insert(0) += quintillionths(text);
            }
        }
    }
    sums
}

/// The number in 10^-18.
pub(crate) fn quintillionths(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<18}").parse().unwrap()
}

/// With the fewest digits behind the point that hold the number, but never fewer than two.
fn plain(sum: i128) -> String {
    let digits = format!("{:019}", sum.abs());
    let (whole, fraction) = digits.split_at(digits.len() - 18);
    let fraction = fraction.trim_end_matches('0');
    let sign = if sum < 0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction:0<2}")
}

fn csv(text: &str) -> Rows {
    let mut records = vec![vec![]];
    let (mut field, mut quoted, mut was_quoted) = (String::new(), false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => (quoted, was_quoted) = (!quoted, true),
            ',' | '\r' if !quoted => {
                let value = (was_quoted || !field.is_empty()).then(|| std::mem::take(&mut field));
                records.last_mut().unwrap().push(value);
                was_quoted = false;
            }
            '\n' if !quoted => records.push(vec![]),
            c => field.push(c),
        }
    }
    records.pop();
    let header = records.remove(0);
    let row = |record: Vec<Option<String>>| {
        assert_eq!(record.len(), header.len());
        let named = header.iter().flatten().cloned().zip(record);
        named.filter_map(|(name, value)| Some((name, value?))).collect()
    };
    Rows(records.into_iter().map(row).collect())
}

fn object(line: &str) -> BTreeMap<String, String> {
    let value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
    let set = value.into_iter().filter(|(_, v)| !v.is_null());
    set.map(|(k, v)| (k, v.as_str().map_or_else(|| v.to_string(), str::to_owned))).collect()
}

fn parquet(path: &Path) -> Rows {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let mut rows = Vec::new();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        for at in 0..batch.num_rows() {
            let schema = batch.schema();
            let fields = schema.fields().iter().zip(batch.columns());
            let set = fields.filter(|(_, array)| !array.is_null(at));
            let texts = set.map(|(field, array)| {
                let text = match array.data_type() {
                    DataType::Utf8 => array.as_string::<i32>().value(at).to_owned(),
                    DataType::Decimal128(38, 18) => {
                        plain(array.as_primitive::<Decimal128Type>().value(at))
                    }
                    DataType::Decimal128(38, 10) => {
                        plain(array.as_primitive::<Decimal128Type>().value(at) * 100_000_000)
                    }
                    DataType::Int64 => array.as_primitive::<Int64Type>().value(at).to_string(),
                    DataType::Timestamp(_, Some(zone)) if zone.as_ref() == "UTC" => {
                        let array = array.as_primitive::<TimestampMicrosecondType>();
                        array.value_as_datetime(at).unwrap().format("%FT%TZ").to_string()
                    }
                    other => panic!("{}: {other}", field.name()),
                };
                (field.name().clone(), text)
            });
            rows.push(texts.collect());
        }
    }
    Rows(rows)
}
