//! The plan: a rule's tree as a graph in which nothing is computed twice.

use std::collections::BTreeMap;
use tieout_controls::Value;
use tieout_policies::tree::{Arithmetic, Comparison, Function, SetOperator};

/// A node of a [`Graph`]; a node stands behind those that it uses.
pub(super) type Id = usize;

/// What a node computes.
#[derive(Debug, Clone)]
pub(super) enum Op {
    /// A literal, a parameter, a date of the run.
    Constant(Value),
    /// A column of the population.
    Column(usize),
    /// A named function.
    Call {
        function: Function,
        arguments: Vec<Id>,
    },
    /// A part of a key as its number in the table's index.
    KeyPart {
        table: usize,
        part: usize,
        value: Id,
    },
    /// The rows of a table that have a key, by its parts.
    Group {
        table: usize,
        parts: Vec<Id>,
    },
    /// Whether a group has rows.
    Found(Id),
    /// The one row of a group.
    OnlyRow {
        table: usize,
        group: Id,
    },
    /// The one row of a group that is in force at a time.
    RowInForce {
        table: usize,
        group: Id,
        when: Id,
    },
    /// A row of a table by its number.
    RowNumber(usize),
    /// A cell of a row.
    Cell {
        row: Id,
        table: usize,
        column: usize,
    },
    /// An entry of an object; undefined where there is none.
    Entry {
        map: Id,
        key: Id,
    },
    /// An item of a list; undefined past its end.
    Item {
        list: Id,
        position: Id,
    },
    /// The same, where undefined means unknown.
    Needed(Id),
    /// Whether there is a value; unknown where that is unknown.
    Defined(Id),
    /// Whether a column or cell is not null: never unknown for its own absence. The row is known
    /// where the first is true.
    NotNull {
        row: Option<Id>,
        place: Id,
    },
    /// The value, or another where it is unknown for being null.
    OrElse {
        value: Id,
        default: Id,
    },
    Not(Id),
    /// Kleene's conjunction of conditions.
    All(Vec<Id>),
    /// Kleene's disjunction of conditions.
    Any(Vec<Id>),
    /// The second condition where the first is false, else the first.
    Else(Id, Id),
    Negate(Id),
    Arithmetic {
        operator: Arithmetic,
        left: Id,
        right: Id,
    },
    Compare {
        comparison: Comparison,
        left: Id,
        right: Id,
    },
    Member {
        item: Id,
        list: Id,
    },
    List(Vec<Id>),
    Map(Vec<(String, Id)>),
    /// A list of what solutions give, or an object.
    Collect {
        parts: Vec<Part>,
        object: bool,
    },
    /// The items of a list, in their order and each once.
    Distinct(Id),
    /// Two sets put together.
    Sets {
        operator: SetOperator,
        left: Id,
        right: Id,
    },
    /// Whether two lists, sets or objects are the same.
    Same {
        left: Id,
        right: Id,
    },
    /// A list in the form that the next four take.
    Listed(Id),
    /// The items of all lists, one after the other.
    Elements(Id),
    /// The position of each of them in its list.
    Positions(Id),
    /// Whether a condition on the elements holds for one of each list's.
    AnyElement {
        list: Id,
        condition: Id,
    },
    /// Whether a condition on the elements holds for all of each list's.
    AllElements {
        list: Id,
        condition: Id,
    },
    /// Nothing where the condition is false.
    TrueOrNothing(Id),
    /// The value, or another where there is certainly none.
    Default {
        value: Id,
        default: Id,
    },
    /// Of each definition the value under its first condition that isn't false; of all definitions
    /// the one value there is.
    Choose(Vec<Vec<(Id, Id)>>),
}

/// A part of what is collected.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// A single solution.
    One(Solution),
    /// Solutions for each item of a list, where the first condition isn't false.
    Each { list: Id, when: Id, solutions: Vec<Solution> },
}

/// What is collected where a condition is true.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub(super) condition: Id,
    /// Of an entry of an object.
    pub(super) key: Option<Id>,
    pub(super) item: Id,
}

impl Part {
    fn uses(&self) -> Vec<Id> {
        let of = |solution: &Solution| {
            [solution.condition, solution.item].into_iter().chain(solution.key)
        };
        match self {
            Self::One(solution) => of(solution).collect(),
            Self::Each { list, when, solutions } => {
                [*list, *when].into_iter().chain(solutions.iter().flat_map(of)).collect()
            }
        }
    }
}

