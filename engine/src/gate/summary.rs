//! A usage summary from the records of meters: what the gate puts rate tables to, without resource ids and
//! without anything personal, so that it may leave the company's own machines.
//!
//! Usage is counted as everywhere here, each interval once: measured before estimated, then the source of
//! the lowest priority number, replaced rows not at all. A row belongs to the civil month of its resource's
//! zone, and to the service, region and cost centre that the register gives the resource where its interval
//! begins; the entity is the cost centre's on that day, the account the general ledger map's, where there
//! is one. Meters know no customer segments and no invoices: those columns are empty.
//!
//! Nothing is left out in silence: usage that can't be counted or has no owner is told by its reason.

use super::usage::Quantity;
use crate::binding::Bound;
use crate::dataset::Loaded;
use crate::population::native::Unknown;
use crate::population::native::output::{self, Cell, Column, Kind, Output};
use crate::population::native::reading;
use crate::population::native::register::{Entry, Register, month_of};
use crate::population::native::usage::{self, NOW, Row};
use crate::progress::Progress;
use crate::run::{Datasets, RunError};
use arrow_array::{Array as _, RecordBatch};
use arrow_schema::SchemaRef;
use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use tieout_controls::Count;
use tieout_controls::dataset::TieOut;

const WANTED: [&str; 3] = ["usage", "resource", "cost-centre"];
const WELCOME: [&str; 1] = ["gl-map"];

const COLUMNS: &[Column] = &[
    Column("period_start", Kind::Instant, false),
    Column("period_end", Kind::Instant, false),
    Column("service_id", Kind::Text, false),
    Column("region", Kind::Text, true),
    Column("customer_segment", Kind::Text, true),
    Column("unit", Kind::Text, false),
    Column("cost_centre", Kind::Text, false),
    Column("entity", Kind::Text, false),
    Column("gl_account", Kind::Text, true),
    Column("quantity", Kind::Quantity, false),
];

const CROSSES: Unknown =
    Unknown("an interval crosses the border of the month in the resource's zone");
const NO_OWNER: Unknown = Unknown("the register has no one entry for the resource at that time");
const NO_ENTITY: Unknown = Unknown("the cost centre has no one entity at that time");
const ACCOUNTS: Unknown = Unknown("several general ledger accounts are in force at that time");
const ZONE: Unknown = Unknown("the resource's zone is not one of the tz database");

/// A usage summary.
#[derive(Debug)]
pub struct Summary {
    /// The rows, in the columns of [`schema`] and their order: one for each group and month.
    pub batches: Vec<RecordBatch>,
    /// How many.
    pub rows: Count,
    /// How many rows of usage count.
    pub counted: Count,
    /// Why the usage of resources in a month is in no row → how many resources' months.
    pub left_out: BTreeMap<&'static str, Count>,
    /// Rows of the datasets that were refused, and so count for nothing.
    pub refused: Count,
    /// The datasets that differ from what is expected of them.
    pub untied: Vec<String>,
}

/// The columns of a usage summary.
pub fn schema() -> SchemaRef {
    output::schema(COLUMNS)
}

/// Whether a summary is made from datasets of that role.
pub fn reads(role: &str) -> bool {
    WANTED.contains(&role) || WELCOME.contains(&role)
}

