//! What a query can name: the fixed fields, and the columns of keys and values.

use crate::text::fold;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use tieout_controls::record::FieldClass;
use tieout_controls::{ColumnType, profile};

/// A field that every pack has, whatever its datasets are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fixed {
    /// The control's id, or the company's own id for it.
    Control,
    /// The verdict on a record, or the outcome of a control.
    Decision,
    /// What kind of document it is.
    Kind,
    /// A dataset by its name in the workspace.
    Dataset,
    /// The code of an exception or of a refusal.
    Code,
    /// Why a rule could not be decided.
    Reason,
    /// An invoice's number.
    Invoice,
    /// A currency.
    Currency,
}

impl Fixed {
    /// All of them, by the order of their words.
    pub(crate) const ALL: [Self; 8] = [
        Self::Code,
        Self::Control,
        Self::Currency,
        Self::Dataset,
        Self::Decision,
        Self::Invoice,
        Self::Kind,
        Self::Reason,
    ];

    /// The word for it in queries.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Decision => "decision",
            Self::Kind => "kind",
            Self::Dataset => "dataset",
            Self::Code => "code",
            Self::Reason => "reason",
            Self::Invoice => "invoice",
            Self::Currency => "currency",
        }
    }

    /// The only values it can have, where they are known.
    pub(crate) fn values(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Decision => Some(&[
                "conforms",
                "violates",
                "undetermined",
                "not-applicable",
                "no-exceptions",
                "exceptions",
                "inconclusive",
                "not-tested",
            ]),
            Self::Kind => Some(&["record", "refused", "population", "result"]),
            _ => None,
        }
    }
}

/// The columns in which the schema profiles keep an invoice's number, folded.
pub(crate) const INVOICE_COLUMNS: [&str; 3] = ["invoiceid", "invoice_no", "invoice_id"];

/// Where a column is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// In the key and in the values.
    Any,
    /// In the key.
    Key,
    /// In the values.
    Value,
}

/// A column of a record's key or values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Where it is looked for.
    pub(crate) scope: Scope,
    /// Its name: as the schema profile spells it, else as it was written.
    pub(crate) name: String,
}

impl Column {
    /// The names under which the index keeps it.
    pub(crate) fn indexed(&self) -> Vec<String> {
        let name = fold(&self.name);
        match self.scope {
            Scope::Any => vec![key_name(&name), value_name(&name)],
            Scope::Key => vec![key_name(&name)],
            Scope::Value => vec![value_name(&name)],
        }
    }
}

impl std::fmt::Display for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.scope {
            Scope::Any => f.write_str(&self.name),
            Scope::Key => write!(f, "key.{}", self.name),
            Scope::Value => write!(f, "value.{}", self.name),
        }
    }
}

/// The index's name of a key column, of its folded name.
pub(crate) fn key_name(folded: &str) -> String {
    format!("key.{folded}")
}

/// The index's name of a value column, of its folded name.
pub(crate) fn value_name(folded: &str) -> String {
    format!("value.{folded}")
}

/// How the values of a column compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// As text.
    Text,
    /// As numbers.
    Number,
    /// As amounts of a currency.
    Money,
    /// As days and instants.
    Time,
}

/// A name that the schema profiles know.
struct Known {
    spelling: &'static str,
    class: Class,
    /// The folded columns that state the currency of a money column.
    currencies: BTreeSet<String>,
    /// Whether it is personal in any of them.
    personal: bool,
}

