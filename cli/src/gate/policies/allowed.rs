//! What a changed Cedar rule allows that the one before it did not.

use super::differing::{Differing, Item};
use std::collections::BTreeMap;
use tieout_controls::{ControlId, profile};
use tieout_policies::allowed;
use tieout_policies::bundle::Language;
use tieout_policies::data::{Column, Schema};

/// What was found.
pub(super) struct Allowed {
    /// Kinds of requests; `None` where that can't be told.
    pub(super) kinds: Option<u64>,
    /// One of them; where it can't be told, why.
    pub(super) example: Option<String>,
}

impl Allowed {
    /// In words.
    pub(super) fn said(&self) -> String {
        match (self.kinds, &self.example) {
            (Some(0), _) => "nothing".to_owned(),
            (Some(kinds), Some(example)) => format!("{kinds} kinds of requests, such as {example}"),
            (Some(kinds), None) => format!("{kinds} kinds of requests"),
            (None, why) => format!("not known: {}", why.as_deref().unwrap_or("no reason given")),
        }
    }
}

/// Compares both rules over the columns of their populations; nothing of a rule that is the same, that is
/// gone, or that isn't in Cedar. What a new rule allows nothing forbade before.
pub(super) fn newly_allowed(
    of: &Differing,
    schemas: &[BTreeMap<ControlId, Schema>; 2],
) -> Option<Allowed> {
    let (new, old) = (of.new.as_ref()?, of.old.as_ref());
    let rule = new.source().filter(|rule| of.rule_changed && rule.language == Language::Cedar)?;
    let Some((before, old)) = old.and_then(|old| Some((old.source()?, old))) else {
        return Some(Allowed { kinds: Some(0), example: None });
    };
    let [were, are] = schemas;
    let (was, is) = (columns(old, were), columns(new, are));
    Some(match allowed::newly_allowed(before, rule, &was, &is) {
        Ok(found) => Allowed { kinds: Some(found.cases), example: found.example },
        Err(why) => Allowed { kinds: None, example: Some(why.to_string()) },
    })
}

/// The columns of a control's population: as the engine forms it, else as its datasets have them.
fn columns(item: &Item, known: &BTreeMap<ControlId, Schema>) -> Schema {
    let Some(control) = &item.control else { return Schema { columns: Vec::new() } };
    if let Some(schema) = known.get(&control.id) {
        return schema.clone();
    }
    let population = &control.population;
    let mut columns: BTreeMap<&str, Column> = BTreeMap::new();
    for role in std::iter::once(&population.base).chain(&population.joins) {
        let found = profile::all().filter(|profile| profile.role == *role);
        for column in found.flat_map(|profile| profile.columns) {
            columns.entry(column.name).or_insert_with(|| Column {
                name: column.name.to_owned(),
                kind: column.kind,
                nullable: column.nullable,
            });
        }
    }
    Schema { columns: columns.into_values().collect() }
}
