//! Rules and functions that other rules use.

use super::outcome::{Obstacles, Outcome, Truth};
use super::record::{Frame, Record};
use crate::tree::{Definition, ExprKind};
use tieout_controls::Value;
use tieout_controls::decision::Reason;

impl<'a> Record<'a> {
    /// A rule or function with its arguments.
    pub(super) fn helper(&mut self, number: usize, arguments: Vec<Outcome<'a>>) -> Outcome<'a> {
        let Some(helper) = self.bound.program.helpers.get(number) else {
            return Outcome::Undefined;
        };
        let cached = arguments.is_empty();
        if cached && let Some(Some(known)) = self.known.get(number) {
            return known.clone();
        }
        let mut values: Vec<Value> = Vec::new();
        let mut rows: Vec<&'a [Value]> = Vec::new();
        let mut unknown = Obstacles::new();
        for definition in &helper.definitions {
            let mut frame = arguments.clone();
            frame.resize(helper.frame.max(frame.len()), Outcome::Undefined);
            match self.definition(definition, frame, &mut unknown) {
                Outcome::Value(value) if !values.contains(&value) => {
                    values.push(value.into_owned());
                }
                Outcome::Row(row) if !rows.contains(&row) => rows.push(row),
                Outcome::Unknown(obstacles) => unknown.extend(obstacles),
                Outcome::Value(_) | Outcome::Row(_) | Outcome::Undefined => {}
            }
        }
        // Two values or rows at once are an error of the policy. One beside an unknown definition
        // is certain only if the other definition couldn't say anything else.
        let result = match (values.pop(), rows.pop()) {
            (Some(value), None) if values.is_empty() => {
                if unknown.is_empty() || helper.only_true {
                    Outcome::owned(value)
                } else {
                    Outcome::Unknown(unknown)
                }
            }
            (None, Some(row)) if rows.is_empty() => {
                if unknown.is_empty() {
                    Outcome::Row(row)
                } else {
                    Outcome::Unknown(unknown)
                }
            }
            (Some(_), _) | (None, Some(_)) => Outcome::unknown(Reason::PolicyError, None),
            (None, None) if !unknown.is_empty() => Outcome::Unknown(unknown),
            (None, None) => match &helper.default {
                Some(default) => self.expr(default, &mut vec![Outcome::Undefined; helper.frame]),
                None => Outcome::Undefined,
            },
        };
        if cached && let Some(slot) = self.known.get_mut(number) {
            *slot = Some(result.clone());
        }
        result
    }

    /// One definition: the value under the first body that is true.
    fn definition(
        &mut self,
        definition: &'a Definition,
        frame: Frame<'a>,
        unknown: &mut Obstacles,
    ) -> Outcome<'a> {
        let mut pending = Obstacles::new();
        let mut guarded = frame.clone();
        for guard in &definition.guard {
            match self.expr(guard, &mut guarded).truth() {
                Truth::True => {}
                Truth::False => return Outcome::Undefined,
                Truth::Unknown(obstacles) => pending.extend(obstacles),
            }
        }
        for (value, body) in &definition.branches {
            let mut values: Vec<Outcome<'a>> = Vec::new();
            let mut each = |record: &mut Self, frame: &mut Frame<'a>| {
                record.reached(value);
                values.push(record.expr(value, frame));
            };
            let solutions = self.body(body, &mut frame.clone(), pending.clone(), &mut each);
            // A literal under a body that is true somewhere is certain.
            let literal = matches!(value.kind, ExprKind::Literal(_));
            let certain = solutions.unknown.is_empty() || solutions.found && literal;
            if !certain {
                unknown.extend(solutions.unknown);
                return Outcome::Undefined;
            }
            if solutions.found {
                return one_of(values);
            }
        }
        Outcome::Undefined
    }
}

/// The one value of several solutions.
fn one_of(values: Vec<Outcome<'_>>) -> Outcome<'_> {
    let mut result = Outcome::Undefined;
    for value in values {
        result = match (result, value) {
            (Outcome::Undefined, value) => value,
            (result, Outcome::Undefined) => result,
            (Outcome::Value(a), Outcome::Value(b)) if a == b => Outcome::Value(a),
            (Outcome::Row(a), Outcome::Row(b)) if a == b => Outcome::Row(a),
            (Outcome::Unknown(a), Outcome::Unknown(mut b)) => {
                b.extend(a);
                Outcome::Unknown(b)
            }
            (unknown @ Outcome::Unknown(_), _) | (_, unknown @ Outcome::Unknown(_)) => unknown,
            _ => Outcome::unknown(Reason::PolicyError, None),
        };
    }
    result
}
