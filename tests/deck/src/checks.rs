//! Data for the ten checks by which engines are compared: one wide file of charges, and the six
//! tables that they are looked up in. Not a company: only as much as the checks read.

use crate::DeckError;
use crate::calendar::Date;
use crate::rng::{Rng, at};
use arrow_array::builder::{
    Date32Builder, Decimal128Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// How many different keys the charges have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// As in a cost export: tens to about a thousand.
    Few,
    /// Cost centres and corrected charges by the hundred thousand.
    Many,
}

/// A table to look up in: name, key columns, and its rows as CSV with a header.
#[derive(Debug, Clone)]
pub struct CheckTable {
    /// Its name.
    pub name: &'static str,
    /// Its key columns.
    pub key: &'static [&'static str],
    /// Whether it has `from` and `to`.
    pub dated: bool,
    /// Its rows, comma separated without quotes; an empty field is null.
    pub csv: String,
}

const DAY: i64 = 86_400_000_000;
/// 2024-01-01.
const FIRST_DAY: i64 = 19_723;
const DAYS: i64 = 730;
/// Small enough that two threads which take one after the other end at about the same time.
const ROW_GROUP: usize = 1 << 18;
const BATCH: u64 = 1 << 16;
const SKUS: u64 = 1250;
const CURRENCIES: [&str; 20] = [
    "EUR", "USD", "CHF", "GBP", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "JPY", "AUD",
    "CAD", "NZD", "SGD", "HKD", "ZAR", "BRL", "INR",
];
const COUNTRIES: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];
const CATEGORIES: [&str; 5] = ["Usage", "Purchase", "Credit", "Tax", "Adjustment"];
const CLASSES: [&str; 10] =
    ["invoice", "contract", "usage", "rate", "journal", "payment", "dispute", "mail", "log", "key"];

/// Writes `charges.parquet` into a folder.
///
/// # Errors
/// The file can't be written.
pub fn charges(folder: &Path, rows: u64, keys: Keys, seed: u64) -> Result<(), DeckError> {
    let path = folder.join("charges.parquet");
    let failed = |reason: String| DeckError { path: path.display().to_string(), reason };
    let file = std::fs::File::create(&path).map_err(|e| failed(e.to_string()))?;
    let schema = Arc::new(schema());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .build();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
        .map_err(|e| failed(e.to_string()))?;
    let mut first = 0;
    while first < rows {
        let next = rows.min(first + BATCH);
        let mut columns = Columns::default();
        for number in first..next {
            columns.push(&mut Rng::indexed(seed, number), keys).map_err(failed)?;
        }
        let batch = columns.finish().and_then(|arrays| {
            RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|e| e.to_string())
        });
        writer.write(&batch.map_err(failed)?).map_err(|e| failed(e.to_string()))?;
        first = next;
    }
    writer.close().map_err(|e| failed(e.to_string()))?;
    Ok(())
}

/// The tables.
pub fn tables(keys: Keys) -> Vec<CheckTable> {
    let dated = |name, key, csv| CheckTable { name, key, dated: true, csv };
    let mut currencies = "code\n".to_owned();
    currencies.extend(CURRENCIES.iter().map(|code| format!("{code}\n")));
    let mut vat = "country,from,to,rate\n".to_owned();
    for (number, country) in (0..).zip(COUNTRIES) {
        for (half, (from, to)) in [(0, 365), (365, 0)].into_iter().enumerate() {
            let rate = vat_rate(number, half == 1);
            let _ = writeln!(vat, "{country},{},{},{rate}.00", day(from), end(to));
        }
    }
    let mut gl = "service,category,entity,from,to,account\n".to_owned();
    for service in 0..200 {
        for category in CATEGORIES {
            for entity in 0..12 {
                // One in a hundred is mapped to suspense, one in a thousand not at all.
                let account = match (service * 60 + entity) % 100 {
                    7 => "SUSPENSE".to_owned(),
                    n => format!("6{n:03}"),
                };
                if service * 12 + entity != 1234 {
                    let _ =
                        writeln!(gl, "S{service:03},{category},E{entity:02},{},,{account}", day(0));
                }
            }
        }
    }
    let mut rates = "sku,from,to,unit_price\n".to_owned();
    for sku in 0..SKUS {
        for quarter in 0..4 {
            let (from, to) = (quarter * 180, (quarter + 1) * 180);
            let to = if quarter == 3 { String::new() } else { day(to) };
            let price = unit_price(sku, quarter);
            let _ = writeln!(rates, "{},{},{to},{}", sku_id(sku), day(from), decimal(price, 6));
        }
    }
    let mut centres = "centre,from,to,owner\n".to_owned();
    for centre in 0..centre_count(keys) {
        let owner = if centre % 40 == 13 { String::new() } else { format!("U{:03}", centre % 700) };
        let _ = writeln!(centres, "C{centre:06},{},{},{owner}", day(0), day(400));
        let _ = writeln!(centres, "C{centre:06},{},,U{:03}", day(400), centre % 500);
    }
    let mut retention = "class,from,to,years\n".to_owned();
    for (number, class) in (0..).zip(CLASSES) {
        let _ = writeln!(retention, "{class},2020-01-01,,{}", 2 + number);
    }
    vec![
        CheckTable { name: "currencies", key: &["code"], dated: false, csv: currencies },
        dated("vat", &["country"], vat),
        dated("gl", &["service", "category", "entity"], gl),
        dated("rates", &["sku"], rates),
        dated("centres", &["centre"], centres),
        dated("retention", &["class"], retention),
    ]
}

