//! Document policies: what they decide, what is refused, what is stopped.

#![cfg(test)]

mod compared;
mod decided;
mod hostile;
mod refused;

use serde_json::Value;
use std::time::Duration;
use tieout_policies::compile::Diagnostic;
use tieout_policies::document::{DocumentPolicy as _, Failure, Limits, Source, compile};

fn source(text: &str) -> [Source; 1] {
    [Source { path: "p.rego".to_owned(), text: text.to_owned() }]
}

/// More time than a busy machine needs, so that it is another limit that is met.
fn limits() -> Limits {
    Limits { time: Duration::from_secs(60), result_size: 100_000, ..Limits::default() }
}

fn refusals(text: &str) -> Vec<Diagnostic> {
    compile(&source(text), limits()).err().unwrap_or_default()
}

fn codes(text: &str) -> Vec<&'static str> {
    refusals(text).into_iter().map(|found| found.code).collect()
}

/// What `violation` is over a document.
fn decide(text: &str, document: &str) -> Result<Option<Value>, Failure> {
    decide_within(limits(), text, document)
}

fn decide_within(limits: Limits, text: &str, document: &str) -> Result<Option<Value>, Failure> {
    let policy = compile(&source(text), limits).map_err(|found| panic!("{found:?}")).unwrap();
    policy.evaluate("violation", document, None)
}

fn failure(text: &str, document: &str) -> (&'static str, String) {
    let failure = decide(text, document).unwrap_err();
    (failure.diagnostic().code, failure.diagnostic().message.clone())
}
