//! From tokens to the syntax tree: NOT binds before AND, AND before OR; terms side by side are
//! joined by AND.

use super::ast::{Leaf, Node};
use super::error::{QueryError, Span, quoted};
use super::lexer::{Kind, Token};
use super::{MAX_DEPTH, MAX_TERMS, Query, clause};
use crate::name::Column;
use crate::text::words;
use tieout_controls::currency;

/// The query of the tokens of a text of that length.
pub(super) fn parse(tokens: &[Token], len: usize) -> Result<Query, QueryError> {
    let mut parser = Parser { tokens, at: 0, len, depth: 0, terms: 0, columns: Vec::new() };
    if tokens.is_empty() {
        let error = Span { start: 0, end: len }.error("the query is empty");
        return Err(error.with_help("write a word, a number or a field, such as control:FOC-R03"));
    }
    let root = parser.alternatives()?;
    if let Some(token) = parser.peek() {
        // Only a closing parenthesis ends an expression before its tokens.
        return Err(token.span.error("this parenthesis closes nothing"));
    }
    if root.depth() > MAX_DEPTH {
        return Err(Span { start: 0, end: len }.error(too_deep()));
    }
    Ok(Query { root, columns: parser.columns })
}

fn too_deep() -> String {
    format!("the query is nested more than {MAX_DEPTH} deep")
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    len: usize,
    depth: usize,
    terms: usize,
    columns: Vec<(Column, Span)>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn next_is(&self, kind: &Kind) -> bool {
        self.peek().is_some_and(|token| &token.kind == kind)
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let found = self.next_is(kind);
        self.at += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<Node, QueryError> {
        let mut node = self.conjunction()?;
        while self.take(&Kind::Or) {
            node = node.or(self.conjunction()?);
        }
        Ok(node)
    }

    fn conjunction(&mut self) -> Result<Node, QueryError> {
        let mut node = self.negation()?;
        loop {
            let written = self.take(&Kind::And);
            let ends = match self.peek().map(|token| &token.kind) {
                None | Some(Kind::Close | Kind::Or) => true,
                Some(_) => false,
            };
            if ends && !written {
                return Ok(node);
            }
            node = node.and(self.negation()?);
        }
    }

    fn negation(&mut self) -> Result<Node, QueryError> {
        let Some(token) = self.peek() else { return Err(self.unfinished()) };
        if token.kind != Kind::Not {
            return self.primary(token);
        }
        self.at += 1;
        let inner = self.deeper(token, Self::negation)?;
        Ok(Node::Not(Box::new(inner)))
    }

    fn primary(&mut self, token: &'a Token) -> Result<Node, QueryError> {
        let leaf = match &token.kind {
            Kind::Open => return self.group(token),
            Kind::Word(text) | Kind::Phrase(text) => Leaf::Text(text.clone()),
            Kind::Named(named) => {
                let leaf = clause::resolve(named)?;
                let column = leaf.column().cloned();
                self.columns.extend(column.map(|column| (column, named.name.span)));
                leaf
            }
            Kind::Close => {
                let message = "there is nothing before this parenthesis";
                return Err(token.span.error(message));
            }
            Kind::And | Kind::Or | Kind::Not => {
                let message = "the operator has nothing on its left";
                let help = "write the word in quotation marks to search for it";
                return Err(token.span.error(message).with_help(help));
            }
        };
        self.at += 1;
        self.count(&leaf, token.span)?;
        self.with_currency(leaf).map(Node::Leaf)
    }

    fn group(&mut self, open: &'a Token) -> Result<Node, QueryError> {
        self.at += 1;
        if self.next_is(&Kind::Close) {
            return Err(open.span.error("there is nothing in the parentheses"));
        }
        let inner = self.deeper(open, Self::alternatives)?;
        if !self.take(&Kind::Close) {
            return Err(open.span.error("this parenthesis is not closed"));
        }
        Ok(inner)
    }

    /// One level further in. The bound is what keeps hostile nesting from the stack.
    fn deeper(
        &mut self,
        token: &Token,
        parse: impl FnOnce(&mut Self) -> Result<Node, QueryError>,
    ) -> Result<Node, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(token.span.error(too_deep()).with_help("take the query apart"));
        }
        let node = parse(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn count(&mut self, leaf: &Leaf, span: Span) -> Result<(), QueryError> {
        self.terms += match leaf {
            Leaf::Text(text) | Leaf::Contains { text, .. } => words(text).count().max(1),
            _ => 1,
        };
        if self.terms > MAX_TERMS {
            return Err(span.error(format!("the query has more than {MAX_TERMS} terms")));
        }
        Ok(())
    }

    /// A currency's code right behind an amount belongs to it.
    fn with_currency(&mut self, mut leaf: Leaf) -> Result<Leaf, QueryError> {
        let takes = clause::takes_currency(&leaf);
        let (true, Some(Token { kind: Kind::Word(code), span })) = (takes, self.peek()) else {
            return Ok(leaf);
        };
        if currency::minor_units(&code.to_ascii_uppercase()).is_none() {
            return Ok(leaf);
        }
        if *code != code.to_ascii_uppercase() {
            let capitals = code.to_ascii_uppercase();
            return Err(span
                .error(format!("{} behind an amount is not clear", quoted(code)))
                .with_help(format!("write {capitals} for the currency, or AND {code}")));
        }
        self.at += 1;
        if let Leaf::Amount { currency, .. } | Leaf::Number { currency, .. } = &mut leaf {
            *currency = Some(code.clone());
        }
        Ok(leaf)
    }

    fn unfinished(&self) -> QueryError {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let span = last.map_or(Span { start: self.len, end: self.len }, |token| token.span);
        match last.map(|token| &token.kind) {
            Some(Kind::Open) => span.error("this parenthesis is not closed"),
            _ => span
                .error("the operator has nothing on its right")
                .with_help("write the word in quotation marks to search for it"),
        }
    }
}
