//! What files say arrives with every digit, and its publisher's scale is kept.

use super::amounts::{self, AMOUNTS, Amount};
use arrow_array::{
    Array, ArrayRef, Decimal128Array, Int64Array, NullArray, RecordBatch, StringArray,
};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tieout_controls::paper::RowCommitment;
use tieout_controls::{Count, Decimal, Digest, Value, profile};
use tieout_engine::dataset::{DatasetSpec, Reading, SourceFile, read};
use tieout_engine::progress::Quiet;
use tieout_tests::Random;

const HEADER: &str = "service_id,version,tier_no,from_qty,unit_price,currency,mode,to_qty,\
                      fixed_fee,burst_multiplier";
const NULLS: &str = r#""to_qty": null, "fixed_fee": null, "burst_multiplier": null"#;

/// Nothing is claimed of the rows, so nothing is committed to.
struct Uncommitted;

impl RowCommitment for Uncommitted {
    fn add(&mut self, _row: &[u8]) {}

    fn finish(self: Box<Self>) -> (Count, Digest) {
        (Count(0), Digest([0; 32]))
    }
}

fn array(of: impl Array + 'static) -> ArrayRef {
    Arc::new(of)
}

/// Two amounts a row, of one scale.
struct Amounts {
    first: Vec<Amount>,
    second: Vec<Amount>,
    scale: u32,
}

impl Amounts {
    fn new(rows: usize, scale: u32, random: &mut Random) -> Self {
        let mut amounts = |_| -> Vec<Amount> {
            let amount = |_| {
                let digits = 1 + random.below(38);
                Amount { unscaled: amounts::digits(random, digits), scale }
            };
            (0..rows).map(amount).collect()
        };
        Self { first: amounts(0), second: amounts(1), scale }
    }

    fn csv(&self) -> String {
        let mut text = format!("{HEADER}\n");
        for (row, (first, second)) in self.first.iter().zip(&self.second).enumerate() {
            writeln!(text, "S,1,{row},{},{},EUR,graduated,,,", first.text(), second.text())
                .unwrap();
        }
        text
    }

    fn ndjson(&self) -> String {
        let mut text = String::new();
        for (row, (first, second)) in self.first.iter().zip(&self.second).enumerate() {
            // A number, and the same kind of amount as text.
            let (first, second) = (first.text(), second.text());
            writeln!(
                text,
                "{{\"service_id\": \"S\", \"version\": \"1\", \"tier_no\": {row}, \"from_qty\": {first}, \
                 \"unit_price\": \"{second}\", \"currency\": \"EUR\", \"mode\": \"graduated\", {NULLS}}}"
            )
            .unwrap();
        }
        text
    }

    fn parquet(&self, path: &Path) {
        let rows = self.first.len();
        let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; rows])) };
        let amounts = |of: &[Amount]| -> ArrayRef {
            let array = Decimal128Array::from_iter_values(of.iter().map(|a| a.unscaled));
            let scale = i8::try_from(self.scale).unwrap();
            Arc::new(array.with_precision_and_scale(38, scale).unwrap())
        };
        let tiers = Int64Array::from_iter_values(0..i64::try_from(rows).unwrap());
        let batch = RecordBatch::try_from_iter([
            ("service_id", text("S")),
            ("version", text("1")),
            ("tier_no", array(tiers)),
            ("from_qty", amounts(&self.first)),
            ("unit_price", amounts(&self.second)),
            ("currency", text("EUR")),
            ("mode", text("graduated")),
            ("to_qty", array(NullArray::new(rows))),
            ("fixed_fee", array(NullArray::new(rows))),
            ("burst_multiplier", array(NullArray::new(rows))),
        ])
        .unwrap();
        let file = std::fs::File::create(path).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    /// Reads the file and compares each amount with what was written into it.
    fn check(&self, path: PathBuf) {
        let amounts = ["from_qty", "unit_price"].map(str::to_owned);
        let reading = Reading {
            scale: amounts.iter().map(|name| (name.clone(), self.scale)).collect(),
            widen: amounts.to_vec(),
            ..Reading::default()
        };
        let shown = path.file_name().unwrap().to_string_lossy().into_owned();
        let spec = DatasetSpec {
            name: "tiers".to_owned(),
            profile: profile::named("price-tier-1").unwrap(),
            files: vec![SourceFile { shown, path }],
            reading,
            expected: None,
        };
        let loaded = read(&spec, &|_| Box::new(Uncommitted), &Quiet).unwrap();
        assert!(loaded.refused.is_empty(), "{:?}", loaded.refused.first());
        for (name, written) in amounts.iter().zip([&self.first, &self.second]) {
            assert_eq!(loaded.scales[name], self.scale);
            let mut written = written.iter();
            for batch in &loaded.batches {
                let column = batch.column_by_name(name).unwrap();
                for row in 0..batch.num_rows() {
                    let value = tieout_policies::column::value_at(column.as_ref(), row).unwrap();
                    let Value::Number(read) = value else { panic!("{value:?}") };
                    let amount = written.next().unwrap();
                    let exact = Decimal::from_scaled(amount.unscaled, self.scale);
                    assert_eq!(read, exact, "{}", amount.text());
                    assert_eq!(read.to_scaled(self.scale).unwrap(), amount.unscaled);
                }
            }
            assert!(written.next().is_none());
        }
    }
}

fn each_scale(file: &str, write: impl Fn(&Amounts, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(3);
    // Two columns of amounts at eleven scales.
    let rows = AMOUNTS.div_ceil(22);
    for scale in 2..=12 {
        let amounts = Amounts::new(rows, scale, &mut random);
        let path = folder.path().join(file);
        write(&amounts, &path);
        amounts.check(path);
    }
}

#[test]
fn a_million_amounts_of_csv_keep_every_digit() {
    each_scale("tiers.csv", |amounts, path| std::fs::write(path, amounts.csv()).unwrap());
}

#[test]
fn a_million_amounts_of_ndjson_keep_every_digit() {
    each_scale("tiers.ndjson", |amounts, path| std::fs::write(path, amounts.ndjson()).unwrap());
}

#[test]
fn a_million_amounts_of_parquet_keep_every_digit() {
    each_scale("tiers.parquet", Amounts::parquet);
}

/// E notation says the same number.
#[test]
fn e_notation_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiers.csv");
    let row = "S,1,1,1.5E-3,1234567890123456789012345678901.2345E+3,EUR,graduated,,,";
    std::fs::write(&path, format!("{HEADER}\n{row}\n")).unwrap();
    let amounts = Amounts {
        first: vec![Amount { unscaled: 15, scale: 4 }],
        second: vec![Amount {
            unscaled: 12_345_678_901_234_567_890_123_456_789_012_345_000,
            scale: 4,
        }],
        scale: 4,
    };
    amounts.check(path);
}
