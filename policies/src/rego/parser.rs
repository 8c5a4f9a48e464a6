//! From tokens to the syntax tree: files and rules. Expressions are in [`super::expression`].
//!
//! A syntax error ends its rule; reading goes on with the next line that begins with a word in
//! column 1.

use super::ast::{
    Branch, Expr, ExprKind, Head, Module, Name, Operator, Part, PartKind, Pattern, Rule, Statement,
};
use super::lexer::{Kind, Token};
use super::report::Report;

/// Reads a file.
pub(crate) fn parse(tokens: &[Token], report: &mut Report) -> Module {
    let parts = Vec::new();
    let mut parser = Parser { tokens, position: 0, nesting: 0, bars: true, parts, report };
    let mut module = Module::default();
    parser.package();
    while parser.peek() != &Kind::End {
        let before = parser.position;
        match parser.item() {
            Some(Some(rule)) => {
                module.rules.push(rule);
                parser.part(PartKind::Rule, before);
            }
            Some(None) => {}
            None => parser.recover(before),
        }
    }
    module.parts = parser.parts;
    module
}

pub(super) struct Parser<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) position: usize,
    pub(super) nesting: u32,
    /// Whether `|` joins sets here; else it ends the head of a comprehension.
    pub(super) bars: bool,
    pub(super) parts: Vec<Part>,
    pub(super) report: &'a mut Report,
}

