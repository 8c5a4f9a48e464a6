//! Changes of a rule's source. Each is one edit, so that a survivor can be shown as it would be
//! written.

use super::Mutant;
use crate::rego::ast::{Part, PartKind};
use crate::rego::{self, Kind, Token};
use tieout_controls::Decimal;

/// A change of the bytes from a token to another.
struct Edit {
    operator: &'static str,
    at: (u32, u32),
    start: usize,
    end: usize,
    text: String,
}

/// The mutants of a source that was compiled before, each with its source.
pub(super) fn mutants(source: &str) -> Vec<(Mutant, String)> {
    let tokens = rego::tokens(source);
    let parts = rego::module(source).parts;
    let of_parts = parts.iter().flat_map(|part| of_part(part, &tokens));
    let rules = parts.iter().filter(|part| part.kind == PartKind::Rule);
    let inside = rules.filter_map(|rule| tokens.get(rule.from..rule.to)).flatten();
    let edits = of_parts.chain(inside.flat_map(|token| of_token(token, source)));
    edits.filter_map(|edit| edit.apply(source)).collect()
}

impl Edit {
    fn of(operator: &'static str, token: &Token, text: impl Into<String>) -> Self {
        let at = (token.span.line, token.span.column);
        Self { operator, at, start: token.start, end: token.end, text: text.into() }
    }

    fn to(mut self, end: usize) -> Self {
        self.end = end;
        self
    }

    fn apply(self, source: &str) -> Option<(Mutant, String)> {
        let (before, rest) = source.split_at_checked(self.start)?;
        let (removed, after) = rest.split_at_checked(self.end.checked_sub(self.start)?)?;
        let mutated = format!("{before}{}{after}", self.text);
        let line = |text: &str| {
            let number = usize::try_from(self.at.0.saturating_sub(1)).ok()?;
            text.lines().nth(number).map(|line| line.trim().to_owned())
        };
        let several = removed.contains('\n');
        let mutant = Mutant {
            operator: self.operator,
            line: self.at.0,
            column: self.at.1,
            before: line(source)?,
            after: if several { self.text } else { line(&mutated).unwrap_or_default() },
        };
        Some((mutant, mutated))
    }
}

fn of_part(part: &Part, tokens: &[Token]) -> Vec<Edit> {
    let Some([first, rest @ ..]) = tokens.get(part.from..part.to) else { return Vec::new() };
    let end = rest.last().map_or(first.end, |last| last.end);
    match part.kind {
        PartKind::Rule => vec![Edit::of("rule_removed", first, "").to(end)],
        PartKind::Statement => {
            let removed = Edit::of("statement_removed", first, "true").to(end);
            let negated = first.kind == Kind::Word("not".to_owned());
            let affirmed = rest.first().filter(|_| negated);
            let affirmed =
                affirmed.map(|next| Edit::of("negation_removed", first, "").to(next.start));
            std::iter::once(removed).chain(affirmed).collect()
        }
        PartKind::Union => vec![Edit::of("set_operation_changed", first, "&")],
        PartKind::Entry if first.kind == Kind::String("code".to_owned()) => Vec::new(),
        PartKind::Entry => {
            let comma = tokens.get(part.to).filter(|next| next.kind == Kind::Symbol(","));
            let end = comma.map_or(end, |comma| comma.end);
            vec![Edit::of("field_removed", first, "").to(end)]
        }
    }
}

fn of_token(token: &Token, source: &str) -> Vec<Edit> {
    let edit = |(operator, text): (&'static str, &str)| Edit::of(operator, token, text);
    match &token.kind {
        Kind::Symbol(symbol) => symbol_changes(symbol).iter().copied().map(edit).collect(),
        Kind::Word(word) => match word.as_str() {
            "true" => vec![edit(("truth_changed", "false"))],
            "false" => vec![edit(("truth_changed", "true"))],
            _ => Vec::new(),
        },
        Kind::Number(lexeme) => {
            let one = Decimal::from_scaled(1, 0);
            let more = Decimal::parse(lexeme).ok().and_then(|number| number.add(&one).ok());
            more.map(|more| edit(("number_changed", &more.to_string()))).into_iter().collect()
        }
        Kind::String(text) => vec![edit(("text_changed", &another_text(text, token, source)))],
        Kind::End => Vec::new(),
    }
}

fn symbol_changes(symbol: &str) -> &'static [(&'static str, &'static str)] {
    match symbol {
        "<" => &[("comparison_boundary", "<="), ("comparison_negated", ">=")],
        "<=" => &[("comparison_boundary", "<"), ("comparison_negated", ">")],
        ">" => &[("comparison_boundary", ">="), ("comparison_negated", "<=")],
        ">=" => &[("comparison_boundary", ">"), ("comparison_negated", "<")],
        "==" | "=" => &[("comparison_negated", "!=")],
        "!=" => &[("comparison_negated", "==")],
        "+" => &[("arithmetic_changed", "-")],
        "-" => &[("arithmetic_changed", "+")],
        "*" => &[("arithmetic_changed", "+")],
        "&" => &[("set_operation_changed", "|")],
        _ => &[],
    }
}

/// The literal with a letter more; a rounding becomes another one.
fn another_text(text: &str, token: &Token, source: &str) -> String {
    let other_rounding = match text {
        "half_up" | "half_even" => Some("\"down\""),
        "down" | "up" | "floor" | "ceiling" => Some("\"half_up\""),
        _ => None,
    };
    if let Some(rounding) = other_rounding {
        return rounding.to_owned();
    }
    let lexeme = source.get(token.start..token.end).unwrap_or_default();
    let quote = lexeme.chars().next_back().unwrap_or('"');
    let open = lexeme.strip_suffix(quote).unwrap_or(lexeme);
    format!("{open}x{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bar of a comprehension is no operation.
    #[test]
    fn operations_on_sets_are_changed_where_they_stand() {
        let source = "package t\nviolation contains {\"code\": \"x\"} if {\n\t{1} | {x | some x in [2]} != {\"a\": 1 | true}\n\t{1} & {2} == {1}\n}\n";
        let changed: Vec<_> = mutants(source)
            .into_iter()
            .filter(|(mutant, _)| mutant.operator == "set_operation_changed")
            .map(|(mutant, _)| (mutant.line, mutant.column, mutant.after))
            .collect();
        let expected = [
            (3, 6, "{1} & {x | some x in [2]} != {\"a\": 1 | true}".to_owned()),
            (4, 6, "{1} | {2} == {1}".to_owned()),
        ];
        assert_eq!(changed, expected);
    }
}
