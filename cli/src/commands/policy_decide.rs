//! `tieout policy decide`: what a document policy finds in one document.

use crate::args::Decide;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use serde_json::Value;
use tieout_policies::document::{
    DocumentPolicy as _, Failure as NoAnswer, Limits, Source, compile,
};

/// Prints the facts of `violation` as JSON. There are some or there are none: the exit code says
/// it, and says too when nothing may be concluded.
pub(super) fn decide(args: &Decide) -> Outcome<Exit> {
    let source =
        Source { path: output::shown(&args.policy), text: output::read_text(&args.policy)? };
    let document = output::read_text(&args.document)?;
    let data = args.data.as_deref().map(output::read_text).transpose()?;
    let policy = compile(std::slice::from_ref(&source), Limits::default()).map_err(|found| {
        let told = |found| Diagnostic::of_policy(found, &source.path, &source.text);
        Failure { exit: Exit::Usage, diagnostics: found.into_iter().map(told).collect() }
    })?;
    let facts = policy.evaluate("violation", &document, data.as_deref());
    match facts.map_err(|wrong| not_decided(wrong, args, &source, &document, data.as_deref()))? {
        Some(Value::Array(facts)) => {
            let exit = if facts.is_empty() { Exit::Success } else { Exit::Exceptions };
            output::print(&format!("{:#}\n", Value::Array(facts)))?;
            Ok(exit)
        }
        _ => {
            let diagnostic = Diagnostic::new("document-result", "`violation` is no set of facts")
                .help("write `violation contains {…} if { … }`");
            Err(Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] })
        }
    }
}

fn not_decided(
    wrong: NoAnswer,
    args: &Decide,
    source: &Source,
    document: &str,
    data: Option<&str>,
) -> Failure {
    let (exit, found) = match wrong {
        NoAnswer::Document(found) => {
            let (text, path) = match (&args.data, found.path.as_str()) {
                (Some(file), "data") => (data.unwrap_or_default(), file),
                _ => (document, &args.document),
            };
            (Exit::Usage, Diagnostic::of_policy(*found, &output::shown(path), text))
        }
        NoAnswer::Evaluation(found) if found.code == "document-no-rule" => {
            (Exit::Usage, Diagnostic::of_policy(*found, &source.path, &source.text))
        }
        NoAnswer::Evaluation(found) => {
            (Exit::Inconclusive, Diagnostic::of_policy(*found, &source.path, &source.text))
        }
    };
    Failure { exit, diagnostics: vec![found] }
}
