//! Evaluating a graph over batches. Each node is computed in the smallest space that it needs: once
//! for all, once for each value of a dictionary, once for each row of a table that was looked up,
//! once for each row, or once for each item of a list column.

use super::columns;
use super::number::{Number, Side};
use super::operation::{
    absent, cleared, collect, compare, constant, elements, entry, instead, item, listed, member,
    not, not_null, nothing, or, same_slot, spread, together, truths, unfound, with_states,
};
use super::plan::{Graph, Id, Op, Part};
use super::tables::{Indexed, NOWHERE};
use super::vector::{
    ASK, ASKED, Cells, FALSE, NEITHER, NOTHING, State, TRUE, Truth, UNKNOWN, VALUE, Vector, higher,
    index, truth_of,
};
use super::{call, collect, columns::Read};
use arrow_array::{Array, ArrayRef, RecordBatch};
use std::sync::Arc;
use tieout_controls::Value;
use tieout_policies::evaluate::EvaluateError;
use tieout_policies::tree::{Function, Program};

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

/// The space that holds both.
fn join(one: Space, other: Space) -> Space {
    match (one, other) {
        (Space::Constant, space) | (space, Space::Constant) => space,
        (a, b) if a == b => a,
        (Space::Elements(list), _) | (_, Space::Elements(list)) => Space::Elements(list),
        _ => Space::Rows,
    }
}
