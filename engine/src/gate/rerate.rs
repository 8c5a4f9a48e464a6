//! A month's usage, put to two rate tables: what a change of rates comes to.
//!
//! A group of usage is priced by the rates of the most specific key that has any in force at the instant
//! asked for ([`Book::key`]), applied to the group's quantity: tiers count what one cost centre of an
//! entity used of a service, region and segment for one account in the month. There is one rounding,
//! half-up to the minor unit of the rate's currency (ISO 4217), of each group's amount; everything else
//! is a sum of those, so that every dimension adds up to the same total.
//!
//! Nothing becomes zero in silence. A group without a rate is `unrated`; one of which its rates don't say
//! what it costs is undetermined, with the reason. What is undetermined on one side is in no difference:
//! the other side's amounts for it are told apart ([`Rerated::not_compared`]). What has a rate on one side
//! alone is: without a rate nothing is charged, and [`Rerated::unrated`] names it.

mod book;
mod choice;
mod price;
mod sums;
mod tally;

pub use self::book::Book;

use self::choice::Choices;
use self::tally::Tally;
use super::usage::Usage;
use super::{Rate, RateKey};
use crate::reperform::exact::Exact;
use std::collections::BTreeMap;
use tieout_controls::Count;

/// Rates of one key overlap that have no tiers.
pub const SEVERAL: &str = "several rates of the key are in force";
/// Rates of one key are of different kinds.
pub const KINDS: &str = "rates of the key with tiers and without, or of both modes, are in force";
/// Rates of one key are in several currencies.
pub const CURRENCIES: &str = "rates of the key in several currencies are in force";
/// Tiers of one key are of several units.
pub const UNITS: &str = "tiers of the key in several units are in force";
/// The first tier begins above zero.
pub const NOT_FROM_ZERO: &str = "the tiers don't begin at zero";
/// Between two tiers there is none.
pub const HOLE: &str = "the tiers have a hole";
/// Tiers overlap or aren't in order.
pub const TIERS: &str = "the tiers overlap";
/// The last tier has an end.
pub const ABOVE: &str = "the usage is above the last tier";
/// The usage is in another unit than the rate.
pub const UNIT: &str = "the usage is in another unit than the rate";
/// Amounts have no scale.
pub const CURRENCY: &str = "the rate's currency is not one of ISO 4217";
/// What the kernel of rating refuses for another reason.
pub const NOT_RATED: &str = "the rates can't be applied";

/// The value of a dimension where there is none.
pub const NO_VALUE: &str = "-";

/// Usage, rated by two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerated {
    /// The instant whose rates were applied, in microseconds since 1970 UTC.
    pub at: i64,
    /// How many groups were put to each table.
    pub groups: Count,
    /// How each table rates them: base, head. Groups, rows and quantities of both are those of the usage.
    pub sides: [Side; 2],
    /// What is compared, by currency. Of each side: `sides[i].amounts = money + not_compared[i]`.
    pub money: BTreeMap<String, Money>,
    /// The same by the values of each dimension and currency; `-` where there is no value.
    pub by: BTreeMap<Dimension, BTreeMap<(String, String), Money>>,
    /// The same by rate key: every key that has a rate in force in one of the tables. Usage that is
    /// priced by different keys on the two sides is with the more specific one, which came or went.
    pub by_key: BTreeMap<RateKey, Effect>,
    /// What head has no rate for, by key and unit.
    pub unrated: Vec<Unrated>,
    /// The keys in force in head by which no usage is priced, in order.
    pub unpriced: Vec<RateKey>,
    /// The amounts of each side, by currency, of groups that are undetermined on the other.
    pub not_compared: [BTreeMap<String, Exact>; 2],
}

/// How one table rates the usage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// What has an amount.
    pub rated: Portion,
    /// What has no rate.
    pub unrated: Portion,
    /// Of what it can't be told, by reason.
    pub undetermined: BTreeMap<&'static str, Portion>,
    /// Σ of the amounts by currency.
    pub amounts: BTreeMap<String, Exact>,
}

/// A part of the usage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Portion {
    /// How many groups.
    pub groups: Count,
    /// How many rows.
    pub rows: Count,
    /// Σ of their quantities by unit.
    pub quantity: BTreeMap<String, Exact>,
}

/// Amounts in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// By base; zero where base has none in the currency.
    pub old: Exact,
    /// By head; likewise.
    pub new: Exact,
    /// `new − old`.
    pub delta: Exact,
}

/// By what amounts are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// The cost centre.
    CostCentre,
    /// The account of the general ledger.
    GlAccount,
    /// The legal entity.
    Entity,
    /// The service.
    Service,
}

/// What comes of a rate key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// How many groups are told with it.
    pub groups: Count,
    /// Σ of their quantities by unit.
    pub quantity: BTreeMap<String, Exact>,
    /// What of it is compared, by currency: two where the currency changed, and never netted.
    pub money: BTreeMap<String, Money>,
    /// What the money tells.
    pub coverage: Coverage,
}

/// Whether rates were put to usage, and what came of it; the words of `rate-change-1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// All usage that there is was priced.
    Priced,
    /// There is no usage.
    Unpriced,
    /// Of some usage it can't be told what it costs, or whether it is the month's.
    Undetermined,
    /// There was no usage to put it to, or no rate of it at the instant.
    NotRated,
}

/// Usage without a rate in head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrated {
    /// Service, region and segment.
    pub key: RateKey,
    /// The unit.
    pub unit: String,
    /// Σ of the quantities.
    pub quantity: Exact,
    /// Whether base has none either.
    pub in_base: bool,
}

/// Rates usage by the rates of both tables that are in force at an instant, in microseconds since 1970
/// UTC: the month's first one for what a change of the past comes to, the first instant of a change for
/// what one of the future would come to on the same usage.
pub fn rerate(base: &[Rate], head: &[Rate], usage: &Usage, at: i64) -> Rerated {
    let books = [Book::of(base), Book::of(head)];
    let choices = Choices::of(&books, usage, at);
    let mut tally = Tally::new(usage, &choices);
    usage.groups.iter().for_each(|group| tally.add(group));
    tally.finish(at, &books)
}

impl Rerated {
    /// Whether a key's rates were put to usage at that instant.
    pub fn coverage(&self, key: &RateKey) -> Coverage {
        self.by_key.get(key).map_or(Coverage::NotRated, |effect| effect.coverage)
    }
}

impl Coverage {
    /// Its word in `rate-change-1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Priced => "priced",
            Self::Unpriced => "unpriced",
            Self::Undetermined => "undetermined",
            Self::NotRated => "not-rated",
        }
    }
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CostCentre, Self::GlAccount, Self::Entity, Self::Service];

    /// Its column in `usage-summary-1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CostCentre => "cost_centre",
            Self::GlAccount => "gl_account",
            Self::Entity => "entity",
            Self::Service => "service_id",
        }
    }
}

#[cfg(test)]
mod tests;
