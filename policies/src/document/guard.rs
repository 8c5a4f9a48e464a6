//! Comparisons that are looked at while a policy runs: whether `a > b` compares amounts as texts
//! depends on the document, and the evaluator has no door there. So each comparison becomes the
//! call of a function of ours in the text that it evaluates, and what it tells of a place in that
//! text is brought back to the author's.

use super::check::is_integer;
use super::order::{self, Unlike};
use super::walk::{self, Visit};
use super::{Source, foreign};
use crate::compile::Diagnostic;
use crate::rego::ast::Span;
use crate::rego::lexer::{self, Kind, Token};
use crate::rego::report::Report;
use regorus::Value;
use regorus::unstable::{BoolOp, Expr, Module, Ref};
use std::collections::BTreeMap;

/// The sources as they are evaluated, and the way back.
#[derive(Debug)]
pub(super) struct Guard {
    /// What the function is called: no word of any source.
    pub(super) name: String,
    /// The sources with a call for each comparison.
    pub(super) sources: Vec<Source>,
    /// By source: where text was put in, as first byte in the author's text, and how much.
    insertions: Vec<Vec<(usize, usize)>>,
    comparisons: Vec<Comparison>,
}

#[derive(Debug, Clone)]
struct Comparison {
    source: usize,
    op: BoolOp,
    /// Where it stands in the author's text.
    place: Span,
}

impl Guard {
    /// Nothing guarded: for what is told before there are modules.
    pub(super) fn none(sources: &[Source]) -> Self {
        let insertions = vec![Vec::new(); sources.len()];
        Self { name: String::new(), sources: sources.to_vec(), insertions, comparisons: Vec::new() }
    }

    /// The comparisons of the modules, which are those of the sources in their order.
    ///
    /// # Errors
    /// A comparison that isn't found again in its source: a defect.
    pub(super) fn of(modules: &[Ref<Module>], sources: &[Source]) -> Result<Self, Box<Diagnostic>> {
        let mut name = "compared".to_owned();
        while sources.iter().any(|source| source.text.contains(&name)) {
            name.push('_');
        }
        let mut guard = Self { name, ..Self::none(sources) };
        for (number, (module, source)) in modules.iter().zip(sources).enumerate() {
            let (tokens, _) = lexer::lex(&source.text, &mut Report::new(&source.path));
            let mut found = Found { tokens: &tokens, places: BTreeMap::new(), missed: None };
            module.policy.iter().for_each(|rule| walk::rule(rule, &mut found));
            let defect = |span: &regorus::unstable::Span| {
                let message = "a comparison can't be found again in its source".to_owned();
                Box::new(foreign::at(sources, span, "document-defect", message, None))
            };
            if let Some(span) = found.missed {
                return Err(defect(&span));
            }
            let guarded = guard.rewrite(number, source, found.places);
            guarded.ok_or_else(|| defect(&module.package.span))?;
        }
        Ok(guard)
    }

    /// `None` where the pieces don't leave the rest of the text as it is.
    fn rewrite(
        &mut self,
        number: usize,
        source: &Source,
        places: BTreeMap<usize, Place>,
    ) -> Option<()> {
        let text = source.text.as_str();
        // First byte, order among those of one place, what is put in, for how many bytes.
        let mut pieces = Vec::new();
        for (operator, place) in places {
            let index = self.comparisons.len();
            pieces.push((place.start, 0, format!("{}(", self.name), 0));
            // As long as the operator, so that nothing moves.
            let comma = if place.length == 1 { "," } else { ", " };
            pieces.push((operator, 0, comma.to_owned(), place.length));
            // Of comparisons that end together the inner one, whose operator stands behind, ends
            // first.
            let order = usize::MAX.saturating_sub(operator);
            pieces.push((place.end, order, format!(", {index})"), 0));
            let shown = text.get(place.start..place.end)?;
            let shown = shown.lines().next().unwrap_or_default().chars().count();
            let length = u32::try_from(shown.max(1)).unwrap_or(u32::MAX);
            let place_shown = Span { length, ..place.first };
            self.comparisons.push(Comparison { source: number, op: place.op, place: place_shown });
        }
        pieces.sort();
        let mut guarded = String::with_capacity(text.len().saturating_mul(2));
        let mut insertions = Vec::new();
        let mut done = 0;
        for (at, _, piece, instead) in pieces {
            guarded.push_str(text.get(done..at)?);
            guarded.push_str(&piece);
            done = at.saturating_add(instead);
            if instead == 0 {
                insertions.push((at, piece.len()));
            }
        }
        guarded.push_str(text.get(done..)?);
        self.sources.get_mut(number)?.text = guarded;
        *self.insertions.get_mut(number)? = insertions;
        Some(())
    }

    /// What a comparison gives; else what the engine is to say of it.
    pub(super) fn compare(ops: &[BoolOp], arguments: &[Value]) -> Result<Value, String> {
        let [left, right, index] = arguments else { return Err(DEFECT.to_owned()) };
        let number = index.as_u64().ok().and_then(|n| usize::try_from(n).ok());
        let op = number.and_then(|n| ops.get(n)).ok_or(DEFECT)?;
        let refused = |unlike| format!("{REFUSED}{index} {}", said(unlike));
        order::compare(op, left, right).map(Value::from).map_err(refused)
    }

    /// The operators of the comparisons by their number.
    pub(super) fn ops(&self) -> Vec<BoolOp> {
        self.comparisons.iter().map(|comparison| comparison.op.clone()).collect()
    }

