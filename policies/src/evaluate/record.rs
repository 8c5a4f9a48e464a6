//! One record under a program: bodies and the decision.

use super::Verdict;
use super::bound::Bound;
use super::collection::distinct;
use super::outcome::{Obstacles, Outcome, Truth, causes};
use super::trace::Trace;
use crate::tree::{Collection, Expr, ExprKind, FactShape, Statement, Type};
use std::collections::BTreeSet;
use tieout_controls::decision::{Reason, RuleRef};
use tieout_controls::{Cause, Decimal, Decision, Fact, Value};

/// The steps that a record may take. Fixed for each record, so that a decision doesn't depend on
/// how records are cut into batches.
pub const STEPS: u64 = 200_000;

/// The evaluation of one record.
pub(super) struct Record<'a> {
    pub(super) bound: &'a Bound<'a>,
    /// A cell for each column of the population; null where the policy doesn't read it.
    pub(super) cells: &'a [Value],
    /// What rules without parameters came to.
    pub(super) known: Vec<Option<Outcome<'a>>>,
    steps: u64,
    pub(super) trace: Option<&'a Trace>,
}

/// What a body came to over all elements that it goes through.
#[derive(Default)]
pub(super) struct Solutions {
    pub(super) found: bool,
    /// What kept further ones from being told.
    pub(super) unknown: Obstacles,
}

impl Solutions {
    fn truth(self) -> Truth {
        match (self.found, self.unknown.is_empty()) {
            (true, _) => Truth::True,
            (false, true) => Truth::False,
            (false, false) => Truth::Unknown(self.unknown),
        }
    }
}

pub(super) type Frame<'a> = Vec<Outcome<'a>>;
/// Called for each solution.
pub(super) type Each<'f, 'a> = &'f mut dyn FnMut(&mut Record<'a>, &mut Frame<'a>);

impl<'a> Record<'a> {
    pub(super) fn new(bound: &'a Bound<'a>, cells: &'a [Value]) -> Self {
        let known = vec![None; bound.program.helpers.len()];
        Self { bound, cells, known, steps: STEPS, trace: None }
    }

    /// Tells what is evaluated.
    pub(super) fn traced(self, trace: &'a Trace) -> Self {
        Self { trace: Some(trace), ..self }
    }

    /// Notes that a part gave its value.
    pub(super) fn reached<T>(&self, part: &T) {
        if let Some(trace) = self.trace {
            trace.reached(part);
        }
    }

