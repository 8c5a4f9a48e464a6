//! The metering world: a group whose whole billing chain can be re-performed, from usage through
//! charges, allocation and invoices to the journal.
//!
//! Twelve legal entities in six countries, forty cost centres, twenty-four months from January 2024.
//! Two entities provide IT to the others. Each resource is metered by an agent, by the provider, or by
//! both. Without faults every link ties out to the cent:
//!
//! * usage, each interval counted once by the source of the highest priority → quantities of charges;
//! * quantities by the price plans → amounts of charges;
//! * charges of two cost centres of each provider, with the facilities' cost → pools → allocation;
//! * charges and allocation → invoices, intercompany entries, and both ledgers.
//!
//! Any row is a function of the seed and its number; memory hardly grows with the rows of usage. The
//! arithmetic is the deck's own and shares nothing with what it tests.

mod allocation;
mod benchmark;
mod board;
mod books;
mod catalogue;
mod columns;
mod disputes;
mod entries;
mod fault;
mod file;
mod fx;
mod group;
mod invoice;
mod journal;
mod meter;
mod operations;
mod people;
mod plan;
mod prices;
mod pricing;
mod procurement;
mod ratio;
mod register;
mod resource;
mod service_level;
mod spoil;
mod strange;
mod summary;
mod truth;
mod unit;
mod zone;

pub use truth::{MeteringTruth, Planted, Retroactive};

use crate::DeckError;
use crate::csv::{Format, Table};
use crate::money::Dec;
use crate::rng::at;
use crate::workspace::{Entry, Folder, Header, TRUTH, WORKSPACE, write_table, yaml};
use catalogue::{OVERHEAD, SERVICES, Service};
use fault::{CLASSES, Class};
use group::MONTHS;
use plan::Plan;
use resource::Resource;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use summary::Summary;

/// What to generate.
#[derive(Debug, Clone)]
pub struct MeteringOptions {
    /// The seed; the same seed gives the same bytes.
    pub seed: u64,
    /// About how many rows of usage: as many resources as give at least so many.
    pub usage_rows: u64,
    /// Which faults to plant.
    pub faults: MeteringFaults,
    /// How many threads make rows. The bytes are the same for any number.
    pub threads: usize,
}

/// Which faults to plant. A record carries at most one fault of a resource's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeteringFaults {
    /// None: everything ties out.
    None,
    /// Every class.
    All(Dose),
    /// These classes, such as `rounding-mode`.
    Only(Vec<(String, Dose)>),
}

/// How often a fault is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dose {
    /// In so many records, or in all that fit where there are fewer.
    Count(u64),
    /// In so many of a thousand records that fit, but in one at least.
    PerMille(u64),
}

/// The classes of faults, each with the control that has to find it, if one is planned.
pub fn metering_classes() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    CLASSES.iter().map(|(_, name, control, _)| (*name, *control))
}

/// What is metered, and at which prices.
struct World {
    seed: u64,
    services: Vec<Service>,
    resources: Vec<Resource>,
    /// Service and version whose rate was made other than the contract's.
    off_contract: BTreeSet<(usize, usize)>,
    /// Cost centres that are closed while charges for them go on.
    closed: BTreeSet<usize>,
}

impl World {
    fn draw(seed: u64, usage_rows: u64) -> Self {
        let services = (0..SERVICES).map(|n| Service::draw(seed, n)).collect();
        let (mut resources, mut rows) = (Vec::new(), 0);
        while rows < usage_rows || resources.is_empty() {
            let number = u64::try_from(resources.len()).unwrap_or(0);
            let resource = Resource::draw(seed, number);
            rows += (0..MONTHS).map(|m| resource.rows(m)).sum::<u64>();
            resources.push(resource);
        }
        let (off_contract, closed) = (BTreeSet::new(), BTreeSet::new());
        Self { seed, services, resources, off_contract, closed }
    }

    /// How many resources' months there are.
    fn units(&self) -> u64 {
        u64::try_from(self.resources.len()).unwrap_or(0) * MONTHS.unsigned_abs()
    }

    /// Resource and month of a number: month by month.
    fn place(&self, number: u64) -> (&Resource, i64) {
        let count = u64::try_from(self.resources.len()).unwrap_or(1);
        let resource = usize::try_from(number % count).unwrap_or(0);
        (at(&self.resources, resource), i64::try_from(number / count).unwrap_or(0))
    }

    /// Makes rates that differ by eight percent from what the contract asks.
    fn change_rates(&mut self, plan: &Plan) -> Result<(), String> {
        let used: BTreeSet<usize> = self.resources.iter().map(|r| r.service).collect();
        let rates = |s: &usize| -> Vec<(usize, usize)> {
            let service = at(&self.services, *s);
            let versions = service.versions.iter().enumerate();
            let single = versions.filter(|(n, v)| v.contract.is_some() && service.unrevised(*n));
            single.map(|(number, _)| (*s, number)).collect()
        };
        let rates: Vec<(usize, usize)> = used.iter().flat_map(rates).collect();
        for place in plan.choose(self.seed, Class::RateOffContract, &rates, |_| true)? {
            let (service, number) = *at(&rates, place);
            let version = self.services.get_mut(service).and_then(|s| s.versions.get_mut(number));
            let Some((version, contract)) = version.and_then(|v| v.contract.map(|c| (v, c))) else {
                continue;
            };
            let (units, scale) = contract.parts();
            let dearer = Dec::new(units + (units * 8 / 100).max(1), scale);
            for tier in &mut version.tiers {
                tier.price = catalogue::with_overhead(dearer);
            }
            self.off_contract.insert((service, number));
        }
        Ok(())
    }
}

