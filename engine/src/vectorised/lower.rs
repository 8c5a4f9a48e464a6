//! From a rule's tree to the graph: locals are replaced by what they stand for, helpers by their
//! definitions, short collections are written out item by item.

use super::call::{MOST_GROWTH, MOST_ITEMS};
use super::plan::{Graph, Id, Op, Part, Solution};
use std::collections::BTreeMap;
use tieout_controls::{ColumnType, Decimal, Value};
use tieout_policies::data::RunDates;
use tieout_policies::evaluate::{Bound, distinct, growth};
use tieout_policies::tree::{
    Collection, Comparison, Definition, Expr, ExprKind, Function, Helper, Program, RunDate,
    Statement, Type,
};

/// Why a rule is left to the reference evaluator, in words for its author.
pub(super) type Why = String;

/// The conditions of a program's rules in a graph.
#[derive(Debug)]
pub(super) struct Lowered {
    pub(super) graph: Graph,
    /// Whether the policy speaks about a record.
    pub(super) applicable: Option<Id>,
    /// For each violation, whether it holds.
    pub(super) rules: Vec<Result<Id, Why>>,
}

/// Lowers a program.
///
/// # Errors
/// Why all of it is left to the reference evaluator.
pub(super) fn lower(bound: &Bound<'_>) -> Result<Lowered, Why> {
    let program = bound.program;
    let (graph, helpers) = (Graph::default(), BTreeMap::new());
    let mut lowering = Lowering { program, bound, graph, helpers, listed: false };
    let applicable = match &program.applicable {
        Some((helper, _)) => Some(lowering.helper(*helper, Vec::new())?),
        None => None,
    };
    let rules = program.violations.iter();
    let rules = rules.map(|rule| lowering.body(&rule.body, &mut vec![None; rule.frame])).collect();
    Ok(Lowered { graph: lowering.graph, applicable, rules })
}

/// The longest table that is written out row by row.
const MOST_ROWS: usize = 256;
/// The most nodes of a graph; past it, evaluation by rows is the better way.
const MOST_NODES: usize = 20_000;

const NESTED: &str = "it goes through a list for each item of a list";

struct Lowering<'a> {
    program: &'a Program,
    bound: &'a Bound<'a>,
    graph: Graph,
    helpers: BTreeMap<(usize, Vec<Id>), Result<Id, Why>>,
    /// Whether we are among the elements of a list column.
    listed: bool,
}

/// What the locals of a body stand for.
type Frame = Vec<Option<Id>>;

impl<'a> Lowering<'a> {
    fn add(&mut self, op: Op) -> Result<Id, Why> {
        if self.graph.nodes.len() >= MOST_NODES {
            return Err(format!("it has more than {MOST_NODES} steps once it is written out"));
        }
        Ok(self.graph.add(op))
    }

    fn all(&mut self, mut conditions: Vec<Id>) -> Result<Id, Why> {
        conditions.retain(|id| !self.graph.is_true(*id));
        conditions.dedup();
        match conditions.as_slice() {
            [] => Ok(self.graph.constant(Value::Bool(true))),
            [one] => Ok(*one),
            _ => self.add(Op::All(conditions)),
        }
    }

    fn any(&mut self, conditions: Vec<Id>) -> Result<Id, Why> {
        match conditions.as_slice() {
            [] => Ok(self.graph.constant(Value::Bool(false))),
            [one] => Ok(*one),
            _ => self.add(Op::Any(conditions)),
        }
    }

    /// The condition that a body holds.
    fn body(&mut self, body: &'a [Statement], frame: &mut Frame) -> Result<Id, Why> {
        let mut conditions = Vec::new();
        for (position, statement) in body.iter().enumerate() {
            if let Statement::Some { key, local, collection, .. } = statement {
                let rest = body.get(position.saturating_add(1)..).unwrap_or_default();
                let quantifier = Quantifier::Some;
                let locals = (*key, *local);
                conditions.push(self.through(quantifier, locals, collection, rest, frame)?);
                break;
            }
            conditions.extend(self.statement(statement, frame)?);
        }
        self.all(conditions)
    }

    /// The condition that a statement is; none where a body begins anew for each item.
    fn statement(
        &mut self,
        statement: &'a Statement,
        frame: &mut Frame,
    ) -> Result<Option<Id>, Why> {
        Ok(Some(match statement {
            Statement::Test(expr) => self.expr(expr, frame)?,
            Statement::Bind { local, value, .. } => {
                let value = self.expr(value, frame)?;
                set(frame, *local, value);
                self.add(Op::Defined(value))?
            }
            Statement::Every { key, local, collection, body, .. } => {
                self.through(Quantifier::Every, (*key, *local), collection, body, frame)?
            }
            Statement::Some { .. } => return Ok(None),
        }))
    }

