//! The operations of a graph's nodes, slot by slot, over vectors that stand in one space.

use super::number::{Number, Side, compared};
use super::tables::NOWHERE;
use super::vector::{
    ASKED, Cells, FALSE, MAYBE, NEITHER, NOTHING, Slot, State, TRUE, Truth, UNKNOWN, VALUE, Vector,
    higher, truth_of,
};
use std::sync::Arc;
use tieout_controls::Value;
use tieout_policies::tree::Comparison;

/// The states of rows of which some were not found.
pub(super) fn unfound(rows: &[u32]) -> Option<Vec<State>> {
    let state = |row: &u32| if *row == NOWHERE { UNKNOWN } else { VALUE };
    rows.contains(&NOWHERE).then(|| rows.iter().map(state).collect())
}

pub(super) fn constant(value: &Value) -> Vector {
    let slot = if value.is_null() { Err(NOTHING) } else { Ok(value.clone()) };
    match slot {
        Ok(Value::List(items)) => Vector::of(Cells::Values(vec![Value::List(items)])),
        slot => Vector::from_slots(vec![slot]),
    }
}

pub(super) fn truths(truths: Vec<Truth>, states: Option<&[State]>) -> Vector {
    let Some(states) = states else { return Vector::of(Cells::Truth(truths)) };
    let truth =
        |(truth, state): (Truth, &State)| if *state == VALUE { truth } else { truth_of(*state) };
    Vector::of(Cells::Truth(truths.into_iter().zip(states).map(truth).collect()))
}

/// A vector with those states beside its own.
pub(super) fn with_states(vector: Vector, states: Option<Vec<State>>) -> Vector {
    match vector.data {
        Cells::Truth(of) => truths(of, states.as_deref()),
        data => Vector::with(higher(vector.states, states), data),
    }
}

/// A vector as if each slot had a value.
pub(super) fn cleared(vector: &Vector) -> Vector {
    match &vector.data {
        Cells::Truth(truths) => {
            let clear = |t: &Truth| if *t == TRUE { TRUE } else { FALSE };
            Vector::of(Cells::Truth(truths.iter().map(clear).collect()))
        }
        data => Vector::of(data.clone()),
    }
}

/// No slot has a value: nothing where one of another type stood.
pub(super) fn nothing(vector: &Vector) -> Vector {
    Vector::with(Some(absent(vector.states(), vector.len())), Cells::None(vector.len()))
}

pub(super) fn absent(states: Option<Vec<State>>, len: usize) -> Vec<State> {
    let states = states.unwrap_or_else(|| vec![VALUE; len]);
    states.into_iter().map(|s| if s == VALUE { NOTHING } else { s }).collect()
}

/// The states of an operand for that many slots.
pub(super) fn spread(vector: &Vector, len: usize) -> Option<Vec<State>> {
    let states = vector.states()?;
    match Side::of(&states, len) {
        Side::Each(_) => Some(states),
        Side::One(state) => Some(vec![state; len]),
    }
}

/// The states of no value stand for themselves; all values make one.
pub(super) fn together(slots: impl Iterator<Item = Slot>) -> Result<Vec<Value>, State> {
    let (mut values, mut state) = (Vec::new(), VALUE);
    for slot in slots {
        match slot {
            Ok(value) => values.push(value),
            Err(other) => state = state.max(other),
        }
    }
    if state == VALUE { Ok(values) } else { Err(state) }
}

pub(super) fn not(truth: Truth) -> Truth {
    match truth {
        TRUE => FALSE,
        MAYBE | ASKED => truth,
        _ => TRUE,
    }
}

pub(super) fn or(one: Truth, other: Truth) -> Truth {
    not(not(one).max(not(other)))
}

pub(super) fn not_null(row: Option<&Vector>, place: &Vector) -> Vector {
    let truth = |slot| match row.map_or(VALUE, |row| row.state(slot)) {
        VALUE if place.state(slot) == VALUE => TRUE,
        VALUE | NOTHING => FALSE,
        state => truth_of(state),
    };
    if row.is_none() && place.states().is_none() {
        return Vector::of(Cells::Truth(vec![TRUE; place.len()]));
    }
    Vector::of(Cells::Truth((0..place.len()).map(truth).collect()))
}

