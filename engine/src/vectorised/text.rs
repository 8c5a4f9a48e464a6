//! Columns of text.

use super::vector::{gathered, index};
use arrow_array::{Array, LargeStringArray, StringArray, StringViewArray};
use std::sync::Arc;

/// Text in slots: a pool, and which of its texts stands where.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pool: Arc<Pool>,
    /// None where each slot has the pool's text of its own number.
    places: Option<Vec<u32>>,
}

/// Where texts are kept.
#[derive(Debug)]
pub(super) enum Pool {
    Short(StringArray),
    Long(LargeStringArray),
    View(StringViewArray),
    Owned(Vec<String>),
}

impl Pool {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Short(array) => array.len(),
            Self::Long(array) => array.len(),
            Self::View(array) => array.len(),
            Self::Owned(texts) => texts.len(),
        }
    }

    fn at(&self, place: usize) -> &str {
        if place >= self.len() {
            return "";
        }
        match self {
            Self::Short(array) => array.value(place),
            Self::Long(array) => array.value(place),
            Self::View(array) => array.value(place),
            Self::Owned(texts) => texts.get(place).map_or("", String::as_str),
        }
    }
}

impl Text {
    pub(super) fn of(pool: Pool) -> Self {
        Self { pool: Arc::new(pool), places: None }
    }

    pub(super) fn owned(texts: Vec<String>) -> Self {
        Self::of(Pool::Owned(texts))
    }

    pub(super) fn len(&self) -> usize {
        self.places.as_ref().map_or_else(|| self.pool.len(), Vec::len)
    }

    pub(super) fn at(&self, slot: usize) -> &str {
        match &self.places {
            Some(places) => self.pool.at(places.get(slot).map_or(usize::MAX, |p| index(*p))),
            None => self.pool.at(slot),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|slot| self.at(slot))
    }

    pub(super) fn gather(&self, slots: &[u32]) -> Self {
        let places = match &self.places {
            Some(places) => gathered(places, slots),
            None => slots.to_vec(),
        };
        Self { pool: Arc::clone(&self.pool), places: Some(places) }
    }

    /// What a function gives for each slot, computed once for each text of the pool where that is
    /// less.
    pub(super) fn map<T: Copy + Default>(&self, f: impl Fn(&str) -> T) -> Vec<T> {
        match &self.places {
            Some(places) if self.pool.len() <= places.len() => {
                let once: Vec<T> = (0..self.pool.len()).map(|p| f(self.pool.at(p))).collect();
                gathered(&once, places)
            }
            _ => self.iter().map(f).collect(),
        }
    }
}