/// Sums the usage of the civil months that begin in a half-open period of days. A row's period is the
/// month in UTC, whatever the zones of its resources.
///
/// # Errors
/// [`RunError::Input`] where a dataset is missing or several have a role, [`RunError::Interrupted`].
pub fn summarise(
    datasets: &Datasets,
    (start, end): (NaiveDate, NaiveDate),
    progress: &dyn Progress,
) -> Result<Summary, RunError> {
    let bound = Bound::of_roles(datasets.all(), &WANTED, &WELCOME)?;
    let (rows, register) =
        (usage::read(bound.role("usage")?)?, Register::read(bound.role("resource")?)?);
    let entities = Entities::read(bound.role("cost-centre")?)?;
    let accounts = bound.find("gl-map").map(Accounts::read).transpose()?.unwrap_or_default();
    let owners = Owners { register: &register, entities: &entities, accounts: &accounts };
    let mut groups: BTreeMap<Group<'_>, Quantity> = BTreeMap::new();
    let (mut left_out, mut counted) = (BTreeMap::<&str, Count>::new(), 0);
    for month in months(start, end) {
        for (resource, rows) in &rows {
            if progress.cancelled() {
                return Err(RunError::Interrupted);
            }
            match owners.of_month(month, resource, rows) {
                Ok(of_month) => {
                    for (group, quantity) in of_month {
                        counted += 1;
                        groups.entry(group).or_default().add(quantity);
                    }
                }
                Err(Unknown(why)) => left_out.entry(why).or_default().increment(),
            }
        }
    }
    let mut output = Output::new(COLUMNS);
    groups.iter().try_for_each(|(group, quantity)| group.push(quantity, &mut output))?;
    let read = bound.datasets();
    let refused = read.iter().map(|loaded| loaded.summary.refused);
    let untied = read.iter().filter(|l| matches!(l.summary.tie_out, TieOut::Differs { .. }));
    Ok(Summary {
        batches: output.finish()?,
        rows: Count::of(groups.len()),
        counted: Count(counted),
        left_out,
        refused: refused.fold(Count(0), |sum, more| sum + more),
        untied: untied.map(|loaded| loaded.summary.name.clone()).collect(),
    })
}

/// The first days of the civil months that begin in a half-open period.
fn months(start: NaiveDate, end: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let first = start.with_day(1).filter(|first| *first == start);
    let first = first.or_else(|| start.with_day(1)?.checked_add_months(Months::new(1)));
    let next = |month: &NaiveDate| month.checked_add_months(Months::new(1));
    std::iter::successors(first, next).take_while(move |month| *month < end)
}

/// What rows are summed by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group<'a> {
    month: NaiveDate,
    service: &'a str,
    region: Option<&'a str>,
    unit: &'a str,
    cost_centre: &'a str,
    entity: &'a str,
    gl_account: Option<&'a str>,
}

impl Group<'_> {
    fn push(&self, quantity: &Quantity, output: &mut Output) -> Result<(), RunError> {
        let at = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_micros();
        let end = self.month.checked_add_months(Months::new(1)).map(at);
        output.push(&[
            Cell::Instant(Some(at(self.month))),
            Cell::Instant(end),
            Cell::Text(Some(self.service)),
            Cell::Text(self.region),
            Cell::Text(None),
            Cell::Text(Some(self.unit)),
            Cell::Text(Some(self.cost_centre)),
            Cell::Text(Some(self.entity)),
            Cell::Text(self.gl_account),
            Cell::Number(Some(&quantity.exact())),
        ])
    }
}

/// Whose usage is.
struct Owners<'o, 'a> {
    register: &'o Register<'a>,
    entities: &'o Entities<'a>,
    accounts: &'o Accounts<'a>,
}

