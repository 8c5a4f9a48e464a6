//! Values in columns: one for each slot of a space, each with its state.

use super::number::Number;
use super::text::Text;
use chrono::{DateTime, NaiveDate};
use std::borrow::Cow;
use std::sync::Arc;
use tieout_controls::Value;

/// What a slot has: a value, or why there is none. Of two slots that are combined the higher
/// state wins: what is made of nothing is nothing for certain, whatever the other is.
pub(super) type State = u8;
pub(super) const VALUE: State = 0;
/// It can't be told.
pub(super) const UNKNOWN: State = 1;
/// Only the reference evaluator can tell.
pub(super) const ASK: State = 2;
/// Nothing, for certain.
pub(super) const NOTHING: State = 3;

/// The truth of a slot. Of a conjunction's conditions the highest wins, nothing being false.
pub(super) type Truth = u8;
pub(super) const TRUE: Truth = 0;
/// [`UNKNOWN`] of a condition.
pub(super) const MAYBE: Truth = 1;
/// [`ASK`] of a condition.
pub(super) const ASKED: Truth = 2;
pub(super) const FALSE: Truth = 3;
/// [`NOTHING`] of a condition.
pub(super) const NEITHER: Truth = 4;

/// A value for each slot.
#[derive(Debug, Clone)]
pub(super) struct Vector {
    /// The states; none where each slot has a value. A truth has its state in itself.
    pub(super) states: Option<Vec<State>>,
    pub(super) data: Cells,
}

/// The values; where a slot has none, what stands there means nothing.
#[derive(Debug, Clone)]
pub(super) enum Cells {
    Truth(Vec<Truth>),
    Number(Number),
    Text(Text),
    /// Days since 1970-01-01.
    Date(Vec<i32>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant(Vec<i64>),
    /// Rows of a table, or numbers of groups or of parts of keys; [`u32::MAX`] is none of them.
    Place(Vec<u32>),
    /// Lists of text: where each begins and ends among the elements.
    Lists {
        ends: Vec<u32>,
        elements: Arc<Vector>,
    },
    /// What has no form of its own.
    Values(Vec<Value>),
    /// No slot has a value.
    None(usize),
}

/// What a slot comes to.
pub(super) type Slot = Result<Value, State>;

impl Vector {
    pub(super) fn of(data: Cells) -> Self {
        Self { states: None, data }
    }

    pub(super) fn with(states: Option<Vec<State>>, data: Cells) -> Self {
        let states = states.filter(|states| states.iter().any(|state| *state != VALUE));
        Self { states, data }
    }

    /// The number of slots.
    pub(super) fn len(&self) -> usize {
        match &self.data {
            Cells::Truth(items) => items.len(),
            Cells::Number(number) => number.len(),
            Cells::Text(text) => text.len(),
            Cells::Date(items) => items.len(),
            Cells::Instant(items) => items.len(),
            Cells::Place(items) => items.len(),
            Cells::Lists { ends, .. } => ends.len(),
            Cells::Values(items) => items.len(),
            Cells::None(len) => *len,
        }
    }

    /// The state of each slot; none where each has a value.
    pub(super) fn states(&self) -> Option<Vec<State>> {
        match &self.data {
            Cells::Truth(truths) => {
                let clear = truths.iter().all(|t| matches!(*t, TRUE | FALSE));
                (!clear).then(|| truths.iter().map(|t| state_of(*t)).collect())
            }
            _ => self.states.clone(),
        }
    }

    pub(super) fn state(&self, slot: usize) -> State {
        match &self.data {
            Cells::Truth(truths) => truths.get(slot).map_or(NOTHING, |t| state_of(*t)),
            _ => match &self.states {
                Some(states) => states.get(slot).copied().unwrap_or(NOTHING),
                None => VALUE,
            },
        }
    }

    /// Whether it has that many slots, in values and in states.
    pub(super) fn has(&self, slots: usize) -> bool {
        self.len() == slots && self.states.as_ref().is_none_or(|states| states.len() == slots)
    }

