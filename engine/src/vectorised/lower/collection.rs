//! Lowering of what is gone through and of what is collected.

use super::super::call::MOST_GROWTH;
use super::super::plan::{Id, Op, Part, Solution};
use super::{Frame, Lowering, Why, set};
use tieout_controls::{Decimal, Value};
use tieout_policies::evaluate::{distinct, growth};
use tieout_policies::tree::{Collection, Expr, ExprKind, Function, Statement, Type};

impl<'a> Lowering<'a> {
    /// What a body's solutions give, where the conditions before it hold.
    pub(super) fn solutions(
        &mut self,
        head: Head<'a>,
        body: &'a [Statement],
        mut conditions: Vec<Id>,
        frame: &mut Frame,
        into: &mut Vec<Part>,
    ) -> Result<(), Why> {
        for (position, statement) in body.iter().enumerate() {
            let Statement::Some { key: place, local, collection, .. } = statement else {
                conditions.extend(self.statement(statement, frame)?);
                continue;
            };
            let rest = body.get(position.saturating_add(1)..).unwrap_or_default();
            let list = match self.items(collection, frame)? {
                Items::Listed(list) => list,
                Items::Written(items) => {
                    // Where it isn't known which of a set's items are equal, a list would have
                    // them twice.
                    if head.list && of_set(collection) && !self.known(&items) {
                        return Err("it makes a set of values that it computes".to_owned());
                    }
                    for (position, item) in (0..).zip(items) {
                        let mut frame = frame.clone();
                        self.keep((*place, *local), collection, position, item, &mut frame);
                        let before = conditions.clone();
                        self.solutions(head, rest, before, &mut frame, into)?;
                    }
                    return Ok(());
                }
            };
            let when = self.all(conditions.clone())?;
            if self.graph.is_by_item(when) {
                return Err(NESTED.to_owned());
            }
            let mut parts = Vec::new();
            let list =
                self.among((*place, *local), list, collection, frame, |lowering, frame| {
                    lowering.solutions(head, rest, conditions, frame, &mut parts)
                })?;
            let one = |part| match part {
                Part::One(solution) => Some(solution),
                Part::Each { .. } => None,
            };
            let solutions = parts.into_iter().filter_map(one).collect();
            into.push(Part::Each { list: list.0, when, solutions });
            return Ok(());
        }
        let condition = self.all(conditions)?;
        let key = head.key.map(|key| self.expr(key, frame)).transpose()?;
        into.push(Part::One(Solution { condition, key, item: self.expr(head.item, frame)? }));
        Ok(())
    }

    /// A body for the items of a collection.
    pub(super) fn through(
        &mut self,
        quantifier: Quantifier,
        (key, local): (Option<usize>, usize),
        collection: &'a Collection,
        body: &'a [Statement],
        frame: &mut Frame,
    ) -> Result<Id, Why> {
        let items = match self.items(collection, frame)? {
            Items::Written(items) => items,
            Items::Listed(list) => {
                let body = |lowering: &mut Self, frame: &mut Frame| lowering.body(body, frame);
                let (list, condition) = self.among((key, local), list, collection, frame, body)?;
                return self.add(match quantifier {
                    Quantifier::Some => Op::AnyElement { list, condition },
                    Quantifier::Every => Op::AllElements { list, condition },
                });
            }
        };
        let mut conditions = Vec::new();
        for (position, item) in (0..).zip(items) {
            let mut frame = frame.clone();
            self.keep((key, local), collection, position, item, &mut frame);
            conditions.push(self.body(body, &mut frame)?);
        }
        match quantifier {
            Quantifier::Some => self.any(conditions),
            Quantifier::Every => self.all(conditions),
        }
    }

    /// Keeps an item of its own node, and its key or position where a body asks for it.
    fn keep(
        &mut self,
        (key, local): (Option<usize>, usize),
        collection: &Collection,
        position: i64,
        item: Id,
        frame: &mut Frame,
    ) {
        if let Some(key) = key {
            let number = Value::Number(Decimal::from(position));
            let value = if of_set(collection) { item } else { self.graph.constant(number) };
            set(frame, key, value);
        }
        set(frame, local, item);
    }

