//! From tokens to the syntax tree: expressions.

use super::ast::{Expr, ExprKind, Name, Operator, PartKind, Span, Statement};
use super::lexer::Kind;
use super::parser::{KEYWORDS, Parser};

impl Parser<'_> {
    /// A comparison, membership test or sum.
    pub(super) fn expression(&mut self) -> Option<Expr> {
        self.nest(Self::comparison)
    }

    fn comparison(&mut self) -> Option<Expr> {
        let start = self.span();
        let left = self.sum()?;
        let Some(operator) = self.comparison_operator() else { return Some(left) };
        self.advance();
        let right = self.sum()?;
        if let Some(second) = self.comparison_operator() {
            let symbol = second.symbol();
            return self.syntax(format!("comparisons don't chain: `{symbol}` needs brackets"));
        }
        self.binary(operator, left, right, start)
    }

    fn comparison_operator(&self) -> Option<Operator> {
        Some(match self.peek() {
            Kind::Symbol("==") => Operator::Equal,
            Kind::Symbol("!=") => Operator::NotEqual,
            Kind::Symbol("<") => Operator::Less,
            Kind::Symbol("<=") => Operator::LessOrEqual,
            Kind::Symbol(">") => Operator::Greater,
            Kind::Symbol(">=") => Operator::GreaterOrEqual,
            Kind::Word(word) if word == "in" => Operator::In,
            _ => return None,
        })
    }

    fn sum(&mut self) -> Option<Expr> {
        let start = self.span();
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Kind::Symbol("+") => Operator::Add,
                Kind::Symbol("-") => Operator::Subtract,
                Kind::Symbol("&") => {
                    return self.unsupported("`&` on sets is not part of the profile", MEMBERSHIP);
                }
                _ => return Some(left),
            };
            self.advance();
            let right = self.product()?;
            left = self.binary(operator, left, right, start)?;
        }
    }

    fn product(&mut self) -> Option<Expr> {
        let start = self.span();
        let mut left = self.unary()?;
        loop {
            match self.peek() {
                Kind::Symbol("*") => {}
                Kind::Symbol("/") => {
                    let help = "write `decimal.div(a, b, scale, mode)`: a quotient needs a scale \
                                and a rounding";
                    self.report.add("rego-division", self.span(), INEXACT, Some(help.to_owned()));
                    return None;
                }
                Kind::Symbol("%") => {
                    return self
                        .unsupported("`%` is not part of the profile", "write it otherwise");
                }
                _ => return Some(left),
            }
            self.advance();
            let right = self.unary()?;
            left = self.binary(Operator::Multiply, left, right, start)?;
        }
    }

    fn unary(&mut self) -> Option<Expr> {
        let start = self.span();
        if self.take("-") {
            let inner = self.nest(Self::unary)?;
            let depth = inner.depth;
            return self.node(ExprKind::Negate(Box::new(inner)), start, depth);
        }
        self.postfix()
    }

    /// A term with its `.field`, `[key]` and `(arguments)`, which follow without a space.
    fn postfix(&mut self) -> Option<Expr> {
        let start = self.span();
        let mut expr = self.term()?;
        loop {
            if self.token().is_some_and(|t| !t.glued) {
                return Some(expr);
            }
            let depth = expr.depth;
            if self.take(".") {
                let name = self.field_name()?;
                expr = self.node(ExprKind::Field { base: Box::new(expr), name }, start, depth)?;
            } else if self.take("[") {
                let key = self.expression()?;
                self.expect("]")?;
                let depth = depth.max(key.depth);
                let kind = match key.kind {
                    ExprKind::String(text) => {
                        let name = Name { text, span: key.span };
                        ExprKind::Field { base: Box::new(expr), name }
                    }
                    kind => {
                        let key = Box::new(Expr { kind, ..key });
                        ExprKind::Index { base: Box::new(expr), key }
                    }
                };
                expr = self.node(kind, start, depth)?;
            } else if self.at("(") {
                let Some(text) = dotted(&expr) else {
                    return self.syntax("only a named function can be called");
                };
                let function = Name { text, span: expr.span };
                self.advance();
                let arguments = self.list(")")?;
                let depth = arguments.iter().map(|a| a.depth).max().unwrap_or(0);
                expr = self.node(ExprKind::Call { function, arguments }, start, depth)?;
            } else {
                return Some(expr);
            }
        }
    }

    /// After a point any word may stand.
    fn field_name(&mut self) -> Option<Name> {
        let span = self.span();
        let Kind::Word(text) = self.peek() else { return self.unexpected("a name") };
        let text = text.clone();
        self.advance();
        Some(Name { text, span })
    }

    fn term(&mut self) -> Option<Expr> {
        let start = self.span();
        let kind = match self.peek() {
            Kind::Number(lexeme) => ExprKind::Number(lexeme.clone()),
            Kind::String(text) => ExprKind::String(text.clone()),
            Kind::Word(word) => match word.as_str() {
                "null" => ExprKind::Null,
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                "contains" => ExprKind::Variable(word.clone()),
                keyword if KEYWORDS.contains(&keyword) => return self.unexpected("an expression"),
                name => ExprKind::Variable(name.to_owned()),
            },
            Kind::Symbol("(") => {
                self.advance();
                let inner = self.expression()?;
                self.expect(")")?;
                return Some(Expr { span: self.span_from(start), ..inner });
            }
            Kind::Symbol("[") => {
                self.advance();
                if let Some(items) = self.comprehension(start, false)? {
                    return Some(items);
                }
                let items = self.list("]")?;
                let depth = items.iter().map(|i| i.depth).max().unwrap_or(0);
                return self.node(ExprKind::Array(items), start, depth);
            }
            Kind::Symbol("{") => return self.set_or_object(),
            _ => return self.unexpected("an expression"),
        };
        self.advance();
        self.node(kind, start, 0)
    }

    /// The rest of a list after its opening bracket. A comma may end it.
    fn list(&mut self, close: &str) -> Option<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.expression()?);
            self.refuse_comprehension()?;
            if !self.at(close) {
                self.expect(",")?;
            }
        }
        Some(items)
    }

    fn set_or_object(&mut self) -> Option<Expr> {
        let start = self.span();
        self.expect("{")?;
        if let Some(items) = self.comprehension(start, true)? {
            return Some(items);
        }
        let mut items = Vec::new();
        let mut pairs = Vec::new();
        let mut depth = 0;
        while !self.take("}") {
            let from = self.position;
            let first = self.expression()?;
            self.refuse_comprehension()?;
            depth = depth.max(first.depth);
            if items.is_empty() && self.take(":") {
                let value = self.expression()?;
                self.refuse_comprehension()?;
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

    /// What follows an opening bracket, if it is a comprehension: an expression, `|` and a body.
    fn comprehension(&mut self, start: Span, set: bool) -> Option<Option<Expr>> {
        if !self.bar_ahead() {
            return Some(None);
        }
        let item = Box::new(self.expression()?);
        self.expect("|")?;
        let close = if set { "}" } else { "]" };
        let body = self.nest(|parser| parser.comprehension_body(close))?;
        let below = body.iter().map(Statement::depth).max().unwrap_or(0);
        let depth = below.max(item.depth);
        self.node(ExprKind::Comprehension { item, body, set }, start, depth).map(Some)
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

    fn refuse_comprehension(&mut self) -> Option<()> {
        if self.at("|") {
            return self.unsupported(
                "comprehensions of objects and `|` are not part of the profile",
                MEMBERSHIP,
            );
        }
        Some(())
    }

    fn binary(&mut self, operator: Operator, left: Expr, right: Expr, start: Span) -> Option<Expr> {
        let depth = left.depth.max(right.depth);
        let (left, right) = (Box::new(left), Box::new(right));
        self.node(ExprKind::Binary { operator, left, right }, start, depth)
    }

    /// A node above others of that depth. The depth is bounded, since reading, checking,
    /// evaluating and dropping a tree all take stack for each level.
    fn node(&mut self, kind: ExprKind, start: Span, depth: u32) -> Option<Expr> {
        let depth = depth.saturating_add(1);
        let span = self.span_from(start);
        if depth > MAX_DEPTH {
            self.report.add("rego-too-deep", span, "the expression is too deep", None);
            return None;
        }
        Some(Expr { kind, span, depth })
    }
}

/// `a.b.c` of names and fields.
fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Variable(name) => Some(name.clone()),
        ExprKind::Field { base, name } => Some(format!("{}.{}", dotted(base)?, name.text)),
        _ => None,
    }
}

/// How high an expression's tree may be.
const MAX_DEPTH: u32 = 96;

const INEXACT: &str = "`/` has no exact result";
const MEMBERSHIP: &str = "write `some x in …`, `every x in …` or `x in …`";