    /// As conditions: true where there is a value that isn't false.
    pub(super) fn truths(&self) -> Cow<'_, [Truth]> {
        Cow::Owned(match (&self.data, &self.states) {
            (Cells::Truth(truths), _) => return Cow::Borrowed(truths),
            (Cells::Place(_), Some(states)) => states.iter().map(|s| truth_of(*s)).collect(),
            (Cells::Place(places), None) => vec![TRUE; places.len()],
            (_, Some(states)) => {
                let truth = |s: &State| if *s == VALUE { FALSE } else { truth_of(*s) };
                states.iter().map(truth).collect()
            }
            (_, None) => vec![FALSE; self.len()],
        })
    }

    /// What a slot comes to. A place stands for no value.
    pub(super) fn slot(&self, slot: usize) -> Slot {
        let state = self.state(slot);
        if state != VALUE {
            return Err(state);
        }
        let value = match &self.data {
            Cells::Truth(truths) => truths.get(slot).map(|t| Value::Bool(*t == TRUE)),
            Cells::Number(number) => number.at(slot).map(Value::Number),
            Cells::Text(text) => Some(Value::String(text.at(slot).to_owned())),
            Cells::Date(days) => days.get(slot).and_then(|d| date(*d)).map(Value::Date),
            Cells::Instant(micros) => {
                let instant = micros.get(slot).and_then(|m| DateTime::from_timestamp_micros(*m));
                instant.map(Value::Timestamp)
            }
            Cells::Lists { .. } => {
                let items = self.list(slot).into_iter().flat_map(|(elements, range)| {
                    range.map(move |at| elements.element(at)).collect::<Vec<_>>()
                });
                Some(Value::List(items.collect::<Result<_, _>>()?))
            }
            Cells::Values(values) => values.get(slot).cloned(),
            Cells::Place(_) | Cells::None(_) => None,
        };
        value.ok_or(NOTHING)
    }

    /// An element of a list as the list's values have it: null where it can't be told.
    fn element(&self, at: usize) -> Slot {
        match self.slot(at) {
            Err(UNKNOWN) => Ok(Value::Null),
            slot => slot,
        }
    }

    /// The elements of the list in a slot.
    pub(super) fn list(&self, slot: usize) -> Option<(&Vector, std::ops::Range<usize>)> {
        let Cells::Lists { ends, elements } = &self.data else { return None };
        let end = usize::try_from(*ends.get(slot)?).ok()?;
        let start = match slot.checked_sub(1) {
            Some(before) => usize::try_from(*ends.get(before)?).ok()?,
            None => 0,
        };
        Some((elements, start..end))
    }

    /// What the list in a slot costs to go through.
    pub(super) fn work(&self, slot: usize) -> u64 {
        let Some((elements, range)) = self.list(slot) else { return 0 };
        let one = |at: usize| match (&elements.data, elements.state(at)) {
            (Cells::Text(text), VALUE) => u64::try_from(text.at(at).len()).unwrap_or(u64::MAX),
            _ => 1,
        };
        range.map(one).fold(1, u64::saturating_add)
    }

