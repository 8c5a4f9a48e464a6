//! Who Meridian is: legal entities, cost centres, services.

use crate::csv::{Cell, Table, cell, maybe};
use crate::header;

/// A legal entity.
pub(crate) struct Entity {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) country: &'static str,
    pub(crate) currency: &'static str,
    vat_id: &'static str,
    tp_role: &'static str,
}

pub(crate) const ENTITIES: &[Entity] = &[
    Entity {
        id: "DE01",
        name: "Meridian Deutschland GmbH",
        country: "DE",
        currency: "EUR",
        vat_id: "DE900000001",
        tp_role: "principal",
    },
    Entity {
        id: "FR01",
        name: "Meridian France SAS",
        country: "FR",
        currency: "EUR",
        vat_id: "FR90900000002",
        tp_role: "distributor",
    },
    Entity {
        id: "EE01",
        name: "Meridian Eesti OÜ",
        country: "EE",
        currency: "EUR",
        vat_id: "EE900000003",
        tp_role: "contract developer",
    },
    Entity {
        id: "CH01",
        name: "Meridian (Schweiz) AG",
        country: "CH",
        currency: "CHF",
        vat_id: "CHE-900.000.004 MWST",
        tp_role: "service provider",
    },
];

/// The cost centres of each entity, and so its sub-accounts.
pub(crate) const CENTRES: &[&str] = &["Platform", "Sales, marketing", "\"Core\" engineering"];

/// A cloud service that is bought and charged on.
pub(crate) struct Service {
    pub(crate) id: &'static str,
    /// The provider's name of it.
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
    pub(crate) subcategory: &'static str,
    /// The short name in identifiers of resources and SKUs.
    pub(crate) short: &'static str,
    pub(crate) unit: &'static str,
    /// Whether it is charged by the hour; else by the day.
    pub(crate) hourly: bool,
    /// The digits behind the point of a quantity.
    pub(crate) quantity_scale: u32,
}

const fn service(
    [id, name, category, subcategory, short, unit]: [&'static str; 6],
    hourly: bool,
    quantity_scale: u32,
) -> Service {
    Service { id, name, category, subcategory, short, unit, hourly, quantity_scale }
}

pub(crate) const SERVICES: &[Service] = &[
    service(
        ["vm", "Nimbus Virtual Machines", "Compute", "Virtual Machines", "vm", "vCPU-Hours"],
        true,
        2,
    ),
    service(
        ["kubernetes", "Nimbus Kubernetes", "Compute", "Containers", "k8s", "Node-Hours"],
        true,
        2,
    ),
    service(
        ["functions", "Nimbus Functions", "Compute", "Serverless Compute", "fn", "GB-Seconds"],
        true,
        0,
    ),
    service(
        ["object-storage", "Nimbus Object Storage", "Storage", "Object Storage", "obj", "GB-Days"],
        false,
        4,
    ),
    service(
        ["block-storage", "Nimbus Block Storage", "Storage", "Block Storage", "blk", "GB-Days"],
        false,
        3,
    ),
    service(
        ["database", "Nimbus Database", "Databases", "Relational Databases", "db", "vCPU-Hours"],
        true,
        2,
    ),
    service(
        ["egress", "Nimbus Egress", "Networking", "Network Connectivity", "net", "GB"],
        false,
        4,
    ),
    service(
        [
            "observability",
            "Nimbus Observability",
            "Management and Governance",
            "Observability",
            "log",
            "GB",
        ],
        false,
        3,
    ),
];

/// The cost centre's id, such as `CC-DE01-1`.
pub(crate) fn centre_id(entity: &str, place: usize) -> String {
    format!("CC-{entity}-{}", place + 1)
}

/// The provider's sub-account of a cost centre, such as `SA-DE01-1`.
pub(crate) fn sub_account(entity: &str, place: usize) -> String {
    format!("SA-{entity}-{}", place + 1)
}

pub(crate) fn entities() -> Table {
    let row = |e: &Entity| -> Vec<Cell> {
        let group = (e.id == "DE01").then_some("VG-DE");
        vec![
            cell(e.id),
            cell(e.name),
            cell(e.country),
            cell(e.currency),
            cell(e.vat_id),
            maybe(group),
            cell("calendar-year"),
            cell(e.tp_role),
        ]
    };
    header::ENTITY.table(ENTITIES.iter().map(row).collect())
}

/// The group's own VAT registrations: party, country, number.
pub(crate) fn registrations() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ENTITIES.iter().map(|e| (e.id, e.country, e.vat_id))
}

pub(crate) fn cost_centres() -> Table {
    let mut rows = Vec::new();
    for (at, entity) in ENTITIES.iter().enumerate() {
        for (place, name) in CENTRES.iter().enumerate() {
            let parent = (place > 0).then(|| centre_id(entity.id, 0));
            rows.push(vec![
                cell(centre_id(entity.id, place)),
                cell("2022-01-01"),
                None,
                cell(format!("{name} ({})", entity.country)),
                cell(entity.id),
                maybe(parent),
                cell(format!("U{:03}", 1 + at * CENTRES.len() + place)),
                cell("active"),
            ]);
        }
    }
    header::COST_CENTRE.table(rows)
}
