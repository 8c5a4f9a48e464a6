//! What was evaluated of a program, and what it came to: for the coverage of its tests.

use super::outcome::Truth;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How often a part of a program came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) held: u64,
    pub(crate) failed: u64,
    pub(crate) unknown: u64,
}

/// What was seen of each part, by the part's address in the program, which doesn't move.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    seen: RefCell<BTreeMap<usize, Seen>>,
}

impl Trace {
    /// What was seen of a part.
    pub(crate) fn of<T>(&self, part: &T) -> Seen {
        self.seen.borrow().get(&address(part)).copied().unwrap_or_default()
    }

    pub(super) fn truth<T>(&self, part: &T, truth: &Truth) {
        let mut seen = self.seen.borrow_mut();
        let seen = seen.entry(address(part)).or_default();
        let count = match truth {
            Truth::True => &mut seen.held,
            Truth::False => &mut seen.failed,
            Truth::Unknown(_) => &mut seen.unknown,
        };
        *count = count.saturating_add(1);
    }

    pub(super) fn reached<T>(&self, part: &T) {
        self.truth(part, &Truth::True);
    }
}

fn address<T>(part: &T) -> usize {
    std::ptr::from_ref(part).addr()
}