    /// A vector of what each slot comes to.
    pub(super) fn from_slots(slots: Vec<Slot>) -> Self {
        let states: Vec<State> =
            slots.iter().map(|slot| slot.as_ref().err().copied().unwrap_or(VALUE)).collect();
        let some = slots.iter().find_map(|slot| slot.as_ref().ok());
        let data = match some {
            None => Cells::None(slots.len()),
            Some(Value::Bool(_)) => {
                let truth = |(slot, state): (Slot, &State)| match slot {
                    Ok(Value::Bool(true)) => TRUE,
                    Ok(_) => FALSE,
                    Err(_) => truth_of(*state),
                };
                return Self::of(Cells::Truth(slots.into_iter().zip(&states).map(truth).collect()));
            }
            Some(Value::Number(_)) => {
                let numbers = slots.into_iter().map(|slot| match slot {
                    Ok(Value::Number(number)) => Some(number),
                    _ => None,
                });
                Cells::Number(Number::from_decimals(numbers.collect()))
            }
            Some(Value::String(_)) => {
                let texts = slots.into_iter().map(|slot| match slot {
                    Ok(Value::String(text)) => text,
                    _ => String::new(),
                });
                Cells::Text(Text::owned(texts.collect()))
            }
            Some(Value::Date(_)) => Cells::Date(
                slots
                    .into_iter()
                    .map(|slot| match slot {
                        Ok(Value::Date(date)) => days(date),
                        _ => 0,
                    })
                    .collect(),
            ),
            Some(Value::Timestamp(_)) => Cells::Instant(
                slots
                    .into_iter()
                    .map(|slot| match slot {
                        Ok(Value::Timestamp(instant)) => instant.timestamp_micros(),
                        _ => 0,
                    })
                    .collect(),
            ),
            Some(Value::Null | Value::List(_) | Value::Object(_)) => {
                Cells::Values(slots.into_iter().map(|slot| slot.unwrap_or(Value::Null)).collect())
            }
        };
        Self::with(Some(states), data)
    }

    /// The slots in those places, in their order.
    pub(super) fn gather(&self, places: &[u32]) -> Self {
        let data = match &self.data {
            Cells::Truth(items) => Cells::Truth(gathered(items, places)),
            Cells::Number(number) => Cells::Number(number.gather(places)),
            Cells::Text(text) => Cells::Text(text.gather(places)),
            Cells::Date(items) => Cells::Date(gathered(items, places)),
            Cells::Instant(items) => Cells::Instant(gathered(items, places)),
            Cells::Place(items) => Cells::Place(gathered(items, places)),
            Cells::Lists { .. } => return self.gather_lists(places),
            Cells::Values(items) => {
                let value = |at: &u32| items.get(index(*at)).cloned().unwrap_or(Value::Null);
                Cells::Values(places.iter().map(value).collect())
            }
            Cells::None(_) => Cells::None(places.len()),
        };
        Self::with(self.states.as_ref().map(|states| gathered(states, places)), data)
    }

    fn gather_lists(&self, places: &[u32]) -> Self {
        let (mut ends, mut from) = (Vec::with_capacity(places.len()), Vec::<u32>::new());
        for place in places {
            let range = self.list(index(*place)).map_or(0..0, |(_, range)| range);
            from.extend(range.filter_map(|at| u32::try_from(at).ok()));
            ends.push(u32::try_from(from.len()).unwrap_or(u32::MAX));
        }
        let elements = match &self.data {
            Cells::Lists { elements, .. } => elements.gather(&from),
            _ => Self::of(Cells::None(0)),
        };
        let states = self.states.as_ref().map(|states| gathered(states, places));
        Self::with(states, Cells::Lists { ends, elements: Arc::new(elements) })
    }
}

/// The items in those places; the default where there is none.
pub(super) fn gathered<T: Copy + Default>(items: &[T], places: &[u32]) -> Vec<T> {
    places.iter().map(|at| items.get(index(*at)).copied().unwrap_or_default()).collect()
}

/// A place as an index.
pub(super) fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The higher state of each slot.
pub(super) fn higher(one: Option<Vec<State>>, other: Option<Vec<State>>) -> Option<Vec<State>> {
    match (one, other) {
        (Some(mut one), Some(other)) => {
            for (one, other) in one.iter_mut().zip(other) {
                *one = (*one).max(other);
            }
            Some(one)
        }
        (states, None) | (None, states) => states,
    }
}

pub(super) fn state_of(truth: Truth) -> State {
    match truth {
        MAYBE => UNKNOWN,
        ASKED => ASK,
        NEITHER => NOTHING,
        _ => VALUE,
    }
}

/// The truth of a slot without a value.
pub(super) fn truth_of(state: State) -> Truth {
    match state {
        VALUE => TRUE,
        UNKNOWN => MAYBE,
        ASK => ASKED,
        _ => NEITHER,
    }
}

/// The date of a number of days since 1970-01-01.
pub(super) fn date(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(days)
}

/// The days since 1970-01-01 of a date.
pub(super) fn days(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}
