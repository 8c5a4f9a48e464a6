//! What a search finds: one specification, several, or a counter-example.

use crate::reperform::exact::Exact;
use crate::reperform::rounding::{RoundingSpec, Rule, Stage};
use std::collections::BTreeMap;
use std::fmt;

/// A part of the search whose input and result are both billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Unit price, quantity and line, up to the total without tax.
    Pricing,
    /// Tax of lines and categories, up to the total of tax.
    Taxing,
    /// The payable amount.
    Paying,
}

/// A number of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The amount of that line.
    Line(u32),
    /// The rounding line.
    RoundingLine,
    /// The total without tax.
    Net,
    /// The tax of that line.
    TaxLine(u32),
    /// The tax of that category and rate.
    Category(String, Exact),
    /// The total of tax.
    Tax,
    /// The rounding amount.
    RoundingAmount,
    /// What is to be paid.
    Payable,
}

impl Part {
    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pricing => "pricing",
            Self::Taxing => "taxing",
            Self::Paying => "paying",
        }
    }

    /// All parts, in the order of computation.
    pub const ALL: [Self; 3] = [Self::Pricing, Self::Taxing, Self::Paying];
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::RoundingLine => f.write_str("the rounding line"),
            Self::Net => f.write_str("the total without tax"),
            Self::TaxLine(number) => write!(f, "the tax of line {number}"),
            Self::Category(code, rate) => write!(f, "the tax of category {code} at {rate}"),
            Self::Tax => f.write_str("the total of tax"),
            Self::RoundingAmount => f.write_str("the rounding amount"),
            Self::Payable => f.write_str("the payable amount"),
        }
    }
}

/// The rules that a part has, by stage; `None` rounds nothing there.
pub type PartRules = BTreeMap<Stage, Option<Rule>>;

/// A candidate that explained every invoice before, and where it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The candidate.
    pub rules: PartRules,
    /// Where.
    pub place: Place,
    /// What the candidate gives.
    pub expected: Exact,
    /// What is billed.
    pub actual: Exact,
}

/// No candidate of a part explains all invoices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The part.
    pub part: Part,
    /// The first invoice, in order, after which none is left.
    pub invoice: String,
    /// All that were left before it; at least one.
    pub nearest: Vec<Nearest>,
}

/// The specifications that explain all invoices: every combination of one candidate of each part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survivors {
    pub(super) parts: Vec<Vec<PartRules>>,
}

impl From<&RoundingSpec> for Survivors {
    /// That one alone.
    fn from(spec: &RoundingSpec) -> Self {
        let part = |stages: &[Stage]| -> Vec<PartRules> {
            vec![stages.iter().map(|stage| (*stage, spec.rule(*stage).copied())).collect()]
        };
        let [unit_price, quantity, line, tax_line, tax_category, invoice] = Stage::ALL;
        let parts = [
            part(&[unit_price, quantity, line]),
            part(&[tax_line, tax_category]),
            part(&[invoice]),
        ];
        Self { parts: parts.into() }
    }
}

impl Survivors {
    /// The candidates of each part that are left, in the order of [`Part`].
    pub fn parts(&self) -> &[Vec<PartRules>] {
        &self.parts
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.parts.iter().map(Vec::len).product()
    }

    /// Whether this is one of them.
    pub fn contains(&self, spec: &RoundingSpec) -> bool {
        let agrees = |rules: &PartRules| {
            rules.iter().all(|(stage, rule)| spec.rule(*stage) == rule.as_ref())
        };
        self.parts.iter().all(|part| part.iter().any(agrees))
    }

    /// All of them; there can be many.
    pub fn specs(&self) -> Vec<RoundingSpec> {
        self.parts.iter().fold(vec![RoundingSpec::exact()], |specs, part| {
            let extended = |spec: &RoundingSpec| {
                part.iter().map(|rules| spec.clone().with_rules(rules)).collect::<Vec<_>>()
            };
            specs.iter().flat_map(extended).collect()
        })
    }

    /// The options that are left at each stage. One option: the stage is determined. Several: this
    /// data doesn't tell them apart, alone or together with those of another stage.
    pub fn options(&self) -> BTreeMap<Stage, Vec<Option<Rule>>> {
        let mut options: BTreeMap<Stage, Vec<Option<Rule>>> = BTreeMap::new();
        for (stage, rule) in self.parts.iter().flatten().flatten() {
            let known = options.entry(*stage).or_default();
            if !known.contains(rule) {
                known.push(*rule);
            }
        }
        options
    }
}

impl fmt::Display for Survivors {
    /// A line for each stage: the rule, or the rules that this data doesn't tell apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (stage, options) in self.options() {
            write!(f, "{}: ", stage.name())?;
            for (i, option) in options.iter().enumerate() {
                let separator = if i == 0 { "" } else { " | " };
                match option {
                    Some(rule) => write!(f, "{separator}{rule}")?,
                    None => write!(f, "{separator}not rounded")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Contradiction {
    /// The counter-example, once for each number that the nearest candidates give in its place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told: Vec<(&Place, &Exact)> = Vec::new();
        writeln!(f, "no rule explains invoice {}", self.invoice)?;
        for Nearest { place, expected, actual, .. } in &self.nearest {
            if !told.contains(&(place, expected)) {
                told.push((place, expected));
                writeln!(f, "{place}: {expected} expected, {actual} billed")?;
            }
        }
        Ok(())
    }
}

/// What the search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inference {
    /// One specification of the grid explains everything.
    Unique(RoundingSpec),
    /// Several do, and this data doesn't tell them apart.
    Equivalent(Survivors),
    /// None does: for each part that has no candidate left, where it went wrong.
    Contradiction(Vec<Contradiction>),
}
