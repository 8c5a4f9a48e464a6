//! The report for whoever computes with it: the exceptions as typed columns in an Apache Parquet
//! file, one row for each record and code.
//!
//! `amount` is a decimal column at the largest scale of the report's amounts, of 38 digits where
//! they fit, else of 76, so that a reader sums exactly. Where no common scale holds them it is left
//! out; `amount_text` has each amount with the digits that it was stated with. Personal columns are
//! not told, nor what a rule says of a record that has some.

use super::ReportError;
use super::content::{Content, Exception, Place};
use arrow_array::builder::{Decimal256Builder, StringBuilder, UInt64Builder};
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Decimal256Type, DecimalType};
use arrow_array::{ArrayRef, Decimal128Array, RecordBatch};
use arrow_schema::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::sync::Arc;
use tieout_controls::Decimal;
use tieout_controls::decimal::DecimalError;

/// Writes the file. The pack's digest stands in its metadata under `tieout.pack`.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    let failed = |e: &dyn std::fmt::Display| ReportError::new("parquet", e);
    let exceptions: Vec<_> = content.tests.iter().flat_map(|t| &t.exceptions).collect();
    let batch = batch(&exceptions).map_err(|e| failed(&e))?;
    let pack = ("tieout.pack".to_owned(), content.pack.digest.to_string());
    let pack = parquet::file::metadata::KeyValue::new(pack.0, pack.1);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_key_value_metadata(Some(vec![pack]))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))
        .map_err(|e| failed(&e))?;
    writer.write(&batch).map_err(|e| failed(&e))?;
    writer.close().map_err(|e| failed(&e))?;
    Ok(bytes)
}

fn batch(exceptions: &[&Exception]) -> Result<RecordBatch, ArrowError> {
    let texts = |of: fn(&Exception) -> Option<String>| -> ArrayRef {
        let mut builder = StringBuilder::new();
        exceptions.iter().for_each(|e| builder.append_option(of(e)));
        Arc::new(builder.finish())
    };
    let numbers = |of: fn(&Exception) -> Option<u64>| -> ArrayRef {
        let mut builder = UInt64Builder::new();
        exceptions.iter().for_each(|e| builder.append_option(of(e)));
        Arc::new(builder.finish())
    };
    let amount = amounts(exceptions)?.map(|amounts| ("amount", amounts, true));
    let columns = [
        ("control", texts(|e| Some(e.control.clone())), false),
        ("code", texts(|e| Some(e.code.clone())), false),
        ("rule", texts(|e| e.rule.as_ref().map(Place::text)), true),
        ("dataset", texts(|e| e.record.dataset.clone()), true),
        ("file", texts(|e| e.record.file.clone()), true),
        ("row", numbers(|e| e.record.row.map(|row| row.0)), true),
        ("key", texts(|e| Some(e.record.clear_text())), false),
        ("expected", texts(|e| clear(e, &e.expected)), true),
        ("actual", texts(|e| clear(e, &e.actual)), true),
        ("amount_text", texts(|e| e.amount.as_ref().map(Decimal::to_string)), true),
        ("currency", texts(|e| Some(e.currency.clone()).filter(|c| !c.is_empty())), true),
        ("message", texts(|e| clear(e, &e.message)), true),
        ("pack_record", numbers(|e| Some(e.record.number.0)), false),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().chain(amount))
}

/// What a rule states, unless the record has personal columns, which it may quote.
fn clear(exception: &Exception, stated: &Option<String>) -> Option<String> {
    stated.clone().filter(|_| !exception.record.is_personal())
}

/// The amounts at one scale: 38 digits where all fit, else 76; `None` where not even those hold
/// them, since a rounded amount would be another amount.
fn amounts(exceptions: &[&Exception]) -> Result<Option<ArrayRef>, ArrowError> {
    let amounts: Vec<Option<&Decimal>> = exceptions.iter().map(|e| e.amount.as_ref()).collect();
    let scale = amounts.iter().flatten().map(|a| a.scale()).max().unwrap_or(0);
    if let Ok(array) = small(&amounts, scale) {
        return Ok(Some(Arc::new(array)));
    }
    let mut builder = Decimal256Builder::new()
        .with_precision_and_scale(Decimal256Type::MAX_PRECISION, arrow_scale(scale))?;
    for amount in amounts {
        let Ok(bytes) = amount.map(|a| a.to_scaled_be_bytes(scale)).transpose() else {
            return Ok(None);
        };
        builder.append_option(bytes.map(Wide::from_be_bytes));
    }
    Ok(Some(Arc::new(builder.finish())))
}

type Wide = <Decimal256Type as ArrowPrimitiveType>::Native;

fn small(amounts: &[Option<&Decimal>], scale: u32) -> Result<Decimal128Array, DecimalError> {
    let limit = 10_i128.checked_pow(u32::from(Decimal128Type::MAX_PRECISION));
    let scaled = |amount: &Option<&Decimal>| -> Result<Option<i128>, DecimalError> {
        let Some(amount) = amount else { return Ok(None) };
        let scaled = amount.to_scaled(scale)?;
        let fits = limit.is_some_and(|limit| scaled.checked_abs().is_some_and(|a| a < limit));
        if fits { Ok(Some(scaled)) } else { Err(DecimalError::Overflow) }
    };
    let values = amounts.iter().map(scaled).collect::<Result<Vec<_>, _>>()?;
    Decimal128Array::from(values)
        .with_precision_and_scale(Decimal128Type::MAX_PRECISION, arrow_scale(scale))
        .map_err(|_| DecimalError::Overflow)
}

