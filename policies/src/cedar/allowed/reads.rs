//! What policies read, and which columns and literals their values are compared with: a walk over
//! the policies' JSON form.

use super::NotKnown;
use crate::bundle::Rule;
use crate::cedar::Policies;
use crate::cedar::request::{EntityShape, RequestShape};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use tieout_controls::Value;

/// How deep an expression may be nested: the walk calls itself.
const DEPTH: usize = 200;

/// A literal of a policy. An entity's is its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Literal {
    Text(String),
    Whole(i64),
}

/// What an expression's value can come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) columns: BTreeSet<String>,
    pub(super) literals: BTreeSet<Literal>,
}

/// What the policies of both versions read.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Every column that a policy looks at.
    pub(super) columns: BTreeSet<String>,
    /// Columns that can meet each other, with the literals that they can meet. No column is in
    /// two of them.
    groups: Vec<Term>,
}

impl Reads {
    /// Adds what the policies of a rule read.
    ///
    /// # Errors
    /// The first policy with something whose cases can't be listed.
    pub(super) fn add(&mut self, policies: &Policies, rule: &Rule) -> Result<(), NotKnown> {
        for stated in &policies.policies {
            let line = stated.rule.line;
            let refused = |construct| {
                let path = rule.path.clone();
                NotKnown::Construct { path, line, construct }
            };
            let policy = policies.set.policy(&stated.id);
            let json = policy.and_then(|policy| policy.to_json().ok());
            let json = json.ok_or_else(|| refused("a policy without a JSON form".to_owned()))?;
            self.policy(&json, &policies.request).map_err(refused)?;
        }
        Ok(())
    }

    /// The column's group: itself where it meets nothing.
    pub(super) fn group(&self, column: &str) -> Term {
        let found = self.groups.iter().find(|group| group.columns.contains(column));
        found.cloned().unwrap_or_else(|| Term {
            columns: BTreeSet::from([column.to_owned()]),
            literals: BTreeSet::new(),
        })
    }

