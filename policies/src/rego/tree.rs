//! The typed tree: a rule after checking. Names are resolved to positions, every expression has
//! one type, calls have the definitions for their argument types, nothing recurs.
//!
//! This is what evaluators run; they need to know nothing of the syntax.

use super::function::Function;
use crate::data::TableSchema;
use std::fmt;
use tieout_controls::control::ParameterType;
use tieout_controls::decision::RuleRef;
use tieout_controls::{ColumnType, Value};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Type {
    Bool,
    Number,
    String,
    Date,
    Timestamp,
    List(Box<Type>),
    /// Values by text.
    Map(Box<Type>),
    /// A row of the table in that position of [`Program::tables`].
    Row(usize),
    /// Of something already reported: fits everything.
    Wrong,
}

impl Type {
    /// The type in which a policy sees a column.
    pub(crate) fn of_column(kind: ColumnType) -> Self {
        match kind {
            ColumnType::String => Self::String,
            ColumnType::Bool => Self::Bool,
            ColumnType::Integer | ColumnType::Decimal { .. } => Self::Number,
            ColumnType::Date => Self::Date,
            ColumnType::Timestamp => Self::Timestamp,
            ColumnType::StringList => Self::List(Box::new(Self::String)),
        }
    }

    /// The type in which a policy sees a parameter.
    pub(crate) fn of_parameter(kind: ParameterType) -> Self {
        match kind {
            ParameterType::String => Self::String,
            ParameterType::Decimal => Self::Number,
            ParameterType::Date => Self::Date,
            ParameterType::Bool => Self::Bool,
        }
    }

    /// Whether values of it can be keys, compared for equality and shown.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Bool | Self::Number | Self::String | Self::Date | Self::Timestamp | Self::Wrong
        )
    }

    /// Whether both can stand in one place.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Wrong, _) | (_, Self::Wrong) => true,
            (Self::List(a), Self::List(b)) | (Self::Map(a), Self::Map(b)) => a.fits(b),
            (a, b) => a == b,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::List(item) => write!(f, "list of {item}"),
            Self::Map(value) => write!(f, "object of {value}"),
            Self::Row(_) => f.write_str("table row"),
            Self::Wrong => f.write_str("unknown"),
        }
    }
}

/// A checked source.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// The population's columns in their order, and whether the policy reads them.
    pub(crate) columns: Vec<ColumnUse>,
    pub(crate) tables: Vec<TableUse>,
    pub(crate) parameters: Vec<(String, ParameterType)>,
    pub(crate) helpers: Vec<Helper>,
    pub(crate) violations: Vec<Violation>,
    /// The helper `applicable`, and its place.
    pub(crate) applicable: Option<(usize, RuleRef)>,
}

#[derive(Debug)]
pub(crate) struct ColumnUse {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    pub(crate) used: bool,
}

#[derive(Debug)]
pub(crate) struct TableUse {
    pub(crate) name: String,
    pub(crate) schema: TableSchema,
}

/// A rule `violation contains …`.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) rule: RuleRef,
    /// The number of locals.
    pub(crate) frame: usize,
    pub(crate) body: Vec<Statement>,
    pub(crate) fact: FactShape,
}

/// The object that a violation builds.
#[derive(Debug)]
pub(crate) struct FactShape {
    pub(crate) code: String,
    pub(crate) expected: Option<Expr>,
    pub(crate) actual: Option<Expr>,
    pub(crate) amount: Option<Expr>,
    pub(crate) message: Option<Expr>,
}

/// A rule or function that others use, for one list of argument types.
#[derive(Debug)]
pub(crate) struct Helper {
    pub(crate) frame: usize,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) default: Option<Expr>,
    /// Whether it can only be true or undefined.
    pub(crate) only_true: bool,
}

/// One definition of a helper. The parameters are the first locals.
#[derive(Debug)]
pub(crate) struct Definition {
    /// What literal parameters ask of their arguments.
    pub(crate) guard: Vec<Expr>,
    /// Value and body, then those after each `else`.
    pub(crate) branches: Vec<(Expr, Vec<Statement>)>,
}

#[derive(Debug)]
pub(crate) enum Statement {
    /// The expression is of type bool.
    Test(Expr),
    Bind {
        local: usize,
        value: Expr,
    },
    Some {
        local: usize,
        collection: Collection,
    },
    Every {
        local: usize,
        collection: Collection,
        body: Vec<Statement>,
    },
}

/// What can be gone through.
#[derive(Debug)]
pub(crate) enum Collection {
    List(Expr),
    Table(usize),
}

/// A typed expression.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) ty: Type,
    /// The height of the tree, that of the helpers called included.
    pub(crate) depth: u32,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Literal(Value),
    Column(usize),
    Parameter(usize),
    Run(RunDate),
    Local(usize),
    /// A rule or function, with the arguments.
    Helper {
        helper: usize,
        arguments: Vec<Expr>,
    },
    Call {
        function: Function,
        arguments: Vec<Expr>,
    },
    /// The row with that key.
    Lookup {
        table: usize,
        key: Vec<Expr>,
    },
    /// The row with that key that is in force at that time.
    EffectiveAt {
        table: usize,
        key: Vec<Expr>,
        when: Box<Expr>,
    },
    /// A cell of a row.
    Cell {
        row: Box<Expr>,
        table: usize,
        column: usize,
    },
    /// A value of an object by its text key.
    Entry {
        map: Box<Expr>,
        key: Box<Expr>,
    },
    /// The item of a list in that position, from 0.
    Item {
        list: Box<Expr>,
        position: Box<Expr>,
    },
    /// Whether a column, row, cell or entry is there: never undetermined for its own absence.
    Present(Box<Expr>),
    /// Whether an expression has a value at all.
    Defined(Box<Expr>),
    /// The first value, or the second where the column is null.
    OrElse {
        column: usize,
        default: Box<Expr>,
    },
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Arithmetic {
        operator: Arithmetic,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Compare {
        comparison: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Member {
        item: Box<Expr>,
        list: Box<Expr>,
    },
    List(Vec<Expr>),
    Map(Vec<(String, Expr)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunDate {
    AsOf,
    PeriodStart,
    PeriodEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
