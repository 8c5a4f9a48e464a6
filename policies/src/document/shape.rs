//! What is refused before a foreign parser sees it: sources too large or nested too deeply for
//! something that recurses.

use super::{Limits, Source};
use crate::compile::Diagnostic;
use crate::rego::ast::Span;
use crate::rego::lexer::{self, Kind, Token};
use crate::rego::report::Report;

/// What is wrong with a source's size and nesting.
pub(super) fn check(source: &Source, limits: Limits) -> Vec<Diagnostic> {
    let mut report = Report::new(&source.path);
    if source.text.len() > limits.source_bytes {
        let message = format!("the source is larger than {} KiB", limits.source_bytes / 1024);
        report.add("rego-too-large", Span::default(), message, None);
        return report.finish();
    }
    let (tokens, _) = lexer::lex(&source.text, &mut report);
    if let Some((span, message)) = too_deep(&tokens) {
        report.add("rego-too-deep", span, message, Some("name the parts in rules".to_owned()));
    }
    report.finish()
}

/// The first place that is nested too deeply, or that strings too many operators together: both
/// become a tall tree.
fn too_deep(tokens: &[Token]) -> Option<(Span, &'static str)> {
    let mut chains = vec![0_usize];
    let mut before_operator = true;
    for token in tokens {
        let operator = is_operator(&token.kind);
        let chain = chains.last_mut()?;
        if token.new_line && !operator && !before_operator {
            *chain = 0;
        }
        before_operator = operator;
        match &token.kind {
            Kind::Symbol("," | ";") => *chain = 0,
            _ if operator => *chain = chain.saturating_add(1),
            _ => {}
        }
        if *chain > MAX_CHAIN {
            return Some((token.span, "too many operators in one expression"));
        }
        match &token.kind {
            Kind::Symbol("(" | "[" | "{") => chains.push(0),
            Kind::Symbol(")" | "]" | "}") if chains.len() > 1 => drop(chains.pop()),
            _ => {}
        }
        if chains.len() > MAX_NESTING {
            return Some((token.span, "nested too deeply"));
        }
    }
    None
}

fn is_operator(kind: &Kind) -> bool {
    match kind {
        Kind::Word(word) => word == "in",
        Kind::Symbol(symbol) => !matches!(*symbol, "," | ";" | "(" | ")" | "]" | "{" | "}"),
        _ => false,
    }
}

/// The evaluator's own parser takes 32 expressions within each other.
const MAX_NESTING: usize = 64;
const MAX_CHAIN: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let source = Source { path: "p.rego".into(), text: text.into() };
        check(&source, Limits::default()).into_iter().map(|d| d.code).collect()
    }

    #[test]
    fn tall_trees_are_refused_and_long_files_are_not() {
        assert_eq!(codes(&"(".repeat(20_000)), ["rego-too-deep"]);
        assert_eq!(codes(&format!("x := a{}", " | a".repeat(300))), ["rego-too-deep"]);
        assert_eq!(codes(&format!("x := a{}", "[0]".repeat(300))), ["rego-too-deep"]);
        assert_eq!(codes(&format!("x := a{}", ".b\n".repeat(300))), ["rego-too-deep"]);
        assert_eq!(codes(&"x := input.a == 1\n".repeat(300)), [""; 0]);
        assert_eq!(codes(&format!("x := [{}]", "a.b, ".repeat(300))), [""; 0]);
        assert_eq!(codes(&" ".repeat(10_000_000)), ["rego-too-large"]);
    }
}