    /// The decision about the record.
    pub(super) fn decide(&mut self) -> Decision {
        if let Some((helper, rule)) = &self.bound.program.applicable {
            match self.helper(*helper, Vec::new()).truth() {
                Truth::True => {}
                Truth::False => return Decision::NotApplicable,
                Truth::Unknown(obstacles) => {
                    return Decision::Undetermined { causes: causes(obstacles, rule).collect() };
                }
            }
        }
        let mut facts: Vec<Fact> = Vec::new();
        let mut all_causes: BTreeSet<Cause> = BTreeSet::new();
        for violation in &self.bound.program.violations {
            let mut frame = vec![Outcome::Undefined; violation.frame];
            let mut open = Obstacles::new();
            let solutions = {
                let (facts, open) = (&mut facts, &mut open);
                let mut each = |record: &mut Self, frame: &mut Frame<'a>| {
                    record.reached(&violation.fact);
                    let fact = record.fact(&violation.fact, &violation.rule, frame, open);
                    if !facts.contains(&fact) {
                        facts.push(fact);
                    }
                };
                self.body(&violation.body, &mut frame, Obstacles::new(), &mut each)
            };
            open.extend(solutions.unknown);
            all_causes.extend(causes(open, &violation.rule));
        }
        let causes: Vec<_> = all_causes.into_iter().collect();
        match (facts.is_empty(), causes.is_empty()) {
            (false, _) => Decision::Violates { facts, causes },
            (true, false) => Decision::Undetermined { causes },
            (true, true) => Decision::Conforms,
        }
    }

    /// Whether those rules find the record; `None` where the policy doesn't speak of it.
    pub(super) fn verdicts(&mut self, rules: &[usize]) -> Option<Vec<Verdict>> {
        if let Some((helper, _)) = &self.bound.program.applicable {
            match self.helper(*helper, Vec::new()).truth() {
                Truth::True => {}
                Truth::False => return None,
                Truth::Unknown(_) => return Some(vec![Verdict::Undetermined; rules.len()]),
            }
        }
        let bound = self.bound;
        let violations = rules.iter().filter_map(|rule| bound.program.violations.get(*rule));
        let verdict = |violation: &'a crate::tree::Violation| {
            let mut frame = vec![Outcome::Undefined; violation.frame];
            let none = &mut |_: &mut Self, _: &mut Frame<'a>| {};
            match self.body(&violation.body, &mut frame, Obstacles::new(), none).truth() {
                Truth::True => Verdict::Violated,
                Truth::False => Verdict::Held,
                Truth::Unknown(_) => Verdict::Undetermined,
            }
        };
        Some(violations.map(verdict).collect())
    }

    /// What a violated rule states. A field that is unknown is left out; an amount that is unknown
    /// or that no rule gives is an obstacle too, for without it the exceptions' sum is short.
    fn fact(
        &mut self,
        shape: &'a FactShape,
        rule: &RuleRef,
        frame: &mut Frame<'a>,
        open: &mut Obstacles,
    ) -> Fact {
        let mut text = |expr: &'a Option<Expr>, frame: &mut Frame<'a>| {
            let value = self.expr(expr.as_ref()?, frame).value().ok()?;
            value.to_text()
        };
        let expected = text(&shape.expected, frame);
        let actual = text(&shape.actual, frame);
        let message = text(&shape.message, frame);
        let amount = shape.amount.as_ref().and_then(|amount| {
            match self.expr(amount, frame).value() {
                Ok(value) => match value.as_ref() {
                    Value::Number(number) => return Some(number.clone()),
                    _ => drop(open.insert((Reason::PolicyError, None))),
                },
                Err(Outcome::Unknown(obstacles)) => open.extend(obstacles),
                Err(_) => drop(open.insert((Reason::PolicyError, None))),
            }
            None
        });
        Fact { rule: rule.clone(), code: shape.code.clone(), expected, actual, amount, message }
    }

    /// Runs a body: a conjunction, and after `some` one for each element. `pending` is what
    /// stands in the way so far; a false statement makes it irrelevant.
    pub(super) fn body(
        &mut self,
        body: &'a [Statement],
        frame: &mut Frame<'a>,
        mut pending: Obstacles,
        each: Each<'_, 'a>,
    ) -> Solutions {
        for (position, statement) in body.iter().enumerate() {
            let truth = match statement {
                Statement::Test(expr) => self.expr(expr, frame).truth(),
                Statement::Bind { local, value, .. } => {
                    let outcome = self.expr(value, frame);
                    let truth = match &outcome {
                        Outcome::Undefined => Truth::False,
                        Outcome::Unknown(obstacles) => Truth::Unknown(obstacles.clone()),
                        Outcome::Value(_) | Outcome::Row(_) => Truth::True,
                    };
                    set(frame, *local, outcome);
                    truth
                }
                Statement::Every { key, local, collection, body, .. } => {
                    self.every((*key, *local), collection, body, frame)
                }
                Statement::Some { key, local, collection, .. } => {
                    if let Some(trace) = self.trace {
                        trace.statement(statement, &Truth::True);
                    }
                    let rest = body.get(position.saturating_add(1)..).unwrap_or_default();
                    return self.some((*key, *local), collection, rest, frame, pending, each);
                }
            };
            if let Some(trace) = self.trace {
                trace.statement(statement, &truth);
            }
            match truth {
                Truth::True => {}
                Truth::False => return Solutions::default(),
                Truth::Unknown(obstacles) => pending.extend(obstacles),
            }
        }
        let found = pending.is_empty();
        if found {
            each(self, frame);
        }
        Solutions { found, unknown: pending }
    }

    fn some(
        &mut self,
        locals: (Option<usize>, usize),
        collection: &'a Collection,
        rest: &'a [Statement],
        frame: &mut Frame<'a>,
        mut pending: Obstacles,
        each: Each<'_, 'a>,
    ) -> Solutions {
        let items = match self.items(collection, frame) {
            Ok(items) => items,
            Err(Outcome::Unknown(obstacles)) => {
                pending.extend(obstacles);
                return Solutions { found: false, unknown: pending };
            }
            Err(_) => return Solutions::default(),
        };
        let mut all = Solutions::default();
        for (position, (key, item)) in (0..).zip(items) {
            if let Some(obstacles) = self.step() {
                all.unknown.extend(obstacles);
                break;
            }
            keep(frame, locals, key, position, item);
            let one = self.body(rest, frame, pending.clone(), each);
            all.found |= one.found;
            all.unknown.extend(one.unknown);
        }
        all
    }

    fn every(
        &mut self,
        locals: (Option<usize>, usize),
        collection: &'a Collection,
        body: &'a [Statement],
        frame: &mut Frame<'a>,
    ) -> Truth {
        let items = match self.items(collection, frame) {
            Ok(items) => items,
            Err(other) => return other.truth(),
        };
        let mut all = Truth::True;
        for (position, (key, item)) in (0..).zip(items) {
            if let Some(obstacles) = self.step() {
                return all.and(Truth::Unknown(obstacles));
            }
            keep(frame, locals, key, position, item);
            let one = self.body(body, frame, Obstacles::new(), &mut |_, _| {});
            all = all.and(one.truth());
            if all == Truth::False {
                break;
            }
        }
        all
    }

    /// The elements of a collection, or what stands in the way of them.
    fn items(
        &mut self,
        collection: &'a Collection,
        frame: &mut Frame<'a>,
    ) -> Result<Vec<Element<'a>>, Outcome<'a>> {
        let list = match collection {
            Collection::Table(table) => {
                let table = self.bound.tables.get(*table).ok_or(Outcome::Undefined)?;
                return Ok(table.table.rows().iter().map(|r| (None, Outcome::Row(r))).collect());
            }
            Collection::List(list) => list,
        };
        // The elements of a literal list are unknown one by one.
        let items: Vec<_> = match (&list.kind, &list.ty) {
            (ExprKind::List(items), Type::List(_)) => {
                items.iter().map(|item| self.expr(item, frame)).collect()
            }
            (ExprKind::List(items), _) => {
                let items = items.iter().map(|item| self.expr(item, frame));
                each_once(items.collect())
            }
            _ => {
                let name = self.origin(list);
                match self.expr(list, frame).value()?.into_owned() {
                    Value::List(items) => {
                        items.into_iter().map(|i| Outcome::element(i, name.clone())).collect()
                    }
                    Value::Object(entries) => {
                        let entry = |(key, value)| {
                            (Some(Outcome::owned(Value::String(key))), Outcome::owned(value))
                        };
                        return Ok(entries.into_iter().map(entry).collect());
                    }
                    _ => return Err(Outcome::Undefined),
                }
            }
        };
        let set = matches!(list.ty, Type::Set(_));
        Ok(items.into_iter().map(|item| (set.then(|| item.clone()), item)).collect())
    }

    /// The steps taken so far.
    pub(super) fn taken(&self) -> u64 {
        STEPS.saturating_sub(self.steps)
    }

    /// Takes a step; gives the obstacle when there are none left.
    pub(super) fn step(&mut self) -> Option<Obstacles> {
        self.charge(1)
    }

    /// Takes many steps at once.
    pub(super) fn charge(&mut self, steps: u64) -> Option<Obstacles> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                None
            }
            None => {
                self.steps = 0;
                Some(BTreeSet::from([(Reason::Limit, None)]))
            }
        }
    }
}

/// The items of a literal set; those that aren't known may be others yet.
fn each_once(items: Vec<Outcome<'_>>) -> Vec<Outcome<'_>> {
    let (mut known, mut others) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Outcome::Value(value) => known.push(value.into_owned()),
            other => others.push(other),
        }
    }
    let known = distinct(known).into_iter().map(Outcome::owned);
    known.chain(others).collect()
}

/// An element of a collection, with its key: the item itself in a set, none where it is the position.
type Element<'a> = (Option<Outcome<'a>>, Outcome<'a>);

/// Keeps an item, and its key or position where a body asks for it.
fn keep<'a>(
    frame: &mut Frame<'a>,
    (local_key, local): (Option<usize>, usize),
    key: Option<Outcome<'a>>,
    position: i64,
    item: Outcome<'a>,
) {
    if let Some(local_key) = local_key {
        let number = || Outcome::owned(Value::Number(Decimal::from(position)));
        set(frame, local_key, key.unwrap_or_else(number));
    }
    set(frame, local, item);
}

fn set<'a>(frame: &mut Frame<'a>, local: usize, outcome: Outcome<'a>) {
    if let Some(slot) = frame.get_mut(local) {
        *slot = outcome;
    }
}
