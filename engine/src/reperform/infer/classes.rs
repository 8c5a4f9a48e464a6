//! Options that make the same of an invoice's numbers, computed once.

use crate::reperform::integer::{Integer, divide};
use crate::reperform::rounding::Rule;
use std::collections::BTreeMap;

/// What options make of a column of numbers: equal columns are one class.
pub(super) struct Classes<I> {
    of_option: BTreeMap<usize, usize>,
    values: Vec<Vec<I>>,
}

impl<I: Integer> Classes<I> {
    /// The classes of the options that are in use.
    pub(super) fn of(
        numbers: &[I],
        steps: &[Option<I>],
        options: &[Option<Rule>],
        used: impl Iterator<Item = usize>,
    ) -> Self {
        let mut classes = Self { of_option: BTreeMap::new(), values: Vec::new() };
        let mut known: BTreeMap<Vec<I>, usize> = BTreeMap::new();
        for option in used {
            if classes.of_option.contains_key(&option) {
                continue;
            }
            let rule = options.get(option).copied().flatten();
            let values: Vec<I> = match (rule, steps.get(option).and_then(Option::as_ref)) {
                (Some(rule), Some(step)) => {
                    numbers.iter().map(|n| divide(n, step, rule.mode).times(step)).collect()
                }
                _ => numbers.to_vec(),
            };
            let next = classes.values.len();
            let class = *known.entry(values.clone()).or_insert(next);
            if class == next {
                classes.values.push(values);
            }
            classes.of_option.insert(option, class);
        }
        classes
    }

    pub(super) fn class(&self, option: usize) -> usize {
        self.of_option.get(&option).copied().unwrap_or(0)
    }

    pub(super) fn values(&self, class: usize) -> &[I] {
        self.values.get(class).map_or(&[], Vec::as_slice)
    }
}
