//! A derivation for people, programs and browsers.

use crate::diagnostic::{Failure, Outcome};
use crate::text::visible_line;
use askama::Template as _;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tieout_controls::currency::minor_units;
use tieout_engine::lineage::{Change, Derivation, Effect, Header, Node};
use tieout_engine::reperform::exact::{Exact, Increment};

/// For people: the root, then what it rests on.
pub(super) fn text(derivation: &Derivation, header: &Header) -> String {
    let mut out = String::new();
    for (place, node) in derivation.nodes.iter().enumerate() {
        let indent = if place == 0 { "" } else { "  " };
        told(node, indent, &mut out);
    }
    match derivation.difference.as_deref() {
        Some("0") => out.push_str("billed as derived\n"),
        Some(difference) => {
            let _ = writeln!(out, "billed {difference} more than derived");
        }
        None => out.push_str("not all of it can be derived\n"),
    }
    out.push_str("read from\n");
    for snapshot in &header.snapshots {
        let (dataset, rows, commitment) = (&snapshot.dataset, snapshot.rows, snapshot.commitment);
        let _ = writeln!(out, "  {dataset}: {rows} rows, commitment {commitment}");
    }
    out
}

fn told(node: &Node, indent: &str, out: &mut String) {
    let value = node.value.as_deref().map(|value| format!(" = {value}")).unwrap_or_default();
    let unit = node.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let _ = writeln!(out, "{indent}{}{value}{unit}", visible_line(&node.id));
    for (name, value) in &node.facts {
        let _ = writeln!(out, "{indent}  {}: {}", visible_line(name), visible_line(value));
    }
    for step in &node.steps {
        let rounding = step.rounding.as_deref().map(|rounding| {
            let left = step.residual.as_deref().unwrap_or("0");
            format!(" ({rounding}, {left} left)")
        });
        let (operation, formula, result) = (&step.operation, &step.formula, &step.result);
        let rounding = rounding.unwrap_or_default();
        let _ = writeln!(out, "{indent}  {operation}: {formula} = {result}{rounding}");
    }
    if let Some(source) = &node.source {
        let rows = if source.rows.0 == 1 { "row" } else { "rows" };
        let sum = source.sum.as_ref().map(|(column, sum)| format!(", sum of {column} {sum}"));
        let (dataset, count, sum) = (&source.dataset, source.rows, sum.unwrap_or_default());
        let _ = writeln!(out, "{indent}  from {dataset}: {count} {rows}{sum}");
        let _ = writeln!(out, "{indent}    where {}", visible_line(&source.predicate));
        let _ = writeln!(out, "{indent}    digest {}", source.digest);
    }
}

/// For programs.
pub(super) fn json(derivation: &Derivation, header: &Header) -> Outcome<String> {
    let document = json!({
        "schema_version": "1",
        "engine": header.engine,
        "derivation": derivation,
        "read_from": header.snapshots,
    });
    pretty(&document)
}

fn pretty(document: &Json) -> Outcome<String> {
    Ok(serde_json::to_string_pretty(document).map_err(Failure::internal)? + "\n")
}

#[derive(askama::Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ derivation.key }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
section { border-left: 3px solid #888; padding-left: 1rem; margin: 1.5rem 0 }
code, td { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
table { border-collapse: collapse } td, th { text-align: left; padding: .1rem .8rem .1rem 0; vertical-align: top }
</style>
</head>
<body>
<main>
<h1>{{ derivation.key }}</h1>
{% for node in derivation.nodes %}<section>
<h2>{{ node.id }}{% if let Some(value) = node.value %}: {{ value }}{% endif %}{% if let Some(unit) = node.unit %} {{ unit }}{% endif %}</h2>
{% if !node.facts.is_empty() %}<table>{% for (name, value) in node.facts %}<tr><th scope="row">{{ name }}</th><td>{{ value }}</td></tr>{% endfor %}</table>
{% endif %}{% if !node.steps.is_empty() %}<ol>{% for step in node.steps %}<li>{{ step.operation }}: <code>{{ step.formula }} = {{ step.result }}</code>{% if let Some(rounding) = step.rounding %}, {{ rounding }}{% endif %}{% if let Some(left) = step.residual %}, {{ left }} left{% endif %}</li>{% endfor %}</ol>
{% endif %}{% if let Some(source) = node.source %}<p>From {{ source.dataset }}, {{ source.rows }} rows{% if let Some((column, sum)) = source.sum %}, sum of {{ column }} {{ sum }}{% endif %}<br><code>{{ source.predicate }}</code><br>digest <code>{{ source.digest }}</code></p>
{% endif %}</section>
{% endfor %}<h2>Read from</h2>
<table>{% for snapshot in snapshots %}<tr><th scope="row">{{ snapshot.dataset }}</th><td>{{ snapshot.rows }} rows</td><td>{{ snapshot.commitment }}</td></tr>{% endfor %}</table>
</main>
</body>
</html>
"#
)]
struct Page<'a> {
    derivation: &'a Derivation,
    snapshots: &'a [tieout_engine::lineage::Snapshot],
}

/// For a browser: one file, nothing from elsewhere.
pub(super) fn html(derivation: &Derivation, header: &Header) -> Outcome<String> {
    Page { derivation, snapshots: &header.snapshots }.render().map_err(Failure::internal)
}

/// Its effects in minor units of the currency; as they are where the currency has none.
fn effects(currency: &str, change: &Change) -> BTreeMap<(String, Effect), Exact> {
    let increment = minor_units(currency).and_then(Increment::digits);
    increment.map_or_else(|| change.effects.clone(), |increment| change.rounded(increment))
}

/// A change for people.
pub(super) fn change_text((key, month, currency): (&str, &str, &str), change: &Change) -> String {
    let whole = change.after.minus(&change.before);
    let (before, after) = (&change.before, &change.after);
    let mut out = format!("{key} against {month}: {before} to {after} {currency}, {whole}\n");
    let effects = effects(currency, change);
    for effect in Effect::ALL {
        let of = effects.iter().filter(|((_, other), _)| *other == effect);
        let parts: Vec<(&String, &Exact)> = of.map(|((service, _), sum)| (service, sum)).collect();
        if parts.is_empty() {
            continue;
        }
        let sum = parts.iter().fold(Exact::zero(), |sum, (_, part)| sum.plus(part));
        let _ = writeln!(out, "  {}: {sum}", effect.word());
        for (service, part) in parts {
            let _ = writeln!(out, "    {}: {part}", visible_line(service));
        }
    }
    out
}

/// A change for programs.
pub(super) fn change_json(
    (key, month, currency): (&str, &str, &str),
    change: &Change,
) -> Outcome<String> {
    let effects = effects(currency, change);
    let effects = effects.iter().map(|((service, effect), amount)| {
        json!({"service": service, "effect": effect.word(), "amount": amount.to_string()})
    });
    pretty(&json!({
        "schema_version": "1",
        "key": key,
        "against": month,
        "currency": currency,
        "before": change.before.to_string(),
        "after": change.after.to_string(),
        "effects": effects.collect::<Vec<_>>(),
    }))
}
