//! The sweep over each user's time: between two change points nothing changes, so one look at each
//! stretch sees every instant.

use super::hierarchy::{Actions, Numbering, Segment, contains, path, segments, unite};
use super::{Conflict, Grant, Pair, Rule, World};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Looks at every user and every rule, by user id and rule; `each` gets one pair for each.
///
/// # Errors
/// What `each` returns stops the scan and comes back.
pub(crate) fn scan<E>(
    world: &World,
    period: (DateTime<Utc>, DateTime<Utc>),
    mut each: impl FnMut(Pair<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut rules: Vec<&Rule> = world.rules.iter().collect();
    rules.sort();
    let numbering = Numbering::new(world);
    let segments = segments(world, &numbering);
    let mut users: BTreeMap<&str, Vec<&Grant>> =
        world.users.keys().map(|user| (user.as_str(), Vec::new())).collect();
    for grant in &world.grants {
        users.entry(&grant.user).or_default().push(grant);
    }
    let scan = Scan { world, numbering, segments, period };
    for (user, grants) in users {
        let mut found = scan.user(&grants, &rules);
        let user_type = world.users.get(user).map(String::as_str);
        for (number, rule) in rules.iter().enumerate() {
            each(Pair { user, user_type, rule, conflict: found.remove(&number) })?;
        }
    }
    Ok(())
}

struct Scan<'a> {
    world: &'a World,
    numbering: Numbering<'a>,
    segments: Vec<Segment<'a>>,
    period: (DateTime<Utc>, DateTime<Utc>),
}

impl Scan<'_> {
    /// The conflicts of a user by the number of the rule.
    fn user(&self, grants: &[&Grant], rules: &[&Rule]) -> BTreeMap<usize, Conflict> {
        let mut found = BTreeMap::new();
        let pairs: Vec<_> = rules.iter().map(|rule| self.pair(rule)).collect();
        let ever = self.ever(grants);
        let possible: Vec<usize> = (0..rules.len())
            .filter(|number| pairs.get(*number).is_some_and(|pair| both(&ever, *pair)))
            .collect();
        if possible.is_empty() {
            return found;
        }
        let (start, end) = self.period;
        let points = self.points(grants);
        let mut since: BTreeMap<usize, DateTime<Utc>> = BTreeMap::new();
        for (index, from) in points.iter().enumerate() {
            let to = points.get(index + 1).copied().unwrap_or(end);
            let held = self.held(grants, *from);
            for number in &possible {
                if !pairs.get(*number).is_some_and(|pair| both(&held, *pair)) {
                    since.remove(number);
                    continue;
                }
                let since = *since.entry(*number).or_insert(*from);
                if to > start && !found.contains_key(number) {
                    let at = start.max(*from);
                    let conflict =
                        rules.get(*number).and_then(|rule| self.conflict(grants, rule, since, at));
                    found.extend(conflict.map(|conflict| (*number, conflict)));
                }
            }
        }
        found
    }

    fn pair(&self, rule: &Rule) -> (usize, usize) {
        let number = |action: &str| self.numbering.number(action).unwrap_or(usize::MAX);
        (number(&rule.action_a), number(&rule.action_b))
    }

    /// What the grants give at any time at all.
    fn ever(&self, grants: &[&Grant]) -> Actions {
        let mut ever = self.numbering.none();
        for segment in &self.segments {
            for grant in grants {
                if let Some(actions) = segment.closure.get(grant.role.as_str()) {
                    unite(&mut ever, actions);
                }
            }
        }
        ever
    }

    /// What the grants give at an instant.
    fn held(&self, grants: &[&Grant], at: DateTime<Utc>) -> Actions {
        let mut held = self.numbering.none();
        let after = self.segments.partition_point(|segment| segment.from <= at);
        let Some(segment) = after.checked_sub(1).and_then(|index| self.segments.get(index)) else {
            return held;
        };
        for grant in grants.iter().filter(|grant| grant.held.contains(at)) {
            if let Some(actions) = segment.closure.get(grant.role.as_str()) {
                unite(&mut held, actions);
            }
        }
        held
    }

    /// The instants before the period's end at which something may change for the user.
    fn points(&self, grants: &[&Grant]) -> Vec<DateTime<Utc>> {
        let mut points = BTreeSet::new();
        for grant in grants {
            points.insert(grant.held.from);
            points.extend(grant.held.to);
        }
        let Some(first) = points.first().copied() else { return Vec::new() };
        points.extend(self.segments.iter().map(|s| s.from).filter(|from| *from > first));
        points.into_iter().filter(|point| *point < self.period.1).collect()
    }

    fn conflict(
        &self,
        grants: &[&Grant],
        rule: &Rule,
        since: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Option<Conflict> {
        let held = grants.iter().filter(|grant| grant.held.contains(at));
        let held: BTreeSet<&str> = held.map(|grant| grant.role.as_str()).collect();
        Some(Conflict {
            since,
            path_a: path(self.world, &held, &rule.action_a, at)?,
            path_b: path(self.world, &held, &rule.action_b, at)?,
        })
    }
}

fn both(actions: &Actions, (a, b): (usize, usize)) -> bool {
    contains(actions, a) && contains(actions, b)
}

