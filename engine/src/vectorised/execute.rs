//! Evaluating a graph over batches. Each node is computed in the smallest space that it needs: once
//! for all, once for each value of a dictionary, once for each row of a table that was looked up,
//! once for each row, or once for each item of a list column.

use super::columns;
use super::number::{Number, Side, compared};
use super::plan::{Graph, Id, Op, Part};
use super::tables::{Indexed, NOWHERE};
use super::vector::{
    ASK, ASKED, Cells, FALSE, MAYBE, NEITHER, NOTHING, Slot, State, TRUE, Truth, UNKNOWN, VALUE,
    Vector, higher, index, truth_of,
};
use super::{call, collect, columns::Read};
use arrow_array::{Array, ArrayRef, RecordBatch};
use std::sync::Arc;
use tieout_controls::Value;
use tieout_policies::evaluate::EvaluateError;
use tieout_policies::tree::{Comparison, Function, Program};

/// Where a node has a value for each of: nothing at all, the values of a dictionary column, the
/// rows of the table that a node finds, the rows, the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Constant,
    Dictionary(usize),
    Found { row: Id, table: usize },
    Rows,
    Elements(Id),
}

/// In a larger table most rows may be looked up by nobody.
const MOST_TABLE_ROWS: usize = 1 << 18;
/// Behind the rows of a table stand those of which a lookup says why there is none.
/// INVARIANT: in the order of the states' numbers, from 1, by which [`Execution::places`] finds them.
const NO_ROWS: [State; 3] = [UNKNOWN, ASK, NOTHING];

/// A graph at work. What doesn't depend on rows is kept from batch to batch.
pub(super) struct Execution<'a> {
    program: &'a Program,
    graph: &'a Graph,
    tables: &'a [Indexed],
    spaces: Vec<Space>,
    known: Vec<Option<Arc<Vector>>>,
    /// Nodes in the space of rows, where that is not their own.
    spread: Vec<Option<Arc<Vector>>>,
    /// For each node that finds rows where they are in their table.
    places: Vec<Option<Arc<Vec<u32>>>>,
    /// For each dictionary column its values, and which of them stands in each row.
    dictionaries: Vec<Option<(ArrayRef, Arc<Vec<u32>>)>>,
    rows: usize,
}

impl<'a> Execution<'a> {
    pub(super) fn new(program: &'a Program, graph: &'a Graph, tables: &'a [Indexed]) -> Self {
        let nodes = graph.nodes.len();
        Self {
            program,
            graph,
            tables,
            spaces: Vec::new(),
            known: vec![None; nodes],
            spread: vec![None; nodes],
            places: vec![None; nodes],
            dictionaries: vec![None; program.columns.len()],
            rows: 0,
        }
    }

    /// Evaluates all nodes over a batch.
    ///
    /// # Errors
    /// A column of the batch is missing or of another type.
    pub(super) fn batch(&mut self, batch: &RecordBatch) -> Result<(), EvaluateError> {
        self.rows = batch.num_rows();
        let read = columns::read(self.program, batch)?;
        self.enter(&read);
        for (id, op) in self.graph.nodes.iter().enumerate() {
            if self.known.get(id).is_some_and(Option::is_some) {
                continue;
            }
            let vector = match op {
                Op::Column(column) => match read.get(*column) {
                    Some(Some(Read::Plain(vector))) => Arc::clone(vector),
                    Some(Some(Read::Dictionary { values, .. })) => {
                        Arc::new(columns::dictionary(values.as_ref())?)
                    }
                    _ => return Err(EvaluateError(format!("column {column} was not read"))),
                },
                op => self.compute(id, op),
            };
            if !vector.has(self.size(self.space(id))) {
                return Err(EvaluateError("a step was not taken for every record".to_owned()));
            }
            if let Some(slot) = self.known.get_mut(id) {
                *slot = Some(vector);
            }
        }
        Ok(())
    }

