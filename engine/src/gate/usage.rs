//! What was used in a month, by service, region, segment, unit, cost centre, entity and account.
//!
//! What it is for: the quantities that two rate tables are put to, and which invoices billed what, so that
//! a change of the past can name them. The dataset goes by in batches; what stays is a sum for each group
//! and, for each service, region and segment, the time that each invoice bills.
//!
//! What it is not for: counting usage. Rows of the same columns add up as they are.

mod fold;
mod groups;
mod invoices;
mod names;
mod total;

pub(super) use self::names::Texts;
pub(super) use self::total::Total;

use self::fold::Fold;
use self::invoices::Periods;
use super::RateKey;
use crate::dataset::{DatasetSpec, stream};
use crate::progress::Progress;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::paper::CommitmentFactory;
use tieout_controls::{Count, DatasetSummary, RefusedRow};

/// The profile of the dataset.
pub const PROFILE: &str = "usage-summary-1";

/// The digits behind the point of quantities.
pub(super) const QUANTITY_SCALE: u32 = 10;

/// A sum of quantities.
pub(super) type Quantity = Total<QUANTITY_SCALE>;

/// A row's period begins in another month than the one in which it ends.
pub const CROSSES: &str = "the period crosses the border of the month";
/// A row's period has no length, or ends before it begins.
pub const EMPTY: &str = "the period doesn't end after it begins";

/// What was used.
#[derive(Debug)]
pub struct Usage {
    /// The dataset: identity, commitment, tie-out. Its refused rows are in nothing here but in its counts.
    pub summary: DatasetSummary,
    /// The refused rows in their order.
    pub refused: Vec<RefusedRow>,
    /// The month: its first instant and the first one after it, in microseconds since 1970 UTC.
    pub month: (i64, i64),
    /// The rows whose period lies in it: all groups together.
    pub in_month: Quantities,
    /// The rows of other months. `rows of the dataset = in_month + outside + undetermined + refused`.
    pub outside: Count,
    /// Of which rows it can't be told whether they are the month's: [`CROSSES`], [`EMPTY`].
    pub undetermined: BTreeMap<&'static str, Quantities>,
    /// What was used, in the words of a rate's key, in order; where none is stated there is none.
    pub(super) keys: Vec<RateKey>,
    /// The number of each key's service among `services`.
    pub(super) key_services: Vec<u32>,
    /// Those of which some rows are undetermined.
    pub(super) undetermined_keys: BTreeSet<u32>,
    /// For each key what each invoice bills of it.
    invoices: Vec<Vec<(u32, Periods)>>,
    pub(super) services: Texts,
    pub(super) units: Texts,
    pub(super) cost_centres: Texts,
    pub(super) entities: Texts,
    pub(super) gl_accounts: Texts,
    invoice_numbers: Texts,
    /// By key, then by the others.
    pub(super) groups: Vec<Grouped>,
}

/// Rows, and what they come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quantities {
    /// How many rows.
    pub rows: Count,
    /// Σ of their quantities by unit.
    pub by_unit: BTreeMap<String, Exact>,
}

/// What one cost centre of an entity used of a service in a month, for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'u> {
    /// Service, region and segment as stated; none where none is.
    pub key: &'u RateKey,
    /// The unit.
    pub unit: &'u str,
    /// The cost centre.
    pub cost_centre: &'u str,
    /// The legal entity.
    pub entity: &'u str,
    /// The account of the general ledger.
    pub gl_account: Option<&'u str>,
    /// How many rows.
    pub rows: Count,
    /// Σ of their quantities.
    pub quantity: Exact,
}

/// The same in numbers of [`Texts`]; the key's is its place.
#[derive(Debug)]
pub(super) struct Grouped {
    pub(super) key: u32,
    pub(super) unit: u32,
    pub(super) cost_centre: u32,
    pub(super) entity: u32,
    pub(super) gl_account: u32,
    pub(super) rows: u64,
    pub(super) quantity: Quantity,
}

/// Reads a dataset of the profile [`PROFILE`] and sums what lies in the month, a half-open interval in
/// microseconds since 1970 UTC.
///
/// # Errors
/// [`RunError::Input`] for what can't be read, [`RunError::Interrupted`].
pub fn read(
    spec: &DatasetSpec,
    month: (i64, i64),
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Usage, RunError> {
    let mut fold = Fold::new(month);
    let mut batches = 0_u64;
    progress.step(&format!("reading `{}`", spec.name));
    let streamed = stream(spec, commitments, progress, &mut |batch| {
        fold.batch(&batch)?;
        batches += 1;
        if batches.is_multiple_of(32) {
            progress.step(&format!("read {} rows of `{}`", fold.rows(), spec.name));
        }
        if progress.cancelled() { Err(RunError::Interrupted) } else { Ok(()) }
    })?;
    Ok(fold.finish(streamed))
}

impl Usage {
    /// The groups of the month in their order.
    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        self.groups.iter().filter_map(|group| {
            Some(Group {
                key: self.key(group.key)?,
                unit: self.units.known(group.unit),
                cost_centre: self.cost_centres.known(group.cost_centre),
                entity: self.entities.known(group.entity),
                gl_account: self.gl_accounts.text(group.gl_account),
                rows: Count(group.rows),
                quantity: group.quantity.exact(),
            })
        })
    }

    pub(super) fn key(&self, number: u32) -> Option<&RateKey> {
        self.keys.get(usize::try_from(number).ok()?)
    }
}

#[cfg(test)]
pub(super) mod tests;