/// The value, or another where it has that state.
pub(super) fn instead(value: &Vector, other: &Vector, state: State) -> Vector {
    if value.states().is_none() {
        return value.clone();
    }
    if let (Cells::Truth(a), Cells::Truth(b)) = (&value.data, &other.data) {
        let wanted = truth_of(state);
        let pick = |(a, b): (&Truth, &Truth)| if *a == wanted { *b } else { *a };
        return Vector::of(Cells::Truth(a.iter().zip(b).map(pick).collect()));
    }
    let pick = |slot| if value.state(slot) == state { other.slot(slot) } else { value.slot(slot) };
    Vector::from_slots((0..value.len()).map(pick).collect())
}

pub(super) fn compare(comparison: Comparison, left: &Vector, right: &Vector, len: usize) -> Vector {
    let states = higher(spread(left, len), spread(right, len));
    let holds = match (&left.data, &right.data) {
        (Cells::Number(a), Cells::Number(b)) => Number::compare(comparison, a, b, len),
        (Cells::Date(a), Cells::Date(b)) => {
            compared(comparison, Side::of(a, len), Side::of(b, len), len)
        }
        (Cells::Instant(a), Cells::Instant(b)) => {
            compared(comparison, Side::of(a, len), Side::of(b, len), len)
        }
        // False is before true.
        (Cells::Truth(a), Cells::Truth(b)) => {
            let value = |t: &Truth| u8::from(*t == TRUE);
            let (a, b): (Vec<u8>, Vec<u8>) =
                (a.iter().map(value).collect(), b.iter().map(value).collect());
            compared(comparison, Side::of(&a, len), Side::of(&b, len), len)
        }
        (Cells::Text(a), Cells::Text(b)) => {
            let truth = |a: &str, b: &str| {
                if comparison.holds(a.cmp(b)) { TRUE } else { FALSE }
            };
            match (a.len(), b.len()) {
                (_, 1) if len != 1 => a.map(|a| truth(a, b.at(0))),
                (1, _) if len != 1 => b.map(|b| truth(a.at(0), b)),
                _ => a.iter().zip(b.iter()).map(|(a, b)| truth(a, b)).collect(),
            }
        }
        _ => return truths(vec![NEITHER; len], states.as_deref()),
    };
    truths(holds, states.as_deref())
}