    /// Forgets what was of the last batch; keeps what depends on dictionaries that are the same.
    fn enter(&mut self, read: &[Option<Read>]) {
        let mut kept = vec![false; read.len()];
        let mut shapes_changed = self.spaces.is_empty();
        for ((column, slot), kept) in read.iter().zip(&mut self.dictionaries).zip(&mut kept) {
            match column {
                Some(Read::Dictionary { values, keys }) => {
                    *kept = slot.as_ref().is_some_and(|(old, _)| columns::same(old, values));
                    shapes_changed |= slot.is_none();
                    *slot = Some((values.clone(), Arc::clone(keys)));
                }
                _ => shapes_changed |= slot.take().is_some(),
            }
        }
        if shapes_changed {
            self.spaces = Vec::with_capacity(self.graph.nodes.len());
            for op in &self.graph.nodes {
                let space = self.space_of(op);
                self.spaces.push(space);
            }
            self.known.fill(None);
        }
        self.spread.fill(None);
        self.places.fill(None);
        for (space, known) in self.spaces.iter().zip(&mut self.known) {
            let keep = match space {
                Space::Constant | Space::Found { .. } => true,
                Space::Dictionary(column) => kept.get(*column).copied().unwrap_or_default(),
                Space::Rows | Space::Elements(_) => false,
            };
            if !keep {
                *known = None;
            }
        }
    }

    fn space_of(&self, op: &Op) -> Space {
        match op {
            Op::Column(column) => match self.dictionaries.get(*column) {
                Some(Some(_)) => Space::Dictionary(*column),
                _ => Space::Rows,
            },
            Op::Elements(list) | Op::Positions(list) => Space::Elements(*list),
            Op::Collect { parts, .. } if parts.iter().any(|p| matches!(p, Part::Each { .. })) => {
                Space::Rows
            }
            Op::Cell { row, table, .. } => self.found(*row, *table),
            Op::NotNull { row: Some(row), place } => match (self.space(*row), self.space(*place)) {
                // What is known of the row is known of its cells too.
                (Space::Rows, found @ Space::Found { row: of, .. }) if of == *row => found,
                (one, other) => join(one, other),
            },
            Op::AnyElement { list, .. } | Op::AllElements { list, .. } => match self.space(*list) {
                Space::Constant | Space::Dictionary(_) | Space::Found { .. } | Space::Rows => {
                    Space::Rows
                }
                elements @ Space::Elements(_) => elements,
            },
            op => {
                let spaces = op.uses().into_iter().map(|id| self.space(id));
                spaces.fold(Space::Constant, join)
            }
        }
    }

    /// Where the cells of a row are that a node finds.
    fn found(&self, row: Id, table: usize) -> Space {
        let few = self.table(table).is_some_and(|table| table.len() <= MOST_TABLE_ROWS);
        match self.space(row) {
            Space::Rows if few => Space::Found { row, table },
            space => space,
        }
    }

    fn space(&self, id: Id) -> Space {
        self.spaces.get(id).copied().unwrap_or(Space::Rows)
    }

    /// A node's values in its own space.
    fn own(&self, id: Id) -> Arc<Vector> {
        let known = self.known.get(id).cloned().flatten();
        known.unwrap_or_else(|| Arc::new(Vector::of(Cells::None(0))))
    }

    /// A node's truth for each row.
    pub(super) fn truths(&mut self, id: Id) -> Vec<Truth> {
        self.aligned(id, Space::Rows).truths().into_owned()
    }

    /// A node's values in a space that holds its own.
    pub(super) fn aligned(&mut self, id: Id, to: Space) -> Arc<Vector> {
        let own = self.space(id);
        if own == to {
            return self.own(id);
        }
        if to == Space::Rows
            && let Some(Some(known)) = self.spread.get(id)
        {
            return Arc::clone(known);
        }
        let vector = self.own(id);
        let aligned = match (own, to) {
            (Space::Constant, to) => Arc::new(vector.gather(&vec![0; self.size(to)])),
            (Space::Dictionary(column), Space::Rows) => {
                let places = self.dictionaries.get(column).and_then(|d| d.as_ref());
                Arc::new(places.map_or_else(
                    || Vector::of(Cells::None(self.rows)),
                    |(_, places)| vector.gather(places),
                ))
            }
            (Space::Rows, Space::Found { table, .. }) => Arc::new(self.each_row(table)),
            (Space::Found { row, table }, Space::Rows) => {
                let places = self.places(row, table);
                Arc::new(vector.gather(&places))
            }
            (_, Space::Elements(list)) => {
                let rows = self.aligned(id, Space::Rows);
                Arc::new(rows.gather(&self.parents(list)))
            }
            _ => vector,
        };
        if to == Space::Rows
            && let Some(slot) = self.spread.get_mut(id)
        {
            *slot = Some(Arc::clone(&aligned));
        }
        aligned
    }

