//! What the vendor charges for sites and sandboxes, in FOCUS: the sites' cost is the facilities' pool of the
//! provider and month, the sandboxes' is only shown to the laboratories.

use super::mode::{lab, sandbox};
use super::{key, places};
use crate::csv::{Cell, Format, Table, cell};
use crate::metering::allocation::Pool;
use crate::metering::fault::Class;
use crate::metering::group::{MONTHS, PROVIDERS, first_day, period};
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::at;

/// Name and category of what a site costs, and the part of it in percent; the last bears the rest.
const SHARED: &[(&str, &str, i128)] = &[
    ("Nimbus Colocation", "Other", 50),
    ("Nimbus Power", "Other", 35),
    ("Nimbus Cross Connect", "Networking", 15),
];
const SANDBOX: (&str, &str) = ("Nimbus Sandbox", "Developer Tools");
/// A service that no mapping names.
const UNMAPPED: &str = "Nimbus Remote Hands";

const KEY: [&str; 4] = ["InvoiceId", "ResourceId", "SkuPriceId", "ChargePeriodStart"];

/// The names of the vendor's services, and whether they are shared.
pub(super) fn names() -> impl Iterator<Item = (&'static str, bool)> {
    SHARED.iter().map(|(name, ..)| (*name, true)).chain([(SANDBOX.0, false)])
}

/// The sub-account of a provider's site, or of its sandbox.
pub(super) fn account(provider: &str, shared: bool) -> String {
    format!("SA-{provider}-{}", if shared { 'F' } else { 'L' })
}

/// A charge of the vendor.
struct Charge {
    provider: usize,
    month: i64,
    name: &'static str,
    category: &'static str,
    shared: bool,
    sku: String,
    units: i128,
    tags: String,
}

/// The dataset `focus`, with its faults.
///
/// # Errors
/// None here: there is always a charge.
pub(super) fn sites(
    seed: u64,
    pools: &[Pool],
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Table, String> {
    let mut charges = clean(seed, pools);
    let fits = |c: &Charge| c.shared;
    for place in plan.choose(seed, Class::ServiceUnmapped, &charges, fits)? {
        if let Some(charge) = charges.get_mut(place) {
            charge.name = UNMAPPED;
        }
    }
    let months: Vec<(usize, i64)> =
        (0..PROVIDERS.len()).flat_map(|p| (0..MONTHS).map(move |m| (p, m))).collect();
    for place in plan.choose(seed, Class::SharedCostUnallocated, &months, |_| true)? {
        let (provider, month) = *at(&months, place);
        let (name, category, _) = *at(SHARED, place);
        charges.push(Charge {
            provider,
            month,
            name,
            category,
            shared: true,
            sku: "SKU-VAULT".to_owned(),
            units: 40_000 + i128::try_from(place).unwrap_or(0) * 7,
            tags: r#"{"shared":"true"}"#.to_owned(),
        });
    }
    let table = written(&charges);
    for (row, charge) in places(&table).into_iter().zip(&charges) {
        let amount = Some((Dec::new(charge.units, 2), at(PROVIDERS, charge.provider).currency));
        let class = match charge.name {
            UNMAPPED => Class::ServiceUnmapped,
            _ if charge.shared && !charge.tags.contains("pool") => Class::SharedCostUnallocated,
            _ => continue,
        };
        facts.push(Planted::of(class, &key(&table, row, KEY), amount));
    }
    Ok(table)
}

fn clean(seed: u64, pools: &[Pool]) -> Vec<Charge> {
    let mut charges = Vec::new();
    for pool in pools {
        let Some((id, cost)) = pool.facilities() else { continue };
        let (provider, month) = (pool.provider, pool.month);
        let mut left = cost;
        for (place, (name, category, percent)) in SHARED.iter().enumerate() {
            let units = if place + 1 == SHARED.len() { left } else { cost * percent / 100 };
            left -= units;
            charges.push(Charge {
                provider,
                month,
                name,
                category,
                shared: true,
                sku: format!("SKU-SITE-{}", place + 1),
                units,
                tags: format!(r#"{{"shared":"true","pool":"{id}"}}"#),
            });
        }
        charges.push(Charge {
            provider,
            month,
            name: SANDBOX.0,
            category: SANDBOX.1,
            shared: false,
            sku: "SKU-SANDBOX".to_owned(),
            units: sandbox(seed, provider, month),
            tags: format!(r#"{{"cost-centre":"{}"}}"#, lab(at(PROVIDERS, provider))),
        });
    }
    charges
}

fn written(charges: &[Charge]) -> Table {
    Table {
        role: "focus",
        format: Format::Csv,
        columns: &[
            "BilledCost",
            "BillingAccountId",
            "BillingAccountName",
            "BillingCurrency",
            "BillingPeriodEnd",
            "BillingPeriodStart",
            "ChargeCategory",
            "ChargeClass",
            "ChargeDescription",
            "ChargeFrequency",
            "ChargePeriodEnd",
            "ChargePeriodStart",
            "ContractedCost",
            "ContractedUnitPrice",
            "EffectiveCost",
            "InvoiceId",
            "InvoiceIssuerName",
            "ListCost",
            "ListUnitPrice",
            "PricingQuantity",
            "PricingUnit",
            "ProviderName",
            "PublisherName",
            "ResourceId",
            "ServiceCategory",
            "ServiceName",
            "SkuId",
            "SkuPriceId",
            "SubAccountId",
            "Tags",
        ],
        money: &[
            ("BilledCost", "BillingCurrency"),
            ("ContractedCost", "BillingCurrency"),
            ("EffectiveCost", "BillingCurrency"),
            ("ListCost", "BillingCurrency"),
        ],
        rows: charges.iter().map(row).collect(),
    }
}

fn row(charge: &Charge) -> Vec<Cell> {
    let who = at(PROVIDERS, charge.provider);
    let cost = || cell(Dec::new(charge.units, 2));
    let (start, end) = (first_day(charge.month).start(), first_day(charge.month + 1).start());
    let place = if charge.shared { "SITE" } else { "SANDBOX" };
    vec![
        cost(),
        cell(format!("BA-{}", who.id())),
        None,
        cell(who.currency),
        cell(end),
        cell(start),
        cell("Purchase"),
        None,
        cell(format!("{}, month", charge.name)),
        cell("Recurring"),
        cell(end),
        cell(start),
        cost(),
        cost(),
        cost(),
        cell(format!("NS-{}-{}", period(charge.month), who.id())),
        cell("Nimbus"),
        cost(),
        cost(),
        cell(1),
        cell("Months"),
        cell("Nimbus"),
        cell("Nimbus"),
        cell(format!("{place}-{}", who.id())),
        cell(charge.category),
        cell(charge.name),
        cell(&charge.sku),
        cell(format!("{}-{}", charge.sku, who.currency)),
        cell(account(who.id(), charge.shared)),
        cell(&charge.tags),
    ]
}
