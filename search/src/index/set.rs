//! Sets of documents, by their ordinals.

/// A set of the ordinals below a size: one bit for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    size: u32,
    bits: Vec<u64>,
}

const WORD: u32 = u64::BITS;

impl Set {
    /// No document of so many.
    pub(super) fn empty(size: u32) -> Self {
        let words = usize::try_from(size.div_ceil(WORD)).unwrap_or(usize::MAX);
        Self { size, bits: vec![0; words] }
    }

    pub(super) fn insert(&mut self, ordinal: u32) {
        let word = usize::try_from(ordinal / WORD).ok().and_then(|at| self.bits.get_mut(at));
        if let Some(word) = word {
            *word |= 1 << (ordinal % WORD);
        }
    }

    /// What is in both.
    pub(super) fn keep(&mut self, other: &Self) {
        self.bits.iter_mut().zip(&other.bits).for_each(|(word, other)| *word &= other);
    }

    /// What is in either.
    pub(super) fn add(&mut self, other: &Self) {
        self.bits.iter_mut().zip(&other.bits).for_each(|(word, other)| *word |= other);
    }

    /// What is not in it.
    pub(super) fn invert(&mut self) {
        self.bits.iter_mut().for_each(|word| *word = !*word);
        // INVARIANT: the bits behind the size are zero, or they would be counted.
        let used = self.size % WORD;
        if used > 0
            && let Some(last) = self.bits.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.bits.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The ordinals, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let words = (0_u32..).step_by(64).zip(&self.bits);
        words.flat_map(|(first, &word)| {
            let bit = move |bit: &u32| word >> bit & 1 == 1;
            (0..WORD).filter(bit).map(move |bit| first + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_obey_their_algebra_at_the_edges_of_words() {
        for size in [0, 1, 63, 64, 65, 127, 128, 130] {
            let mut even = Set::empty(size);
            (0..size).step_by(2).for_each(|ordinal| even.insert(ordinal));
            even.insert(size + 200);
            let mut odd = even.clone();
            odd.invert();
            assert_eq!(even.count() + odd.count(), u64::from(size));
            assert!(odd.iter().all(|ordinal| ordinal % 2 == 1 && ordinal < size));
            let mut all = even.clone();
            all.add(&odd);
            assert_eq!(all.iter().collect::<Vec<_>>(), (0..size).collect::<Vec<_>>());
            even.keep(&odd);
            assert_eq!(even, Set::empty(size));
        }
    }
}
