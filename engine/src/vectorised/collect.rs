//! Lists, sets and objects that a rule collects, over columns.

use super::call::{LONGEST_LIST, MOST_ITEMS, MOST_WORK, too_long};
use super::execute::{Execution, Space};
use super::number::Number;
use super::plan::{Part, Solution};
use super::vector::{
    ASK, Cells, FALSE, NOTHING, Slot, State, TRUE, Truth, UNKNOWN, VALUE, Vector, state_of,
};
use std::ops::Range;
use std::sync::Arc;
use tieout_controls::Value;
use tieout_policies::evaluate::{distinct, entries, joined, same, size};
use tieout_policies::tree::SetOperator;

/// A solution in its space.
struct Given {
    truths: Vec<Truth>,
    key: Option<Arc<Vector>>,
    /// Its item, by its place among all solutions' items.
    source: usize,
}

/// A part in its space.
enum Gathered {
    One(Given),
    Each { lists: Arc<Vector>, longest: usize, when: Vec<Truth>, given: Vec<Given> },
}

/// What is collected: for each item where it stands, and for each slot where its items end.
#[derive(Default)]
struct Picks {
    items: Vec<(usize, usize)>,
    keys: Vec<Value>,
    /// What the slot's items cost to be gone through so far, and its state.
    work: u64,
    state: State,
}

impl Execution<'_> {
    pub(super) fn collect(&mut self, parts: &[Part], object: bool, space: Space) -> Vector {
        let len = self.size(space);
        let mut sources = Vec::new();
        let parts: Vec<_> =
            parts.iter().map(|part| self.gathered(part, space, &mut sources)).collect();
        let mut picks = Picks::default();
        let (mut states, mut ends) = (Vec::with_capacity(len), Vec::with_capacity(len));
        for slot in 0..len {
            let start = picks.items.len();
            picks.slot(&parts, &sources, slot);
            let items = picks.items.len().saturating_sub(start);
            if picks.state == VALUE && items > MOST_ITEMS {
                picks.state = ASK;
            }
            if picks.state != VALUE {
                picks.items.truncate(start);
                picks.keys.truncate(start);
            }
            states.push(picks.state);
            ends.push(picks.items.len());
        }
        if object {
            return objects(&picks, &sources, &states, &ends);
        }
        let lists = lists(&picks.items, &sources, states, &ends);
        // A list for all is looked up in as a whole.
        if space == Space::Constant { whole(&lists) } else { lists }
    }

    fn gathered(&mut self, part: &Part, space: Space, sources: &mut Vec<Arc<Vector>>) -> Gathered {
        match part {
            Part::One(solution) => Gathered::One(self.given(solution, space, sources)),
            Part::Each { list, when, solutions } => {
                let lists = self.aligned(*list, Space::Rows);
                let longest = if self.counted(*list) { usize::MAX } else { LONGEST_LIST };
                let when = self.aligned(*when, Space::Rows).truths().into_owned();
                let each = Space::Elements(*list);
                let given = solutions.iter().map(|s| self.given(s, each, sources)).collect();
                Gathered::Each { lists, longest, when, given }
            }
        }
    }

    fn given(
        &mut self,
        solution: &Solution,
        space: Space,
        sources: &mut Vec<Arc<Vector>>,
    ) -> Given {
        let truths = self.aligned(solution.condition, space).truths().into_owned();
        let key = solution.key.map(|key| self.aligned(key, space));
        sources.push(self.aligned(solution.item, space));
        Given { truths, key, source: sources.len().saturating_sub(1) }
    }
}

impl Picks {
    fn slot(&mut self, parts: &[Gathered], sources: &[Arc<Vector>], slot: usize) {
        (self.work, self.state) = (0, VALUE);
        for part in parts {
            match part {
                Gathered::One(given) => self.take(given, sources, slot),
                Gathered::Each { lists, longest, when, given } => {
                    if when.get(slot).is_none_or(|when| *when >= FALSE) {
                        continue;
                    }
                    for at in self.range(lists, *longest, slot).into_iter().flatten() {
                        given.iter().for_each(|given| self.take(given, sources, at));
                    }
                }
            }
        }
    }

    /// The elements of a slot's list, where it has one that isn't too long.
    fn range(&mut self, lists: &Vector, longest: usize, slot: usize) -> Option<Range<usize>> {
        let state = lists.state(slot);
        let range = lists.list(slot).map(|(_, range)| range).filter(|_| state == VALUE);
        if range.as_ref().is_some_and(|range| range.len() > longest) {
            self.missing(ASK);
            return None;
        }
        self.missing(state);
        range
    }