fn centre_count(keys: Keys) -> u64 {
    match keys {
        Keys::Few => 40,
        Keys::Many => 100_000,
    }
}

fn vat_rate(country: i64, second: bool) -> i64 {
    17 + (country * 7 + i64::from(second)) % 10
}

/// In millionths.
fn unit_price(sku: u64, quarter: i64) -> i64 {
    let sku = i64::try_from(sku).unwrap_or(0);
    1_000 + (sku * 7_919 + quarter * 104_729) % 9_000_000
}

fn sku_id(sku: u64) -> String {
    format!("SKU-{:05}", sku * 37)
}

fn day(number: i64) -> String {
    Date::new(2024, 1, 1).plus_days(number).to_string()
}

fn end(number: i64) -> String {
    if number == 0 { String::new() } else { day(number) }
}

fn decimal(units: i64, scale: usize) -> String {
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if units < 0 { "-" } else { "" })
}

fn schema() -> Schema {
    let time = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let decimal = DataType::Decimal128;
    let field = |name: &str, kind| Field::new(name, kind, true);
    Schema::new(vec![
        field("currency", DataType::Utf8),
        field("charge_start", time()),
        field("charge_end", time()),
        field("billing_start", time()),
        field("billing_end", time()),
        field("list_price", decimal(18, 6)),
        field("quantity", decimal(18, 4)),
        field("list_cost", decimal(38, 10)),
        field("country", DataType::Utf8),
        field("vat_rate", decimal(5, 2)),
        field("service", DataType::Utf8),
        field("category", DataType::Utf8),
        field("entity", DataType::Utf8),
        field("charge_class", DataType::Utf8),
        field("original", DataType::Utf8),
        field("cost", decimal(18, 2)),
        field("sku", DataType::Utf8),
        field("unit_price", decimal(18, 6)),
        field("cost_centre", DataType::Utf8),
        field("class", DataType::Utf8),
        field("trigger", DataType::Date32),
    ])
}

#[derive(Default)]
struct Columns {
    texts: [StringBuilder; 10],
    times: [TimestampMicrosecondBuilder; 4],
    numbers: [Decimal128Builder; 6],
    triggers: Date32Builder,
}