    /// A value in words: literals in quotes, texts of ours without.
    pub(super) fn shown(&self, value: &Value) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => {
                let literal = Literal::Text(text.clone());
                let stated = self.groups.iter().any(|group| group.literals.contains(&literal));
                if stated { format!("{text:?}") } else { text.clone() }
            }
            Value::List(items) if items.contains(&Value::Null) => "[null]".to_owned(),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.shown(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Date(_) | Value::Timestamp(_) | Value::Object(_) => "another value".to_owned(),
        }
    }

    fn policy(&mut self, policy: &Json, shape: &RequestShape) -> Result<(), String> {
        self.scope(policy.get("principal"), &shape.principal)?;
        self.scope(policy.get("resource"), &shape.resource)?;
        // The action is the same in every request.
        let conditions = policy.get("conditions").and_then(Json::as_array);
        for condition in conditions.ok_or("a policy of unknown form")? {
            let body = condition.get("body").ok_or("a condition of unknown form")?;
            self.term(body, shape, 0)?;
        }
        Ok(())
    }

    /// `principal == …`, `principal in …`, `principal is … in …`. A type is the same in every
    /// request.
    fn scope(&mut self, scope: Option<&Json>, entity: &EntityShape) -> Result<(), String> {
        let scope = scope.ok_or("a policy of unknown form")?;
        let within = scope.get("in").unwrap_or(scope);
        let of_type = within.get("entity_type").is_some() && scope.get("in").is_none();
        let all = within.get("op").and_then(Json::as_str) == Some("All");
        if of_type || all {
            return Ok(());
        }
        let uid = within.get("entity").ok_or("a scope of unknown form")?;
        let literal = entity_id(uid).ok_or("an entity of unknown form")?;
        self.compare(&self.of_column(&entity.id), &of_literal(Literal::Text(literal)));
        Ok(())
    }

    fn of_column(&self, column: &str) -> Term {
        Term { columns: BTreeSet::from([column.to_owned()]), literals: BTreeSet::new() }
    }

    /// Two terms meet: all columns of groups that have one of theirs are one group from now on.
    fn compare(&mut self, left: &Term, right: &Term) {
        let mut joined = left.clone().and(right.clone());
        self.columns.extend(joined.columns.iter().cloned());
        if joined.columns.is_empty() {
            return;
        }
        let groups = std::mem::take(&mut self.groups);
        for group in groups {
            if group.columns.is_disjoint(&joined.columns) {
                self.groups.push(group);
            } else {
                joined = joined.and(group);
            }
        }
        self.groups.push(joined);
    }

    /// What an expression's value can come from; nothing for what is true or false, because both
    /// are tried of every flag. Only what is named here is known.
    fn term(&mut self, json: &Json, shape: &RequestShape, depth: usize) -> Result<Term, String> {
        if depth > DEPTH {
            return Err(format!("more than {DEPTH} nested expressions"));
        }
        let mut entries = json.as_object().into_iter().flatten();
        let (Some((operator, body)), None) = (entries.next(), entries.next()) else {
            return Err("an expression of unknown form".to_owned());
        };
        let of = |reads: &mut Self, name: &str| {
            let argument = body.get(name).ok_or(format!("`{operator}` without `{name}`"))?;
            reads.term(argument, shape, depth.saturating_add(1))
        };
        match operator.as_str() {
            "Value" => literal(body),
            "Var" => self.variable(body, shape).map(|(term, _)| term),
            "." => self.attribute(body, shape),
            "has" => self.attribute(body, shape).map(|_| Term::default()),
            "!" | "isEmpty" => of(self, "arg").map(|_| Term::default()),
            "neg" => match of(self, "arg") {
                Ok(term) if term.columns.is_empty() => negated(&term),
                _ => Err("arithmetic".to_owned()),
            },
            "&&" | "||" => {
                of(self, "left")?;
                of(self, "right").map(|_| Term::default())
            }
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "contains" | "containsAll"
            | "containsAny" => {
                let (left, right) = (of(self, "left")?, of(self, "right")?);
                self.compare(&left, &right);
                Ok(Term::default())
            }
            "is" => {
                let left = of(self, "left")?;
                if body.get("in").is_some() {
                    let right = of(self, "in")?;
                    self.compare(&left, &right);
                }
                Ok(Term::default())
            }
            "if-then-else" => {
                of(self, "if")?;
                Ok(of(self, "then")?.and(of(self, "else")?))
            }
            "Set" => {
                let mut all = Term::default();
                for item in body.as_array().ok_or("a set of unknown form")? {
                    all = all.and(self.term(item, shape, depth.saturating_add(1))?);
                }
                Ok(all)
            }
            "+" | "-" | "*" => Err("arithmetic".to_owned()),
            "getTag" | "hasTag" => Err("tags".to_owned()),
            other => Err(format!("`{other}`")),
        }
    }

    /// Principal or resource, as its id; the action, as no column.
    fn variable<'a>(
        &self,
        name: &Json,
        shape: &'a RequestShape,
    ) -> Result<(Term, Option<&'a EntityShape>), String> {
        let entity = match name.as_str() {
            Some("principal") => &shape.principal,
            Some("resource") => &shape.resource,
            Some("action") => return Ok((Term::default(), None)),
            _ => return Err("`context`".to_owned()),
        };
        Ok((self.of_column(&entity.id), Some(entity)))
    }

    fn attribute(&mut self, body: &Json, shape: &RequestShape) -> Result<Term, String> {
        let (_, entity) = self.variable(variable_of(body)?, shape)?;
        let name = body.get("attr").and_then(Json::as_str).ok_or("`has` with a path")?;
        let attribute = entity.and_then(|entity| entity.attributes.get(name));
        let attribute = attribute.ok_or(format!("the attribute `{name}`"))?;
        self.columns.insert(attribute.column.clone());
        Ok(self.of_column(&attribute.column))
    }
}

impl Term {
    fn and(mut self, other: Self) -> Self {
        self.columns.extend(other.columns);
        self.literals.extend(other.literals);
        self
    }
}

/// The variable whose attribute is read.
fn variable_of(body: &Json) -> Result<&Json, String> {
    let variable = body.get("left").and_then(|left| left.get("Var"));
    variable.ok_or("an attribute of an attribute".to_owned())
}

fn of_literal(literal: Literal) -> Term {
    Term { columns: BTreeSet::new(), literals: BTreeSet::from([literal]) }
}

fn literal(json: &Json) -> Result<Term, String> {
    if let Some(items) = json.as_array() {
        let mut each = items.iter().map(literal);
        return each.try_fold(Term::default(), |all, item| Ok(all.and(item?)));
    }
    match json {
        Json::Bool(_) => Ok(Term::default()),
        Json::String(text) => Ok(of_literal(Literal::Text(text.clone()))),
        Json::Number(number) => {
            let whole = number.as_i64().ok_or("a number of unknown form")?;
            Ok(of_literal(Literal::Whole(whole)))
        }
        other => {
            let uid = other.get("__entity").and_then(entity_id);
            Ok(of_literal(Literal::Text(uid.ok_or("records and extension values")?)))
        }
    }
}

fn negated(term: &Term) -> Result<Term, String> {
    let negative = |literal: &Literal| match literal {
        Literal::Whole(number) => number.checked_neg().map(Literal::Whole),
        Literal::Text(_) => None,
    };
    let literals: Option<BTreeSet<_>> = term.literals.iter().map(negative).collect();
    let literals = literals.ok_or("arithmetic")?;
    Ok(Term { columns: BTreeSet::new(), literals })
}

/// The id of `{"type": …, "id": …}`, also within `__entity`.
fn entity_id(json: &Json) -> Option<String> {
    let uid = json.get("__entity").unwrap_or(json);
    Some(uid.get("id")?.as_str()?.to_owned())
}
