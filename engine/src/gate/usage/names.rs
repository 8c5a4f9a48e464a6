//! Texts that come again and again, each kept once.

use crate::run::RunError;
use datafusion::arrow::array::{Array as _, StringArray};
use hashbrown::HashMap;
use std::sync::Arc;

/// The number of the text that isn't there.
pub(in crate::gate) const NONE: u32 = 0;

/// Texts by the numbers in which they first came, from 1.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Names {
    /// The number of each text of a column, [`NONE`] for null.
    ///
    /// # Errors
    /// None but for more texts than a number has values.
    pub(super) fn of(&mut self, column: &StringArray) -> Result<Vec<u32>, RunError> {
        let (mut last_text, mut last) = (None, NONE);
        let mut numbers = Vec::with_capacity(column.len());
        for text in column {
            // Exports are often sorted by some of their columns.
            if text != last_text {
                (last_text, last) = (text, text.map_or(Ok(NONE), |text| self.number(text))?);
            }
            numbers.push(last);
        }
        Ok(numbers)
    }

    fn number(&mut self, text: &str) -> Result<u32, RunError> {
        if let Some(number) = self.numbers.get(text) {
            return Ok(*number);
        }
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        let number = u32::try_from(self.texts.len());
        let number = number.map_err(|_| RunError::Outside("too many different texts".into()))?;
        self.numbers.insert(text, number);
        Ok(number)
    }

    /// The texts in their order, the one that isn't there first, and the new number of each old one.
    pub(super) fn sorted(self) -> (Texts, Renumbered) {
        drop(self.numbers);
        let mut order: Vec<(Arc<str>, usize)> =
            self.texts.into_iter().enumerate().map(|(at, text)| (text, at + 1)).collect();
        order.sort_unstable();
        let mut numbers = vec![NONE; order.len() + 1];
        for (new, (_, old)) in order.iter().enumerate() {
            if let (Some(number), Ok(new)) = (numbers.get_mut(*old), u32::try_from(new + 1)) {
                *number = new;
            }
        }
        (Texts(order.into_iter().map(|(text, _)| text).collect()), Renumbered(numbers))
    }
}

/// Texts in their order, numbered from 1: numbers compare as the texts do, and as no text does.
#[derive(Debug, Default)]
pub(in crate::gate) struct Texts(Vec<Arc<str>>);

impl Texts {
    /// The text of a number.
    pub(in crate::gate) fn text(&self, number: u32) -> Option<&str> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.0.get(at).map(AsRef::as_ref)
    }

    /// The text of a number that a column without nulls has.
    pub(in crate::gate) fn known(&self, number: u32) -> &str {
        self.text(number).unwrap_or_default()
    }

    /// How many numbers there are, [`NONE`] included.
    pub(in crate::gate) fn numbers(&self) -> usize {
        self.0.len() + 1
    }
}

/// The new number of each old one.
pub(super) struct Renumbered(Vec<u32>);

impl Renumbered {
    pub(super) fn of(&self, old: u32) -> u32 {
        usize::try_from(old).ok().and_then(|old| self.0.get(old)).copied().unwrap_or(NONE)
    }
}
