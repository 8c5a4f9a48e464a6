//! The Parquet file of charges: the 57 columns of FOCUS 1.2, written in batches, so that memory
//! stays the same however many rows there are.

use crate::calendar::Instant;
use crate::company::centre_id;
use crate::focus::{Charges, Kind, Row};
use crate::focus_fault::Plan;
use crate::money::{Dec, Totals};
use crate::truth::Answers;
use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

const BATCH_ROWS: u64 = 8_192;
const ROW_GROUP_ROWS: usize = 131_072;

/// What is known of the file once it is written.
pub(crate) struct Written {
    pub(crate) totals: Totals,
    pub(crate) answers: Answers,
}

/// Writes all rows. They are made in one thread and encoded in another; the order, and so the
/// file, is always the same.
pub(crate) fn write(
    charges: &Charges,
    plan: &Plan,
    out: impl Write + Send,
) -> Result<Written, ParquetError> {
    let (sender, receiver) = sync_channel::<Vec<Row>>(2);
    std::thread::scope(|scope| {
        let rows = scope.spawn(move || {
            let mut written = Written { totals: Totals::default(), answers: Answers::default() };
            let mut first = 0;
            while first < charges.count() {
                let next = charges.count().min(first + BATCH_ROWS);
                let batch = (first..next).map(|n| finished(charges, plan, n, &mut written));
                // The other side is gone only after an error, which it reports.
                if sender.send(batch.collect()).is_err() {
                    break;
                }
                first = next;
            }
            written
        });
        encode(receiver, out)?;
        rows.join().map_err(|_| ParquetError::General("rows could not be made".to_owned()))
    })
}

fn finished(charges: &Charges, plan: &Plan, number: u64, written: &mut Written) -> Row {
    let mut row = charges.row(number);
    plan.apply(number, &mut row, &mut written.answers);
    for (column, amount) in [
        ("BilledCost", row.billed_cost),
        ("ContractedCost", row.contracted_cost),
        ("EffectiveCost", row.effective_cost),
        ("ListCost", row.list_cost),
    ] {
        written.totals.add(column, row.currency, amount);
    }
    row
}

