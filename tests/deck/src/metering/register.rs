//! The datasets beside the amounts: resources, batches, calendars, documents, VAT.

use super::World;
use super::columns::batch_id;
use super::group::{ENTITIES, MONTHS, centres, cut_off, first_day, period};
use super::summary::Summary;
use super::unit::{quantity, source};
use crate::calendar::{DAY, Date};
use crate::csv::{Cell, Format, Table, cell, maybe};
use crate::header;
use crate::rng::at;

pub(crate) fn resources(world: &World) -> Table {
    let all = centres();
    let mut rows = Vec::new();
    for resource in &world.resources {
        for (from, to, centre) in resource.owners() {
            let start = |day: Date| resource.zone.start_of(day);
            rows.push(vec![
                cell(resource.id()),
                cell(start(from)),
                maybe(to.map(start)),
                cell("Nimbus"),
                cell(resource.account()),
                cell(at(&world.services, resource.service).id()),
                cell(resource.zone.region),
                cell(resource.zone.name),
                cell(format!("U{:03}", centre * 2 + 1)),
                cell(at(&all, centre).id()),
                cell("production"),
                cell(if resource.to.is_some() && to == resource.to { "retired" } else { "live" }),
                maybe(resource.to.filter(|_| to == resource.to).map(start)),
            ]);
        }
    }
    Table {
        role: "resource",
        format: Format::Csv,
        columns: &[
            "resource_id",
            "valid_from",
            "valid_to",
            "provider",
            "account_id",
            "service_id",
            "region",
            "zone",
            "owner_user",
            "cost_centre",
            "environment",
            "lifecycle",
            "decommissioned_at",
        ],
        money: &[],
        rows,
    }
}

pub(crate) fn batches(summary: &Summary) -> Table {
    let mut rows = Vec::new();
    for ((agent, kind, month), (count, sum)) in &summary.batches {
        let after = match *kind {
            "L" => 6 * DAY,
            "C" => 8 * DAY,
            _ => -DAY,
        };
        rows.push(vec![
            cell(batch_id(*agent, kind, *month)),
            cell(source(*agent)),
            cell("1.0"),
            cell(count),
            cell(count),
            cell(quantity(*sum)),
            None,
            None,
            cell(cut_off(*month).plus(after)),
            None,
            cell("accepted"),
        ]);
    }
    Table {
        role: "ingest-log",
        format: Format::Csv,
        columns: &[
            "batch_id",
            "source_system",
            "contract_version",
            "expected_rows",
            "received_rows",
            "control_total",
            "first_seq",
            "last_seq",
            "received_at",
            "schema_digest",
            "status",
        ],
        money: &[],
        rows,
    }
}

pub(crate) fn calendar() -> Table {
    let row = |month: i64| {
        vec![
            cell("calendar-year"),
            cell(period(month)),
            cell(first_day(month)),
            cell(first_day(month + 1)),
            cell(first_day(month + 1).plus_days(6)),
            cell("closed"),
            None,
        ]
    };
    Table {
        role: "fiscal-calendar",
        format: Format::Csv,
        columns: &[
            "calendar",
            "period",
            "period_start",
            "period_end",
            "close_date",
            "status",
            "reopened_by",
        ],
        money: &[],
        rows: (0..MONTHS).map(row).collect(),
    }
}

/// The dataset `document`, with documents that others add.
pub(crate) fn documents(others: Vec<Vec<Cell>>) -> Table {
    let document = |id: &str, version: &str, title: &str, from: &str| {
        vec![
            cell(id),
            cell(version),
            cell(title),
            cell("Group IT controlling"),
            cell("U001"),
            cell(format!("{from}T10:00:00Z")),
            cell(from),
            None,
            None,
        ]
    };
    Table {
        role: "document",
        format: Format::Csv,
        columns: &[
            "doc_id",
            "version",
            "title",
            "owner",
            "approved_by",
            "approved_at",
            "effective_from",
            "review_due",
            "hash",
        ],
        money: &[],
        rows: [
            document("METHOD", "2023", "Rate-setting methodology", "2023-05-02"),
            document("METHOD", "2025", "Rate-setting methodology", "2025-01-02"),
            document(
                "BENCHMARK-2024",
                "1",
                "Comparables of providers of IT services",
                "2025-02-03",
            ),
            document(
                "BENCHMARK-2025",
                "1",
                "Comparables of providers of IT services",
                "2026-01-20",
            ),
            document("ESTIMATION", "1", "Estimation of missing intervals", "2023-05-02"),
            document("ALLOCATION", "1", "Pools, keys and the order of steps", "2023-05-02"),
        ]
        .into_iter()
        .chain(others)
        .collect(),
    }
}

/// The datasets `vat-rate` and `vat-registration`.
pub(crate) fn vat() -> [Table; 2] {
    let rates = [
        ("DE", "2021-01-01", "19.0"),
        ("FR", "2014-01-01", "20.0"),
        ("IE", "2021-03-01", "23.0"),
        ("CH", "2024-01-01", "8.1"),
        ("GB", "2011-01-04", "20.0"),
    ];
    let rate = |(country, from, percent): (&str, &str, &str)| {
        vec![cell(country), cell("standard"), cell(from), None, cell(percent), cell("statute")]
    };
    let registered = ENTITIES.iter().filter_map(|entity| {
        let number = entity.vat_id?;
        let since = cell("2021-01-01");
        Some(vec![cell(entity.id), cell(entity.country), cell(number), since, None, None, None])
    });
    [
        header::VAT_RATE.table(rates.into_iter().map(rate).collect()),
        header::VAT_REGISTRATION.table(registered.collect()),
    ]
}
