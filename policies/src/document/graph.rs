//! Who needs whom: a function that needs itself, or a way of calls without end, would take the
//! stack of a recursive evaluator with it.

use super::names::{Names, Scope, head, prefix};
use super::walk::{self, Visit};
use regorus::unstable::{Expr, Module, Ref, Rule, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong at the head of a rule.
pub(super) enum Tangle {
    /// It needs itself.
    Recursion(String),
    /// What it needs needs others, and so on too far.
    Depth,
}

/// The rules and functions that need themselves or too long a way of others.
pub(super) fn tangles(modules: &[Ref<Module>], names: &Names) -> Vec<(Span, Tangle)> {
    let graph = Graph::of(modules, names);
    let mut heights = BTreeMap::new();
    let mut found = Vec::new();
    for path in graph.nodes.keys() {
        if !heights.contains_key(path) {
            graph.walk(path, &mut heights, &mut found);
        }
    }
    let placed =
        |(path, tangle): (&Path, Tangle)| Some((graph.nodes.get(path)?.span.clone(), tangle));
    found.into_iter().filter_map(placed).collect()
}

type Path = Vec<String>;

struct Node {
    span: Span,
    needs: BTreeSet<Path>,
}

struct Graph {
    nodes: BTreeMap<Path, Node>,
}

impl Graph {
    fn of(modules: &[Ref<Module>], names: &Names) -> Self {
        let mut nodes: BTreeMap<Path, Node> = BTreeMap::new();
        for module in modules {
            let scope = Scope::of(module);
            for rule in &module.policy {
                let path = scope.resolve(&prefix(head(rule))).unwrap_or_default();
                let node = nodes.entry(path).or_insert_with(|| Node {
                    span: head(rule).span().clone(),
                    needs: BTreeSet::new(),
                });
                node.needs.extend(needs(rule, &scope, names));
            }
        }
        let paths: BTreeSet<Path> = nodes.keys().cloned().collect();
        for node in nodes.values_mut() {
            node.needs = node.needs.iter().flat_map(|need| met(need, &paths)).collect();
        }
        Self { nodes }
    }

    /// Walks what a node needs, without recursion: keeps how high each stands, and finds the
    /// circles that close on the way.
    fn walk<'a>(
        &'a self,
        start: &'a Path,
        heights: &mut BTreeMap<&'a Path, usize>,
        found: &mut Vec<(&'a Path, Tangle)>,
    ) {
        let mut open = vec![(start, self.needs(start))];
        let mut on_way = BTreeSet::from([start]);
        while let Some((path, left)) = open.last_mut() {
            let path = *path;
            match left.pop() {
                Some(next) if on_way.contains(next) => {
                    found.push((next, Tangle::Recursion(next.join("."))));
                }
                Some(next) if heights.contains_key(next) => {}
                Some(next) => {
                    on_way.insert(next);
                    open.push((next, self.needs(next)));
                }
                None => {
                    let below = self.needs(path).into_iter().filter_map(|n| heights.get(n)).max();
                    let height = below.map_or(0_usize, |h| h.saturating_add(1));
                    if height == MAX_WAY {
                        found.push((path, Tangle::Depth));
                    }
                    heights.insert(path, height);
                    on_way.remove(path);
                    open.pop();
                }
            }
        }
    }

    fn needs<'a>(&'a self, path: &Path) -> Vec<&'a Path> {
        self.nodes.get(path).into_iter().flat_map(|node| &node.needs).collect()
    }
}

/// The longest way of rules and functions that need one another.
const MAX_WAY: usize = 200;

/// The definitions that a path meets: itself, what stands below it, and what it looks into.
fn met(need: &Path, paths: &BTreeSet<Path>) -> Vec<Path> {
    let below = paths.range(need.clone()..).take_while(|p| p.starts_with(need)).cloned();
    let above = (1..need.len()).filter_map(|n| need.get(..n)).map(<[String]>::to_vec);
    below.chain(above.filter(|p| paths.contains(p))).collect()
}

/// What a rule names that could be a definition.
fn needs(rule: &Rule, scope: &Scope, names: &Names) -> BTreeSet<Path> {
    let mut seen = Needs { references: Vec::new(), calls: Vec::new(), local: BTreeSet::new() };
    walk::rule(rule, &mut seen);
    let local = seen.local;
    let references = seen.references.into_iter();
    let references = references.filter(|path| path.first().is_some_and(|f| !local.contains(f)));
    let references = references.filter_map(|path| scope.resolve(&path));
    let calls = seen.calls.into_iter().filter_map(|path| scope.resolve(&path));
    references.chain(calls.filter(|path| names.is_function(path))).collect()
}

struct Needs {
    references: Vec<Path>,
    calls: Vec<Path>,
    local: BTreeSet<String>,
}

impl Visit for Needs {
    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Call { fcn, .. } => self.calls.push(prefix(fcn)),
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.references.push(prefix(expression));
            }
            _ => {}
        }
    }

    fn declared(&mut self, name: &str) {
        self.local.insert(name.to_owned());
    }
}