#[cfg(test)]
mod tests {
    use super::super::{Edge, Interval};
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    fn interval((from, length): (i64, i64)) -> Interval {
        Interval { from: day(from), to: (length < 15).then(|| day(from + length)) }
    }

    /// Every action held on a day, the slow and obvious way.
    fn held(world: &World, user: &str, at: DateTime<Utc>) -> BTreeSet<String> {
        let grants = world.grants.iter().filter(|g| g.user == user && g.held.contains(at));
        let mut roles: BTreeSet<&str> = grants.map(|g| g.role.as_str()).collect();
        loop {
            let edges = world.edges.iter().filter(|e| e.valid.contains(at));
            let above = edges.filter(|e| roles.contains(e.role.as_str()));
            let more: Vec<&str> = above.map(|e| e.parent.as_str()).collect();
            let before = roles.len();
            roles.extend(more);
            if roles.len() == before {
                break;
            }
        }
        let actions = roles.iter().filter_map(|role| world.permissions.get(*role));
        actions.flatten().cloned().collect()
    }

    fn worlds() -> impl Strategy<Value = World> {
        let span = || (0..20_i64, 0..18_i64);
        let grants = proptest::collection::vec((0..3_u8, 0..6_u8, span()), 0..8);
        let edges = proptest::collection::vec((0..6_u8, 0..6_u8, span()), 0..8);
        let permissions = proptest::collection::vec((0..6_u8, 0..4_u8), 0..8);
        let rules = proptest::collection::vec((0..4_u8, 0..4_u8), 0..3);
        (grants, edges, permissions, rules).prop_map(|(grants, edges, permissions, rules)| {
            let mut world = World::default();
            world.users.insert("u0".into(), "human".into());
            world.grants.extend(grants.into_iter().map(|(user, role, span)| Grant {
                user: format!("u{user}"),
                role: format!("r{role}"),
                held: interval(span),
            }));
            world.edges.extend(edges.into_iter().map(|(role, parent, span)| Edge {
                role: format!("r{role}"),
                parent: format!("r{parent}"),
                valid: interval(span),
            }));
            for (role, action) in permissions {
                let actions = world.permissions.entry(format!("r{role}")).or_default();
                actions.insert(format!("a{action}"));
            }
            world.rules.extend(rules.into_iter().enumerate().map(|(number, (a, b))| Rule {
                id: format!("s{number}"),
                action_a: format!("a{a}"),
                action_b: format!("a{b}"),
                severity: "high".into(),
            }));
            world
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
        #[test]
        fn the_sweep_agrees_with_looking_at_every_day(world in worlds()) {
            let period = (day(8), day(16));
            let mut pairs = 0;
            scan(&world, period, |pair| {
                pairs += 1;
                let holds = |number: i64| {
                    let held = held(&world, pair.user, day(number));
                    held.contains(&pair.rule.action_a) && held.contains(&pair.rule.action_b)
                };
                let first = (8..16).find(|number| holds(*number));
                let since = first.map(|first| {
                    let mut since = first;
                    while since > 0 && holds(since - 1) {
                        since -= 1;
                    }
                    day(since)
                });
                assert_eq!(pair.conflict.as_ref().map(|c| c.since), since);
                if let Some(conflict) = &pair.conflict {
                    assert!(conflict.path_a.ends_with(&format!(" : {}", pair.rule.action_a)));
                }
                Ok::<_, ()>(())
            }).unwrap();
            let users: BTreeSet<&str> = world.grants.iter().map(|g| g.user.as_str()).chain(["u0"]).collect();
            prop_assert_eq!(pairs, users.len() * world.rules.len());
        }
    }

    #[test]
    fn the_path_is_the_shortest_and_then_the_first_by_name_and_cycles_end() {
        let always = Interval { from: day(0), to: None };
        let edge = |role: &str, parent: &str| Edge {
            role: role.into(),
            parent: parent.into(),
            valid: always,
        };
        let world = World {
            users: BTreeMap::new(),
            grants: vec![
                Grant { user: "u".into(), role: "clerk".into(), held: always },
                Grant {
                    user: "u".into(),
                    role: "agent".into(),
                    held: Interval { from: day(3), to: None },
                },
            ],
            edges: vec![
                edge("clerk", "payer"),
                edge("clerk", "buyer"),
                edge("payer", "clerk"),
                edge("payer", "treasury"),
                edge("buyer", "treasury"),
            ],
            permissions: [
                ("agent".to_owned(), ["enter".to_owned()].into()),
                ("treasury".to_owned(), ["pay".to_owned()].into()),
            ]
            .into(),
            rules: vec![Rule {
                id: "r".into(),
                action_a: "enter".into(),
                action_b: "pay".into(),
                severity: "high".into(),
            }],
        };
        let mut found = Vec::new();
        scan(&world, (day(0), day(9)), |pair| {
            assert_eq!(pair.user_type, None);
            found.extend(pair.conflict);
            Ok::<_, ()>(())
        })
        .unwrap();
        let expected = Conflict {
            since: day(3),
            path_a: "agent : enter".into(),
            path_b: "clerk > buyer > treasury : pay".into(),
        };
        assert_eq!(found, [expected]);
    }
}
