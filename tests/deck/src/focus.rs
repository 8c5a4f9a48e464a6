//! FOCUS 1.2 charges: each row is a function of the seed and its number, so that any row can be
//! looked at before the file is written.

use crate::calendar::{DAY, Date, HOUR, Instant};
use crate::company::{CENTRES, ENTITIES, Entity, SERVICES, Service, sub_account};
use crate::money::Dec;
use crate::rates::{Rate, Rates};
use crate::rng::{Rng, at};

/// The most rows an invoice has.
const INVOICE_ROWS: u64 = 40;
const MONTHS: u64 = 12;

/// What a charge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Usage,
    /// A usage row that corrects one of the month before.
    Correction,
    Purchase,
    Credit,
    Tax,
}

impl Kind {
    pub(crate) fn category(self) -> &'static str {
        match self {
            Self::Usage | Self::Correction => "Usage",
            Self::Purchase => "Purchase",
            Self::Credit => "Credit",
            Self::Tax => "Tax",
        }
    }
}

/// A charge.
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) entity: &'static Entity,
    pub(crate) service: &'static Service,
    pub(crate) centre: usize,
    pub(crate) invoice: u64,
    /// How many rows the invoice has.
    pub(crate) invoice_rows: u64,
    pub(crate) currency: &'static str,
    pub(crate) sub_account: String,
    pub(crate) resource: Option<String>,
    pub(crate) sku: Option<String>,
    pub(crate) sku_price: Option<String>,
    pub(crate) billing_start: Instant,
    pub(crate) billing_end: Instant,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) quantity: Option<Dec>,
    pub(crate) list_price: Option<Dec>,
    pub(crate) contracted_price: Option<Dec>,
    pub(crate) list_cost: Dec,
    pub(crate) contracted_cost: Dec,
    pub(crate) effective_cost: Dec,
    pub(crate) billed_cost: Dec,
}

impl Row {
    /// The invoice's id, such as `INV-0042`.
    pub(crate) fn invoice_id(&self) -> String {
        format!("INV-{:04}", self.invoice)
    }

    /// Prices the row's quantity; every cost is the exact product.
    pub(crate) fn price(&mut self, quantity: Dec, list: Dec, contracted: Dec) {
        self.quantity = Some(quantity);
        self.list_price = Some(list);
        self.list_cost = list.times(quantity);
        self.contract(contracted);
    }

    /// Sets another contracted price, and all costs that come from it.
    pub(crate) fn contract(&mut self, price: Dec) {
        let quantity = self.quantity.unwrap_or(Dec::ZERO);
        self.contracted_price = Some(price);
        self.contracted_cost = price.times(quantity);
        self.effective_cost = self.contracted_cost;
        self.billed_cost = self.contracted_cost;
    }

    /// Sets all costs to one amount, for a charge without a price.
    fn lump(&mut self, amount: Dec) {
        self.list_cost = amount;
        self.contracted_cost = amount;
        self.effective_cost = amount;
        self.billed_cost = amount;
    }
}

/// The rows of one month and entity, in invoices.
struct Group {
    first_row: u64,
    rows: u64,
    first_invoice: u64,
}

/// All charges.
pub(crate) struct Charges {
    base: u64,
    rates: Rates,
    groups: Vec<Group>,
    rows: u64,
}

impl Charges {
    pub(crate) fn new(seed: u64, rows: u64) -> Self {
        let count = MONTHS * entity_count();
        let cut = |number: u64| number * (rows / count) + number * (rows % count) / count;
        let mut groups = Vec::new();
        let mut first_invoice = 1;
        for number in 0..count {
            let (first_row, next) = (cut(number), cut(number + 1));
            groups.push(Group { first_row, rows: next - first_row, first_invoice });
            first_invoice += (next - first_row).div_ceil(INVOICE_ROWS);
        }
        let base = Rng::stream(seed, "focus").number();
        Self { base, rates: Rates::draw(seed), groups, rows }
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.rates
    }

    pub(crate) fn count(&self) -> u64 {
        self.rows
    }

    /// The row's rate; of meaning for usage only.
    pub(crate) fn rate(&self, row: &Row) -> Option<&Rate> {
        let service = SERVICES.iter().position(|s| s.id == row.service.id)?;
        let rates = (0..2).map(|size| self.rates.of(service, row.entity.currency, size));
        rates.into_iter().find(|r| Some(&r.id) == row.sku_price.as_ref())
    }

    /// Whether the invoice has a line of tax, which has no resource and no SKU.
    pub(crate) fn has_tax(invoice: u64) -> bool {
        invoice.is_multiple_of(4)
    }

