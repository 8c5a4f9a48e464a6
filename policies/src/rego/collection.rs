//! From tokens to the syntax tree: lists, sets, objects and comprehensions.

use super::ast::{Expr, ExprKind, PartKind, Span, Statement};
use super::lexer::Kind;
use super::parser::Parser;

impl Parser<'_> {
    /// Reads with `|` as an operator, or not.
    pub(super) fn with_bars<T>(
        &mut self,
        bars: bool,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let before = std::mem::replace(&mut self.bars, bars);
        let read = read(self);
        self.bars = before;
        read
    }

    /// A list, or a comprehension of one.
    pub(super) fn array(&mut self) -> Option<Expr> {
        let start = self.span();
        self.expect("[")?;
        if self.bar_ahead() {
            return self.comprehension(start, "]");
        }
        let items = self.with_bars(true, |parser| parser.list("]"))?;
        let depth = items.iter().map(|i| i.depth).max().unwrap_or(0);
        self.node(ExprKind::Array(items), start, depth)
    }

    /// The rest of a list after its opening bracket. A comma may end it.
    pub(super) fn list(&mut self, close: &str) -> Option<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.expression()?);
            if !self.at(close) {
                self.expect(",")?;
            }
        }
        Some(items)
    }

    pub(super) fn set_or_object(&mut self) -> Option<Expr> {
        let start = self.span();
        self.expect("{")?;
        if self.bar_ahead() {
            return self.comprehension(start, "}");
        }
        let mut items = Vec::new();
        let mut pairs = Vec::new();
        let mut depth = 0;
        while !self.take("}") {
            let from = self.position;
            let first = self.with_bars(true, Self::expression)?;
            depth = depth.max(first.depth);
            if items.is_empty() && self.take(":") {
                // Behind the first value `|` can only begin a body.
                let value = self.with_bars(!pairs.is_empty(), Self::expression)?;
                if pairs.is_empty() && self.take("|") {
                    return self.collected(start, Some(first), value, "}");
                }
                depth = depth.max(value.depth);
                pairs.push((first, value));
                self.part(PartKind::Entry, from);
            } else if pairs.is_empty() {
                items.push(first);
            } else {
                return self.unexpected("`:`");
            }
            if !self.at("}") {
                self.expect(",")?;
            }
        }
        let kind = if items.is_empty() { ExprKind::Object(pairs) } else { ExprKind::Set(items) };
        self.node(kind, start, depth)
    }

    /// What follows an opening bracket: an expression, `|` and a body.
    fn comprehension(&mut self, start: Span, close: &str) -> Option<Expr> {
        let item = self.with_bars(false, Self::expression)?;
        self.expect("|")?;
        self.collected(start, None, item, close)
    }

    /// The body of a comprehension, behind its `|`.
    fn collected(
        &mut self,
        start: Span,
        key: Option<Expr>,
        item: Expr,
        close: &str,
    ) -> Option<Expr> {
        let body = |parser: &mut Self| parser.nest(|parser| parser.comprehension_body(close));
        let body = self.with_bars(true, body)?;
        let below = body.iter().map(Statement::depth).max().unwrap_or(0);
        let depth = below.max(item.depth).max(key.as_ref().map_or(0, |key| key.depth));
        let (key, item, set) = (key.map(Box::new), Box::new(item), close == "}");
        self.node(ExprKind::Comprehension { key, item, body, set }, start, depth)
    }

    fn comprehension_body(&mut self, close: &str) -> Option<Vec<Statement>> {
        let mut body = Vec::new();
        loop {
            body.push(self.statement()?);
            if self.take(close) {
                return Some(body);
            }
            if !self.take(";") && !self.token()?.new_line {
                return self.unexpected(&format!("a line break, `;` or `{close}`"));
            }
        }
    }

    /// Whether a `|` stands in this bracket, before any comma or its end.
    fn bar_ahead(&self) -> bool {
        let mut open = 0_u32;
        for token in self.tokens.get(self.position..).unwrap_or_default() {
            match token.kind {
                Kind::Symbol("(" | "[" | "{") => open = open.saturating_add(1),
                Kind::Symbol(")" | "]" | "}") if open == 0 => return false,
                Kind::Symbol(")" | "]" | "}") => open = open.saturating_sub(1),
                Kind::Symbol("|") if open == 0 => return true,
                Kind::Symbol("," | ":") if open == 0 => return false,
                Kind::End => return false,
                _ => {}
            }
        }
        false
    }
}