impl<'a> Owners<'_, 'a> {
    /// What counts of a resource in a civil month of its zone; rows are in the order of [`usage::read`].
    fn of_month(
        &self,
        month: NaiveDate,
        resource: &str,
        rows: &[Row<'a>],
    ) -> Result<Vec<(Group<'a>, i128)>, Unknown> {
        let (from, to) = self.span(month, resource)?;
        let overlaps = |row: &&Row<'_>| row.start < to && row.end > from;
        if rows.iter().filter(overlaps).any(|row| row.start < from || row.end > to) {
            return Err(CROSSES);
        }
        let rows = usage::within(rows, from, to);
        let counted = usage::count(rows, NOW)?;
        let counts = counted.rows.iter().filter_map(|place| rows.get(*place));
        counts
            .map(|row| Ok((self.group(month, resource, row)?, row.quantity.ok_or(Unknown::WIDE)?)))
            .collect()
    }

    /// The instants between which a civil month lies in a resource's zone, UTC where it has none.
    fn span(&self, month: NaiveDate, resource: &str) -> Result<(i64, i64), Unknown> {
        let middle = month.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(14);
        let middle = middle.timestamp_micros();
        let entry = self.register.at(resource, middle);
        let entry = entry.or_else(|| self.register.entries(resource).last());
        let zone = match entry.and_then(Entry::zone_name) {
            None => Tz::UTC,
            Some(_) => entry.and_then(Entry::zone).ok_or(ZONE)?,
        };
        month_of(zone, middle).ok_or(ZONE)
    }

    fn group(&self, month: NaiveDate, resource: &str, row: &Row<'a>) -> Result<Group<'a>, Unknown> {
        let entry = self.register.at(resource, row.start).ok_or(NO_OWNER)?;
        let entity = self.entities.at(entry.cost_centre, row.start).ok_or(NO_ENTITY)?;
        Ok(Group {
            month,
            service: entry.service,
            region: entry.region,
            unit: row.unit,
            cost_centre: entry.cost_centre,
            entity,
            gl_account: self.accounts.at(entry.service, entity, row.start)?,
        })
    }
}

/// Half-open intervals and what holds in them; an instant or a day.
type Dated<'a> = Vec<(i64, Option<i64>, &'a str)>;

fn in_force<'a>(dated: &Dated<'a>, at: i64) -> impl Iterator<Item = &'a str> {
    let holds = move |(from, to, _): &&(i64, Option<i64>, &'a str)| {
        *from <= at && to.is_none_or(|to| at < to)
    };
    dated.iter().filter(holds).map(|(_, _, what)| *what)
}

/// Cost centre → its entity by days since 1970.
#[derive(Default)]
struct Entities<'a>(BTreeMap<&'a str, Dated<'a>>);

impl<'a> Entities<'a> {
    fn read(loaded: &'a Loaded) -> Result<Self, RunError> {
        let mut entities = Self::default();
        for batch in reading::batches(loaded) {
            let (ids, names) = (batch.text("cc_id")?, batch.text("entity")?);
            let (from, to) = (batch.date("valid_from")?, batch.date("valid_to")?);
            for row in 0..batch.rows() {
                let to = to.is_valid(row).then(|| to.value(row).into());
                let dated = (from.value(row).into(), to, names.value(row));
                entities.0.entry(ids.value(row)).or_default().push(dated);
            }
        }
        Ok(entities)
    }

    /// The entity on the day, by UTC, of an instant.
    fn at(&self, cost_centre: &str, at: i64) -> Option<&'a str> {
        let day = DateTime::from_timestamp_micros(at)?.date_naive().to_epoch_days();
        let mut found = in_force(self.0.get(cost_centre)?, day.into());
        found.next().filter(|_| found.next().is_none())
    }
}

/// Service and entity → the account of usage by instants.
#[derive(Default)]
struct Accounts<'a>(BTreeMap<(&'a str, &'a str), Dated<'a>>);

impl<'a> Accounts<'a> {
    fn read(loaded: &'a Loaded) -> Result<Self, RunError> {
        let mut accounts = Self::default();
        for batch in reading::batches(loaded) {
            let (services, entities) = (batch.text("service_id")?, batch.text("entity")?);
            let (classes, names) = (batch.text("charge_class")?, batch.text("gl_account")?);
            let (from, to) = (batch.instant("effective_from")?, batch.instant("effective_to")?);
            for row in (0..batch.rows()).filter(|row| classes.value(*row) == "Usage") {
                let to = to.is_valid(row).then(|| to.value(row));
                let dated = (from.value(row), to, names.value(row));
                let key = (services.value(row), entities.value(row));
                accounts.0.entry(key).or_default().push(dated);
            }
        }
        Ok(accounts)
    }

    fn at(&self, service: &'a str, entity: &'a str, at: i64) -> Result<Option<&'a str>, Unknown> {
        let Some(dated) = self.0.get(&(service, entity)) else { return Ok(None) };
        let mut found = in_force(dated, at);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(ACCOUNTS),
            (one, None) => Ok(one),
        }
    }
}
