//! The files of the workspace.

use super::ZONES;
use super::prices::{Book, Plan};
use arrow_array::builder::{
    Decimal128Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const GROUP: usize = 262_144;

#[derive(Clone, Copy, Default)]
pub(crate) struct Charge {
    pub(crate) reason: &'static str,
    pub(crate) resource: u64,

    pub(crate) start: i64,
    pub(crate) end: i64,
    /// Thousandths.
    pub(crate) quantity: i128,
    pub(crate) known: i64,
    /// Of a service that has no price.
    pub(crate) unknown: bool,
}

enum Builder {
    Text(StringBuilder),
    Number(Decimal128Builder),
    Whole(Int64Builder),
    Instant(TimestampMicrosecondBuilder),
}

pub(crate) struct Writer {
    folder: PathBuf,
    columns: Vec<(&'static str, Builder)>,
    pending: usize,
    rows: u64,
    parquet: Option<ArrowWriter<File>>,
}

const COLUMNS: [(&str, char); 23] = [
    ("charge_id", 't'),
    ("reason", 't'),
    ("corrects", 't'),
    ("resource_id", 't'),
    ("service_id", 't'),
    ("cost_centre", 't'),
    ("period_start", 'i'),
    ("period_end", 'i'),
    ("quantity", 'n'),
    ("unit", 't'),
    ("price_version", 't'),
    ("free_units", 'n'),
    ("list_amount", 'n'),
    ("minimum", 'n'),
    ("discount", 'n'),
    ("proration_numerator", 'w'),
    ("proration_denominator", 'w'),
    ("amount", 'n'),
    ("currency", 't'),
    ("billing_run", 't'),
    ("known_at", 'i'),
    ("invoice_no", 't'),
    ("invoice_line", 'w'),
];

impl Writer {
    pub(crate) fn new(folder: &Path, book: &Book, resources: u64) -> Self {
        let mut register = String::from(
            "resource_id,valid_from,valid_to,provider,account_id,service_id,region,zone,owner_user,\
             cost_centre,environment,lifecycle,decommissioned_at\n",
        );
        for resource in 0..resources {
            let at = usize::try_from(resource).unwrap();
            let (service, zone) = (book.name(at % book.services()), ZONES[at % ZONES.len()].0);
            let _ = writeln!(
                register,
                "R-{resource:07},2023-12-31T00:00:00Z,,Nimbus,SA-1,{service},,{zone},U041,CC-CH01-1,production,live,"
            );
        }
        std::fs::write(folder.join("data/resource.csv"), register).unwrap();
        let columns = COLUMNS.map(|(name, kind)| (name, builder(kind))).into();
        Self { folder: folder.to_owned(), columns, pending: 0, rows: 0, parquet: None }
    }

    /// Adds a charge of so many cents.
    pub(crate) fn push(&mut self, charge: &Charge, plan: &Plan, cents: i128) {
        let number = |text: &str| -> Option<i128> {
            let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
            format!("{whole}{rest:0<10}").parse().ok()
        };
        let run = if charge.reason == "original" { "RUN-2025-01" } else { "RUN-2025-02" };
        let id = format!("C-{:010}", self.rows);
        let resource = format!("R-{:07}", charge.resource);
        let invoice = format!("INV-2025-01-{:05}", charge.resource / 1000);
        let (corrects, original) =
            (format!("C-{:010}", self.rows.saturating_sub(1)), charge.reason == "original");
        let service = if charge.unknown { "S-none" } else { plan.service.as_str() };
        let centre = format!("CC-CH01-{}", charge.resource % 40);
        let amount = cents * 100_000_000;
        let texts = [
            Some(id.as_str()),
            Some(charge.reason),
            Some(corrects.as_str()).filter(|_| !original),
            Some(&resource),
            Some(service),
            Some(&centre),
            Some("GB"),
            Some(&plan.version),
            Some(&plan.currency),
            Some(run),
            Some(&invoice),
        ];
        let instants = [charge.start, charge.end, charge.known];
        let numbers = [
            Some(charge.quantity * 10_000_000),
            number(&plan.free_units),
            Some(amount),
            number(&plan.minimum_text).filter(|_| !plan.minimum_text.is_empty()),
            Some(0),
            Some(amount),
        ];
        let wholes = [1, 31, i64::try_from(self.rows % 1000).unwrap() + 1];
        let mut at = [0; 4];
        for (_, builder) in &mut self.columns {
            match builder {
                Builder::Text(b) => b.append_option(texts[next(&mut at[0])]),
                Builder::Instant(b) => b.append_value(instants[next(&mut at[1])]),
                Builder::Number(b) => b.append_option(numbers[next(&mut at[2])]),
                Builder::Whole(b) => b.append_value(wholes[next(&mut at[3])]),
            }
        }
        self.pending += 1;
        self.rows += 1;
        if self.pending == 16_384 {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let columns = self.columns.iter_mut().map(|(name, builder)| {
            let array: ArrayRef = match builder {
                Builder::Text(b) => Arc::new(b.finish()),
                Builder::Instant(b) => Arc::new(b.finish()),
                Builder::Number(b) => Arc::new(b.finish()),
                Builder::Whole(b) => Arc::new(b.finish()),
            };
            (*name, array, true)
        });
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let folder = &self.folder;
        let parquet = self.parquet.get_or_insert_with(|| {
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(Default::default()))
                .set_max_row_group_row_count(Some(GROUP))
                .build();
            let file = File::create(folder.join("data/charge.parquet")).unwrap();
            ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap()
        });
        parquet.write(&batch).unwrap();
        self.pending = 0;
    }

    /// Closes the file and writes the workspace's.
    pub(crate) fn finish(mut self, rows: u64, totals: &BTreeMap<String, String>) {
        self.flush();
        self.parquet.unwrap().close().unwrap();
        let totals: Vec<String> =
            totals.iter().map(|(currency, total)| format!("{currency}: \"{total}\"")).collect();
        let mut text = format!(
            "workspace: month\nperiod: {{start: 2025-01-01, end: 2025-02-01}}\ndatasets:\n  charge:\n    \
             files: [data/charge.parquet]\n    profile: charge-1\n    expected: {{rows: \"{rows}\", totals: \
             {{amount: {{{}}}}}, source: the bench, obtained_by: the bench, at: 2025-03-06T00:00:00Z}}\n",
            totals.join(", ")
        );
        for (name, profile) in [
            ("price_plan", "price-plan-1"),
            ("price_tier", "price-tier-1"),
            ("rate_table", "rate-table-1"),
            ("resource", "resource-1"),
        ] {
            let lines =
                std::fs::read_to_string(self.folder.join(format!("data/{name}.csv"))).unwrap();
            let rows = lines.lines().count() - 1;
            let _ = write!(
                text,
                "  {name}:\n    files: [data/{name}.csv]\n    profile: {profile}\n    expected: {{rows: \
                 \"{rows}\", source: the bench, obtained_by: the bench, at: 2025-03-06T00:00:00Z}}\n"
            );
        }
        std::fs::write(self.folder.join("tieout.yaml"), text).unwrap();
    }
}

fn next(at: &mut usize) -> usize {
    *at += 1;
    *at - 1
}

fn builder(kind: char) -> Builder {
    match kind {
        't' => Builder::Text(StringBuilder::new()),
        'i' => Builder::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        'n' => Builder::Number(Decimal128Builder::new().with_precision_and_scale(38, 10).unwrap()),
        _ => Builder::Whole(Int64Builder::new()),
    }
}

/// Cents as money.
pub(crate) fn money(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}
