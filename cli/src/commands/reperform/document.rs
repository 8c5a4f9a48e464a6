//! The answer for programs.

use super::{Counterexample, Finding, Found, Nothing, Standing, Told, told, words};
use crate::diagnostic::{Failure, Outcome};
use serde_json::{Map, Value as Json, json};
use tieout_controls::Count;
use tieout_engine::bills::{Bills, Flaw};
use tieout_engine::reperform::infer::{Part, PartRules, Survivors};
use tieout_engine::reperform::rounding::{Rule, Stage};

/// Everything that was found, as JSON.
pub(super) fn document(bills: &Bills, told: &[Told<'_>]) -> Outcome<String> {
    let whole = json!({
        "schema_version": "1",
        "rows": bills.rows,
        "billers": told.iter().map(biller).collect::<Vec<_>>(),
        "refused": flaws(&bills.stray),
    });
    let text = serde_json::to_string_pretty(&whole).map_err(Failure::internal)?;
    Ok(text + "\n")
}

fn biller(told: &Told<'_>) -> Json {
    let left_out = told.biller.left_out.iter();
    let left_out = left_out.map(|(id, found)| json!({"invoice": id, "reasons": flaws(found)}));
    json!({
        "issuer": told.issuer,
        "outcome": match told.standing {
            Standing::Rule => "rule",
            Standing::Candidates => "candidates",
            Standing::Undetermined => "undetermined",
            Standing::Contradiction => "contradiction",
        },
        "currencies": told.findings.iter().map(finding).collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
        "refused": flaws(&told.biller.stray),
    })
}

fn finding(finding: &Finding<'_>) -> Json {
    let mut object = json!({
        "currency": finding.currency,
        "invoices": Count::of(finding.invoices),
    });
    let found = match &finding.found {
        Found::Survivors(survivors) => explained(survivors),
        Found::Nothing(nothing) => contradicted(nothing),
    };
    if let (Json::Object(object), Json::Object(found)) = (&mut object, found) {
        object.extend(found);
    }
    object
}

/// Every combination of one candidate of each part explains all.
fn explained(survivors: &Survivors) -> Json {
    let parts = Part::ALL.into_iter().zip(survivors.parts());
    let parts = parts
        .map(|(part, candidates)| (part.name().to_owned(), candidates.iter().map(rules).collect()));
    json!({"candidates": Count::of(survivors.count()), "parts": parts.collect::<Map<_, Json>>()})
}

/// The rule of each stage; null where nothing is rounded.
fn rules(rules: &PartRules) -> Json {
    let of_stage = |(stage, rule): (&Stage, &Option<Rule>)| {
        let told = rule.map_or(Json::Null, |rule| {
            json!({
                "mode": rule.mode.name(),
                "increment": rule.increment.to_string(),
                "residual": rule.residual.name(),
            })
        });
        (stage.name().to_owned(), told)
    };
    Json::Object(rules.iter().map(of_stage).collect())
}

fn contradicted(nothing: &Nothing) -> Json {
    let counterexamples = nothing.counterexamples.iter().map(counterexample);
    let without = nothing.without.iter();
    let without =
        without.map(|(id, others)| (id.clone(), others.as_ref().map_or(Json::Null, explained)));
    json!({
        "contradictions": counterexamples.collect::<Vec<_>>(),
        "without": without.collect::<Map<_, _>>(),
    })
}

fn counterexample(one: &Counterexample) -> Json {
    let nearest = told::nearest(&one.contradiction.nearest).into_iter().map(|(nearest, count)| {
        json!({
            "place": words::place(&nearest.place),
            "billed": nearest.actual.to_string(),
            "expected": nearest.expected.to_string(),
            "rules": rules(&nearest.rules),
            "candidates": Count::of(count),
        })
    });
    json!({
        "part": one.contradiction.part.name(),
        "invoice": one.contradiction.invoice,
        "explained_before": Count::of(one.before),
        "nearest": nearest.collect::<Vec<_>>(),
    })
}

fn flaws(flaws: &[Flaw]) -> Vec<Json> {
    let one = |flaw: &Flaw| {
        json!({
            "file": flaw.file,
            "row": flaw.row,
            "line": flaw.line,
            "column": flaw.column,
            "code": flaw.code,
            "reason": flaw.reason,
        })
    };
    flaws.iter().map(one).collect()
}
