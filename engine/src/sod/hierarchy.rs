//! The role hierarchy over time: which of the rules' actions each role gives, by closure.

use super::{Edge, World};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A set of the rules' actions.
pub(super) type Actions = Vec<u64>;

/// What a set has for a role that isn't known: whatever it permits.
pub(super) const UNKNOWN: usize = 0;

/// The actions that rules name, numbered from 1; [`UNKNOWN`] is no action's number.
pub(super) struct Numbering<'a>(BTreeMap<&'a str, usize>);

impl<'a> Numbering<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        let actions = world.rules.iter().flat_map(|rule| [&rule.action_a, &rule.action_b]);
        let actions: BTreeSet<&str> = actions.map(String::as_str).collect();
        Self((1..).zip(actions).map(|(number, action)| (action, number)).collect())
    }

    pub(super) fn none(&self) -> Actions {
        vec![0; (self.0.len() + 1).div_ceil(64)]
    }

    pub(super) fn number(&self, action: &str) -> Option<usize> {
        self.0.get(action).copied()
    }
}

/// Adds an action.
fn insert(actions: &mut Actions, number: usize) {
    if let Some(word) = actions.get_mut(number / 64) {
        *word |= 1 << (number % 64);
    }
}

/// Whether an action is in the set.
pub(super) fn contains(actions: &Actions, number: usize) -> bool {
    actions.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
}

/// Adds all actions of another set; whether any was new.
pub(super) fn unite(actions: &mut Actions, other: &Actions) -> bool {
    let mut grew = false;
    for (word, more) in actions.iter_mut().zip(other) {
        grew |= *more & !*word != 0;
        *word |= more;
    }
    grew
}

/// What each role gives, from an instant until the next segment.
pub(super) struct Segment<'a> {
    pub(super) from: DateTime<Utc>,
    pub(super) closure: BTreeMap<&'a str, Actions>,
}

/// The segments in their order; the first begins before all time. Neighbours differ.
pub(super) fn segments<'a>(world: &'a World, numbering: &Numbering<'_>) -> Vec<Segment<'a>> {
    let direct = direct(world, numbering);
    let mut cuts = BTreeSet::from([DateTime::<Utc>::MIN_UTC]);
    for edge in &world.edges {
        cuts.insert(edge.valid.from);
        cuts.extend(edge.valid.to);
    }
    let mut segments: Vec<Segment<'a>> = Vec::new();
    for from in cuts {
        let edges = world.edges.iter().filter(|edge| edge.valid.contains(from));
        let closure = closure(direct.clone(), edges);
        if segments.last().is_none_or(|last| last.closure != closure) {
            segments.push(Segment { from, closure });
        }
    }
    segments
}

fn direct<'a>(world: &'a World, numbering: &Numbering<'_>) -> BTreeMap<&'a str, Actions> {
    let mut direct = BTreeMap::new();
    for (role, actions) in &world.permissions {
        let mut own = numbering.none();
        let mut any = false;
        for number in actions.iter().filter_map(|action| numbering.number(action)) {
            insert(&mut own, number);
            any = true;
        }
        if any {
            direct.insert(role.as_str(), own);
        }
    }
    let granted = world.grants.iter().map(|grant| grant.role.as_str());
    let named = granted.chain(world.edges.iter().map(|edge| edge.parent.as_str()));
    for role in named.filter(|role| !world.knows(role)) {
        insert(direct.entry(role).or_insert_with(|| numbering.none()), UNKNOWN);
    }
    direct
}

/// Carries the parents' actions down to the roles until nothing is added any more. Sets only grow,
/// so a cycle ends too.
fn closure<'a>(
    mut closure: BTreeMap<&'a str, Actions>,
    edges: impl Iterator<Item = &'a Edge>,
) -> BTreeMap<&'a str, Actions> {
    let mut children: BTreeMap<&str, BTreeSet<&'a str>> = BTreeMap::new();
    for edge in edges {
        children.entry(&edge.parent).or_default().insert(&edge.role);
    }
    let mut waiting: Vec<&str> = closure.keys().copied().collect();
    while let Some(parent) = waiting.pop() {
        let Some(given) = closure.get(parent).cloned() else { continue };
        for child in children.get(parent).into_iter().flatten() {
            let own = closure.entry(child).or_insert_with(|| vec![0; given.len()]);
            if unite(own, &given) {
                waiting.push(child);
            }
        }
    }
    closure
}

/// The way to a role with the action, as `clerk > payer : pay`.
pub(super) fn path(
    world: &World,
    held: &BTreeSet<&str>,
    action: &str,
    at: DateTime<Utc>,
) -> Option<String> {
    let permits = |role: &str| world.permissions.get(role).is_some_and(|a| a.contains(action));
    way(world, held, at, permits).map(|way| format!("{way} : {action}"))
}

/// The way to a role that isn't known, as `clerk > payer`.
pub(super) fn unknown(world: &World, held: &BTreeSet<&str>, at: DateTime<Utc>) -> Option<String> {
    way(world, held, at, |role| !world.knows(role))
}

/// The shortest way from one of the roles held to a role that fits, by the edges valid at that
/// instant; of several the first by the roles' names.
fn way(
    world: &World,
    held: &BTreeSet<&str>,
    at: DateTime<Utc>,
    fits: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut parents: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in world.edges.iter().filter(|edge| edge.valid.contains(at)) {
        parents.entry(&edge.role).or_default().insert(&edge.parent);
    }
    // Breadth first, each level in the order of its paths, so the first found is the one wanted.
    let mut seen = held.clone();
    let mut queue: std::collections::VecDeque<Vec<&str>> =
        held.iter().map(|role| vec![*role]).collect();
    while let Some(path) = queue.pop_front() {
        let Some(role) = path.last() else { continue };
        if fits(role) {
            return Some(path.join(" > "));
        }
        for parent in parents.get(role).into_iter().flatten() {
            if seen.insert(parent) {
                let mut longer = path.clone();
                longer.push(parent);
                queue.push_back(longer);
            }
        }
    }
    None
}
