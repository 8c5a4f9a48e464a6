//! Rate tables and a month's usage from a seed: rates with tiers and without, by region and by segment, in
//! four currencies; some that overlap, have holes or are in another unit than the usage, some that came or
//! went; credits, rows of other months and such that cross the month's border.

use arrow_array::builder::{Decimal128Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tieout_engine::gate::{Rate, RateKey, Terms, TierMode};
use tieout_engine::reperform::exact::Exact;
use tieout_tests::Random;

pub(crate) const DAY: i64 = 86_400_000_000;
/// 2025-01-01T00:00:00Z in microseconds, and the first instant after the month.
pub(crate) const MONTH: (i64, i64) = (1_735_689_600_000_000, 1_735_689_600_000_000 + 31 * DAY);

const REGIONS: [&str; 5] = ["eu-central", "eu-west", "us-east", "us-west", "ap-south"];
const SEGMENTS: [&str; 3] = ["gold", "silver", "internal"];
const UNITS: [&str; 3] = ["h", "GB", "request"];
const CURRENCIES: [&str; 4] = ["EUR", "CHF", "JPY", "KWD"];
const ACCOUNTS: [&str; 5] = ["4000", "4010", "4020", "4030", "-"];

/// How large it is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) services: usize,
    pub(crate) cost_centres: usize,
    /// What is used by whom, at most.
    pub(crate) pairs: usize,
    pub(crate) rows: usize,
}

fn unit(service: usize) -> &'static str {
    UNITS[service % UNITS.len()]
}

/// The two tables.
pub(crate) fn tables(size: Size, seed: u64) -> [Vec<Rate>; 2] {
    let mut random = Random(seed);
    let mut tables = [Vec::new(), Vec::new()];
    for service in 0..size.services {
        for region in [None].into_iter().chain(REGIONS.map(Some)) {
            for segment in [None].into_iter().chain(SEGMENTS.map(Some)) {
                let general = region.is_none() && segment.is_none();
                if random.below(100) < if general { 10 } else { 45 } {
                    continue;
                }
                let key = RateKey {
                    service_id: format!("S{service:04}"),
                    region: region.map(str::to_owned),
                    segment: segment.map(str::to_owned),
                };
                of_key(&key, unit(service), &mut random, &mut tables);
            }
        }
    }
    tables
}

/// The rates of a key in both tables: most are the same.
fn of_key(key: &RateKey, unit: &str, random: &mut Random, tables: &mut [Vec<Rate>; 2]) {
    let base = rates(key, unit, random);
    let mut head = base.clone();
    match random.below(20) {
        0..4 => head.iter_mut().for_each(|rate| rate.price = price(random)),
        4 => head.clear(),
        5 => head = rates(key, unit, random),
        6 => head.iter_mut().for_each(|rate| rate.currency = random.pick(&CURRENCIES).to_owned()),
        _ => {}
    }
    let came = random.below(25) == 0;
    let [old, new] = tables;
    old.extend(base.into_iter().filter(|_| !came));
    new.extend(head);
}

/// A price of six digits behind the point, often one that makes half a cent.
fn price(random: &mut Random) -> Exact {
    match random.below(3) {
        0 => Exact::from_scaled(number(random, 2_000), 3),
        1 => Exact::from_scaled(number(random, 90_000_000), 6),
        _ => Exact::from_scaled(5 * number(random, 100), 4),
    }
}

fn number(random: &mut Random, below: usize) -> i128 {
    i128::try_from(random.below(below)).unwrap()
}

fn rates(key: &RateKey, unit: &str, random: &mut Random) -> Vec<Rate> {
    let unit = match random.below(40) {
        0 => Some("day".to_owned()),
        1..10 => None,
        _ => Some(unit.to_owned()),
    };
    let plain = Rate {
        line: None,
        row: 1,
        rate_id: format!("R-{key}"),
        key: key.clone(),
        unit,
        tier: (Exact::zero(), None),
        tier_mode: None,
        price: price(random),
        currency: random.pick(&CURRENCIES).to_owned(),
        from: MONTH.0 - 300 * DAY,
        to: None,
        terms: Terms::default(),
    };
    match random.below(20) {
        0..8 => vec![plain],
        8..10 => {
            // Another one before it, to the first instant of the month or one after it.
            let ends = MONTH.0 + i64::try_from(random.below(2)).unwrap();
            let before = Rate { to: Some(ends), ..plain.clone() };
            vec![before, Rate { from: ends, price: price(random), ..plain }]
        }
        10 => vec![Rate { from: MONTH.0 + DAY, ..plain }],
        11 => vec![plain.clone(), Rate { price: price(random), ..plain }],
        which => tiers(&plain, which < 16, random),
    }
}

