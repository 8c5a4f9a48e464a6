//! From a rule's tree to the graph: locals are replaced by what they stand for, helpers by their
//! definitions, short collections are written out item by item.

mod collection;

use super::call::MOST_ITEMS;
use super::plan::{Graph, Id, Op};
use collection::{Head, NESTED, Quantifier};
use std::collections::BTreeMap;
use tieout_controls::{ColumnType, Value};
use tieout_policies::data::RunDates;
use tieout_policies::evaluate::Bound;
use tieout_policies::tree::{
    Comparison, Definition, Expr, ExprKind, Function, Helper, Program, RunDate, Statement, Type,
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

/// The most nodes of a graph; past it, evaluation by rows is the better way.
const MOST_NODES: usize = 20_000;

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
