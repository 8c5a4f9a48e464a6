//! What the providers buy: a contract, an order, receipts and invoices for each service that has a
//! rate by the unit.

mod fault;

use super::World;
use super::catalogue::Service;
use super::group::{MONTHS, PROVIDERS, first_day};
use super::plan::Plan;
use super::ratio::{Mode, Ratio};
use super::summary::Summary;
use super::truth::Planted;
use super::unit::quantity;
use crate::csv::{Cell, Format, Table, cell, maybe};
use crate::money::Dec;
use crate::rng::at;

const VENDOR: &str = "Nimbus";

/// A month's invoice line.
struct Line {
    service: usize,
    month: i64,
    quantity: i128,
    price: Dec,
    /// The number of the contract's line.
    term: usize,
    /// How many rows of usage the quantity was metered by.
    rows: u64,
}

impl Line {
    fn net(&self) -> Dec {
        let exact = Ratio::of(quantity(self.quantity)).times(Ratio::of(self.price));
        exact.rounded(2, Mode::HalfUp)
    }

    fn number(&self) -> String {
        format!("N-{}-{:04}", super::group::period(self.month), self.service)
    }
}

fn contract_id(service: &Service) -> String {
    format!("NIMBUS-{}", service.id())
}

/// The contract line behind a version's rate, such as `NIMBUS-S-0007/2`.
pub(crate) fn contract_line(service: &Service, version: usize) -> String {
    format!("{}/{}", contract_id(service), version + 1)
}

fn order(service: &Service) -> String {
    format!("PO-{}", service.id())
}

fn entity(service: &Service) -> &'static str {
    at(PROVIDERS, service.provider).id()
}

/// The datasets `contract`, `purchase-order`, `receipt` and `vendor-invoice`.
///
/// # Errors
/// When no line fits a fault; the text names it.
pub(crate) fn tables(
    world: &World,
    summary: &Summary,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Table>, String> {
    let mut lines = Vec::new();
    for ((month, service), metered) in &summary.services {
        let sold = at(&world.services, *service);
        let term = sold.version_at(first_day(*month).start());
        let price = sold.versions.get(term).and_then(|v| v.contract);
        if let (Some(price), true) = (price, metered.known > 0) {
            let (service, month) = (*service, *month);
            let (quantity, rows) = (metered.known, metered.rows);
            lines.push(Line { service, month, quantity, price, term, rows });
        }
    }
    fault::spoil(world, plan, &mut lines, facts)?;
    let mut tables = vec![contracts(world)];
    tables.extend([orders(world, &lines), receipts(world, &lines), invoices(world, &lines)]);
    Ok(tables)
}

fn contracts(world: &World) -> Table {
    let mut rows = Vec::new();
    for service in &world.services {
        for (number, version) in service.versions.iter().enumerate() {
            let Some(price) = version.contract else { continue };
            rows.push(vec![
                cell(contract_id(service)),
                cell(number + 1),
                cell(VENDOR),
                cell(entity(service)),
                cell(service.id()),
                cell(price),
                cell(service.currency()),
                None,
                cell(version.from),
                maybe(version.to),
                None,
                None,
                cell(order(service)),
            ]);
        }
    }
    Table {
        role: "contract",
        format: Format::Csv,
        columns: &[
            "contract_id",
            "line_no",
            "vendor",
            "entity",
            "service_id",
            "unit_price",
            "currency",
            "min_commit",
            "term_start",
            "term_end",
            "discount",
            "price_index",
            "po_number",
        ],
        money: &[("min_commit", "currency")],
        rows,
    }
}

fn orders(world: &World, lines: &[Line]) -> Table {
    let row = |service: &Service| -> Option<Vec<Cell>> {
        let price = service.versions.first()?.contract?;
        let own = lines.iter().filter(|l| l.service == service.number);
        let ordered: i128 = own.map(|l| l.quantity).sum();
        Some(vec![
            cell(order(service)),
            cell(1),
            cell(VENDOR),
            cell(entity(service)),
            cell(service.id()),
            cell(quantity(ordered)),
            cell(service.unit()),
            cell(price),
            cell(service.currency()),
            cell("2023-12-15"),
            cell("U004"),
            cell("U001"),
            cell("open"),
        ])
    };
    Table {
        role: "purchase-order",
        format: Format::Csv,
        columns: &[
            "po_number",
            "line_no",
            "vendor",
            "entity",
            "service_id",
            "quantity",
            "unit",
            "unit_price",
            "currency",
            "ordered_on",
            "requester",
            "approver",
            "status",
        ],
        money: &[],
        rows: world.services.iter().filter_map(row).collect(),
    }
}

fn receipts(world: &World, lines: &[Line]) -> Table {
    let row = |line: &Line| {
        let service = at(&world.services, line.service);
        vec![
            cell(format!("GR-{}", line.number())),
            cell(order(service)),
            cell(1),
            cell(first_day(line.month + 1).plus_days(-1)),
            cell(quantity(line.quantity)),
            cell(service.unit()),
            cell("U004"),
        ]
    };
    Table {
        role: "receipt",
        format: Format::Csv,
        columns: &[
            "receipt_id",
            "po_number",
            "po_line",
            "received_on",
            "quantity",
            "unit",
            "received_by",
        ],
        money: &[],
        rows: lines.iter().map(row).collect(),
    }
}

fn invoices(world: &World, lines: &[Line]) -> Table {
    let row = |line: &Line| {
        let service = at(&world.services, line.service);
        vec![
            cell(VENDOR),
            cell(line.number()),
            cell(1),
            cell(first_day(line.month + 1)),
            cell(entity(service)),
            cell(order(service)),
            cell(1),
            cell(contract_id(service)),
            cell(line.term + 1),
            cell(service.id()),
            cell(first_day(line.month)),
            cell(first_day((line.month + 1).min(MONTHS))),
            cell(quantity(line.quantity)),
            cell(service.unit()),
            cell(line.price),
            cell(line.net()),
            cell(service.currency()),
            cell("posted"),
        ]
    };
    Table {
        role: "vendor-invoice",
        format: Format::Csv,
        columns: &[
            "vendor",
            "invoice_no",
            "line_no",
            "issue_date",
            "entity",
            "po_number",
            "po_line",
            "contract_id",
            "contract_line",
            "service_id",
            "service_start",
            "service_end",
            "quantity",
            "unit",
            "unit_price",
            "net",
            "currency",
            "status",
        ],
        money: &[("net", "currency")],
        rows: lines.iter().map(row).collect(),
    }
}