    /// The rows of a table, as if a lookup had found each, and none for each reason.
    fn each_row(&self, table: usize) -> Vector {
        let len = self.table(table).map_or(0, Indexed::len);
        let rows = (0..).take(len).chain(NO_ROWS.map(|_| NOWHERE)).collect();
        let states = std::iter::repeat_n(VALUE, len).chain(NO_ROWS).collect();
        Vector::with(Some(states), Cells::Place(rows))
    }

    /// For each row where it finds what it looks up among the slots of [`Self::each_row`].
    fn places(&mut self, row: Id, table: usize) -> Arc<Vec<u32>> {
        if let Some(Some(known)) = self.places.get(row) {
            return Arc::clone(known);
        }
        let len = self.table(table).map_or(0, Indexed::len);
        let first = u32::try_from(len).unwrap_or(NOWHERE);
        let found = self.own(row);
        let instead = |state: State| first.wrapping_add(u32::from(state)).wrapping_sub(1);
        let places = match (&found.data, &found.states) {
            (Cells::Place(rows), None) => rows.clone(),
            (Cells::Place(rows), Some(states)) => {
                let place = |(row, state): (&u32, &State)| match *state {
                    VALUE => *row,
                    state => instead(state),
                };
                rows.iter().zip(states).map(place).collect()
            }
            _ => absent(found.states(), found.len()).into_iter().map(instead).collect(),
        };
        let places = Arc::new(places);
        if let Some(slot) = self.places.get_mut(row) {
            *slot = Some(Arc::clone(&places));
        }
        places
    }

    pub(super) fn size(&mut self, space: Space) -> usize {
        match space {
            Space::Constant => 1,
            Space::Dictionary(column) => {
                let values = self.dictionaries.get(column).and_then(|d| d.as_ref());
                values.map_or(0, |(values, _)| values.len().saturating_add(1))
            }
            Space::Found { table, .. } => {
                let len = self.table(table).map_or(0, Indexed::len);
                len.saturating_add(NO_ROWS.len())
            }
            Space::Rows => self.rows,
            Space::Elements(list) => {
                let lists = self.aligned(list, Space::Rows);
                elements(&lists).map_or(0, |e| e.len())
            }
        }
    }

    /// The row of each element of a list.
    fn parents(&mut self, list: Id) -> Vec<u32> {
        let lists = self.aligned(list, Space::Rows);
        let Cells::Lists { ends, .. } = &lists.data else { return Vec::new() };
        let mut parents = Vec::new();
        for (row, end) in (0_u32..).zip(ends) {
            parents.resize(index(*end), row);
        }
        parents
    }