fn arrow_scale(scale: u32) -> i8 {
    i8::try_from(scale).unwrap_or(i8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, fixture, render};
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray as _;
    use num_bigint::BigInt;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use serde_json::json;

    fn read(bytes: Vec<u8>) -> RecordBatch {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let file = std::fs::File::open(file.path()).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap();
        builder.with_batch_size(rows).build().unwrap().next().unwrap().unwrap()
    }

    fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
        let column = batch.column_by_name(name).unwrap().as_string::<i32>();
        column.iter().map(|text| text.map(str::to_owned)).collect()
    }

    /// The reports of a pack whose records state those amounts, read back: from Parquet the
    /// amounts as unscaled numbers with their scale, and as texts; from JSON as texts.
    fn through(amounts: &[String]) -> (Vec<BigInt>, i8, Vec<String>, Vec<String>) {
        let (mut pack, verification) = fixture::pack();
        let control = pack.result.tests[0].control.id.to_string();
        let record = |amount: &String| {
            json!({"control": control, "decision": "violates", "facts": [{"code": "x", "amount": amount}],
                   "exposure": {"amount": amount, "currency": "EUR"}})
        };
        pack.records = amounts.iter().map(record).collect();
        let batch = read(render(Format::Parquet, &pack, &verification, None).unwrap());
        let column = batch.column_by_name("amount").unwrap();
        let (numbers, scale) = match column.as_primitive_opt::<Decimal128Type>() {
            Some(small) => {
                (small.values().iter().map(|n| BigInt::from(*n)).collect::<Vec<_>>(), small.scale())
            }
            None => {
                let wide = column.as_primitive::<Decimal256Type>();
                let number = |n: &Wide| BigInt::from_signed_bytes_be(&n.to_be_bytes());
                (wide.values().iter().map(number).collect(), wide.scale())
            }
        };
        let order: Vec<usize> = batch
            .column_by_name("pack_record")
            .unwrap()
            .as_primitive::<arrow_array::types::UInt64Type>()
            .values()
            .iter()
            .map(|n| usize::try_from(*n).unwrap())
            .collect();
        let sorted = |of: Vec<(usize, String)>| {
            let mut of = of;
            of.sort();
            of.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        let mut numbers: Vec<(usize, BigInt)> = order.iter().copied().zip(numbers).collect();
        numbers.sort();
        let numbers = numbers.into_iter().map(|(_, number)| number).collect();
        let stated = texts(&batch, "amount_text").into_iter().flatten();
        let stated = sorted(order.iter().copied().zip(stated).collect());
        let json = render(Format::Json, &pack, &verification, None).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let json = json["exceptions"].as_array().unwrap().iter().map(|e| {
            let number = e["record"]["number"].as_str().unwrap().parse().unwrap();
            (number, e["amount"].as_str().unwrap().to_owned())
        });
        (numbers, scale, stated, sorted(json.collect()))
    }

    /// A million amounts of 2 to 12 digits behind the point and up to 38 in all.
    #[test]
    fn a_million_amounts_keep_every_digit_and_the_scale() {
        let mut state = 20_260_131_u64;
        let mut next = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut amount = || {
            let (digits, scale) = (13 + next(26), usize::try_from(2 + next(11)).unwrap());
            let text: String =
                (0..digits).map(|_| char::from(b'0' + u8::try_from(next(10)).unwrap())).collect();
            let (whole, fraction) = text.split_at(text.len() - scale);
            let whole = format!("1{}", whole.get(1..).unwrap());
            format!("{}{whole}.{fraction}", if next(2) == 0 { "-" } else { "" })
        };
        for _ in 0..20 {
            let amounts: Vec<String> = (0..50_000).map(|_| amount()).collect();
            let (numbers, scale, parquet, json) = through(&amounts);
            assert!(parquet == amounts && json == amounts);
            for (text, number) in amounts.iter().zip(numbers) {
                let (whole, fraction) = text.split_once('.').unwrap();
                let zeros = "0".repeat(usize::try_from(scale).unwrap() - fraction.len());
                assert_eq!(
                    format!("{whole}{fraction}{zeros}").parse::<BigInt>().unwrap(),
                    number,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn no_amount_is_rounded_to_fit_beside_another() {
        let (large, fine) = ("9".repeat(70), format!("0.{}1", "0".repeat(30)));
        let (mut pack, verification) = fixture::pack();
        pack.records[0]["facts"][0]["amount"] = json!(large);
        pack.records[1]["facts"][0]["amount"] = json!(fine);
        let batch = read(render(Format::Parquet, &pack, &verification, None).unwrap());
        assert!(batch.column_by_name("amount").is_none());
        let stated = texts(&batch, "amount_text");
        assert!(stated.contains(&Some(large)) && stated.contains(&Some(fine)));
    }

    #[test]
    fn every_exception_is_a_row_and_no_personal_value_is_told() {
        let (pack, verification) = fixture::pack();
        let bytes = render(Format::Parquet, &pack, &verification, None).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"u-1042"));
        let batch = read(bytes);
        let expected =
            [Some("-120.000000000000000000"), Some(fixture::HUGE), Some("0.10"), None, None];
        assert_eq!(texts(&batch, "amount_text"), expected.map(|a| a.map(str::to_owned)));
        assert_eq!(batch.column_by_name("amount").unwrap().null_count(), 2);
    }
}
