//! From the syntax tree to the typed tree: rules and functions that other rules use, once for each
//! list of argument types.

use super::ast::{self, Head, Pattern, Span};
use super::check::{Checker, Scope, State, leaf, literal};
use super::check_collection;
use crate::tree::{
    Collection, Comparison, Definition, Expr, ExprKind, Helper, SetOperator, Statement, Type,
};
use tieout_controls::Value;

impl<'a> Checker<'a> {
    /// The helper of that name for those argument types, checked on its first use.
    pub(super) fn helper(
        &mut self,
        name: &str,
        arguments: &[Type],
        span: Span,
    ) -> Option<(usize, Type)> {
        let (name, definitions) = self.rules.get_key_value(name)?;
        let (name, definitions) = (*name, definitions.clone());
        let key = (name, arguments.to_vec());
        match self.states.get(&key) {
            Some(State::Done(helper, ty)) => return Some((*helper, ty.clone())),
            Some(State::Failed) => return None,
            Some(State::Open) => {
                let message = format!("`{name}` depends on itself");
                self.error("rego-recursion", span, message, None);
                return None;
            }
            None => {}
        }
        let open = self.states.values().filter(|s| matches!(s, State::Open)).count();
        if open >= MAX_CALLS || self.states.len() >= MAX_HELPERS {
            self.error("rego-too-deep", span, "helpers call helpers too deeply", None);
            return None;
        }
        self.states.insert(key.clone(), State::Open);
        let checked = self.define(name, &definitions, arguments, span);
        let state = match checked {
            Some((helper, ty, depth)) => {
                self.helper_depths.push(depth);
                self.program.helpers.push(helper);
                State::Done(self.program.helpers.len().saturating_sub(1), ty)
            }
            None => State::Failed,
        };
        self.states.insert(key, state.clone());
        match state {
            State::Done(helper, ty) => Some((helper, ty)),
            State::Open | State::Failed => None,
        }
    }

    fn define(
        &mut self,
        name: &str,
        rules: &[&'a ast::Rule],
        arguments: &[Type],
        span: Span,
    ) -> Option<(Helper, Type, u32)> {
        let mut helper = Helper {
            name: name.to_owned(),
            frame: 0,
            definitions: Vec::new(),
            default: None,
            only_true: true,
        };
        if rules.iter().any(|rule| matches!(rule.head, Head::Contains)) {
            return self.set_rule(helper, rules);
        }
        let mut ty = Type::Wrong;
        let mut depth = 0;
        for rule in rules {
            let mut scope = Scope::default();
            let mut guard = Vec::new();
            if let Head::Function(patterns) = &rule.head {
                if patterns.len() != arguments.len() {
                    let (takes, has) = (patterns.len(), arguments.len());
                    let message = format!("`{name}` takes {takes} arguments, not {has}");
                    self.error("rego-wrong-arguments", span, message, None);
                    return None;
                }
                for (pattern, argument) in patterns.iter().zip(arguments) {
                    guard.extend(self.parameter(pattern, argument, &mut scope));
                }
            }
            let parameters = scope.names.clone();
            let mut branches = Vec::new();
            for branch in &rule.branches {
                scope.names.clone_from(&parameters);
                let body = self.body(&branch.body, &mut scope);
                let position = branch.value.as_ref().map_or(rule.name.span, |v| v.span);
                let value = match &branch.value {
                    Some(value) => self.expression(value, &mut scope),
                    None => literal(Value::Bool(true), Type::Bool, position),
                };
                if !ty.fits(&value.ty) {
                    let message = format!("`{name}` is {} here and {ty} elsewhere", value.ty);
                    self.error("rego-type-mismatch", position, message, None);
                }
                ty = ty.settled(&value.ty).clone();
                depth = depth.max(value.depth).max(body_depth(&body));
                branches.push((value, body));
            }
            let always_true =
                |(v, _): &(Expr, _)| matches!(v.kind, ExprKind::Literal(Value::Bool(true)));
            if matches!(rule.head, Head::Default) {
                helper.default = branches.into_iter().next().map(|(value, _)| value);
            } else {
                helper.only_true &= branches.iter().all(always_true);
                helper.definitions.push(Definition { guard, branches });
            }
            self.unread(&scope);
            helper.frame = helper.frame.max(scope.frame);
        }
        Some((helper, ty, depth))
    }

    /// A rule `name contains item if { … }`: the items of all its definitions.
    fn set_rule(
        &mut self,
        mut helper: Helper,
        rules: &[&'a ast::Rule],
    ) -> Option<(Helper, Type, u32)> {
        let mut all: Option<Expr> = None;
        let mut scope = Scope::default();
        for rule in rules {
            let [ast::Branch { value: Some(item), body }] = &rule.branches[..] else {
                let message = format!("the set `{}` can't have an `else`", helper.name);
                self.error("rego-unsupported", rule.name.span, message, None);
                return None;
            };
            let head = check_collection::Head { key: None, item, set: true };
            let next = self.comprehension(head, body, &mut scope, item.span);
            all = Some(match all {
                None => next,
                Some(all) => {
                    let spans = [item.span, rule.name.span];
                    self.set_operation(SetOperator::Union, all, next, spans)
                }
            });
        }
        self.unread(&scope);
        let set = all?;
        let (ty, depth) = (set.ty.clone(), set.depth);
        helper.frame = scope.frame;
        helper.only_true = false;
        helper
            .definitions
            .push(Definition { guard: Vec::new(), branches: vec![(set, Vec::new())] });
        Some((helper, ty, depth))
    }

    /// Binds a parameter; a literal one gives the comparison that it stands for.
    fn parameter(&mut self, pattern: &Pattern, ty: &Type, scope: &mut Scope) -> Option<Expr> {
        match pattern {
            Pattern::Wildcard => {
                scope.add("_", ty.clone());
                None
            }
            Pattern::Name(name) => {
                self.bind(name, ty.clone(), scope);
                None
            }
            Pattern::Literal(value) => {
                let local = scope.add("_", ty.clone());
                let right = self.expression(value, scope);
                if !right.ty.fits(ty) {
                    let message = format!("the argument is {ty}, the parameter is {}", right.ty);
                    self.error("rego-type-mismatch", value.span, message, None);
                }
                let span = value.span;
                let left = leaf(ExprKind::Local(local), ty.clone(), span);
                let comparison = Comparison::Equal;
                let (left, right) = (Box::new(left), Box::new(right));
                let kind = ExprKind::Compare { comparison, left, right };
                Some(Expr { kind, ty: Type::Bool, depth: 2, span })
            }
        }
    }
}

/// Bodies take stack for each `some` and `every`.
pub(super) fn body_depth(body: &[Statement]) -> u32 {
    let mut nested = 0_u32;
    let mut deepest = 0;
    for statement in body {
        let of = |collection: &Collection| match collection {
            Collection::List(list) => list.depth,
            Collection::Table(_) => 0,
        };
        let depth = match statement {
            Statement::Test(e) | Statement::Bind { value: e, .. } => e.depth,
            Statement::Some { collection, .. } => {
                nested = nested.saturating_add(2);
                of(collection)
            }
            Statement::Every { collection, body, .. } => {
                of(collection).max(body_depth(body).saturating_add(2))
            }
        };
        deepest = deepest.max(depth);
    }
    deepest.saturating_add(nested)
}

/// How many helpers may be in the middle of being checked.
const MAX_CALLS: usize = 24;
/// How many helpers, each argument type of a function counted apart.
const MAX_HELPERS: usize = 512;