    fn compute(&mut self, id: Id, op: &Op) -> Arc<Vector> {
        let space = self.space(id);
        let vector = match op {
            Op::Constant(value) => constant(value),
            Op::Column(_) => Vector::of(Cells::None(0)),
            Op::RowNumber(row) => {
                let row = u32::try_from(*row).unwrap_or(NOWHERE);
                Vector::of(Cells::Place(vec![row]))
            }
            Op::Call { function, arguments } => {
                let len = self.size(space);
                let arguments: Vec<_> = arguments.iter().map(|a| self.side(*a, space)).collect();
                call::call(function, &arguments, len)
            }
            Op::KeyPart { table, part, value } => {
                let value = self.aligned(*value, space);
                let places = self.table(*table).map(|table| table.part(*part, &value));
                Vector::with(value.states(), Cells::Place(places.unwrap_or_default()))
            }
            Op::Group { table, parts } => self.group(*table, parts, space),
            Op::Found(group) => {
                let group = self.aligned(*group, space);
                let Cells::Place(places) = &group.data else { return group };
                let found = |place: &u32| if *place == NOWHERE { FALSE } else { TRUE };
                truths(places.iter().map(found).collect(), group.states.as_deref())
            }
            Op::OnlyRow { table, group } => {
                let group = self.aligned(*group, space);
                let Cells::Place(places) = &group.data else { return group };
                let rows = self.table(*table).map(|t| t.only(places)).unwrap_or_default();
                Vector::with(higher(unfound(&rows), group.states.clone()), Cells::Place(rows))
            }
            Op::RowInForce { table, group, when } => {
                let (group, when) = (self.aligned(*group, space), self.aligned(*when, space));
                self.in_force(*table, &group, &when)
            }
            Op::Cell { row, table, column } => {
                let row = self.aligned(*row, space);
                let cells = self.table(*table).and_then(|table| table.columns.get(*column));
                match (&row.data, cells) {
                    (Cells::Place(places), Some(cells)) => {
                        let found = cells.gather(places);
                        with_states(found, row.states.clone())
                    }
                    _ => nothing(&row),
                }
            }
            Op::Entry { map, key } => {
                let (map, key) = (self.side(*map, space), self.aligned(*key, space));
                entry(&map, &key)
            }
            Op::Item { list, position } => {
                let (list, position) = (self.aligned(*list, space), self.aligned(*position, space));
                item(&list, &position)
            }
            Op::Needed(value) => {
                let value = self.aligned(*value, space);
                let states = value.states();
                let needed = |s: &State| if *s == NOTHING { UNKNOWN } else { *s };
                let states = states.map(|states| states.iter().map(needed).collect::<Vec<_>>());
                match states {
                    Some(states) => with_states(cleared(&value), Some(states)),
                    None => return value,
                }
            }
            Op::Defined(value) => {
                let value = self.aligned(*value, space);
                let condition = |state: &State| match *state {
                    NOTHING => FALSE,
                    state => truth_of(state),
                };
                match value.states() {
                    Some(states) => {
                        Vector::of(Cells::Truth(states.iter().map(condition).collect()))
                    }
                    None => Vector::of(Cells::Truth(vec![TRUE; value.len()])),
                }
            }
            Op::NotNull { row, place } => {
                let row = row.map(|row| self.aligned(row, space));
                let place = self.aligned(*place, space);
                not_null(row.as_deref(), &place)
            }
            Op::OrElse { value, default } => {
                let (value, default) = (self.aligned(*value, space), self.aligned(*default, space));
                instead(&value, &default, UNKNOWN)
            }
            Op::Default { value, default } => {
                let (value, default) = (self.aligned(*value, space), self.aligned(*default, space));
                instead(&value, &default, NOTHING)
            }
            Op::Not(condition) => {
                let condition = self.aligned(*condition, space);
                let truths = condition.truths();
                Vector::of(Cells::Truth(truths.iter().map(|t| not(*t)).collect()))
            }
            Op::All(conditions) => {
                let mut all = vec![TRUE; self.size(space)];
                for condition in conditions {
                    self.fold(*condition, space, &mut all, |all, truth| all.max(truth));
                }
                Vector::of(Cells::Truth(all.into_iter().map(|t| t.min(FALSE)).collect()))
            }
            Op::Any(conditions) => {
                let mut any = vec![FALSE; self.size(space)];
                for condition in conditions {
                    self.fold(*condition, space, &mut any, or);
                }
                Vector::of(Cells::Truth(any))
            }
            Op::Else(first, second) => {
                let mut truths = vec![FALSE; self.size(space)];
                self.fold(*first, space, &mut truths, |_, truth| truth);
                let otherwise = |first: Truth, truth| if first >= FALSE { truth } else { first };
                self.fold(*second, space, &mut truths, otherwise);
                Vector::of(Cells::Truth(truths))
            }
            Op::TrueOrNothing(condition) => {
                let condition = self.aligned(*condition, space);
                let nothing = |truth: &Truth| if *truth >= FALSE { NEITHER } else { *truth };
                Vector::of(Cells::Truth(condition.truths().iter().map(nothing).collect()))
            }
            Op::Negate(value) => {
                let value = self.aligned(*value, space);
                match &value.data {
                    Cells::Number(number) => {
                        Vector::with(value.states.clone(), Cells::Number(number.negate()))
                    }
                    _ => nothing(&value),
                }
            }
            Op::Arithmetic { operator, left, right } => {
                let len = self.size(space);
                let (left, right) = (self.side(*left, space), self.side(*right, space));
                let states = higher(spread(&left, len), spread(&right, len));
                match (&left.data, &right.data) {
                    (Cells::Number(a), Cells::Number(b)) => {
                        let (number, overflows) = Number::arithmetic(*operator, a, b, len);
                        Vector::with(higher(states, overflows), Cells::Number(number))
                    }
                    _ => Vector::with(Some(absent(states, len)), Cells::None(len)),
                }
            }
            Op::Compare { comparison, left, right } => {
                let len = self.size(space);
                let (left, right) = (self.side(*left, space), self.side(*right, space));
                compare(*comparison, &left, &right, len)
            }
            Op::Member { item, list } => {
                let counted = self.counted(*list);
                let (item, list) = (self.aligned(*item, space), self.side(*list, space));
                member(&item, &list, if counted { usize::MAX } else { call::LONGEST_LIST })
            }
            Op::Collect { parts, object } => self.collect(parts, *object, space),
            Op::Distinct(list) => collect::set(&self.aligned(*list, space)),
            Op::Sets { operator, left, right } => {
                let len = self.size(space);
                let (left, right) = (self.side(*left, space), self.side(*right, space));
                collect::sets(*operator, &left, &right, len)
            }
            Op::Same { left, right } => {
                let len = self.size(space);
                let (left, right) = (self.side(*left, space), self.side(*right, space));
                collect::equal(&left, &right, len)
            }
            Op::List(items) => {
                let len = self.size(space);
                let items: Vec<_> = items.iter().map(|item| self.aligned(*item, space)).collect();
                let list = |slot| together(items.iter().map(|i| i.slot(slot))).map(Value::List);
                Vector::from_slots((0..len).map(list).collect())
            }
            Op::Map(entries) => {
                let len = self.size(space);
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(name, value)| (name.clone(), self.aligned(*value, space)))
                    .collect();
                let object = |slot| {
                    let values = together(entries.iter().map(|(_, value)| value.slot(slot)))?;
                    let names = entries.iter().map(|(name, _)| name.clone());
                    Ok(Value::Object(names.zip(values).collect()))
                };
                Vector::from_slots((0..len).map(object).collect())
            }
            Op::Listed(list) => listed(&self.aligned(*list, space)),
            Op::Elements(list) => {
                let lists = self.aligned(*list, Space::Rows);
                return elements(&lists).unwrap_or_else(|| Arc::new(Vector::of(Cells::None(0))));
            }
            Op::Positions(list) => collect::positions(&self.aligned(*list, Space::Rows)),
            Op::AnyElement { list, condition } => self.over_elements(*list, *condition, FALSE, or),
            Op::AllElements { list, condition } => {
                self.over_elements(*list, *condition, TRUE, |all, t| all.max(t).min(FALSE))
            }
            Op::Choose(definitions) => self.choose(definitions, space),
        };
        Arc::new(vector)
    }

    /// Whether the lists that a node has were counted when the cost was: they are as long as they may
    /// be.
    pub(super) fn counted(&self, id: Id) -> bool {
        match self.graph.op(id) {
            Some(Op::List(_) | Op::Map(_) | Op::Collect { .. } | Op::Sets { .. }) => true,
            Some(Op::Call { function, .. }) => {
                matches!(function, Function::Range | Function::RangeStep)
            }
            Some(Op::Distinct(list) | Op::Listed(list)) => self.counted(*list),
            _ => false,
        }
    }

    fn table(&self, table: usize) -> Option<&'a Indexed> {
        self.tables.get(table)
    }

    /// A node in a space, or as its only value.
    fn side(&mut self, id: Id, space: Space) -> Arc<Vector> {
        if self.space(id) == Space::Constant { self.own(id) } else { self.aligned(id, space) }
    }

    /// Combines each slot's truth with a condition's.
    fn fold(
        &mut self,
        condition: Id,
        space: Space,
        truths: &mut [Truth],
        f: impl Fn(Truth, Truth) -> Truth,
    ) {
        let vector = self.side(condition, space);
        let other = vector.truths();
        match Side::of(&other, truths.len()) {
            Side::Each(other) => {
                for (truth, other) in truths.iter_mut().zip(other) {
                    *truth = f(*truth, *other);
                }
            }
            Side::One(other) => {
                for truth in truths {
                    *truth = f(*truth, other);
                }
            }
        }
    }

    fn group(&mut self, table: usize, parts: &[Id], space: Space) -> Vector {
        let len = self.size(space);
        let parts: Vec<_> = parts.iter().map(|part| self.aligned(*part, space)).collect();
        let states = parts.iter().fold(None, |states, part| higher(states, part.states.clone()));
        let places = parts.iter().map(|part| match &part.data {
            Cells::Place(places) => places.as_slice(),
            _ => &[],
        });
        let places: Vec<_> = places.collect();
        let groups = self.table(table).map(|table| table.group(&places, len));
        Vector::with(states, Cells::Place(groups.unwrap_or_default()))
    }

    fn in_force(&self, table: usize, group: &Vector, when: &Vector) -> Vector {
        let states = higher(group.states.clone(), when.states.clone());
        let (Some(table), Cells::Place(groups)) = (self.table(table), &group.data) else {
            return nothing(group);
        };
        let rows = match &when.data {
            Cells::Date(days) => table.in_force_on(groups, days),
            Cells::Instant(micros) => table.in_force_at(groups, micros),
            _ => return nothing(when),
        };
        Vector::with(higher(unfound(&rows), states), Cells::Place(rows))
    }

    fn over_elements(
        &mut self,
        list: Id,
        condition: Id,
        empty: Truth,
        f: impl Fn(Truth, Truth) -> Truth,
    ) -> Vector {
        let lists = self.aligned(list, Space::Rows);
        let conditions = self.aligned(condition, Space::Elements(list));
        let conditions = conditions.truths();
        let longest = if self.counted(list) { usize::MAX } else { call::LONGEST_LIST };
        let truth = |slot| {
            let state = lists.state(slot);
            let Some((_, range)) = lists.list(slot).filter(|_| state == VALUE) else {
                return truth_of(state).min(FALSE);
            };
            if range.len() > longest {
                return ASKED;
            }
            let of = conditions.get(range).unwrap_or_default();
            of.iter().fold(empty, |all, truth| f(all, (*truth).min(FALSE)))
        };
        Vector::of(Cells::Truth((0..lists.len()).map(truth).collect()))
    }

    fn choose(&mut self, definitions: &[Vec<(Id, Id)>], space: Space) -> Vector {
        let len = self.size(space);
        let mut sources: Vec<Arc<Vector>> = Vec::new();
        // For each slot, the state of what was chosen, and from which source.
        let mut chosen: Vec<(State, usize)> = vec![(NOTHING, 0); len];
        for branches in definitions {
            let mut open = vec![true; len];
            for (condition, value) in branches {
                let condition = self.aligned(*condition, space);
                let value = self.aligned(*value, space);
                let source = sources.len();
                sources.push(Arc::clone(&value));
                for (slot, ((open, truth), chosen)) in open
                    .iter_mut()
                    .zip(condition.truths().iter().copied())
                    .zip(&mut chosen)
                    .enumerate()
                {
                    if !*open || truth >= FALSE {
                        continue;
                    }
                    *open = false;
                    let state = if truth == TRUE {
                        value.state(slot)
                    } else {
                        super::vector::state_of(truth)
                    };
                    *chosen = match (chosen.0, state) {
                        (_, NOTHING) => *chosen,
                        (NOTHING, state) => (state, source),
                        (VALUE, VALUE) => {
                            let same = sources
                                .get(chosen.1)
                                .is_some_and(|old| same_slot(old, &value, slot));
                            if same { *chosen } else { (UNKNOWN, chosen.1) }
                        }
                        (ASK, _) | (_, ASK) => (ASK, chosen.1),
                        _ => (UNKNOWN, chosen.1),
                    };
                }
            }
        }
        collect(&chosen, &sources)
    }
}

