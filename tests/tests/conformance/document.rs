//! A case as a document policy.

use crate::case::{Case, Verdict, same};
use tieout_policies::document::{DocumentPolicy as _, Failure, Limits, Source, compile};

/// The codes of what is refused though it is Rego. Whoever wants an error wants another one.
const OURS: [&str; 6] = [
    "rego-inexact",
    "rego-not-reproducible",
    "rego-number",
    "rego-refused-function",
    "rego-too-deep",
    "rego-too-large",
];

pub(crate) fn verdict(case: &Case) -> Verdict {
    let Some(rule) = case.rule.as_deref().filter(|_| !case.modules.is_empty()) else {
        return Verdict::NotExpressible("query");
    };
    let source =
        |(n, text): (usize, &String)| Source { path: format!("{n}.rego"), text: text.clone() };
    let sources: Vec<_> = case.modules.iter().enumerate().map(source).collect();
    let policy = match compile(&sources, Limits::default()) {
        Ok(policy) => policy,
        Err(found) => {
            let ours = found.iter().find(|d| OURS.contains(&d.code));
            return match ours.or(found.first()).map(|d| d.code) {
                Some("document-defect") => Verdict::Panicked,
                Some(code) if case.wants_error && !OURS.contains(&code) => Verdict::Passed,
                code => Verdict::Refused(code.unwrap_or_default().to_owned()),
            };
        }
    };
    let input = case.input.as_ref().map_or("null".to_owned(), ToString::to_string);
    match policy.evaluate(rule, &input, case.data.as_deref()) {
        Ok(_) if case.wants_error => Verdict::Failed("no-error"),
        Ok(got) if same(case, got.as_ref()) => Verdict::Passed,
        Ok(_) => Verdict::Failed("evaluator-differs"),
        Err(Failure::Document(found)) => Verdict::Refused(found.code.to_owned()),
        Err(Failure::Evaluation(found)) => match found.code {
            "document-defect" => Verdict::Panicked,
            "document-no-rule" => Verdict::NotExpressible("query"),
            _ if case.wants_error => Verdict::Passed,
            "document-failed" => Verdict::Failed("fails-by-name"),
            code => Verdict::Refused(code.to_owned()),
        },
    }
}