impl Parser<'_> {
    /// Notes a part that ends with the last token read.
    pub(super) fn part(&mut self, kind: PartKind, from: usize) {
        self.parts.push(Part { kind, from, to: self.position });
    }

    fn package(&mut self) {
        if !self.take_word("package") {
            let help = Some("begin with `package NAME`".to_owned());
            self.report.add("rego-syntax", self.span(), "the file has no `package` line", help);
            return;
        }
        let start = self.position;
        if self.dotted_path().is_none() {
            self.recover(start);
        }
    }

    /// `a.b.c`.
    fn dotted_path(&mut self) -> Option<String> {
        let mut path = self.name()?.text;
        while self.take(".") {
            path.push('.');
            path.push_str(&self.name()?.text);
        }
        Some(path)
    }

    /// An import (which gives nothing) or a rule.
    fn item(&mut self) -> Option<Option<Rule>> {
        let span = self.span();
        if self.take_word("import") {
            let path = self.dotted_path()?;
            if path != "rego.v1" && !path.starts_with("future.keywords") {
                let message = format!("can't import `{path}`");
                let help = "a rule sees `input`, `data` and the named functions only".to_owned();
                self.report.add("rego-import", span, message, Some(help));
            }
            return Some(None);
        }
        if self.take_word("default") {
            let name = self.name()?;
            if !self.take("=") {
                self.expect(":=")?;
            }
            let value = Some(self.expression()?);
            let branches = vec![Branch { value, body: Vec::new() }];
            return Some(Some(self.rule(name, Head::Default, branches)));
        }
        let name = self.name()?;
        let head = self.head()?;
        let mut branches = Vec::new();
        let value = match head {
            Head::Contains => Some(self.expression()?),
            Head::Complete | Head::Function(_) | Head::Default => self.assigned_value()?,
        };
        let has_value = value.is_some();
        branches.push(self.branch(value)?);
        while self.take_word("else") {
            let value = self.assigned_value()?;
            branches.push(self.branch(value)?);
        }
        if !has_value && branches.iter().any(|b| b.body.is_empty()) {
            return self.syntax("a rule needs a value, `:= …`, or a body, `if { … }`");
        }
        Some(Some(self.rule(name, head, branches)))
    }

    fn rule(&self, name: Name, head: Head, branches: Vec<Branch>) -> Rule {
        Rule { last_line: self.previous().line.max(name.span.line), name, head, branches }
    }

    fn head(&mut self) -> Option<Head> {
        if self.take_word("contains") {
            return Some(Head::Contains);
        }
        if self.at("[") || self.at("{") {
            let message = "this is the syntax before Rego v1";
            let help = "write `name contains value if { … }` or `name if { … }`".to_owned();
            self.report.add("rego-v0-syntax", self.span(), message, Some(help));
            return None;
        }
        if !self.take("(") {
            return Some(Head::Complete);
        }
        let mut parameters = Vec::new();
        while !self.take(")") {
            parameters.push(self.pattern()?);
            if !self.at(")") {
                self.expect(",")?;
            }
        }
        Some(Head::Function(parameters))
    }

    fn pattern(&mut self) -> Option<Pattern> {
        let expr = self.expression()?;
        let literal =
            matches!(expr.kind, ExprKind::String(_) | ExprKind::Number(_) | ExprKind::Bool(_));
        match expr.kind {
            ExprKind::Variable(name) if name == "_" => Some(Pattern::Wildcard),
            ExprKind::Variable(text) => Some(Pattern::Name(Name { text, span: expr.span })),
            _ if literal => Some(Pattern::Literal(expr)),
            _ => {
                let message = "a parameter is a name, `_` or a literal";
                self.report.add("rego-syntax", expr.span, message, None);
                None
            }
        }
    }

    /// `:= value` or `= value`, if there is one.
    fn assigned_value(&mut self) -> Option<Option<Expr>> {
        let assigned = self.take(":=") || self.take("=");
        if assigned { self.expression().map(Some) } else { Some(None) }
    }

    fn branch(&mut self, value: Option<Expr>) -> Option<Branch> {
        let body = match self.take_word("if") {
            true if self.at("{") => self.braced_body()?,
            true => vec![self.statement()?],
            false => Vec::new(),
        };
        Some(Branch { value, body })
    }

    fn braced_body(&mut self) -> Option<Vec<Statement>> {
        self.nest(|parser| {
            parser.expect("{")?;
            let mut body = Vec::new();
            while !parser.take("}") {
                body.push(parser.statement()?);
                let separated = parser.take(";") || parser.at("}") || parser.token()?.new_line;
                if !separated {
                    return parser.unexpected("a line break, `;` or `}`");
                }
            }
            if body.is_empty() { parser.syntax("the body is empty") } else { Some(body) }
        })
    }

    pub(super) fn statement(&mut self) -> Option<Statement> {
        let (span, first) = (self.span(), self.position);
        let statement = if self.take_word("some") {
            let (key, item) = self.bound_names()?;
            let collection = self.expression()?;
            Statement::Some { key, item, collection, span: self.span_from(span) }
        } else if self.take_word("every") {
            let (key, item) = self.bound_names()?;
            let collection = self.expression()?;
            let span = self.span_from(span);
            Statement::Every { key, item, collection, body: self.braced_body()?, span }
        } else if self.take_word("not") {
            let inner = self.unified()?;
            Statement::Not { span: self.span_from(span), inner }
        } else {
            let value = self.unified()?;
            match (value.kind, self.take(":=")) {
                (ExprKind::Variable(text), true) => {
                    let name = Name { text, span: value.span };
                    let value = self.expression()?;
                    Statement::Bind { name, value, span: self.span_from(span) }
                }
                (_, true) => {
                    self.report.add("rego-syntax", value.span, "only a name can be assigned", None);
                    return None;
                }
                (kind, false) => Statement::Test(Expr { kind, ..value }),
            }
        };
        if self.at("=") {
            return self.syntax("unexpected `=`; write `:=` for a value and `==` for a comparison");
        }
        if self.at_word("with") {
            return self.unsupported("`with` has no place in a rule", "use a function instead");
        }
        self.part(PartKind::Statement, first);
        Some(statement)
    }

    /// An expression, or two with `=` between them.
    fn unified(&mut self) -> Option<Expr> {
        let start = self.span();
        let left = self.expression()?;
        if !self.take("=") {
            return Some(left);
        }
        let right = self.expression()?;
        self.binary(Operator::Unify, left, right, start)
    }

    /// The names that `some` and `every` bind, with the `in` behind them.
    fn bound_names(&mut self) -> Option<(Option<Name>, Name)> {
        let first = self.name()?;
        let second = if self.take(",") { Some(self.name()?) } else { None };
        if !self.take_word("in") {
            return self.unsupported("`some` needs `in`", "write `some x in …`");
        }
        Some(match second {
            Some(item) => (Some(first), item),
            None => (None, first),
        })
    }

    /// Goes to the next line that begins with a word in column 1, at least one token on.
    fn recover(&mut self, from: usize) {
        self.position = self.position.max(from.saturating_add(1));
        self.nesting = 0;
        self.bars = true;
        loop {
            let Some(token) = self.token() else { return };
            let starts = token.new_line && token.span.column == 1;
            if token.kind == Kind::End || starts && matches!(token.kind, Kind::Word(_)) {
                return;
            }
            self.position = self.position.saturating_add(1);
        }
    }
}

/// How deep brackets may be nested: far above what anyone reads, far below what the stack takes.
pub(super) const MAX_NESTING: u32 = 48;

/// Words that can't be names. `contains` may be called.
pub(super) const KEYWORDS: [&str; 15] = [
    "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null",
    "package", "some", "true", "with",
];