/// The states of rows of which some were not found.
fn unfound(rows: &[u32]) -> Option<Vec<State>> {
    let state = |row: &u32| if *row == NOWHERE { UNKNOWN } else { VALUE };
    rows.contains(&NOWHERE).then(|| rows.iter().map(state).collect())
}

/// The space that holds both.
fn join(one: Space, other: Space) -> Space {
    match (one, other) {
        (Space::Constant, space) | (space, Space::Constant) => space,
        (a, b) if a == b => a,
        (Space::Elements(list), _) | (_, Space::Elements(list)) => Space::Elements(list),
        _ => Space::Rows,
    }
}

fn constant(value: &Value) -> Vector {
    let slot = if value.is_null() { Err(NOTHING) } else { Ok(value.clone()) };
    match slot {
        Ok(Value::List(items)) => Vector::of(Cells::Values(vec![Value::List(items)])),
        slot => Vector::from_slots(vec![slot]),
    }
}

fn truths(truths: Vec<Truth>, states: Option<&[State]>) -> Vector {
    let Some(states) = states else { return Vector::of(Cells::Truth(truths)) };
    let truth =
        |(truth, state): (Truth, &State)| if *state == VALUE { truth } else { truth_of(*state) };
    Vector::of(Cells::Truth(truths.into_iter().zip(states).map(truth).collect()))
}