fn tiers(plain: &Rate, graduated: bool, random: &mut Random) -> Vec<Rate> {
    let mode = if graduated { TierMode::Graduated } else { TierMode::Volume };
    let mut from = Exact::zero();
    if random.below(30) == 0 {
        from = Exact::integer(1);
    }
    let count = random.below(4) + 1;
    let open = random.below(10) > 0;
    let mut tiers = Vec::new();
    for at in 0..count {
        let to = from.plus(&Exact::from_scaled(number(random, 40_000) + 1, 1));
        let end = Some(to.clone()).filter(|_| at + 1 < count || !open);
        let price = price(random);
        tiers.push(Rate { tier: (from, end), tier_mode: Some(mode), price, ..plain.clone() });
        from = match random.below(60) {
            0 => to.plus(&Exact::from_scaled(1, 1)),
            1 => to.minus(&Exact::from_scaled(1, 1)),
            _ => to,
        };
    }
    if random.below(2) == 0 {
        tiers.reverse();
    }
    tiers
}

/// The columns of `usage-summary-1`, as they are filled.
#[derive(Default)]
struct Columns {
    instants: [TimestampMicrosecondBuilder; 2],
    texts: [StringBuilder; 8],
    quantity: Decimal128Builder,
}

const TEXTS: [&str; 8] = [
    "service_id",
    "region",
    "customer_segment",
    "unit",
    "cost_centre",
    "entity",
    "gl_account",
    "invoice_no",
];

impl Columns {
    fn row(&mut self, at: usize, size: Size, random: &mut Random) {
        // Day by day a row for each pair, in the order of the pairs, as meters are exported.
        let mut pair = Random(u64::try_from(at % size.pairs).unwrap());
        pair.below(1);
        let (service, centre) = (pair.below(size.services), pair.below(size.cost_centres));
        let day = (at / size.pairs + random.below(2)) % 31;
        let start = MONTH.0 + i64::try_from(day).unwrap() * DAY;
        let (start, end) = match random.below(200) {
            0..4 => (start - 31 * DAY, start - 30 * DAY),
            4 => (start, start + 40 * DAY),
            5 => (start, start),
            _ => (start, start + DAY),
        };
        for (column, at) in self.instants.iter_mut().zip([start, end]) {
            column.append_value(at);
        }
        let stray = if random.below(300) == 0 { "day" } else { unit(service) };
        let month = if start < MONTH.0 { "12" } else { "01" };
        let texts = [
            Some(format!("S{service:04}")),
            (pair.below(8) > 0).then(|| REGIONS[centre % REGIONS.len()].to_owned()),
            (pair.below(2) > 0).then(|| SEGMENTS[centre % SEGMENTS.len()].to_owned()),
            Some(stray.to_owned()),
            Some(format!("CC-{centre:05}")),
            Some(format!("E{}", centre % 7)),
            (pair.below(6) < 5).then(|| ACCOUNTS[service % 5].to_owned()),
            (pair.below(4) > 0).then(|| format!("INV-{month}-{centre:05}")),
        ];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.append_option(text);
        }
        let quantity = number(random, 10_000_000) * if random.below(30) == 0 { -1 } else { 1 };
        self.quantity.append_value(quantity);
    }

    fn batch(&mut self) -> RecordBatch {
        let [starts, ends] = &mut self.instants;
        let instant = |column: &mut TimestampMicrosecondBuilder| -> ArrayRef {
            Arc::new(column.finish().with_timezone("UTC"))
        };
        let times = [("period_start", instant(starts)), ("period_end", instant(ends))];
        let quantity = self.quantity.finish().with_precision_and_scale(18, 4).unwrap();
        let text = |column: &mut StringBuilder| -> ArrayRef { Arc::new(column.finish()) };
        let texts = TEXTS.into_iter().zip(self.texts.iter_mut().map(text));
        let quantity: ArrayRef = Arc::new(quantity);
        let columns = times.into_iter().chain(texts).chain([("quantity", quantity)]);
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
            .unwrap()
    }
}

/// Writes the usage as a Parquet file.
pub(crate) fn write_usage(path: &Path, size: Size, seed: u64) {
    let (mut random, mut columns) = (Random(seed), Columns::default());
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
    let schema = columns.batch().schema();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), schema, Some(properties)).unwrap();
    for row in 1..=size.rows {
        columns.row(row, size, &mut random);
        if row % 16_384 == 0 || row == size.rows {
            writer.write(&columns.batch()).unwrap();
        }
    }
    writer.close().unwrap();
}