impl Columns {
    fn push(&mut self, rng: &mut Rng, keys: Keys) -> Result<(), String> {
        let mut fault = || rng.below(1000) == 0;
        let faults: [bool; 10] = std::array::from_fn(|_| fault());
        let [
            bad_currency,
            outside,
            wrong_list,
            wrong_vat,
            no_gl,
            lost,
            negative,
            wrong_rate,
            no_centre,
            unknown_class,
        ] = faults;
        let start_hour = i64::try_from(rng.below(24)).unwrap_or(0);
        let of_period =
            i64::try_from(rng.below(u64::try_from(DAYS - 40).unwrap_or(1))).unwrap_or(0);
        let start = (FIRST_DAY + of_period) * DAY + start_hour * (DAY / 24);
        let billing = (FIRST_DAY + of_period - of_period % 30) * DAY;
        let billing_end = billing + 30 * DAY;
        let times = [start, start + DAY / 24, billing, billing_end];
        let times = if outside { [times[0], billing_end + DAY, times[2], times[3]] } else { times };
        for (builder, time) in self.times.iter_mut().zip(times) {
            builder.append_value(time);
        }
        let sku = rng.below(SKUS);
        let quarter = (of_period / 180).min(3);
        let price = unit_price(sku, quarter);
        let quantity = i64::try_from(1 + rng.below(10_000_000)).unwrap_or(1);
        let sku = sku_id(sku);
        let list_cost =
            i128::from(price) * i128::from(quantity) + if wrong_list { 1_000_000 } else { 0 };
        let country = rng.below(27);
        let number = i64::try_from(country).unwrap_or(0);
        let vat = vat_rate(number, of_period >= 365) + i64::from(wrong_vat);
        let correction = rng.below(50) == 0;
        let cents = i128::from(price) * i128::from(quantity) / 100_000_000;
        let category = usize::try_from(rng.below(5)).unwrap_or(0);
        let credit = category == 2;
        let cost = if negative || credit || correction { -cents - 1 } else { cents };
        let numbers = [
            price.into(),
            quantity.into(),
            list_cost,
            i128::from(vat) * 100,
            cost,
            i128::from(price) + i128::from(wrong_rate),
        ];
        for (builder, number) in self.numbers.iter_mut().zip(numbers) {
            builder.append_value(number);
        }
        let index = |n: u64| usize::try_from(n).unwrap_or(0);
        let currency = if bad_currency { "EURO" } else { *at(&CURRENCIES, index(rng.below(20))) };
        let service = if no_gl { "S999".to_owned() } else { format!("S{:03}", rng.below(200)) };
        let entity = format!("E{:02}", rng.below(12));
        let original = (correction && !lost).then(|| match keys {
            Keys::Few => format!("INV-{:04}", rng.below(5000)),
            Keys::Many => format!("INV-{:012}", rng.number() % 1_000_000_000_000),
        });
        let centre = (!no_centre).then(|| format!("C{:06}", rng.below(centre_count(keys))));
        let class = if unknown_class { "misc" } else { *at(&CLASSES, index(rng.below(10))) };
        let texts = [
            Some(currency),
            Some(*at(&COUNTRIES, index(country))),
            Some(service.as_str()),
            Some(*at(&CATEGORIES, category)),
            Some(entity.as_str()),
            correction.then_some("Correction"),
            original.as_deref(),
            Some(sku.as_str()),
            centre.as_deref(),
            Some(class),
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        let trigger = FIRST_DAY - 365 + i64::try_from(rng.below(1000)).unwrap_or(0);
        self.triggers.append_value(i32::try_from(trigger).map_err(|e| e.to_string())?);
        Ok(())
    }

    fn finish(&mut self) -> Result<Vec<ArrayRef>, String> {
        let Self { texts, times, numbers, triggers } = self;
        let mut text = texts.iter_mut().map(|t| -> ArrayRef { Arc::new(t.finish()) });
        let mut time =
            times.iter_mut().map(|t| -> ArrayRef { Arc::new(t.finish().with_timezone("UTC")) });
        let scales = [(18, 6), (18, 4), (38, 10), (5, 2), (18, 2), (18, 6)];
        let mut number: Vec<ArrayRef> = Vec::new();
        for (builder, (precision, scale)) in numbers.iter_mut().zip(scales) {
            let array = builder.finish().with_precision_and_scale(precision, scale);
            number.push(Arc::new(array.map_err(|e| e.to_string())?));
        }
        let mut number = number.into_iter();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        arrays.extend(text.next());
        arrays.extend(time.by_ref());
        arrays.extend(number.by_ref().take(3));
        arrays.extend(text.next());
        arrays.extend(number.next());
        arrays.extend(text.by_ref().take(5));
        arrays.extend(number.next());
        arrays.extend(text.next());
        arrays.extend(number.next());
        arrays.extend(text);
        arrays.push(Arc::new(triggers.finish()));
        Ok(arrays)
    }
}