    /// What a body's solutions give, where the conditions before it hold.
    fn solutions(
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
    fn through(
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

    fn exprs(&mut self, exprs: &'a [Expr], frame: &Frame) -> Result<Vec<Id>, Why> {
        exprs.iter().map(|expr| self.expr(expr, frame)).collect()
    }

    fn expr(&mut self, expr: &'a Expr, frame: &Frame) -> Result<Id, Why> {
        let op = match &expr.kind {
            ExprKind::Literal(value) => Op::Constant(value.clone()),
            ExprKind::Column(column) => Op::Column(*column),
            ExprKind::Parameter(parameter) => {
                let value = self.bound.parameters.get(*parameter);
                let value = value.ok_or_else(|| "it reads an unknown parameter".to_owned())?;
                Op::Constant((*value).clone())
            }
            ExprKind::Run(date) => Op::Constant(run_date(self.bound.run, *date)),
            ExprKind::Local(local) => {
                let value = frame.get(*local).copied().flatten();
                let why = if self.listed { NESTED } else { "it reads a name before it is bound" };
                return value.ok_or_else(|| why.to_owned());
            }
            ExprKind::Helper { helper, arguments } => {
                let arguments = self.exprs(arguments, frame)?;
                let value = self.helper(*helper, arguments)?;
                // The reference evaluator charges for each copy of a list, however long it is.
                if expr.ty.items().is_some() && !self.makes(value) {
                    return Err("it uses a rule that keeps a list".to_owned());
                }
                return Ok(value);
            }
            ExprKind::Call { function, arguments } => {
                let arguments = self.exprs(arguments, frame)?;
                if matches!(function, Function::Range | Function::RangeStep) {
                    self.range(function, &arguments)?;
                }
                Op::Call { function: function.clone(), arguments }
            }
            ExprKind::Lookup { table, key } => {
                Op::OnlyRow { table: *table, group: self.group(*table, key, frame)? }
            }
            ExprKind::EffectiveAt { table, key, when } => {
                let group = self.group(*table, key, frame)?;
                let mut at = self.expr(when, frame)?;
                if when.ty == Type::Timestamp && self.by_day(*table) {
                    // An instant stands for its UTC day, which other lookups may want too.
                    let function = Function::DateOf;
                    at = self.add(Op::Call { function, arguments: vec![at] })?;
                }
                Op::RowInForce { table: *table, group, when: at }
            }
            ExprKind::Cell { row, table, column } => {
                Op::Cell { row: self.expr(row, frame)?, table: *table, column: *column }
            }
            ExprKind::Entry { map, key } => Op::Needed(self.entry(map, key, frame)?),
            ExprKind::EntryOr { map, key, default } => {
                return self.entry_or(map, key, default, frame);
            }
            ExprKind::Item { list, position } => {
                Op::Item { list: self.expr(list, frame)?, position: self.expr(position, frame)? }
            }
            ExprKind::Present(place) => return self.present(place, frame),
            ExprKind::Defined(inner) => Op::Defined(self.expr(inner, frame)?),
            ExprKind::OrElse { column, default } => {
                let value = self.add(Op::Column(*column))?;
                Op::OrElse { value, default: self.expr(default, frame)? }
            }
            ExprKind::Not(inner) => Op::Not(self.expr(inner, frame)?),
            ExprKind::Negate(inner) => Op::Negate(self.expr(inner, frame)?),
            ExprKind::Arithmetic { operator, left, right } => {
                let (left, right) = (self.expr(left, frame)?, self.expr(right, frame)?);
                Op::Arithmetic { operator: *operator, left, right }
            }
            ExprKind::Sets { operator, left, right } => {
                let (left, right) = (self.expr(left, frame)?, self.expr(right, frame)?);
                Op::Sets { operator: *operator, left, right }
            }
            ExprKind::Compare { comparison, left, right } if left.ty.is_collection() => {
                let (left, right) = (self.expr(left, frame)?, self.expr(right, frame)?);
                let same = Op::Same { left, right };
                match comparison {
                    Comparison::Equal => same,
                    _ => Op::Not(self.add(same)?),
                }
            }
            ExprKind::Compare { comparison, left, right } => {
                let (left, right) = (self.expr(left, frame)?, self.expr(right, frame)?);
                Op::Compare { comparison: *comparison, left, right }
            }
            ExprKind::Member { item, list } => return self.member(item, list, frame),
            ExprKind::List(items) if items.len() > MOST_ITEMS => {
                return Err(format!("it has a list of {} items", items.len()));
            }
            ExprKind::List(items) => {
                let items = self.exprs(items, frame)?;
                match &expr.ty {
                    Type::Set(_) if self.known(&items) => Op::List(self.each_once(items)),
                    Type::Set(_) => Op::Distinct(self.add(Op::List(items))?),
                    _ => Op::List(items),
                }
            }
            ExprKind::Comprehension { key, item, body } => {
                let mut parts = Vec::new();
                let list = matches!(expr.ty, Type::List(_));
                let head = Head { key: key.as_deref(), item, list };
                self.solutions(head, body, Vec::new(), &mut frame.clone(), &mut parts)?;
                let object = key.is_some();
                let collect = Op::Collect { parts, object };
                match &expr.ty {
                    Type::Set(_) => Op::Distinct(self.add(collect)?),
                    _ => collect,
                }
            }
            ExprKind::Map(entries) => {
                let entry = |(name, value): &'a (String, Expr)| {
                    Ok::<_, Why>((name.clone(), self.expr(value, frame)?))
                };
                Op::Map(entries.iter().map(entry).collect::<Result<_, _>>()?)
            }
        };
        self.add(op)
    }

    /// A range that a column bounds could take a record's whole budget, whatever its rule says then.
    fn range(&self, function: &Function, arguments: &[Id]) -> Result<(), Why> {
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
    fn known(&self, items: &[Id]) -> bool {
        items.iter().all(|id| matches!(self.graph.op(*id), Some(Op::Constant(_))))
    }

    /// The items of a set, in their order and each once, where they are known now.
    fn each_once(&mut self, items: Vec<Id>) -> Vec<Id> {
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
    fn makes(&self, id: Id) -> bool {
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

    /// Whether a table's intervals are of days.
    fn by_day(&self, table: usize) -> bool {
        let schema = self.program.tables.get(table).map(|t| &t.schema);
        let from = schema.and_then(|s| s.schema.index_of(&s.effective.as_ref()?.from));
        let column = from.and_then(|from| schema?.schema.columns.get(from));
        column.is_some_and(|column| column.kind == ColumnType::Date)
    }

    fn group(&mut self, table: usize, key: &'a [Expr], frame: &Frame) -> Result<Id, Why> {
        let mut parts = Vec::new();
        for (part, value) in key.iter().enumerate() {
            let value = self.expr(value, frame)?;
            parts.push(self.add(Op::KeyPart { table, part, value })?);
        }
        self.add(Op::Group { table, parts })
    }

    fn entry(&mut self, map: &'a Expr, key: &'a Expr, frame: &Frame) -> Result<Id, Why> {
        let (map, key) = (self.expr(map, frame)?, self.expr(key, frame)?);
        self.add(Op::Entry { map, key })
    }

    /// The entry, or the default; nothing where there is no object or no key.
    fn entry_or(
        &mut self,
        map: &'a Expr,
        key: &'a Expr,
        default: &'a Expr,
        frame: &Frame,
    ) -> Result<Id, Why> {
        let (map, key) = (self.expr(map, frame)?, self.expr(key, frame)?);
        let default = self.expr(default, frame)?;
        let entry = self.add(Op::Entry { map, key })?;
        let value = self.add(Op::Default { value: entry, default })?;
        let there = vec![self.add(Op::Defined(map))?, self.add(Op::Defined(key))?];
        let there = self.all(there)?;
        self.add(Op::Choose(vec![vec![(there, value)]]))
    }

    /// Whether a place holds something: its own absence is an answer.
    fn present(&mut self, place: &'a Expr, frame: &Frame) -> Result<Id, Why> {
        match &place.kind {
            ExprKind::Column(_) => {
                let place = self.expr(place, frame)?;
                self.add(Op::NotNull { row: None, place })
            }
            ExprKind::Lookup { table, key } => {
                let group = self.group(*table, key, frame)?;
                self.add(Op::Found(group))
            }
            ExprKind::Cell { row, .. } => {
                let found = match &row.kind {
                    ExprKind::Lookup { .. } => vec![self.present(row, frame)?],
                    _ => Vec::new(),
                };
                let (row, place) = (self.expr(row, frame)?, self.expr(place, frame)?);
                let not_null = self.add(Op::NotNull { row: Some(row), place })?;
                self.all(found.into_iter().chain([not_null]).collect())
            }
            ExprKind::Entry { map, key } => {
                let entry = self.entry(map, key, frame)?;
                self.add(Op::Defined(entry))
            }
            _ => {
                let value = self.expr(place, frame)?;
                self.add(Op::Defined(value))
            }
        }
    }

    fn member(&mut self, item: &'a Expr, list: &'a Expr, frame: &Frame) -> Result<Id, Why> {
        let item = self.expr(item, frame)?;
        let ExprKind::List(items) = &list.kind else {
            let list = self.expr(list, frame)?;
            return self.add(Op::Member { item, list });
        };
        // The items of a literal list are compared one by one: an unknown one doesn't hide that
        // another is equal.
        let items = self.exprs(items, frame)?;
        if items.iter().all(|item| self.graph.is_constant(*item)) {
            let list = self.add(Op::List(items))?;
            let member = self.add(Op::Member { item, list })?;
            // Compared one by one, what is certainly nothing equals none.
            let no = self.graph.constant(Value::Bool(false));
            return self.add(Op::Default { value: member, default: no });
        }
        let comparison = Comparison::Equal;
        let equal = |other: Id| self.add(Op::Compare { comparison, left: item, right: other });
        let equal = items.into_iter().map(equal).collect::<Result<Vec<_>, _>>()?;
        self.any(equal)
    }

    /// A rule or function with its arguments.
    fn helper(&mut self, number: usize, arguments: Vec<Id>) -> Result<Id, Why> {
        let key = (number, arguments);
        if let Some(known) = self.helpers.get(&key) {
            return known.clone();
        }
        let program = self.program;
        let lowered = match program.helpers.get(number) {
            Some(helper) => self.definitions(helper, &key.1),
            None => Err("it uses a rule that isn't there".to_owned()),
        };
        self.helpers.insert(key, lowered.clone());
        lowered
    }

    fn definitions(&mut self, helper: &'a Helper, arguments: &[Id]) -> Result<Id, Why> {
        let mut definitions = Vec::new();
        for definition in &helper.definitions {
            definitions.push(self.definition(definition, helper.frame, arguments)?);
        }
        let value = if helper.only_true {
            let mut conditions = Vec::new();
            for branches in definitions {
                let mut rest: Option<Id> = None;
                for (condition, _) in branches.into_iter().rev() {
                    rest = Some(match rest {
                        Some(rest) => self.add(Op::Else(condition, rest))?,
                        None => condition,
                    });
                }
                conditions.extend(rest);
            }
            let any = self.any(conditions)?;
            self.add(Op::TrueOrNothing(any))?
        } else {
            match definitions.as_slice() {
                [branches] => match branches.as_slice() {
                    [(condition, value)] if self.graph.is_true(*condition) => *value,
                    _ => self.add(Op::Choose(definitions))?,
                },
                _ => self.add(Op::Choose(definitions))?,
            }
        };
        match &helper.default {
            Some(default) => {
                let default = self.expr(default, &Vec::new())?;
                self.add(Op::Default { value, default })
            }
            None => Ok(value),
        }
    }

    /// The conditions and values of a definition's branches.
    fn definition(
        &mut self,
        definition: &'a Definition,
        frame: usize,
        arguments: &[Id],
    ) -> Result<Vec<(Id, Id)>, Why> {
        let mut locals: Frame = arguments.iter().copied().map(Some).collect();
        locals.resize(frame.max(locals.len()), None);
        let guard = definition.guard.iter().map(|guard| self.expr(guard, &locals));
        let guard = guard.collect::<Result<Vec<_>, _>>()?;
        let mut branches = Vec::new();
        for (value, body) in &definition.branches {
            let mut locals = locals.clone();
            let several = body.iter().any(|s| matches!(s, Statement::Some { .. }));
            if several && !matches!(value.kind, ExprKind::Literal(_)) {
                return Err("it takes a value out of a collection".to_owned());
            }
            let condition = self.body(body, &mut locals)?;
            let condition = self.all(guard.iter().copied().chain([condition]).collect())?;
            branches.push((condition, self.expr(value, &locals)?));
        }
        Ok(branches)
    }
}

/// What a comprehension collects.
#[derive(Clone, Copy)]
struct Head<'a> {
    key: Option<&'a Expr>,
    item: &'a Expr,
    /// Whether equal items count each.
    list: bool,
}

#[derive(Clone, Copy)]
enum Quantifier {
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

fn set(frame: &mut Frame, local: usize, value: Id) {
    if let Some(slot) = frame.get_mut(local) {
        *slot = Some(value);
    }
}

fn run_date(run: RunDates, date: RunDate) -> Value {
    Value::Date(match date {
        RunDate::AsOf => run.as_of,
        RunDate::PeriodStart => run.period_start,
        RunDate::PeriodEnd => run.period_end,
    })
}