    /// What is told of a comparison that was refused, if the engine's message speaks of one.
    pub(super) fn refused(&self, message: &str) -> Option<Diagnostic> {
        let (index, said) = message.strip_prefix(REFUSED)?.split_once(' ')?;
        let (message, help) = said.split_once(HELP)?;
        let comparison = self.comparisons.get(index.parse::<usize>().ok()?)?;
        Some(Diagnostic {
            code: "document-comparison",
            path: self.sources.get(comparison.source)?.path.clone(),
            line: comparison.place.line,
            column: comparison.place.column,
            length: comparison.place.length,
            message: message.to_owned(),
            help: Some(help.to_owned()),
        })
    }

    /// A diagnostic at a place of the evaluated text, brought back to the author's. The engine
    /// counts a tab for four columns, and bytes.
    pub(super) fn back(&self, mut found: Diagnostic, sources: &[Source]) -> Diagnostic {
        let Some(number) = sources.iter().position(|s| s.path == found.path) else { return found };
        let lists = (self.sources.get(number), self.insertions.get(number), sources.get(number));
        let (Some(own), Some(insertions), Some(source)) = lists else { return found };
        let line = usize::try_from(found.line.saturating_sub(1)).unwrap_or_default();
        let lines = || own.text.split_inclusive('\n');
        let start: usize = lines().take(line).map(str::len).sum();
        let within = offset(lines().nth(line).unwrap_or_default(), found.column);
        let mut at = start.saturating_add(within);
        for (place, length) in insertions {
            if *place >= at {
                break;
            }
            at = at.saturating_sub(*length).max(*place);
        }
        let before = source.text.get(..at).unwrap_or_default();
        let before = before.rsplit('\n').next().unwrap_or_default();
        found.column = u32::try_from(before.chars().count().saturating_add(1)).unwrap_or(u32::MAX);
        found
    }
}

const DEFECT: &str = "a comparison is called with other arguments";
/// Before the number of a comparison that was refused.
const REFUSED: &str = "comparison ";
/// Between what is wrong with it and the remedy.
const HELP: &str = "; instead ";

/// What is written where amounts are compared.
pub(super) const DECIMALS: &str = "write `decimal.cmp(a, b)`, which gives -1, 0 or 1";

fn said(unlike: Unlike) -> String {
    let (message, help) = match unlike {
        Unlike::AmountsAsText => ("amounts would be compared as text".to_owned(), DECIMALS),
        Unlike::SameAmount => {
            ("one amount in two writings is neither equal nor unequal".to_owned(), DECIMALS)
        }
        Unlike::Types(a @ ("a text" | "a number"), b @ ("a text" | "a number")) => {
            (format!("{a} and {b} have no order"), DECIMALS)
        }
        Unlike::Types(a, b) if a == b => {
            (format!("{a} has no order"), "compare its items, or `count` them")
        }
        Unlike::Types(a, b) => (
            format!("{a} and {b} have no order"),
            "ask first what it is, such as with `is_number(x)`",
        ),
    };
    format!("{message}{HELP}{help}")
}

/// The byte within a line at which a column of the engine's stands.
fn offset(line: &str, column: u32) -> usize {
    let mut left = usize::try_from(column.saturating_sub(1)).unwrap_or_default();
    for (at, c) in line.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(if c == '\t' { 4 } else { c.len_utf8() });
    }
    line.len()
}

/// The comparisons of a source by the first byte of their operators.
struct Found<'a> {
    tokens: &'a [Token],
    places: BTreeMap<usize, Place>,
    missed: Option<regorus::unstable::Span>,
}

struct Place {
    start: usize,
    end: usize,
    /// Of the operator, in bytes.
    length: usize,
    op: BoolOp,
    first: Span,
}

impl Visit for Found<'_> {
    fn expression(&mut self, expression: &Expr) {
        let Expr::BoolExpr { span, op, lhs, rhs, .. } = expression else { return };
        if is_safe(op, lhs, rhs) {
            return;
        }
        // The engine's span of a text is what stands between its quotes.
        let first = self.behind(|token| token.end <= wide(span.start)).first();
        let last = self.behind(|token| token.end < wide(span.end)).first();
        let left = wide(lhs.span().end);
        let operator = self.behind(|token| token.end < left).iter().find(|token| is(token, op));
        let (Some(first), Some(last), Some(operator)) = (first, last, operator) else {
            self.missed = Some(span.clone());
            return;
        };
        let place = Place {
            start: first.start,
            end: last.end,
            length: operator.end.saturating_sub(operator.start),
            op: op.clone(),
            first: first.span,
        };
        self.places.insert(operator.start, place);
    }
}

impl<'a> Found<'a> {
    /// The tokens behind those of which that is so.
    fn behind(&self, before: impl FnMut(&Token) -> bool) -> &'a [Token] {
        self.tokens.get(self.tokens.partition_point(before)..).unwrap_or_default()
    }
}

fn wide(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn is(token: &Token, op: &BoolOp) -> bool {
    let symbol = match op {
        BoolOp::Lt => "<",
        BoolOp::Le => "<=",
        BoolOp::Gt => ">",
        BoolOp::Ge => ">=",
        BoolOp::Eq => "==",
        BoolOp::Ne => "!=",
    };
    token.kind == Kind::Symbol(symbol)
}

/// Whether a comparison gives the same whatever the values are.
fn is_safe(op: &BoolOp, left: &Expr, right: &Expr) -> bool {
    let equality = matches!(op, BoolOp::Eq | BoolOp::Ne);
    let no_amount = |side: &Expr| match side {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().is_ok_and(|text| !order::is_amount(text))
        }
        Expr::Bool { .. } | Expr::Null { .. } => true,
        _ => false,
    };
    (is_integer(left) && is_integer(right)) || (equality && (no_amount(left) || no_amount(right)))
}
