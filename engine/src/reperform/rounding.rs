//! Rounding specifications: at which stage of an invoice what is rounded, how, and what becomes of
//! what the rounding loses.
//!
//! A [`RoundingSpec`] holds at most one [`Rule`] for each [`Stage`]; a stage without a rule is exact.
//! [`invoice`] applies it. The word for what is lost is *residual*: Σ exact − Σ rounded. It is
//! stated for every stage, with where it went, and nothing of it disappears.
//!
//! Sources: the stages are those at which EN 16931 has amounts (line net BT-131, tax of a category
//! BT-117, totals BT-109 to BT-115, rounding amount BT-114); the minor units are those of ISO 4217.

pub mod invoice;
pub mod residual;

use super::exact::Increment;
use std::collections::BTreeMap;
use std::fmt;
use tieout_controls::Rounding;
use tieout_controls::currency::minor_units;

pub use residual::Residual;

/// Where in an invoice a number is rounded, in the order of computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The price of a unit, before it is multiplied.
    UnitPrice,
    /// The quantity, before it is multiplied.
    Quantity,
    /// Quantity × unit price of a line (EN 16931 BT-131).
    Line,
    /// The tax of a line.
    TaxLine,
    /// The tax of all lines of one category and rate (EN 16931 BT-117).
    TaxCategory,
    /// What is to be paid (EN 16931 BT-115).
    Invoice,
}

impl Stage {
    /// All stages, in the order of computation.
    pub const ALL: [Self; 6] = [
        Self::UnitPrice,
        Self::Quantity,
        Self::Line,
        Self::TaxLine,
        Self::TaxCategory,
        Self::Invoice,
    ];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnitPrice => "unit_price",
            Self::Quantity => "quantity",
            Self::Line => "line",
            Self::TaxLine => "tax_line",
            Self::TaxCategory => "tax_category",
            Self::Invoice => "invoice",
        }
    }

    /// Whether a residual policy has a meaning at this stage. A price or quantity is rounded alone:
    /// there is no second part to give anything to. The whole invoice has a rounding amount at most.
    pub fn admits(self, residual: Residual) -> bool {
        match self {
            Self::UnitPrice | Self::Quantity => residual == Residual::Unassigned,
            Self::Line | Self::TaxLine | Self::TaxCategory => true,
            Self::Invoice => matches!(residual, Residual::Unassigned | Residual::RoundingLine),
        }
    }
}

/// How fine the amounts of a stage are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The minor unit of the currency (ISO 4217): `EUR` 0.01, `JPY` 1, `KWD` 0.001.
    MinorUnit,
    /// The smallest coin in use, for amounts paid in cash: `CHF` 0.05.
    Cash,
    /// As stated.
    Stated(Increment),
}

/// Why a rounding specification can't be formed or applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No currency of ISO 4217.
    #[error("`{0}` is no currency of ISO 4217")]
    UnknownCurrency(String),
    /// Cash rounding is national practice, and this currency's isn't known here.
    #[error("no cash rounding increment is known for `{0}`: state the increment")]
    NoCashIncrement(String),
    /// A residual policy at a stage where it means nothing.
    #[error("`{}` can't be done with the residual of stage `{}`", .residual.name(), .stage.name())]
    Inadmissible {
        /// The stage.
        stage: Stage,
        /// The policy.
        residual: Residual,
    },
    /// Two lines with one number: a tie between them would have no order.
    #[error("line number {0} stands twice in the invoice")]
    LineTwice(u32),
}

impl Scale {
    /// The increment for amounts in `currency`.
    ///
    /// Smallest coins: `CHF`, `CAD`, `AUD` 0.05; `NZD` 0.10; `DKK` 0.50; `SEK`, `NOK`, `CZK` 1;
    /// `HUF` 5 (known to professional practice; where coins change, state the increment).
    ///
    /// # Errors
    /// [`SpecError::UnknownCurrency`], [`SpecError::NoCashIncrement`].
    pub fn increment(self, currency: &str) -> Result<Increment, SpecError> {
        let unknown = || SpecError::UnknownCurrency(currency.to_owned());
        match self {
            Self::Stated(increment) => Ok(increment),
            Self::MinorUnit => {
                let digits = minor_units(currency).ok_or_else(unknown)?;
                Increment::digits(digits).ok_or_else(unknown)
            }
            Self::Cash => cash_increment(currency)
                .ok_or_else(|| SpecError::NoCashIncrement(currency.to_owned())),
        }
    }
}

fn cash_increment(currency: &str) -> Option<Increment> {
    let (units, scale) = match currency {
        "CHF" | "CAD" | "AUD" => (5, 2),
        "NZD" => (10, 2),
        "DKK" => (50, 2),
        "SEK" | "NOK" | "CZK" => (1, 0),
        "HUF" => (5, 0),
        _ => return None,
    };
    Increment::new(units, scale)
}

/// What is done at one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The grid of the rounded amounts.
    pub increment: Increment,
    /// The direction.
    pub mode: Rounding,
    /// What becomes of what is lost.
    pub residual: Residual,
}

impl Rule {
    /// Each number rounded on its own, to that many digits behind the point (at most 38).
    pub fn alone(scale: u32, mode: Rounding) -> Option<Self> {
        let increment = Increment::digits(scale)?;
        Some(Self { increment, mode, residual: Residual::Unassigned })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { increment, mode, residual } = self;
        write!(f, "{} to {increment}, residual {}", mode.name(), residual.name())
    }
}

/// A rule for each stage at which something is rounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoundingSpec {
    rules: BTreeMap<Stage, Rule>,
}

impl RoundingSpec {
    /// A specification that rounds nothing.
    pub fn exact() -> Self {
        Self::default()
    }

    /// The specification with a rule for that stage, in place of any that it had.
    ///
    /// # Errors
    /// [`SpecError::Inadmissible`] when the stage can't do that with a residual.
    ///
    /// ```
    /// use tieout_controls::Rounding;
    /// use tieout_engine::reperform::exact::Increment;
    /// use tieout_engine::reperform::rounding::{Residual, RoundingSpec, Rule, Stage};
    /// let cent = Increment::digits(2).unwrap();
    /// let rule = |residual| Rule { increment: cent, mode: Rounding::HalfUp, residual };
    /// let lines = RoundingSpec::exact().with(Stage::Line, rule(Residual::LargestRemainder));
    /// assert!(lines.is_ok());
    /// let price = RoundingSpec::exact().with(Stage::UnitPrice, rule(Residual::ToLast));
    /// assert!(price.is_err());
    /// ```
    pub fn with(mut self, stage: Stage, rule: Rule) -> Result<Self, SpecError> {
        if !stage.admits(rule.residual) {
            return Err(SpecError::Inadmissible { stage, residual: rule.residual });
        }
        self.rules.insert(stage, rule);
        Ok(self)
    }

    /// The specification with rules that the stages are known to admit.
    pub(super) fn with_rules(mut self, rules: &BTreeMap<Stage, Option<Rule>>) -> Self {
        self.rules.extend(rules.iter().filter_map(|(stage, rule)| Some((*stage, (*rule)?))));
        self
    }

    /// The rule of a stage; `None` where nothing is rounded.
    pub fn rule(&self, stage: Stage) -> Option<&Rule> {
        self.rules.get(&stage)
    }
}

impl fmt::Display for RoundingSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rules.is_empty() {
            return f.write_str("nothing is rounded");
        }
        for (i, (stage, rule)) in self.rules.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {rule}", stage.name())?;
        }
        Ok(())
    }
}
