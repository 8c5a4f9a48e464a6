//! Rounding rules in words.

use std::collections::{BTreeMap, BTreeSet};
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::infer::{PartRules, Place};
use tieout_engine::reperform::rounding::{Residual, Rule, Stage};

/// What is the same of the candidates that one line tells: everything but the modes.
type Shape = BTreeMap<Stage, (Increment, Residual)>;

/// The candidates of a part, a line for those that differ in their modes alone.
pub(super) fn lines(candidates: &[PartRules]) -> Vec<String> {
    let mut shapes: Vec<(Shape, Vec<&PartRules>)> = Vec::new();
    for candidate in candidates {
        let shape = shape(candidate);
        match shapes.iter_mut().find(|(known, _)| *known == shape) {
            Some((_, members)) => members.push(candidate),
            None => shapes.push((shape, vec![candidate])),
        }
    }
    let of_shape = |(shape, members): &(Shape, Vec<&PartRules>)| -> Vec<String> {
        let modes: Vec<Vec<&str>> = shape.keys().map(|stage| modes(*stage, members)).collect();
        // Every combination of modes: one line tells them all.
        if modes.iter().map(Vec::len).product::<usize>() == members.len() {
            return vec![line(shape, &modes)];
        }
        members.iter().map(|rules| candidate(rules)).collect()
    };
    shapes.iter().flat_map(of_shape).collect()
}

/// One candidate.
pub(super) fn candidate(rules: &PartRules) -> String {
    let modes = rules.values().flatten().map(|rule| vec![rule.mode.name()]);
    line(&shape(rules), &modes.collect::<Vec<_>>())
}

fn shape(rules: &PartRules) -> Shape {
    let pair = |(stage, rule): (&Stage, &Option<Rule>)| {
        rule.map(|rule| (*stage, (rule.increment, rule.residual)))
    };
    rules.iter().filter_map(pair).collect()
}

/// The modes of a stage, in the order in which they come.
fn modes(stage: Stage, members: &[&PartRules]) -> Vec<&'static str> {
    let mut seen = BTreeSet::new();
    let rules = members.iter().filter_map(|rules| rules.get(&stage).copied().flatten());
    rules.map(|rule| rule.mode.name()).filter(|name| seen.insert(*name)).collect()
}

fn line(shape: &Shape, modes: &[Vec<&str>]) -> String {
    if shape.is_empty() {
        return "nothing is rounded in these invoices".to_owned();
    }
    let stages = shape.iter().zip(modes).map(|((stage, (increment, residual)), modes)| {
        let modes = alternatives(modes);
        format!("{} {modes} to {increment}{}", number(*stage), rest(*stage, *residual))
    });
    stages.collect::<Vec<_>>().join("; ")
}

fn alternatives(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// A number of an invoice; rates are in percent, as in the files.
pub(super) fn place(place: &Place) -> String {
    match place {
        Place::Category(code, rate) => {
            let percent = rate.times(&Exact::integer(100));
            format!("the tax of category {code} at {percent} %")
        }
        other => other.to_string(),
    }
}

/// What a stage rounds.
fn number(stage: Stage) -> &'static str {
    match stage {
        Stage::UnitPrice => "unit price",
        Stage::Quantity => "quantity",
        Stage::Line => "line amount",
        Stage::TaxLine => "tax of a line",
        Stage::TaxCategory => "tax of a category",
        Stage::Invoice => "payable amount",
    }
}

/// Who takes what rounding loses.
fn rest(stage: Stage, residual: Residual) -> &'static str {
    match (stage, residual) {
        (Stage::UnitPrice | Stage::Quantity | Stage::Invoice, Residual::Unassigned) => "",
        (Stage::Invoice, Residual::RoundingLine) => ", stated as the rounding amount",
        (_, Residual::Unassigned) => ", each on its own",
        (_, Residual::LargestRemainder) => ", the largest remainders take the residual",
        (_, Residual::ToLargest) => ", the largest takes the residual",
        (_, Residual::ToLast) => ", the last takes the residual",
        (_, Residual::RoundingLine) => ", a rounding line takes the residual",
        (_, Residual::KeepUnrounded) => ", only their total",
    }
}
