//! The sweep over each user's time: between two change points nothing changes, so one look at each
//! stretch sees every instant.

use super::hierarchy::{
    Actions, Numbering, Segment, UNKNOWN, contains, path, segments, unite, unknown,
};
use super::{Conflict, Grant, Pair, Rule, Verdict, World};
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
    let permitted = world.permissions.values().flatten().map(String::as_str).collect();
    let scan = Scan { world, numbering, permitted, segments, period };
    let duties: Vec<Duty> = rules.iter().map(|rule| scan.duty(rule)).collect();
    for (user, grants) in users {
        let mut found = scan.user(&grants, &rules, &duties);
        let user_type = world.users.get(user).map(String::as_str);
        for (number, rule) in rules.iter().enumerate() {
            let verdict = found.remove(&number).unwrap_or(Verdict::Apart);
            each(Pair { user, user_type, rule, verdict })?;
        }
    }
    Ok(())
}

struct Scan<'a> {
    world: &'a World,
    numbering: Numbering<'a>,
    /// The actions that some role permits.
    permitted: BTreeSet<&'a str>,
    segments: Vec<Segment<'a>>,
    period: (DateTime<Utc>, DateTime<Utc>),
}

/// A rule's two actions.
#[derive(Clone, Copy)]
struct Duty(Action, Action);

/// An action's number, and whether some role permits it.
#[derive(Clone, Copy)]
struct Action {
    number: usize,
    known: bool,
}

/// Whether actions are held: three values, as some may hide behind names that don't resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    No,
    Perhaps,
    Yes,
}

impl Action {
    fn held(self, actions: &Actions) -> Holds {
        if contains(actions, self.number) {
            Holds::Yes
        } else if !self.known || contains(actions, UNKNOWN) {
            Holds::Perhaps
        } else {
            Holds::No
        }
    }
}

impl Duty {
    fn held(self, actions: &Actions) -> Holds {
        self.0.held(actions).min(self.1.held(actions))
    }
}

impl Scan<'_> {
    /// What is found of a user by the number of the rule; nothing where the actions are apart.
    fn user(
        &self,
        grants: &[&Grant],
        rules: &[&Rule],
        duties: &[Duty],
    ) -> BTreeMap<usize, Verdict> {
        let mut found = BTreeMap::new();
        let ever = self.ever(grants);
        let rules = rules.iter().zip(duties).enumerate();
        let possible: Vec<_> =
            rules.filter(|(_, (_, duty))| duty.held(&ever) > Holds::No).collect();
        if possible.is_empty() {
            return found;
        }
        let (start, end) = self.period;
        let points = self.points(grants);
        let mut since: BTreeMap<usize, DateTime<Utc>> = BTreeMap::new();
        for (index, from) in points.iter().enumerate() {
            let to = points.get(index + 1).copied().unwrap_or(end);
            let held = self.held(grants, *from);
            let any = grants.iter().any(|grant| grant.held.contains(*from));
            for (number, (rule, duty)) in &possible {
                // Who holds no role holds no action, by whatever name.
                let holds = if any { duty.held(&held) } else { Holds::No };
                if holds < Holds::Yes {
                    since.remove(number);
                }
                let at = start.max(*from);
                if holds == Holds::Yes {
                    let since = *since.entry(*number).or_insert(*from);
                    if to > start && !matches!(found.get(number), Some(Verdict::Conflict(_))) {
                        let conflict = self.conflict(grants, rule, since, at);
                        found.extend(conflict.map(|c| (*number, Verdict::Conflict(c))));
                    }
                } else if holds == Holds::Perhaps && to > start {
                    let what = || Verdict::Unknown(self.unresolved(grants, rule, **duty, at));
                    found.entry(*number).or_insert_with(what);
                }
            }
        }
        found
    }

    fn duty(&self, rule: &Rule) -> Duty {
        let action = |name: &str| Action {
            number: self.numbering.number(name).unwrap_or(usize::MAX),
            known: self.permitted.contains(name),
        };
        Duty(action(&rule.action_a), action(&rule.action_b))
    }

    /// What doesn't resolve: a role of the user's at that instant, else an action of the rule.
    fn unresolved(&self, grants: &[&Grant], rule: &Rule, duty: Duty, at: DateTime<Utc>) -> String {
        match unknown(self.world, &roles(grants, at), at) {
            Some(way) => format!("role {way}"),
            None if duty.0.known => format!("action {}", rule.action_b),
            None => format!("action {}", rule.action_a),
        }
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
        let held = roles(grants, at);
        Some(Conflict {
            since,
            path_a: path(self.world, &held, &rule.action_a, at)?,
            path_b: path(self.world, &held, &rule.action_b, at)?,
        })
    }
}

