//! From the syntax tree to the typed tree: calls.

use super::ast::{self, Name, Span};
use super::check::{Checker, Scope, literal};
use super::check_expression::wrong;
use super::function::{self, Function, Piece, Signature, Takes};
use super::refusal;
use super::report::did_you_mean;
use crate::tree::{Expr, ExprKind, SetOperator, Type};
use chrono::NaiveDate;
use tieout_controls::{Decimal, Rounding, Value};

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        function: &Name,
        arguments: &[ast::Expr],
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let name = function.text.as_str();
        if self.rules.contains_key(name) && name != "violation" {
            let typed: Vec<_> = arguments.iter().map(|a| self.expression(a, scope)).collect();
            let types: Vec<_> = typed.iter().map(|a| a.ty.clone()).collect();
            if types.contains(&Type::Wrong) {
                return wrong();
            }
            let Some((helper, ty)) = self.helper(name, &types, span) else { return wrong() };
            return self.node(ExprKind::Helper { helper, arguments: typed }, ty, span);
        }
        match name {
            "effective.at" => return self.effective_at(arguments, scope, span),
            "object.get" => return self.object_get(arguments, scope, span),
            "array.concat" => return self.array_concat(arguments, scope, span),
            "union" => return self.joined(SetOperator::Union, arguments, scope, span),
            "intersection" => {
                return self.joined(SetOperator::Intersection, arguments, scope, span);
            }
            "set" => {
                self.arity("set", 0, arguments, span);
                let ty = Type::Set(Box::new(Type::Wrong));
                return self.node(ExprKind::List(Vec::new()), ty, span);
            }
            "sprintf" => return self.sprintf(arguments, scope, span),
            _ => {}
        }
        let Some(signature) = function::signature(name) else {
            self.unknown_function(function);
            arguments.iter().for_each(|a| {
                self.expression(a, scope);
            });
            return wrong();
        };
        self.known_function(signature, arguments, scope, span)
    }

    fn unknown_function(&mut self, function: &Name) {
        let name = function.text.as_str();
        if let Some(refusal) = refusal::refusal(name) {
            let message = format!("`{name}` is refused: {}", refusal.reason);
            let help = refusal.help.map(ToOwned::to_owned);
            self.error(refusal.code, function.span, message, help);
            return;
        }
        let help = did_you_mean(name, function::names().chain(self.rules.keys().copied()));
        let message = format!("there is no function `{name}`");
        self.error("rego-unknown-function", function.span, message, help);
    }

    pub(super) fn arity(
        &mut self,
        name: &str,
        takes: usize,
        arguments: &[ast::Expr],
        span: Span,
    ) -> bool {
        if arguments.len() == takes {
            return true;
        }
        let message = format!("`{name}` takes {takes} arguments, not {}", arguments.len());
        self.error("rego-wrong-arguments", span, message, None);
        false
    }

    fn known_function(
        &mut self,
        signature: &Signature,
        arguments: &[ast::Expr],
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let typed: Vec<_> = arguments.iter().map(|a| self.expression(a, scope)).collect();
        if !self.arity(signature.name, signature.takes.len(), arguments, span) {
            return wrong();
        }
        for ((argument, takes), source) in typed.iter().zip(signature.takes).zip(arguments) {
            if !takes.fits(&argument.ty) {
                let help = (*takes == Takes::Date && argument.ty == Type::Timestamp)
                    .then(|| "take the instant's UTC day with `date.of(…)`".to_owned());
                let message = format!("this is {}, not {}", argument.ty, takes.word());
                self.error("rego-type-mismatch", source.span, message, help);
            }
        }
        let ty = signature.result_type(typed.first().map(|a| &a.ty));
        let Some(function) = self.complete(signature.name, &typed, arguments) else {
            return wrong();
        };
        if let Some(folded) = self.fold(&function, &typed, span) {
            return folded;
        }
        self.node(ExprKind::Call { function, arguments: typed }, ty, span)
    }

    /// The function with the literals it needs.
    fn complete(&mut self, name: &str, typed: &[Expr], sources: &[ast::Expr]) -> Option<Function> {
        let last_span = sources.last().map_or(Span::default(), |s| s.span);
        match name {
            "decimal.round" | "decimal.div" => {
                let mode = typed.last().and_then(text_literal).and_then(Rounding::named);
                let Some(mode) = mode else {
                    let help = "half_up, half_even, half_down, down, up, floor or ceiling";
                    let message = "the rounding mode must be a literal";
                    self.error("rego-literal", last_span, message, Some(help.to_owned()));
                    return None;
                };
                let round = name == "decimal.round";
                Some(if round { Function::DecimalRound(mode) } else { Function::DecimalDiv(mode) })
            }
            "regex.match" => {
                let span = sources.first().map_or(Span::default(), |s| s.span);
                let Some(pattern) = typed.first().and_then(text_literal) else {
                    let message = "the pattern must be a literal";
                    self.error("rego-literal", span, message, None);
                    return None;
                };
                let regex = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
                match regex {
                    Ok(regex) => Some(Function::Matches(regex)),
                    Err(_) => {
                        let message = "the pattern is no regular expression, or too large a one";
                        self.error("rego-literal", span, message, None);
                        None
                    }
                }
            }
            other => function::plain(other),
        }
    }

    /// What can be read now, is: a literal date that isn't one is an error of the author.
    fn fold(&mut self, function: &Function, typed: &[Expr], span: Span) -> Option<Expr> {
        let text = typed.first().and_then(text_literal)?;
        let (value, ty) = match function {
            Function::DateParse => {
                let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
                (date.map(Value::Date), Type::Date)
            }
            Function::DecimalParse => (Decimal::parse(text).ok().map(Value::Number), Type::Number),
            _ => return None,
        };
        if value.is_none() {
            self.error("rego-literal", span, format!("`{text}` is no {ty}"), None);
        }
        Some(literal(value.unwrap_or(Value::Null), ty, span))
    }

    /// `effective.at(data.table, [key], when)`.
    fn effective_at(&mut self, arguments: &[ast::Expr], scope: &mut Scope, span: Span) -> Expr {
        if !self.arity("effective.at", 3, arguments, span) {
            return wrong();
        }
        let [table, key, when] = arguments else { return wrong() };
        let table_span = table.span;
        let found = self.table_named(table);
        let key = self.key(found, key, scope);
        let when_span = when.span;
        let when = self.expression(when, scope);
        let Some(table) = found else {
            let message = "the first argument must be a table, `data.NAME`";
            self.error("rego-table", table_span, message, None);
            return wrong();
        };
        let Some(bounds) = self.bounds_type(table) else {
            let message = "the table has no validity interval";
            let help = "look it up with `data.NAME[key]`".to_owned();
            self.error("rego-table", table_span, message, Some(help));
            return wrong();
        };
        // An instant stands for its UTC day in a table of days.
        let day_of_instant = bounds == Type::Date && when.ty == Type::Timestamp;
        if !day_of_instant {
            self.want(&when, &bounds, when_span);
        }
        let kind = ExprKind::EffectiveAt { table, key, when: Box::new(when) };
        self.node(kind, Type::Row(table), span)
    }

    fn bounds_type(&self, table: usize) -> Option<Type> {
        let schema = &self.program.tables.get(table)?.schema;
        let from = schema.schema.index_of(&schema.effective.as_ref()?.from)?;
        schema.schema.columns.get(from).map(|c| Type::of_column(c.kind))
    }

    /// `object.get(input, "column", default)`, or of an object and a text.
    fn object_get(&mut self, arguments: &[ast::Expr], scope: &mut Scope, span: Span) -> Expr {
        if !self.arity("object.get", 3, arguments, span) {
            return wrong();
        }
        let [object, name, default] = arguments else { return wrong() };
        if !is_root(object) {
            return self.entry_or(object, name, default, scope, span);
        }
        let default_span = default.span;
        let default = self.expression(default, scope);
        let is_input = matches!(&object.kind, ast::ExprKind::Variable(v) if v == "input");
        let (true, ast::ExprKind::String(text)) = (is_input, &name.kind) else {
            let message = "write `object.get(input, \"column\", default)`";
            self.error("rego-unsupported", span, message, None);
            return wrong();
        };
        let column = self.column(&Name { text: text.clone(), span: name.span }, name.span);
        self.want(&default, &column.ty, default_span);
        let ExprKind::Column(position) = column.kind else { return wrong() };
        let kind = ExprKind::OrElse { column: position, default: Box::new(default) };
        self.node(kind, column.ty, span)
    }

    fn entry_or(
        &mut self,
        object: &ast::Expr,
        key: &ast::Expr,
        default: &ast::Expr,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let spans = (object.span, key.span, default.span);
        let map = self.expression(object, scope);
        let (key, default) = (self.expression(key, scope), self.expression(default, scope));
        self.want(&key, &Type::String, spans.1);
        let ty = match &map.ty {
            Type::Map(value) if **value != Type::Wrong => {
                self.want(&default, value, spans.2);
                (**value).clone()
            }
            Type::Map(_) => default.ty.clone(),
            Type::Wrong => return wrong(),
            other => {
                let message = format!("this is {other}, not an object");
                self.error("rego-type-mismatch", spans.0, message, None);
                return wrong();
            }
        };
        let (map, key, default) = (Box::new(map), Box::new(key), Box::new(default));
        self.node(ExprKind::EntryOr { map, key, default }, ty, span)
    }

    /// `sprintf("format", [arguments])`.
    fn sprintf(&mut self, arguments: &[ast::Expr], scope: &mut Scope, span: Span) -> Expr {
        if !self.arity("sprintf", 2, arguments, span) {
            return wrong();
        }
        let [format, values] = arguments else { return wrong() };
        let (ast::ExprKind::String(text), ast::ExprKind::Array(values)) =
            (&format.kind, &values.kind)
        else {
            let message = "write `sprintf(\"format\", [values])` with a literal format";
            self.error("rego-literal", span, message, None);
            return wrong();
        };
        let pieces = match function::format_pieces(text) {
            Ok(pieces) => pieces,
            Err(message) => {
                let help = "round with `decimal.round(…)` and show with `%v`".to_owned();
                self.error("rego-literal", format.span, message, Some(help));
                return wrong();
            }
        };
        let wanted = pieces.iter().filter(|p| **p == Piece::Argument).count();
        if wanted != values.len() {
            let message = format!("the format takes {wanted} values, not {}", values.len());
            self.error("rego-wrong-arguments", span, message, None);
        }
        let mut typed = Vec::new();
        for value in values {
            let expr = self.expression(value, scope);
            if !expr.ty.is_scalar() {
                let message = format!("{} can't be shown", expr.ty);
                self.error("rego-type-mismatch", value.span, message, None);
            }
            typed.push(expr);
        }
        let function = Function::Format(pieces);
        self.node(ExprKind::Call { function, arguments: typed }, Type::String, span)
    }
}

/// Whether that is `input`, `data`, or what stands in `data`.
fn is_root(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ast::ExprKind::Variable(name) => name == "input" || name == "data",
        ast::ExprKind::Field { base, .. } => {
            matches!(&base.kind, ast::ExprKind::Variable(name) if name == "data")
        }
        _ => false,
    }
}

fn text_literal(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}