/// Writes the metering world into a folder that is new, empty, or a deck already: `tieout.yaml`,
/// `data/…`, `truth.json`. Usage and charges are Parquet, the other datasets CSV. Each file appears
/// whole or not at all.
///
/// # Errors
/// When a file can't be written, when the folder holds something else, when the options ask for a
/// fault that isn't known, or when there are too few rows to plant one (200,000 rows of usage have
/// room for one of each).
pub fn generate_metering(
    options: &MeteringOptions,
    folder: &Path,
) -> Result<MeteringTruth, DeckError> {
    let refuse = |reason| DeckError { path: folder.display().to_string(), reason };
    let mut plan = Plan::new(&options.faults).map_err(refuse)?;
    let mut world = World::draw(options.seed, options.usage_rows);
    world.change_rates(&plan).map_err(refuse)?;
    world.close_centres(&plan).map_err(refuse)?;
    plan.draw(&world).map_err(refuse)?;
    let mut out = Folder::take(folder)?;
    let names = ["data/usage.parquet", "data/charge.parquet"];
    let mut summary = out.pair(names, |usage, charges| {
        file::write(&world, &plan, options.threads, usage, charges)
    })?;
    let mut facts = std::mem::take(&mut summary.facts);
    let tables = tables(&world, &summary, &plan, &mut facts).map_err(refuse)?;
    let mut entries = vec![
        Entry::parquet("usage-1", summary.usage_rows, crate::money::Totals::default(), METERS),
        Entry::parquet("charge-1", summary.charge_rows, summary.totals.clone(), BILLING),
    ];
    for table in &tables {
        write_table(&mut out, table)?;
        entries.push(Entry::of(table));
    }
    let header =
        Header { name: "meridian-metering", start: "2024-01-01", end: "2026-01-31", controls: &[] };
    let text = yaml(&header, &entries).map_err(|e| refuse(e.to_string()))?;
    out.file(WORKSPACE, |f| f.write_all(text.as_bytes()))?;
    facts.sort();
    let truth = MeteringTruth {
        seed: options.seed.to_string(),
        usage_rows: summary.usage_rows,
        charge_rows: summary.charge_rows,
        facts,
        retroactive: truth::retroactive(&world, &summary),
    };
    out.file(TRUTH, |f| serde_json::to_writer_pretty(f, &truth))?;
    out.commit()?;
    Ok(truth)
}

const METERS: &str = "Meter head-end, counts by month";
const BILLING: &str = "Billing system, totals of the runs";

/// All datasets but usage and charges, with the faults in them.
fn tables(
    world: &World,
    summary: &Summary,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Table>, String> {
    let seed = world.seed;
    let pools = allocation::pools(seed, summary, plan, facts)?;
    let bills = invoice::bills(seed, summary, &pools, plan, facts)?;
    let mut levels = service_level::levels(world, summary, plan, facts)?;
    let mut cases = disputes::draw(world, summary, plan, facts)?;
    levels.posted.append(&mut cases.postings);
    let people = people::people(world, &cases.deeds, plan, facts)?;
    let mut tables = vec![group::entity_table(), group::centre_table()];
    tables.push(register::resources(world));
    tables.push(register::batches(summary));
    tables.extend(prices::tables(world, summary, &people.unchanged, plan, facts)?);
    tables.extend(procurement::tables(world, summary, plan, facts)?);
    tables.push(cost_pools(&pools, &bills));
    tables.extend(allocation::tables(&pools));
    tables.push(invoice::invoice_table(&bills));
    tables.push(entries::intercompany_table(seed, &bills));
    tables.push(entries::agreement_table());
    tables.push(benchmark::table(seed, &bills, plan, facts)?);
    tables.push(fx::table(seed));
    tables.push(journal::table(seed, (summary, &pools, &bills, &levels.posted), plan, facts)?);
    tables.extend(levels.tables);
    tables.extend(people.tables);
    tables.extend(register::vat());
    tables.extend([register::calendar(), register::documents(board::policies())]);
    tables.extend(board::tables(world, (summary, &bills, &cases), plan, facts)?);
    for table in cases.tables {
        join(&mut tables, table);
    }
    books::keep(world, (summary, &pools), plan, &mut tables, facts)?;
    operations::run(world, plan, &mut tables, facts)?;
    Ok(tables)
}

/// Adds a dataset, or its rows to those of the dataset that is there.
fn join(tables: &mut Vec<Table>, mut more: Table) {
    match tables.iter_mut().find(|t| t.role == more.role) {
        Some(table) => table.rows.append(&mut more.rows),
        None => tables.push(more),
    }
}

/// The dataset `cost-pool`: the pools that are divided, and those behind intercompany charges.
fn cost_pools(pools: &[allocation::Pool], bills: &[invoice::Bill]) -> Table {
    let mut rows = allocation::pool_rows(pools);
    rows.extend(entries::pool_rows(bills));
    Table {
        role: "cost-pool",
        format: Format::Csv,
        columns: &[
            "pool_id",
            "period",
            "service_id",
            "gl_account",
            "amount",
            "currency",
            "behaviour",
            "pass_through",
            "shareholder_activity",
            "entity",
            "cost_centre",
            "key_id",
            "step",
        ],
        money: &[("amount", "currency"), ("pass_through", "currency")],
        rows,
    }
}

/// What a rate adds to the contract's price, in percent.
pub const METERING_OVERHEAD_PERCENT: i128 = OVERHEAD;
