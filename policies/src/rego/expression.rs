//! From tokens to the syntax tree: expressions. What stands in brackets is in [`super::collection`].

use super::ast::{Expr, ExprKind, Name, Operator, PartKind, Span};
use super::lexer::Kind;
use super::parser::{KEYWORDS, Parser};

impl Parser<'_> {
    /// A comparison, membership test or sum.
    pub(super) fn expression(&mut self) -> Option<Expr> {
        self.nest(Self::comparison)
    }

    fn comparison(&mut self) -> Option<Expr> {
        let start = self.span();
        let left = self.union()?;
        let Some(operator) = self.comparison_operator() else { return Some(left) };
        self.advance();
        let right = self.union()?;
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

    fn union(&mut self) -> Option<Expr> {
        let start = self.span();
        let mut left = self.intersection()?;
        while self.bars && self.at("|") {
            let from = self.position;
            self.advance();
            self.part(PartKind::Union, from);
            let right = self.intersection()?;
            left = self.binary(Operator::Union, left, right, start)?;
        }
        Some(left)
    }

    fn intersection(&mut self) -> Option<Expr> {
        let start = self.span();
        let mut left = self.sum()?;
        while self.take("&") {
            let right = self.sum()?;
            left = self.binary(Operator::Intersection, left, right, start)?;
        }
        Some(left)
    }

    fn sum(&mut self) -> Option<Expr> {
        let start = self.span();
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Kind::Symbol("+") => Operator::Add,
                Kind::Symbol("-") => Operator::Subtract,
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
                let key = self.with_bars(true, Self::expression)?;
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
                let arguments = self.with_bars(true, |parser| parser.list(")"))?;
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
                let inner = self.with_bars(true, Self::expression)?;
                self.expect(")")?;
                return Some(Expr { span: self.span_from(start), ..inner });
            }
            Kind::Symbol("[") => return self.array(),
            Kind::Symbol("{") => return self.set_or_object(),
            _ => return self.unexpected("an expression"),
        };
        self.advance();
        self.node(kind, start, 0)
    }

    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: Expr,
        right: Expr,
        start: Span,
    ) -> Option<Expr> {
        let depth = left.depth.max(right.depth);
        let (left, right) = (Box::new(left), Box::new(right));
        self.node(ExprKind::Binary { operator, left, right }, start, depth)
    }

    /// A node above others of that depth. The depth is bounded, since reading, checking,
    /// evaluating and dropping a tree all take stack for each level.
    pub(super) fn node(&mut self, kind: ExprKind, start: Span, depth: u32) -> Option<Expr> {
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
