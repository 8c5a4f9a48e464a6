//! The record profile of Rego v1: from a source to a typed tree.

pub(crate) mod ast;
mod check;
mod check_body;
mod check_call;
mod check_collection;
mod check_expression;
mod check_helper;
mod check_place;
mod collection;
mod currency;
mod expression;
pub(crate) mod function;
pub(crate) mod lexer;
mod metadata;
mod parser;
pub(crate) mod refusal;
pub(crate) mod report;
mod tokens;

use crate::bundle::Rule;
use crate::compile::{Diagnostic, Environment, Metadata};
use crate::tree::Program;
use ast::Span;
pub(crate) use lexer::{Kind, Token};
use report::Report;

/// Reads and checks a source.
pub(crate) fn compile(
    rule: &Rule,
    environment: &Environment,
) -> Result<(Program, Vec<Metadata>), Vec<Diagnostic>> {
    let mut report = Report::new(&rule.path);
    if rule.source.len() > MAX_SOURCE {
        let message = "the source is larger than 256 KiB";
        report.add("rego-too-large", Span::default(), message, None);
        return Err(report.finish());
    }
    let (tokens, blocks) = lexer::lex(&rule.source, &mut report);
    let metadata = blocks.iter().filter_map(|block| metadata::read(block, &mut report)).collect();
    let module = parser::parse(&tokens, &mut report);
    // What a broken rule would have defined is not missing: it is unknown.
    if !report.is_empty() {
        return Err(report.finish());
    }
    let program = check::check(&module, &rule.path, environment, &mut report);
    currency::check(&module, environment, &mut report);
    if report.is_empty() { Ok((program, metadata)) } else { Err(report.finish()) }
}

/// The tokens of a source, whatever is wrong with it.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    lexer::lex(source, &mut Report::new("")).0
}

/// The tokens of a source, or what is no token in it.
pub(crate) fn lexed(path: &str, source: &str) -> Result<Vec<Token>, Vec<Diagnostic>> {
    let mut report = Report::new(path);
    let (tokens, _) = lexer::lex(source, &mut report);
    if report.is_empty() { Ok(tokens) } else { Err(report.finish()) }
}

/// The syntax tree of a source that was read without complaint before.
pub(crate) fn module(source: &str) -> ast::Module {
    parser::parse(&tokens(source), &mut Report::new(""))
}

const MAX_SOURCE: usize = 256 * 1024;