    /// The row of that number, from 0.
    pub(crate) fn row(&self, number: u64) -> Row {
        let place = self.groups.partition_point(|g| g.first_row + g.rows <= number);
        let group = at(&self.groups, place);
        let in_group = number - group.first_row;
        let (invoice, line) = (in_group / INVOICE_ROWS, in_group % INVOICE_ROWS);
        let lines = INVOICE_ROWS.min(group.rows - invoice * INVOICE_ROWS);
        let invoice = group.first_invoice + invoice;
        let kind = kind(number, invoice, line, lines);
        let mut rng = Rng::indexed(self.base, number);
        let service = usize::try_from(rng.below(8)).unwrap_or(0);
        let centre = usize::try_from(rng.below(3)).unwrap_or(0) % CENTRES.len();
        let (month, entity) = (place / ENTITIES.len(), at(ENTITIES, place));
        let (billing_start, billing_end) = (month_start(month), month_start(month + 1));
        let mut row = Row {
            kind,
            entity,
            service: at(SERVICES, service),
            centre,
            invoice,
            invoice_rows: lines,
            currency: entity.currency,
            sub_account: sub_account(entity.id, centre),
            resource: None,
            sku: None,
            sku_price: None,
            billing_start,
            billing_end,
            start: billing_start,
            end: billing_end,
            quantity: None,
            list_price: None,
            contracted_price: None,
            list_cost: Dec::ZERO,
            contracted_cost: Dec::ZERO,
            effective_cost: Dec::ZERO,
            billed_cost: Dec::ZERO,
        };
        match kind {
            Kind::Usage => self.fill_usage(&mut row, service, line, month, &mut rng),
            Kind::Correction => {
                let month_before = month.saturating_sub(1);
                self.fill_usage(&mut row, service, line, month_before, &mut rng);
            }
            Kind::Purchase => fill_purchase(&mut row, line, &mut rng),
            Kind::Credit => fill_credit(&mut row, line, &mut rng),
            Kind::Tax => row.lump(Dec::cents(rng.between(1_000, 90_000))),
        }
        row
    }

    fn fill_usage(&self, row: &mut Row, service: usize, line: u64, month: usize, rng: &mut Rng) {
        let line = i64::try_from(line).unwrap_or(0);
        // INVARIANT: an invoice has no two rows of one resource and start. Hours of one invoice
        // differ, as 17 and 672 have no common divisor; days repeat after 28 lines, and then the
        // resource's remainder by 4 differs.
        let first = month_start(month);
        let (start, length) = if row.service.hourly {
            (first.plus(line * 17 % 672 * HOUR), HOUR)
        } else {
            (first.plus(line % 28 * DAY), DAY)
        };
        (row.start, row.end) = (start, start.plus(length));
        let resource = rng.between(0, 39) * 4 + line / 28;
        let entity = row.entity.id.to_lowercase();
        row.resource = Some(format!("{}-{entity}-{resource:04}", row.service.short));
        let size = usize::from(rng.below(3) == 0);
        let rate = self.rates.of(service, row.currency, size);
        row.sku = Some(rate.sku.clone());
        row.sku_price = Some(rate.id.clone());
        let units = i128::from(rng.between(1, 640_000));
        let sign = if row.kind == Kind::Correction { -1 } else { 1 };
        let quantity = Dec::new(sign * units, row.service.quantity_scale);
        let price = rate.price(start);
        row.price(quantity, price.times(Dec::new(125, 2)), price);
    }
}

fn fill_purchase(row: &mut Row, line: u64, rng: &mut Rng) {
    let sku = format!("SKU-CMT-{}", row.service.short.to_uppercase());
    row.resource = Some(format!("cmt-{}-{line:02}", row.entity.id.to_lowercase()));
    row.sku_price = Some(format!("{sku}-{}", row.currency));
    row.sku = Some(sku);
    let contracted = Dec::cents(rng.between(5_000, 900_000));
    let quantity = Dec::new(i128::from(rng.between(1, 5)), 0);
    row.price(quantity, contracted.times(Dec::new(12, 1)), contracted);
}

fn fill_credit(row: &mut Row, line: u64, rng: &mut Rng) {
    row.start = row.billing_start.plus(i64::try_from(line).unwrap_or(0) % 28 * DAY);
    row.end = row.start.plus(DAY);
    row.resource = Some(format!("credit-{}-{line:02}", row.entity.id.to_lowercase()));
    row.sku = Some("SKU-CREDIT".to_owned());
    row.sku_price = Some(format!("SKU-CREDIT-{}", row.currency));
    row.lump(Dec::cents(rng.between(-20_000, -100)));
}

fn kind(number: u64, invoice: u64, line: u64, lines: u64) -> Kind {
    if Charges::has_tax(invoice) && line + 1 == lines {
        return Kind::Tax;
    }
    match (number % 37, number % 41, number % 53) {
        (11, _, _) => Kind::Purchase,
        (_, 17, _) => Kind::Credit,
        (_, _, 23) => Kind::Correction,
        _ => Kind::Usage,
    }
}

fn entity_count() -> u64 {
    u64::try_from(ENTITIES.len()).unwrap_or(1)
}

fn month_start(month: usize) -> Instant {
    Date::new(2025, 1 + i64::try_from(month).unwrap_or(0), 1).start()
}
