//! The module that stands for the rule before the tests: its package, with rules that ask us.

use super::reads::Reads;
use crate::rego::{Kind, Token};

/// The function that the stub calls, and its number of arguments.
pub(super) const FUNCTION: (&str, u8) = ("tieout.decide", 1);

/// The dotted name after `package`.
pub(super) fn package(tokens: &[Token]) -> Option<String> {
    let (first, rest) = tokens.split_first()?;
    if first.kind != Kind::Word("package".to_owned()) {
        return None;
    }
    let mut name = String::new();
    for (position, token) in rest.iter().enumerate() {
        match &token.kind {
            Kind::Word(word) if position % 2 == 0 => name.push_str(word),
            Kind::Symbol(".") if position % 2 == 1 => name.push('.'),
            _ => break,
        }
    }
    Some(name).filter(|name| !name.is_empty())
}

/// The stub's source. What a test leaves out is an empty list, which is not the same as null.
pub(super) fn module(package: &str, reads: &Reads) -> String {
    let names = reads.tables.iter().map(|t| format!("\"{t}\": [x | x := data.{t}]"));
    let tables = names.collect::<Vec<_>>().join(", ");
    format!(
        "package {package}

violation contains fact if some fact in decided.violation

applicable if decided.applicable

undetermined contains cause if some cause in decided.undetermined

decided := tieout.decide({{
	\"input\": [x | x := input],
	\"tables\": {{{tables}}},
	\"parameters\": [x | x := data.parameters],
	\"run\": [x | x := data.run],
}})
"
    )
}