/// A vector with those states beside its own.
fn with_states(vector: Vector, states: Option<Vec<State>>) -> Vector {
    match vector.data {
        Cells::Truth(of) => truths(of, states.as_deref()),
        data => Vector::with(higher(vector.states, states), data),
    }
}

/// A vector as if each slot had a value.
fn cleared(vector: &Vector) -> Vector {
    match &vector.data {
        Cells::Truth(truths) => {
            let clear = |t: &Truth| if *t == TRUE { TRUE } else { FALSE };
            Vector::of(Cells::Truth(truths.iter().map(clear).collect()))
        }
        data => Vector::of(data.clone()),
    }
}

/// No slot has a value: nothing where one of another type stood.
fn nothing(vector: &Vector) -> Vector {
    Vector::with(Some(absent(vector.states(), vector.len())), Cells::None(vector.len()))
}

fn absent(states: Option<Vec<State>>, len: usize) -> Vec<State> {
    let states = states.unwrap_or_else(|| vec![VALUE; len]);
    states.into_iter().map(|s| if s == VALUE { NOTHING } else { s }).collect()
}

/// The states of an operand for that many slots.
fn spread(vector: &Vector, len: usize) -> Option<Vec<State>> {
    let states = vector.states()?;
    match Side::of(&states, len) {
        Side::Each(_) => Some(states),
        Side::One(state) => Some(vec![state; len]),
    }
}

