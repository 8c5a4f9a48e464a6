//! What a change is.

/// What a change is, or what is wrong with a table; in the order in which changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// There was no rate.
    Added,
    /// There is no rate any more.
    Ended,
    /// A higher price.
    PriceRaised,
    /// A lower price.
    PriceCut,
    /// Another currency: the prices can't be compared.
    CurrencyChanged,
    /// Another unit: the prices can't be compared.
    UnitChanged,
    /// A tier with other bounds.
    TierBoundaryMoved,
    /// Both rates as before, at other times.
    DatesMoved,
    /// The price as before, something else of the row not.
    TermsChanged,
    /// Several rows in force for the same quantity, at one price or in tiers that meet.
    Overlap,
    /// Several rows in force for the same quantity, at different prices.
    TwoPrices,
    /// No rate in force between two, or no price for a quantity between tiers.
    Gap,
    /// Usage that no rate prices.
    UsageWithoutRate,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Added,
        Self::Ended,
        Self::PriceRaised,
        Self::PriceCut,
        Self::CurrencyChanged,
        Self::UnitChanged,
        Self::TierBoundaryMoved,
        Self::DatesMoved,
        Self::TermsChanged,
        Self::Overlap,
        Self::TwoPrices,
        Self::Gap,
        Self::UsageWithoutRate,
    ];

    /// The word of the profile `rate-change-1` for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Ended => "ended",
            Self::PriceRaised => "price-raised",
            Self::PriceCut => "price-cut",
            Self::CurrencyChanged => "currency-changed",
            Self::UnitChanged => "unit-changed",
            Self::TierBoundaryMoved => "tier-boundary-moved",
            Self::DatesMoved => "dates-moved",
            Self::TermsChanged => "terms-changed",
            Self::Overlap => "overlap",
            Self::TwoPrices => "two-prices",
            Self::Gap => "gap",
            Self::UsageWithoutRate => "usage-without-rate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieout_controls::profile::{Vocabulary, named};

    #[test]
    fn the_words_are_those_of_the_profile() {
        let profile = named("rate-change-1").unwrap();
        let words: Vec<_> = Kind::ALL.into_iter().map(Kind::word).collect();
        let vocabulary = profile.column("kind").unwrap().vocabulary.unwrap();
        let Vocabulary::Words(known) = vocabulary else { panic!("{vocabulary:?}") };
        assert_eq!(words, known);
    }
}
