//! Schema profiles: what the columns of a dataset are called, what type they have, what may be
//! null, what is money, what is personal.
//!
//! Where the standard or the profile closes the list of a column's values, the column has a
//! [`Vocabulary`].
//!
//! A profile has a role (`focus`, `rate-table`, `gl-map`, …), by which controls name it, and a
//! version. A row that doesn't fit is refused, never mended.

mod access;
mod accounts;
mod allocation;
mod billing;
mod dispute;
mod focus;
mod gate;
mod governance;
mod intercompany;
mod ledger;
mod metering;
mod operations;
mod planning;
mod privacy;
mod procurement;
mod rating;
mod recharge;
mod retention;
mod tax;
mod vocabulary;

pub use vocabulary::Vocabulary;

use crate::record::FieldClass;
use crate::value::ColumnType;

/// A schema profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaProfile {
    /// Its name, such as `focus-1.2`.
    pub name: &'static str,
    /// What controls call it: the name without the version.
    pub role: &'static str,
    /// A sentence on what a row is.
    pub about: &'static str,
    /// The columns, in their order.
    pub columns: &'static [Column],
    /// The columns that name a row for people; several rows may share them.
    pub key: &'static [&'static str],
    /// The columns that begin and end the time a row speaks of; both may be the same.
    pub period: Option<(&'static str, &'static str)>,
}

/// A column of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the file's header has it.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
    /// Whether a row may leave it null.
    pub nullable: bool,
    /// Whether a file may lack it; it is then null in every row, and the result says so.
    pub optional: bool,
    /// Whether it is personal data.
    pub class: FieldClass,
    /// For an amount of money, the column that states its currency.
    pub currency: Option<&'static str>,
    /// The values that it may have, where the standard or the profile closes the list.
    pub vocabulary: Option<Vocabulary>,
}

/// All profiles, by name.
pub fn all() -> impl Iterator<Item = &'static SchemaProfile> {
    const FAMILIES: [&[SchemaProfile]; 19] = [
        focus::PROFILES,
        billing::PROFILES,
        access::PROFILES,
        accounts::PROFILES,
        retention::PROFILES,
        tax::PROFILES,
        intercompany::PROFILES,
        metering::PROFILES,
        rating::PROFILES,
        allocation::PROFILES,
        procurement::PROFILES,
        ledger::PROFILES,
        gate::PROFILES,
        recharge::PROFILES,
        operations::PROFILES,
        privacy::PROFILES,
        dispute::PROFILES,
        governance::PROFILES,
        planning::PROFILES,
    ];
    FAMILIES.into_iter().flatten()
}

/// The profile of that name, such as `rate-table-1`.
pub fn named(name: &str) -> Option<&'static SchemaProfile> {
    all().find(|p| p.name == name)
}

impl SchemaProfile {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The columns that hold amounts of money.
    pub fn amounts(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|c| c.currency.is_some())
    }
}

/// Building blocks of the tables of columns. A column is mandatory, not null and clear unless it
/// says otherwise.
impl Column {
    const fn new(name: &'static str, kind: ColumnType) -> Self {
        let class = FieldClass::Clear;
        let (currency, vocabulary) = (None, None);
        Self { name, kind, nullable: false, optional: false, class, currency, vocabulary }
    }

    const fn text(name: &'static str) -> Self {
        Self::new(name, ColumnType::String)
    }

    const fn country(name: &'static str) -> Self {
        Self::text(name).of(Vocabulary::Countries)
    }

    const fn jurisdiction(name: &'static str) -> Self {
        Self::text(name).of(Vocabulary::Jurisdictions)
    }

    const fn date(name: &'static str) -> Self {
        Self::new(name, ColumnType::Date)
    }

    const fn instant(name: &'static str) -> Self {
        Self::new(name, ColumnType::Timestamp)
    }

    const fn flag(name: &'static str) -> Self {
        Self::new(name, ColumnType::Bool)
    }

    const fn whole(name: &'static str) -> Self {
        Self::new(name, ColumnType::Integer)
    }

    const fn number(name: &'static str) -> Self {
        Self::new(name, ColumnType::Decimal { precision: 38, scale: 10 })
    }

    const fn fine_number(name: &'static str) -> Self {
        Self::new(name, ColumnType::Decimal { precision: 38, scale: 18 })
    }

    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn optional(mut self) -> Self {
        self.nullable = true;
        self.optional = true;
        self
    }

    const fn personal(mut self) -> Self {
        self.class = FieldClass::Personal;
        self
    }

    const fn one_of(self, words: &'static [&'static str]) -> Self {
        self.of(Vocabulary::Words(words))
    }

    const fn of(mut self, vocabulary: Vocabulary) -> Self {
        self.vocabulary = Some(vocabulary);
        self
    }

    const fn money_in(mut self, currency: &'static str) -> Self {
        self.currency = Some(currency);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_consistent() {
        let mut names = std::collections::BTreeSet::new();
        for profile in all() {
            assert!(names.insert(profile.name), "{} twice", profile.name);
            assert_eq!(profile.name.rsplit_once('-').unwrap().0, profile.role);
            let mut columns = std::collections::BTreeSet::new();
            for column in profile.columns {
                assert!(columns.insert(column.name), "{}.{} twice", profile.name, column.name);
                if let Some(currency) = column.currency {
                    assert_eq!(profile.column(currency).unwrap().kind, ColumnType::String);
                }
                if let Some(vocabulary) = column.vocabulary {
                    assert_eq!(column.kind, ColumnType::String, "{}", column.name);
                    assert_ne!(vocabulary, Vocabulary::Words(&[]), "{}", column.name);
                }
            }
            let period = profile.period.iter().flat_map(|(a, b)| [a, b]);
            for name in profile.key.iter().chain(period) {
                assert!(columns.contains(name), "{}: no column {name}", profile.name);
            }
            assert!(!profile.key.is_empty(), "{} has no key", profile.name);
        }
    }

    /// FinOps Open Cost and Usage Specification 1.2, specification/columns: 57 columns.
    #[test]
    fn focus_has_the_published_number_of_columns() {
        assert_eq!(named("focus-1.2").unwrap().columns.len(), 57);
        let published =
            named("focus-1.0").unwrap().columns.iter().filter(|c| c.name != "InvoiceId");
        assert_eq!(published.count(), 43);
    }
}
