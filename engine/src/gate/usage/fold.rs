//! Rows of usage as they go by, in numbers for their texts.

use super::groups::{Billing, GroupKey, Groups, NOT_BILLED, Sum};
use super::names::{Names, Texts};
use super::{CROSSES, EMPTY, Grouped, Quantities, Quantity, Usage};
use crate::dataset::Streamed;
use crate::gate::RateKey;
use crate::population::native::reading::Reading;
use crate::run::RunError;
use arrow_array::RecordBatch;
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Count;

/// What of it is told by service, region and segment.
const KEY: usize = 3;

/// What the rows so far come to. INVARIANT: nothing of it grows with rows of the same groups and invoices.
pub(super) struct Fold {
    month: (i64, i64),
    rows: u64,
    outside: u64,
    key_names: [Names; KEY],
    units: Names,
    cost_centres: Names,
    entities: Names,
    gl_accounts: Names,
    invoice_numbers: Names,
    /// Service, region, segment → their number, from 0.
    keys: HashMap<[u32; KEY], u32>,
    groups: Groups,
    /// By reason, key and unit.
    undetermined: BTreeMap<(&'static str, u32, u32), Sum>,
    billing: Billing,
}

impl Fold {
    pub(super) fn new(month: (i64, i64)) -> Self {
        Self {
            month,
            rows: 0,
            outside: 0,
            key_names: Default::default(),
            units: Names::default(),
            cost_centres: Names::default(),
            entities: Names::default(),
            gl_accounts: Names::default(),
            invoice_numbers: Names::default(),
            keys: HashMap::new(),
            groups: Groups::default(),
            undetermined: BTreeMap::new(),
            billing: Billing::default(),
        }
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(super) fn batch(&mut self, batch: &RecordBatch) -> Result<(), RunError> {
        let batch = Reading::of(batch);
        let keys = self.keys(batch)?;
        let units = self.units.of(batch.text("unit")?)?;
        let cost_centres = self.cost_centres.of(batch.text("cost_centre")?)?;
        let entities = self.entities.of(batch.text("entity")?)?;
        let gl_accounts = self.gl_accounts.of(batch.text("gl_account")?)?;
        let invoices = self.invoice_numbers.of(batch.text("invoice_no")?)?;
        let (starts, ends) = (batch.instant("period_start")?, batch.instant("period_end")?);
        let quantities = batch.number("quantity")?;
        let texts = keys.iter().zip(units).zip(cost_centres).zip(entities).zip(gl_accounts);
        let times = starts.values().iter().zip(ends.values());
        for (row, ((texts, (start, end)), invoice)) in texts.zip(times).zip(invoices).enumerate() {
            let ((((key, unit), cost_centre), entity), gl_account) = texts;
            let mut apart = NOT_BILLED;
            let sum = match self.place(*start, *end) {
                Place::Inside => self.groups.of([*key, unit, cost_centre, entity, gl_account]),
                Place::Outside => {
                    self.outside += 1;
                    None
                }
                Place::Undetermined(reason) => {
                    Some(self.undetermined.entry((reason, *key, unit)).or_default())
                }
            };
            let billed = sum.map_or(&mut apart, |sum| sum.add(quantities, row));
            self.billing.add(billed, (*key, invoice), (*start, *end));
        }
        self.rows += u64::try_from(batch.rows()).unwrap_or_default();
        Ok(())
    }

    fn keys(&mut self, batch: Reading<'_>) -> Result<Vec<u32>, RunError> {
        let [services, regions, segments] = &mut self.key_names;
        let services = services.of(batch.text("service_id")?)?;
        let regions = regions.of(batch.text("region")?)?;
        let segments = segments.of(batch.text("customer_segment")?)?;
        let keys = services.into_iter().zip(regions).zip(segments);
        let number = |((service, region), segment)| {
            let next = u32::try_from(self.keys.len());
            let next = next.map_err(|_| RunError::Outside("too many services".to_owned()))?;
            Ok(*self.keys.entry([service, region, segment]).or_insert(next))
        };
        keys.map(number).collect()
    }

    fn place(&self, start: i64, end: i64) -> Place {
        let (from, to) = self.month;
        let (first, last) = (start.min(end), start.max(end));
        if first >= to || last.max(first.saturating_add(1)) <= from {
            Place::Outside
        } else if end <= start {
            Place::Undetermined(EMPTY)
        } else if start < from || end > to {
            Place::Undetermined(CROSSES)
        } else {
            Place::Inside
        }
    }

    /// The whole, its texts in their order.
    pub(super) fn finish(self, streamed: Streamed) -> Usage {
        let [services, regions, segments] = self.key_names.map(Names::sorted);
        let mut keys: Vec<([u32; KEY], u32)> = self.keys.into_iter().collect();
        for ([service, region, segment], _) in &mut keys {
            *service = services.1.of(*service);
            *region = regions.1.of(*region);
            *segment = segments.1.of(*segment);
        }
        keys.sort_unstable();
        let places: BTreeMap<u32, u32> =
            keys.iter().zip(0..).map(|((_, old), new)| (*old, new)).collect();
        let place = |old: u32| places.get(&old).copied().unwrap_or_default();
        let (units, unit) = self.units.sorted();
        let (cost_centres, cost_centre) = self.cost_centres.sorted();
        let (entities, entity) = self.entities.sorted();
        let (gl_accounts, gl_account) = self.gl_accounts.sorted();
        let (invoice_numbers, invoice) = self.invoice_numbers.sorted();
        let grouped = |([k, u, c, e, g], sum): (GroupKey, Sum)| Grouped {
            key: place(k),
            unit: unit.of(u),
            cost_centre: cost_centre.of(c),
            entity: entity.of(e),
            gl_account: gl_account.of(g),
            rows: sum.rows,
            quantity: sum.quantity,
        };
        let mut groups: Vec<Grouped> = self.groups.all().map(grouped).collect();
        groups.sort_unstable_by_key(|g| (g.key, g.unit, g.cost_centre, g.entity, g.gl_account));
        let mut invoices = vec![Vec::new(); keys.len()];
        for ((key, number), periods) in self.billing.all() {
            let of_key = usize::try_from(place(key)).ok().and_then(|key| invoices.get_mut(key));
            of_key
                .into_iter()
                .for_each(|of_key| of_key.push((invoice.of(number), periods.clone())));
        }
        invoices.iter_mut().for_each(|of_key| of_key.sort_unstable_by_key(|(number, _)| *number));
        let undetermined_keys: BTreeSet<u32> =
            self.undetermined.keys().map(|(_, key, _)| place(*key)).collect();
        let undetermined = told(self.undetermined, &units, |old| unit.of(old));
        let in_month = groups.iter().map(|group| (group.unit, group.rows, &group.quantity));
        Usage {
            summary: streamed.summary,
            refused: streamed.refused,
            month: self.month,
            in_month: quantities(in_month, &units),
            outside: Count(self.outside),
            undetermined,
            key_services: keys.iter().map(|([service, ..], _)| *service).collect(),
            keys: keys
                .iter()
                .map(|(key, _)| named(*key, [&services.0, &regions.0, &segments.0]))
                .collect(),
            undetermined_keys,
            invoices,
            services: services.0,
            units,
            cost_centres,
            entities,
            gl_accounts,
            invoice_numbers,
            groups,
        }
    }
}

/// Where a row stands to the month.
#[derive(Clone, Copy)]
enum Place {
    Inside,
    Outside,
    Undetermined(&'static str),
}

fn named(
    [service, region, segment]: [u32; KEY],
    [services, regions, segments]: [&Texts; KEY],
) -> RateKey {
    RateKey {
        service_id: services.known(service).to_owned(),
        region: regions.text(region).map(str::to_owned),
        segment: segments.text(segment).map(str::to_owned),
    }
}

fn quantities<'a>(
    sums: impl Iterator<Item = (u32, u64, &'a Quantity)>,
    units: &Texts,
) -> Quantities {
    let (mut rows, mut by_unit) = (0, BTreeMap::<u32, Quantity>::new());
    for (unit, more, quantity) in sums {
        rows += more;
        by_unit.entry(unit).or_default().add_total(quantity);
    }
    let by_unit = by_unit.iter().map(|(unit, sum)| (units.known(*unit).to_owned(), sum.exact()));
    Quantities { rows: Count(rows), by_unit: by_unit.collect() }
}

fn told(
    undetermined: BTreeMap<(&'static str, u32, u32), Sum>,
    units: &Texts,
    unit: impl Fn(u32) -> u32,
) -> BTreeMap<&'static str, Quantities> {
    let mut by_reason: BTreeMap<&'static str, Vec<(u32, Sum)>> = BTreeMap::new();
    for ((reason, _, old), sum) in undetermined {
        by_reason.entry(reason).or_default().push((unit(old), sum));
    }
    let told = by_reason.into_iter().map(|(reason, sums)| {
        let sums = sums.iter().map(|(unit, sum)| (*unit, sum.rows, &sum.quantity));
        (reason, quantities(sums, units))
    });
    told.collect()
}