fn encode(batches: Receiver<Vec<Row>>, out: impl Write + Send) -> Result<(), ParquetError> {
    let schema = Arc::new(Schema::new(COLUMNS.iter().map(Column::field).collect::<Vec<_>>()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("tieout-deck".to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
    for rows in batches {
        let columns: Result<Vec<_>, _> = COLUMNS.iter().map(|c| c.array(&rows)).collect();
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns?)?)?;
    }
    writer.close()?;
    Ok(())
}

struct Column {
    name: &'static str,
    nullable: bool,
    values: Values,
}

enum Values {
    Fixed(fn(&Row) -> Option<&str>),
    Made(fn(&Row) -> Option<String>),
    Number(fn(&Row) -> Option<Dec>),
    Instant(fn(&Row) -> Instant),
    NoText,
    NoNumber,
}

impl Column {
    fn field(&self) -> Field {
        let kind = match self.values {
            Values::Fixed(_) | Values::Made(_) | Values::NoText => DataType::Utf8,
            Values::Number(_) | Values::NoNumber => DataType::Decimal128(38, 18),
            Values::Instant(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(self.name, kind, self.nullable)
    }

    fn array(&self, rows: &[Row]) -> Result<ArrayRef, ParquetError> {
        Ok(match self.values {
            Values::Fixed(of) => Arc::new(rows.iter().map(of).collect::<StringArray>()),
            Values::Made(of) => Arc::new(rows.iter().map(of).collect::<StringArray>()),
            Values::NoText => Arc::new(StringArray::new_null(rows.len())),
            Values::Number(of) => numbers(rows.iter().map(of))?,
            Values::NoNumber => numbers(rows.iter().map(|_| None))?,
            Values::Instant(of) => {
                let micros = rows.iter().map(|r| of(r).micros());
                let array = TimestampMicrosecondArray::from_iter_values(micros);
                Arc::new(array.with_timezone("UTC"))
            }
        })
    }
}

fn numbers(values: impl Iterator<Item = Option<Dec>>) -> Result<ArrayRef, ParquetError> {
    let array: Decimal128Array = values.map(|v| v.map(|n| n.units_at(18))).collect();
    Ok(Arc::new(array.with_precision_and_scale(38, 18)?))
}

const fn always(name: &'static str, values: Values) -> Column {
    Column { name, nullable: false, values }
}

const fn perhaps(name: &'static str, values: Values) -> Column {
    Column { name, nullable: true, values }
}

use Values::{Fixed, Instant as At, Made, NoNumber, NoText, Number};

/// FOCUS 1.2, cost and usage: column names and nullability.
const COLUMNS: &[Column] = &[
    perhaps("AvailabilityZone", Fixed(|r| r.service.hourly.then_some("eu-central-1a"))),
    always("BilledCost", Number(|r| Some(r.billed_cost))),
    always("BillingAccountId", Made(|r| Some(format!("BA-{}", r.entity.id)))),
    perhaps("BillingAccountName", Fixed(|r| Some(r.entity.name))),
    perhaps("BillingAccountType", Fixed(|_| Some("Organisation"))),
    always("BillingCurrency", Fixed(|r| Some(r.currency))),
    always("BillingPeriodEnd", At(|r| r.billing_end)),
    always("BillingPeriodStart", At(|r| r.billing_start)),
    perhaps("CapacityReservationId", NoText),
    perhaps("CapacityReservationStatus", NoText),
    always("ChargeCategory", Fixed(|r| Some(r.kind.category()))),
    perhaps("ChargeClass", Fixed(|r| (r.kind == Kind::Correction).then_some("Correction"))),
    perhaps("ChargeDescription", Made(|r| Some(description(r)))),
    perhaps("ChargeFrequency", Fixed(|r| Some(frequency(r)))),
    always("ChargePeriodEnd", At(|r| r.end)),
    always("ChargePeriodStart", At(|r| r.start)),
    perhaps("CommitmentDiscountCategory", NoText),
    perhaps("CommitmentDiscountId", NoText),
    perhaps("CommitmentDiscountName", NoText),
    perhaps("CommitmentDiscountQuantity", NoNumber),
    perhaps("CommitmentDiscountStatus", NoText),
    perhaps("CommitmentDiscountType", NoText),
    perhaps("CommitmentDiscountUnit", NoText),
    perhaps("ConsumedQuantity", Number(|r| r.quantity.filter(|_| metered(r)))),
    perhaps("ConsumedUnit", Fixed(|r| metered(r).then_some(r.service.unit))),
    always("ContractedCost", Number(|r| Some(r.contracted_cost))),
    perhaps("ContractedUnitPrice", Number(|r| r.contracted_price)),
    always("EffectiveCost", Number(|r| Some(r.effective_cost))),
    perhaps("InvoiceId", Made(|r| Some(r.invoice_id()))),
    always("InvoiceIssuerName", Fixed(|_| Some("Nimbus Cloud Europe"))),
    always("ListCost", Number(|r| Some(r.list_cost))),
    perhaps("ListUnitPrice", Number(|r| r.list_price)),
    perhaps("PricingCategory", Fixed(|r| r.quantity.map(|_| "Standard"))),
    perhaps("PricingCurrency", NoText),
    perhaps("PricingCurrencyContractedUnitPrice", NoNumber),
    perhaps("PricingCurrencyEffectiveCost", NoNumber),
    perhaps("PricingCurrencyListUnitPrice", NoNumber),
    perhaps("PricingQuantity", Number(|r| r.quantity)),
    perhaps("PricingUnit", Fixed(|r| r.quantity.map(|_| pricing_unit(r)))),
    always("ProviderName", Fixed(|_| Some("Nimbus"))),
    always("PublisherName", Fixed(|_| Some("Nimbus"))),
    perhaps("RegionId", Fixed(|r| r.resource.as_ref().map(|_| "eu-central-1"))),
    perhaps("RegionName", Fixed(|r| r.resource.as_ref().map(|_| "Europe (Frankfurt)"))),
    perhaps("ResourceId", Fixed(|r| r.resource.as_deref())),
    perhaps("ResourceName", Fixed(|r| r.resource.as_deref())),
    perhaps("ResourceType", Fixed(|r| r.resource.as_ref().map(|_| r.service.subcategory))),
    always("ServiceCategory", Fixed(|r| Some(r.service.category))),
    always("ServiceName", Fixed(|r| Some(r.service.name))),
    perhaps("ServiceSubcategory", Fixed(|r| Some(r.service.subcategory))),
    perhaps("SkuId", Fixed(|r| r.sku.as_deref())),
    perhaps("SkuMeter", Fixed(|r| metered(r).then_some(r.service.unit))),
    perhaps("SkuPriceDetails", NoText),
    perhaps("SkuPriceId", Fixed(|r| r.sku_price.as_deref())),
    perhaps("SubAccountId", Fixed(|r| Some(&r.sub_account))),
    perhaps("SubAccountName", Fixed(|r| Some(&r.sub_account))),
    perhaps("SubAccountType", Fixed(|_| Some("Project"))),
    perhaps("Tags", Made(|r| r.resource.as_ref().map(|_| tags(r)))),
];

fn metered(row: &Row) -> bool {
    matches!(row.kind, Kind::Usage | Kind::Correction)
}

fn pricing_unit(row: &Row) -> &'static str {
    if metered(row) { row.service.unit } else { "Commitments" }
}

fn frequency(row: &Row) -> &'static str {
    match row.kind {
        Kind::Usage | Kind::Correction => "Usage-Based",
        Kind::Purchase => "Recurring",
        Kind::Credit | Kind::Tax => "One-Time",
    }
}

fn description(row: &Row) -> String {
    let what = match row.kind {
        Kind::Usage => "usage",
        Kind::Correction => "correction of usage",
        Kind::Purchase => "commitment",
        Kind::Credit => "goodwill credit",
        Kind::Tax => "tax",
    };
    format!("{}: {what}", row.service.name)
}

fn tags(row: &Row) -> String {
    format!(r#"{{"cost-centre":"{}","environment":"production"}}"#, {
        centre_id(row.entity.id, row.centre)
    })
}
