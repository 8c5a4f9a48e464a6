//! Pseudo-random numbers that are the same on every machine: `SplitMix64` (Steele, Lea and Flood,
//! "Fast splittable pseudorandom number generators", 2014), one stream for each purpose, so that
//! a change in one dataset leaves the others as they are.

/// A stream of numbers.
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    /// The stream of that purpose.
    pub(crate) fn stream(seed: u64, purpose: &str) -> Self {
        // FNV-1a, 64 bits.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut rng = Self { state: seed };
        let mixed = rng.number();
        Self { state: mixed ^ hash }
    }

    /// The stream of one record of a dataset, whose own number is `index`.
    pub(crate) fn indexed(base: u64, index: u64) -> Self {
        let mut rng = Self { state: base ^ index.wrapping_mul(0xd1b5_4a32_d192_ed03) };
        let state = rng.number();
        Self { state }
    }

    /// The next number of 64 bits.
    pub(crate) fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not with, `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.number()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low) + 1;
        low.saturating_add_unsigned(self.below(width))
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let bound = u64::try_from(items.len()).unwrap_or(u64::MAX);
        at(items, usize::try_from(self.below(bound)).unwrap_or(0))
    }
}

/// The item at the place, counted round and round.
#[expect(clippy::indexing_slicing, reason = "the remainder is below the length of the table")]
pub(crate) fn at<T>(items: &[T], place: usize) -> &T {
    &items[place % items.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of `SplitMix64` from the state 1234567, as Rosetta Code's task
    /// "Pseudo-random numbers/Splitmix64" states them.
    #[test]
    fn published_vector() {
        let mut rng = Rng { state: 1_234_567 };
        let numbers: Vec<_> = (0..5).map(|_| rng.number()).collect();
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821
            ]
        );
    }

    #[test]
    fn bounds_hold_and_are_reached() {
        let mut rng = Rng::stream(1, "bounds");
        let drawn: std::collections::BTreeSet<_> = (0..1000).map(|_| rng.between(-3, 3)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [-3, -2, -1, 0, 1, 2, 3]);
    }
}