    /// Collects what a solution gives.
    fn take(&mut self, given: &Given, sources: &[Arc<Vector>], at: usize) {
        match given.truths.get(at) {
            Some(&TRUE) => {}
            Some(truth) if *truth < FALSE => return self.missing(state_of(*truth)),
            _ => return,
        }
        let Some(item) = sources.get(given.source) else { return };
        let key = given.key.as_ref().map(|key| key.slot(at));
        let state = match &key {
            Some(Err(state)) => item.state(at).max(*state),
            _ => item.state(at),
        };
        if state != VALUE {
            return self.missing(state);
        }
        let work = match &item.data {
            Cells::Text(text) => u64::try_from(text.at(at).len()).unwrap_or(u64::MAX),
            _ => 1,
        };
        let key = key.and_then(Result::ok);
        let work = work.saturating_add(key.as_ref().map_or(0, size));
        self.work = self.work.saturating_add(work);
        if self.work > MOST_WORK {
            return self.missing(ASK);
        }
        self.keys.extend(key);
        self.items.push((given.source, at));
    }

    /// What is certainly nothing is left out.
    fn missing(&mut self, state: State) {
        if state != NOTHING {
            self.state = self.state.max(state);
        }
    }
}

/// Lists of the items that were picked.
fn lists(
    picks: &[(usize, usize)],
    sources: &[Arc<Vector>],
    states: Vec<State>,
    ends: &[usize],
) -> Vector {
    let elements = match sources {
        [one] => {
            let places = picks.iter().map(|(_, at)| u32::try_from(*at).unwrap_or(u32::MAX));
            one.gather(&places.collect::<Vec<_>>())
        }
        _ => {
            let slot = |(source, at): &(usize, usize)| {
                sources.get(*source).map_or(Err(NOTHING), |source| source.slot(*at))
            };
            Vector::from_slots(picks.iter().map(slot).collect())
        }
    };
    let ends = ends.iter().map(|end| u32::try_from(*end).unwrap_or(u32::MAX)).collect();
    Vector::with(Some(states), Cells::Lists { ends, elements: Arc::new(elements) })
}

/// Objects of the entries that were picked.
fn objects(picks: &Picks, sources: &[Arc<Vector>], states: &[State], ends: &[usize]) -> Vector {
    let mut start = 0;
    let slot = |(state, end): (&State, &usize)| {
        let range = std::mem::replace(&mut start, *end)..*end;
        if *state != VALUE {
            return Err(*state);
        }
        let (keys, items) = (picks.keys.get(range.clone()), picks.items.get(range));
        let mut pairs = Vec::new();
        for (key, (source, at)) in keys.unwrap_or_default().iter().zip(items.unwrap_or_default()) {
            let Value::String(key) = key else { return Err(NOTHING) };
            let item = sources.get(*source).map_or(Err(NOTHING), |source| source.slot(*at))?;
            pairs.push((key.clone(), item));
        }
        // A key with two values is an error of the policy.
        entries(pairs).map(Value::Object).ok_or(UNKNOWN)
    };
    Vector::from_slots(states.iter().zip(ends).map(slot).collect())
}

/// Lists as values.
fn whole(lists: &Vector) -> Vector {
    Vector::from_slots((0..lists.len()).map(|slot| lists.slot(slot)).collect())
}

/// The items of each list in their order, each once.
pub(super) fn set(lists: &Vector) -> Vector {
    let set = |slot| match lists.slot(slot)? {
        Value::List(items) => Ok(Value::List(distinct(items))),
        _ => Err(NOTHING),
    };
    Vector::from_slots((0..lists.len()).map(set).collect())
}

/// Two values of a slot; either may stand for all.
fn both(left: &Vector, right: &Vector, slot: usize) -> Result<(Value, Value), State> {
    let at = |vector: &Vector| vector.slot(if vector.len() == 1 { 0 } else { slot });
    match (at(left), at(right)) {
        (Ok(left), Ok(right)) if too_long(&left) || too_long(&right) => Err(ASK),
        (Ok(left), Ok(right)) => Ok((left, right)),
        (left, right) => {
            let state = |slot: Slot| slot.err().unwrap_or(VALUE);
            Err(state(left).max(state(right)))
        }
    }
}

/// Each slot's two sets put together.
pub(super) fn sets(operator: SetOperator, left: &Vector, right: &Vector, len: usize) -> Vector {
    let set = |slot| match both(left, right, slot)? {
        (Value::List(left), Value::List(right)) => match joined(operator, left, right) {
            items if items.len() > MOST_ITEMS => Err(ASK),
            items => Ok(Value::List(items)),
        },
        _ => Err(NOTHING),
    };
    Vector::from_slots((0..len).map(set).collect())
}

/// Whether each slot's two lists, sets or objects are the same.
pub(super) fn equal(left: &Vector, right: &Vector, len: usize) -> Vector {
    let truth = |slot| {
        let (left, right) = both(left, right, slot)?;
        same(&left, &right).map(Value::Bool).ok_or(UNKNOWN)
    };
    Vector::from_slots((0..len).map(truth).collect())
}

/// The position of each element in its list.
pub(super) fn positions(lists: &Vector) -> Vector {
    let mut positions: Vec<i128> = Vec::new();
    for slot in 0..lists.len() {
        let range = lists.list(slot).map_or(0..0, |(_, range)| range);
        positions.extend((0..).take(range.len()));
    }
    Vector::of(Cells::Number(Number::small(positions.into(), 0)))
}