/// The columns of all schema profiles by their folded names: a build asks for every value.
static KNOWN: LazyLock<BTreeMap<String, Known>> = LazyLock::new(|| {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for column in profile::all().flat_map(|p| p.columns) {
        let class = match column.kind {
            ColumnType::Decimal { .. } if column.currency.is_some() => Class::Money,
            ColumnType::Decimal { .. } | ColumnType::Integer => Class::Number,
            ColumnType::Date | ColumnType::Timestamp => Class::Time,
            ColumnType::String | ColumnType::Bool | ColumnType::StringList => Class::Text,
        };
        let entry = known.entry(fold(column.name)).or_insert_with(|| Known {
            spelling: column.name,
            class,
            currencies: BTreeSet::new(),
            personal: false,
        });
        entry.personal |= column.class == FieldClass::Personal;
        if class == Class::Money {
            entry.class = class;
        }
        entry.currencies.extend(column.currency.map(fold));
    }
    known
});

/// The column of the schema profiles with that name in any case: its spelling and its class.
pub(crate) fn known_column(name: &str) -> Option<(&'static str, Class)> {
    KNOWN.get(&fold(name)).map(|known| (known.spelling, known.class))
}

/// The columns that state the currency of a money column, by the schema profiles; folded.
pub(crate) fn currency_columns(folded: &str) -> impl Iterator<Item = &'static str> {
    let known = KNOWN.get(folded);
    known.into_iter().flat_map(|known| &known.currencies).map(String::as_str)
}

/// Whether the column is personal in any schema profile.
pub(crate) fn is_personal(name: &str) -> bool {
    KNOWN.get(&fold(name)).is_some_and(|known| known.personal)
}

/// Whether any schema profile has that column for a currency.
pub(crate) fn is_currency_column(folded: &str) -> bool {
    static ALL: LazyLock<BTreeSet<&str>> =
        LazyLock::new(|| KNOWN.keys().flat_map(|name| currency_columns(name)).collect());
    folded == "currency" || ALL.contains(folded)
}

/// The name closest to a mistyped one, where one is close: at most two edits away, and fewer than
/// half of the letters.
pub(crate) fn closest(typed: &str) -> Option<String> {
    let typed = fold(typed);
    let fixed = Fixed::ALL.iter().map(|f| f.word()).chain(["amount", "date", "hash"]);
    let columns = profile::all().flat_map(|p| p.columns).map(|c| c.name);
    let distances = fixed.chain(columns).map(|name| (distance(&typed, &fold(name)), name));
    let best = distances.min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)))?;
    let near = best.0 <= 2 && best.0 * 2 < typed.chars().count();
    near.then(|| best.1.to_owned())
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        let mut left = i + 1;
        for ((y, &diagonal), &above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let substituted = diagonal + usize::from(x != *y);
            left = substituted.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_in_any_case() {
        assert_eq!(known_column("invoiceid"), Some(("InvoiceId", Class::Text)));
        assert_eq!(known_column("BILLEDCOST"), Some(("BilledCost", Class::Money)));
        assert_eq!(known_column("ListUnitPrice"), Some(("ListUnitPrice", Class::Number)));
        assert_eq!(known_column("tax_point"), Some(("tax_point", Class::Time)));
        assert_eq!(known_column("nonsense"), None);
        assert_eq!(currency_columns("billedcost").collect::<Vec<_>>(), ["billingcurrency"]);
        assert!(is_currency_column("billingcurrency") && is_currency_column("booked_ccy"));
        assert!(!is_currency_column("billedcost"));
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(closest("contrl").as_deref(), Some("control"));
        assert_eq!(closest("InvoiceIdd").as_deref(), Some("InvoiceId"));
        assert_eq!(closest("zzzzzz"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    /// A column of one name has one class in all profiles, or a query could not tell which.
    #[test]
    fn columns_of_one_name_compare_alike() {
        for column in profile::all().flat_map(|p| p.columns) {
            let (_, class) = known_column(column.name).unwrap();
            let time = matches!(column.kind, ColumnType::Date | ColumnType::Timestamp);
            let number = matches!(column.kind, ColumnType::Decimal { .. } | ColumnType::Integer);
            assert_eq!(class == Class::Time, time, "{}", column.name);
            assert_eq!(matches!(class, Class::Number | Class::Money), number, "{}", column.name);
        }
    }
}