/// The states of no value stand for themselves; all values make one.
fn together(slots: impl Iterator<Item = Slot>) -> Result<Vec<Value>, State> {
    let (mut values, mut state) = (Vec::new(), VALUE);
    for slot in slots {
        match slot {
            Ok(value) => values.push(value),
            Err(other) => state = state.max(other),
        }
    }
    if state == VALUE { Ok(values) } else { Err(state) }
}

fn not(truth: Truth) -> Truth {
    match truth {
        TRUE => FALSE,
        MAYBE | ASKED => truth,
        _ => TRUE,
    }
}

fn or(one: Truth, other: Truth) -> Truth {
    not(not(one).max(not(other)))
}

fn not_null(row: Option<&Vector>, place: &Vector) -> Vector {
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
fn instead(value: &Vector, other: &Vector, state: State) -> Vector {
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

fn compare(comparison: Comparison, left: &Vector, right: &Vector, len: usize) -> Vector {
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

fn member(item: &Vector, list: &Vector, longest: usize) -> Vector {
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

fn entry(map: &Vector, key: &Vector) -> Vector {
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

fn item(list: &Vector, position: &Vector) -> Vector {
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
fn listed(lists: &Vector) -> Vector {
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
fn elements(lists: &Vector) -> Option<Arc<Vector>> {
    match &lists.data {
        Cells::Lists { elements, .. } => Some(Arc::clone(elements)),
        _ => None,
    }
}

/// Whether two vectors have the same value or row in a slot.
fn same_slot(one: &Vector, other: &Vector, slot: usize) -> bool {
    match (&one.data, &other.data) {
        (Cells::Place(a), Cells::Place(b)) => a.get(slot) == b.get(slot),
        _ => one.slot(slot) == other.slot(slot),
    }
}

/// What was chosen for each slot.
fn collect(chosen: &[(State, usize)], sources: &[Arc<Vector>]) -> Vector {
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