    fn items(&mut self, collection: &'a Collection, frame: &Frame) -> Result<Items, Why> {
        let list = match collection {
            Collection::Table(table) => {
                let table = self.bound.tables.get(*table);
                let table = table.ok_or_else(|| "it reads an unknown table".to_owned())?;
                let (name, rows) = (table.name, table.table.rows().len());
                if rows > MOST_ROWS {
                    return Err(format!(
                        "it goes through the {rows} rows of `data.{name}` for each record"
                    ));
                }
                let rows = (0..rows).map(|row| self.add(Op::RowNumber(row)));
                return rows.collect::<Result<_, _>>().map(Items::Written);
            }
            Collection::List(Expr { kind: ExprKind::List(items), ty, .. }) => {
                let items = items.iter().map(|item| self.expr(item, frame));
                let items = items.collect::<Result<Vec<_>, _>>()?;
                return Ok(Items::Written(match ty {
                    Type::Set(_) => self.each_once(items),
                    _ => items,
                }));
            }
            Collection::List(list) => list,
        };
        let id = self.expr(list, frame)?;
        match self.graph.op(id) {
            Some(Op::List(items)) if items.iter().all(|item| self.graph.is_constant(*item)) => {
                Ok(Items::Written(items.clone()))
            }
            _ if list.ty.items().is_some() => Ok(Items::Listed(id)),
            _ => Err("it goes through an object".to_owned()),
        }
    }

    /// What is done among the items of a list, with the list in the form that it takes.
    fn among<T>(
        &mut self,
        (key, local): (Option<usize>, usize),
        list: Id,
        collection: &Collection,
        frame: &Frame,
        work: impl FnOnce(&mut Self, &mut Frame) -> Result<T, Why>,
    ) -> Result<(Id, T), Why> {
        if self.graph.is_by_item(list) {
            return Err(NESTED.to_owned());
        }
        // What depends on an item of another list isn't known among the items of this one.
        let unless_by_item = |id: &Option<Id>| id.filter(|id| !self.graph.is_by_item(*id));
        let mut frame: Frame = frame.iter().map(unless_by_item).collect();
        let list = self.add(Op::Listed(list))?;
        let element = self.add(Op::Elements(list))?;
        set(&mut frame, local, element);
        if let Some(key) = key {
            let set_item = of_set(collection);
            let value = if set_item { element } else { self.add(Op::Positions(list))? };
            set(&mut frame, key, value);
        }
        let outer = std::mem::replace(&mut self.listed, true);
        let done = work(self, &mut frame);
        self.listed = outer;
        Ok((list, done?))
    }

    /// A range that a column bounds could take a record's whole budget, whatever its rule says then.
    pub(super) fn range(&self, function: &Function, arguments: &[Id]) -> Result<(), Why> {
        let bounds = arguments.iter().map(|id| self.number(*id)).collect::<Option<Vec<_>>>();
        let bounds = bounds.ok_or_else(|| "it makes a list as long as a column says".to_owned())?;
        match growth(function, &bounds) {
            many if many > MOST_GROWTH => Err(format!("it makes a list of {many} numbers")),
            _ => Ok(()),
        }
    }

    /// The number that a node is, where that is known now.
    fn number(&self, id: Id) -> Option<Value> {
        match self.graph.op(id)? {
            Op::Constant(value) => Some(value.clone()),
            Op::Negate(inner) => match self.number(*inner)? {
                Value::Number(number) => Some(Value::Number(number.neg())),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the values of all these are known now.
    pub(super) fn known(&self, items: &[Id]) -> bool {
        items.iter().all(|id| matches!(self.graph.op(*id), Some(Op::Constant(_))))
    }

    /// The items of a set, in their order and each once, where they are known now.
    pub(super) fn each_once(&mut self, items: Vec<Id>) -> Vec<Id> {
        let value = |id: &Id| match self.graph.op(*id) {
            Some(Op::Constant(value)) => Some(value.clone()),
            _ => None,
        };
        match items.iter().map(value).collect::<Option<Vec<_>>>() {
            Some(values) => {
                distinct(values).into_iter().map(|value| self.graph.constant(value)).collect()
            }
            None => items,
        }
    }

    /// Whether a node makes the lists that it has: no longer ones than [`MOST_ITEMS`].
    pub(super) fn makes(&self, id: Id) -> bool {
        match self.graph.op(id) {
            Some(
                Op::Call { .. }
                | Op::List(_)
                | Op::Collect { .. }
                | Op::Distinct(_)
                | Op::Sets { .. },
            ) => true,
            Some(Op::Default { value, default }) => self.makes(*value) && self.makes(*default),
            Some(Op::Choose(definitions)) => {
                definitions.iter().flatten().all(|(_, value)| self.makes(*value))
            }
            _ => false,
        }
    }
}

/// What a comprehension collects.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) key: Option<&'a Expr>,
    pub(super) item: &'a Expr,
    /// Whether equal items count each.
    pub(super) list: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Quantifier {
    Some,
    Every,
}

enum Items {
    /// Each with a node of its own.
    Written(Vec<Id>),
    /// Those of a list column.
    Listed(Id),
}

/// Whether the items of a collection are their own keys.
fn of_set(collection: &Collection) -> bool {
    matches!(collection, Collection::List(Expr { ty: Type::Set(_), .. }))
}

/// The longest table that is written out row by row.
const MOST_ROWS: usize = 256;
pub(super) const NESTED: &str = "it goes through a list for each item of a list";