impl Op {
    /// The nodes that it uses.
    pub(super) fn uses(&self) -> Vec<Id> {
        match self {
            Self::Constant(_) | Self::Column(_) | Self::RowNumber(_) => Vec::new(),
            Self::Call { arguments: ids, .. }
            | Self::Group { parts: ids, .. }
            | Self::All(ids)
            | Self::Any(ids)
            | Self::List(ids) => ids.clone(),
            Self::KeyPart { value: id, .. }
            | Self::Found(id)
            | Self::OnlyRow { group: id, .. }
            | Self::Cell { row: id, .. }
            | Self::Needed(id)
            | Self::Defined(id)
            | Self::NotNull { row: None, place: id }
            | Self::Not(id)
            | Self::Negate(id)
            | Self::TrueOrNothing(id)
            | Self::Distinct(id)
            | Self::Listed(id)
            | Self::Elements(id)
            | Self::Positions(id) => vec![*id],
            Self::RowInForce { group: a, when: b, .. }
            | Self::Entry { map: a, key: b }
            | Self::Item { list: a, position: b }
            | Self::NotNull { row: Some(a), place: b }
            | Self::OrElse { value: a, default: b }
            | Self::Default { value: a, default: b }
            | Self::Else(a, b)
            | Self::Arithmetic { left: a, right: b, .. }
            | Self::Compare { left: a, right: b, .. }
            | Self::Sets { left: a, right: b, .. }
            | Self::Same { left: a, right: b }
            | Self::Member { item: a, list: b }
            | Self::AnyElement { list: a, condition: b }
            | Self::AllElements { list: a, condition: b } => vec![*a, *b],
            Self::Collect { parts, .. } => parts.iter().flat_map(Part::uses).collect(),
            Self::Map(entries) => entries.iter().map(|(_, id)| *id).collect(),
            Self::Choose(definitions) => {
                definitions.iter().flatten().flat_map(|(a, b)| [*a, *b]).collect()
            }
        }
    }
}

impl Op {
    /// The nodes that it uses, without those that it has a value of for each item of a list.
    fn open(&self) -> Vec<Id> {
        match self {
            Self::AnyElement { list, .. } | Self::AllElements { list, .. } => vec![*list],
            Self::Collect { parts, .. } => {
                let open = |part: &Part| match part {
                    Part::One(_) => part.uses(),
                    Part::Each { list, when, .. } => vec![*list, *when],
                };
                parts.iter().flat_map(open).collect()
            }
            op => op.uses(),
        }
    }
}

/// The nodes of all rules that are evaluated together.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Op>,
    /// Whether a node depends on no column.
    constant: Vec<bool>,
    /// Whether a node depends on an item of a list.
    by_item: Vec<bool>,
    known: BTreeMap<String, Id>,
}

impl Graph {
    /// The node that computes this; the one there is, if there is one.
    pub(super) fn add(&mut self, op: Op) -> Id {
        // The debug form says everything that tells two operations apart.
        let key = format!("{op:?}");
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.nodes.len();
        let constant = op.uses().into_iter().all(|used| self.is_constant(used));
        self.constant.push(constant && !matches!(op, Op::Column(_)));
        let by_item = matches!(op, Op::Elements(_) | Op::Positions(_))
            || op.open().into_iter().any(|used| self.is_by_item(used));
        self.by_item.push(by_item);
        self.nodes.push(op);
        self.known.insert(key, id);
        id
    }

    pub(super) fn constant(&mut self, value: Value) -> Id {
        self.add(Op::Constant(value))
    }

    pub(super) fn op(&self, id: Id) -> Option<&Op> {
        self.nodes.get(id)
    }

    /// Whether a node is the constant `true`.
    pub(super) fn is_true(&self, id: Id) -> bool {
        matches!(self.op(id), Some(Op::Constant(Value::Bool(true))))
    }

    /// Whether a node depends on an item of a list that is gone through.
    pub(super) fn is_by_item(&self, id: Id) -> bool {
        self.by_item.get(id).copied().unwrap_or_default()
    }

    /// Whether a node depends on no column.
    pub(super) fn is_constant(&self, id: Id) -> bool {
        self.constant.get(id).copied().unwrap_or_default()
    }
}