pub(super) fn member(item: &Vector, list: &Vector, longest: usize) -> Vector {
    let len = item.len();
    let states = higher(item.states(), spread(list, len));
    let only = match &list.data {
        Cells::Values(values) if list.len() == 1 => values.first(),
        _ => None,
    };
    if let (Cells::Text(texts), Some(Value::List(items))) = (&item.data, only)
        && items.len() <= longest
    {
        let known: hashbrown::HashSet<&str> = items
            .iter()
            .filter_map(|item| match item {
                Value::String(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let found = texts.map(|text| if known.contains(text) { TRUE } else { FALSE });
        return truths(found, states.as_deref());
    }
    let truth = |slot: usize| {
        let at = if list.len() == 1 { 0 } else { slot };
        let state = item.state(slot).max(list.state(at));
        if state != VALUE {
            return truth_of(state);
        }
        let Ok(item) = item.slot(slot) else { return NEITHER };
        match list.list(at) {
            Some((_, range)) if range.len() > longest => ASKED,
            Some((elements, range)) => range.fold(FALSE, |found, at| {
                or(
                    found,
                    match elements.slot(at) {
                        Ok(other) => {
                            if other == item {
                                TRUE
                            } else {
                                FALSE
                            }
                        }
                        Err(state) => truth_of(state),
                    },
                )
            }),
            None => match list.slot(at) {
                Ok(Value::List(items)) if items.len() > longest => ASKED,
                Ok(Value::List(items)) if items.contains(&item) => TRUE,
                Ok(Value::List(items)) if items.contains(&Value::Null) => MAYBE,
                Ok(Value::List(_)) => FALSE,
                Ok(Value::Object(entries)) if entries.len() > longest => ASKED,
                Ok(Value::Object(entries)) if entries.values().any(|v| *v == item) => TRUE,
                Ok(Value::Object(_)) => FALSE,
                _ => NEITHER,
            },
        }
    };
    Vector::of(Cells::Truth((0..len).map(truth).collect()))
}

pub(super) fn entry(map: &Vector, key: &Vector) -> Vector {
    let only = match &map.data {
        Cells::Values(values) if map.len() == 1 && map.state(0) == VALUE => values.first(),
        _ => None,
    };
    if let (Some(Value::Object(entries)), Cells::Text(texts)) = (only, &key.data) {
        let places: hashbrown::HashMap<&str, u32> =
            entries.keys().map(String::as_str).zip(0_u32..).collect();
        let slots = entries.values().cloned().map(Ok).chain([Err(NOTHING)]);
        let values = Vector::from_slots(slots.collect());
        let last = u32::try_from(entries.len()).unwrap_or(NOWHERE);
        let place = texts.map(|text| places.get(text).map_or(NOWHERE, |p| *p)).into_iter();
        let place: Vec<u32> = place.map(|p| if p == NOWHERE { last } else { p }).collect();
        return with_states(values.gather(&place), key.states());
    }
    let value = |slot| {
        let at = if map.len() == 1 { 0 } else { slot };
        let both = together([map.slot(at), key.slot(slot)].into_iter())?;
        match both.as_slice() {
            [Value::Object(entries), Value::String(key)] => {
                entries.get(key).cloned().ok_or(NOTHING)
            }
            _ => Err(NOTHING),
        }
    };
    Vector::from_slots((0..key.len()).map(value).collect())
}

pub(super) fn item(list: &Vector, position: &Vector) -> Vector {
    let value = |slot| {
        let both = together([list.slot(slot), position.slot(slot)].into_iter())?;
        let [Value::List(items), Value::Number(position)] = both.as_slice() else {
            return Err(NOTHING);
        };
        let position = position.to_scaled(0).ok().and_then(|p| usize::try_from(p).ok());
        position.and_then(|p| items.get(p)).cloned().map_or(Err(NOTHING), element)
    };
    Vector::from_slots((0..position.len()).map(value).collect())
}

/// Lists as a column of elements.
pub(super) fn listed(lists: &Vector) -> Vector {
    if matches!(lists.data, Cells::Lists { .. }) {
        return lists.clone();
    }
    let (mut states, mut ends, mut elements) = (Vec::new(), Vec::new(), Vec::new());
    for slot in 0..lists.len() {
        let items = match lists.slot(slot) {
            Ok(Value::List(items)) => Ok(items),
            Ok(_) => Err(NOTHING),
            Err(state) => Err(state),
        };
        states.push(items.as_ref().err().copied().unwrap_or(VALUE));
        elements.extend(items.unwrap_or_default().into_iter().map(element));
        ends.push(u32::try_from(elements.len()).unwrap_or(NOWHERE));
    }
    let elements = Arc::new(Vector::from_slots(elements));
    Vector::with(Some(states), Cells::Lists { ends, elements })
}

/// An element of a list, of which a null one can't be told.
fn element(value: Value) -> Slot {
    if value.is_null() { Err(UNKNOWN) } else { Ok(value) }
}

/// The elements of lists.
pub(super) fn elements(lists: &Vector) -> Option<Arc<Vector>> {
    match &lists.data {
        Cells::Lists { elements, .. } => Some(Arc::clone(elements)),
        _ => None,
    }
}

/// Whether two vectors have the same value or row in a slot.
pub(super) fn same_slot(one: &Vector, other: &Vector, slot: usize) -> bool {
    match (&one.data, &other.data) {
        (Cells::Place(a), Cells::Place(b)) => a.get(slot) == b.get(slot),
        _ => one.slot(slot) == other.slot(slot),
    }
}

/// What was chosen for each slot.
pub(super) fn collect(chosen: &[(State, usize)], sources: &[Arc<Vector>]) -> Vector {
    let states: Vec<State> = chosen.iter().map(|(state, _)| *state).collect();
    if sources.iter().any(|source| matches!(source.data, Cells::Place(_))) {
        let place = |(slot, (_, source)): (usize, &(State, usize))| match sources
            .get(*source)
            .map(|source| &source.data)
        {
            Some(Cells::Place(places)) => places.get(slot).copied().unwrap_or(NOWHERE),
            _ => NOWHERE,
        };
        let places = chosen.iter().enumerate().map(place).collect();
        return Vector::with(Some(states), Cells::Place(places));
    }
    let value = |(slot, (state, source)): (usize, &(State, usize))| match state {
        &VALUE => sources.get(*source).map_or(Err(NOTHING), |source| source.slot(slot)),
        state => Err(*state),
    };
    Vector::from_slots(chosen.iter().enumerate().map(value).collect())
}