/// The roles that are held directly at an instant.
fn roles<'a>(grants: &[&'a Grant], at: DateTime<Utc>) -> BTreeSet<&'a str> {
    let held = grants.iter().filter(|grant| grant.held.contains(at));
    held.map(|grant| grant.role.as_str()).collect()
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

    /// Every role held on a day, the slow and obvious way.
    fn held<'a>(world: &'a World, user: &str, at: DateTime<Utc>) -> BTreeSet<&'a str> {
        let grants = world.grants.iter().filter(|g| g.user == user && g.held.contains(at));
        let mut roles: BTreeSet<&str> = grants.map(|g| g.role.as_str()).collect();
        loop {
            let edges = world.edges.iter().filter(|e| e.valid.contains(at));
            let above = edges.filter(|e| roles.contains(e.role.as_str()));
            let more: Vec<&str> = above.map(|e| e.parent.as_str()).collect();
            let before = roles.len();
            roles.extend(more);
            if roles.len() == before {
                return roles;
            }
        }
    }

    /// Whether roles give an action: surely, perhaps, not.
    fn gives(world: &World, roles: &BTreeSet<&str>, action: &str) -> Holds {
        let permits = |actions: &BTreeSet<String>| actions.contains(action);
        let known =
            |role: &&&str| world.roles.contains(**role) || world.permissions.contains_key(**role);
        if roles.iter().any(|role| world.permissions.get(*role).is_some_and(permits)) {
            Holds::Yes
        } else if roles.iter().any(|role| !known(&role))
            || (!roles.is_empty() && !world.permissions.values().any(permits))
        {
            Holds::Perhaps
        } else {
            Holds::No
        }
    }

    fn worlds() -> impl Strategy<Value = World> {
        let span = || (0..20_i64, 0..18_i64);
        let grants = proptest::collection::vec((0..3_u8, 0..6_u8, span()), 0..8);
        let edges = proptest::collection::vec((0..6_u8, 0..6_u8, span()), 0..8);
        let permissions = proptest::collection::vec((0..6_u8, 0..4_u8), 0..8);
        let rules = proptest::collection::vec((0..4_u8, 0..4_u8), 0..3);
        let roles = proptest::collection::btree_set(0..6_u8, 0..7);
        (grants, edges, permissions, rules, roles).prop_map(
            |(grants, edges, permissions, rules, roles)| {
                let mut world = World::default();
                world.roles.extend(roles.into_iter().map(|role| format!("r{role}")));
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
            },
        )
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
                    let roles = held(&world, pair.user, day(number));
                    let gives = |action: &str| gives(&world, &roles, action);
                    gives(&pair.rule.action_a).min(gives(&pair.rule.action_b))
                };
                match &pair.verdict {
                    Verdict::Conflict(conflict) => {
                        let first = (8..16).find(|number| holds(*number) == Holds::Yes).unwrap();
                        let mut since = first;
                        while since > 0 && holds(since - 1) == Holds::Yes {
                            since -= 1;
                        }
                        assert_eq!(conflict.since, day(since));
                        assert!(conflict.path_a.ends_with(&format!(" : {}", pair.rule.action_a)));
                    }
                    Verdict::Unknown(what) => {
                        assert_eq!((8..16).map(holds).max(), Some(Holds::Perhaps));
                        assert!(what.starts_with("role ") || what.starts_with("action "));
                    }
                    Verdict::Apart => assert_eq!((8..16).map(holds).max(), Some(Holds::No)),
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
            roles: ["clerk".to_owned(), "payer".to_owned(), "buyer".to_owned()].into(),
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
            found.push(pair.verdict);
            Ok::<_, ()>(())
        })
        .unwrap();
        let expected = Verdict::Conflict(Conflict {
            since: day(3),
            path_a: "agent : enter".into(),
            path_b: "clerk > buyer > treasury : pay".into(),
        });
        assert_eq!(found, [expected]);
    }

    /// Rule: nobody enters and pays. `clerk` enters; what `treasury` may do varies.
    #[test]
    fn what_does_not_resolve_is_unknown_unless_it_makes_no_difference() {
        let always = Interval { from: day(0), to: None };
        let before = Interval { from: day(0), to: Some(day(3)) };
        type Grants<'a> = &'a [(&'a str, Interval)];
        type Edges<'a> = &'a [(&'a str, &'a str)];
        // Grants, edges, who pays; verdict.
        let cases: [(Grants<'_>, Edges<'_>, &str, &str); 9] = [
            (&[("clerk", always)], &[], "treasury", "apart"),
            (&[("clerk", always), ("treasury", always)], &[], "treasury", "conflict"),
            // A role that nobody declared may permit anything.
            (&[("guest", always)], &[], "treasury", "role guest"),
            (&[("clerk", always)], &[("clerk", "guest")], "treasury", "role clerk > guest"),
            (&[("clerk", always), ("guest", before)], &[], "treasury", "apart"),
            (
                &[("clerk", always), ("guest", always), ("treasury", always)],
                &[],
                "treasury",
                "conflict",
            ),
            // An action that no role permits may be one by another name.
            (&[("clerk", always)], &[], "", "action pay"),
            (&[("reader", always)], &[], "", "apart"),
            (&[("clerk", before)], &[], "", "apart"),
        ];
        for (grants, edges, payer, expected) in cases {
            let mut world = World::default();
            world.roles.insert("reader".into());
            world.permissions.insert("clerk".into(), ["enter".to_owned()].into());
            if !payer.is_empty() {
                world.permissions.insert(payer.into(), ["pay".to_owned()].into());
            }
            let grant = |(role, held): &(&str, Interval)| Grant {
                user: "u".into(),
                role: (*role).into(),
                held: *held,
            };
            world.grants.extend(grants.iter().map(grant));
            world.edges.extend(edges.iter().map(|(role, parent)| Edge {
                role: (*role).into(),
                parent: (*parent).into(),
                valid: always,
            }));
            world.rules.push(Rule {
                id: "r".into(),
                action_a: "enter".into(),
                action_b: "pay".into(),
                severity: "high".into(),
            });
            scan(&world, (day(5), day(9)), |pair| {
                let found = match &pair.verdict {
                    Verdict::Apart => "apart",
                    Verdict::Conflict(_) => "conflict",
                    Verdict::Unknown(what) => what,
                };
                assert_eq!(found, expected, "{grants:?} {edges:?} {payer}");
                Ok::<_, ()>(())
            })
            .unwrap();
        }
    }
}
