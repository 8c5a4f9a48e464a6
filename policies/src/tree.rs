//! The typed tree: a rule after checking. Names are resolved to positions, every expression has
//! one type, calls have the definitions for their argument types, nothing recurs.
//!
//! This is what evaluators run; they need to know nothing of the syntax. It is the contract between
//! the front end and every backend: what an expression comes to for a record is said in
//! [`evaluate`](crate::evaluate).

use crate::data::TableSchema;
pub use crate::rego::function::{Function, Piece};
use std::cmp::Ordering;
use std::fmt;
use tieout_controls::control::ParameterType;
use tieout_controls::decision::RuleRef;
use tieout_controls::{ColumnType, Value};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// True or false.
    Bool,
    /// An exact decimal.
    Number,
    /// Text.
    String,
    /// A civil date.
    Date,
    /// An instant.
    Timestamp,
    /// A list of items of one type.
    List(Box<Type>),
    /// Distinct items of one type. Its value is a list of them in their order.
    Set(Box<Type>),
    /// Values by text.
    Map(Box<Type>),
    /// A row of the table in that position of [`Program::tables`].
    Row(usize),
    /// Of something already reported: fits everything.
    Wrong,
}

impl Type {
    /// The type in which a policy sees a column.
    pub fn of_column(kind: ColumnType) -> Self {
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
    pub fn of_parameter(kind: ParameterType) -> Self {
        match kind {
            ParameterType::String => Self::String,
            ParameterType::Decimal => Self::Number,
            ParameterType::Date => Self::Date,
            ParameterType::Bool => Self::Bool,
        }
    }

    /// Whether values of it can be keys, compared for equality and shown.
    pub fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Bool | Self::Number | Self::String | Self::Date | Self::Timestamp | Self::Wrong
        )
    }

    /// Whether its values are compared whole: lists, sets, objects.
    pub fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_) | Self::Map(_))
    }

    /// The type of the items of a list or set.
    pub fn items(&self) -> Option<&Self> {
        match self {
            Self::List(item) | Self::Set(item) => Some(item),
            _ => None,
        }
    }

    /// The one of two types that fit which says more: an empty collection says nothing of its items.
    pub fn settled<'t>(&'t self, other: &'t Self) -> &'t Self {
        match self {
            Self::Wrong => other,
            Self::List(of) | Self::Set(of) | Self::Map(of) if **of == Self::Wrong => other,
            _ => self,
        }
    }

    /// Whether both can stand in one place.
    pub fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Wrong, _) | (_, Self::Wrong) => true,
            (Self::List(a), Self::List(b))
            | (Self::Set(a), Self::Set(b))
            | (Self::Map(a), Self::Map(b)) => a.fits(b),
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
            Self::Set(item) => write!(f, "set of {item}"),
            Self::Map(value) => write!(f, "object of {value}"),
            Self::Row(_) => f.write_str("table row"),
            Self::Wrong => f.write_str("unknown"),
        }
    }
}

/// A place in a source: a line, a column and a length in characters; line and column are from 1.
/// What goes over several lines is named by its first token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The line.
    pub line: u32,
    /// The column of the first character.
    pub column: u32,
    /// The number of characters.
    pub length: u32,
}

/// A checked source.
#[derive(Debug, Default)]
pub struct Program {
    /// The population's columns in their order, and whether the policy reads them.
    pub columns: Vec<ColumnUse>,
    /// The tables that it reads.
    pub tables: Vec<TableUse>,
    /// The parameters that it reads, with their types.
    pub parameters: Vec<(String, ParameterType)>,
    /// Rules and functions that others use; a helper stands behind those that it uses itself.
    pub helpers: Vec<Helper>,
    /// The rules `violation`, in the order of the source.
    pub violations: Vec<Violation>,
    /// The helper `applicable`, and its place.
    pub applicable: Option<(usize, RuleRef)>,
}

/// A column of the population.
#[derive(Debug)]
pub struct ColumnUse {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
    /// Whether the policy reads it.
    pub used: bool,
}

/// A table that the policy reads.
#[derive(Debug)]
pub struct TableUse {
    /// Its name, as in `data.NAME`.
    pub name: String,
    /// As it was when the policy was checked.
    pub schema: TableSchema,
}

/// A rule `violation contains …`.
#[derive(Debug)]
pub struct Violation {
    /// Its place in the source.
    pub rule: RuleRef,
    /// The number of locals.
    pub frame: usize,
    /// What must hold.
    pub body: Vec<Statement>,
    /// What is stated then.
    pub fact: FactShape,
}

/// The object that a violation builds.
#[derive(Debug)]
pub struct FactShape {
    /// The kebab-case code of the defect.
    pub code: String,
    /// What was expected.
    pub expected: Option<Expr>,
    /// What the record has.
    pub actual: Option<Expr>,
    /// How much money it is.
    pub amount: Option<Expr>,
    /// A sentence for people.
    pub message: Option<Expr>,
}

/// A rule or function that others use, for one list of argument types.
#[derive(Debug)]
pub struct Helper {
    /// Its name in the source.
    pub name: String,
    /// The number of locals.
    pub frame: usize,
    /// Its definitions; they must not give two values for one record.
    pub definitions: Vec<Definition>,
    /// The value where no definition gives one.
    pub default: Option<Expr>,
    /// Whether it can only be true or undefined.
    pub only_true: bool,
}

/// One definition of a helper. The parameters are the first locals.
#[derive(Debug)]
pub struct Definition {
    /// What literal parameters ask of their arguments.
    pub guard: Vec<Expr>,
    /// Value and body, then those after each `else`.
    pub branches: Vec<(Expr, Vec<Statement>)>,
}

/// A statement of a body, which is a conjunction.
#[derive(Debug)]
pub enum Statement {
    /// The expression, of type bool, is true.
    Test(Expr),
    /// `name := value`: the value is there.
    Bind {
        /// Where it is kept.
        local: usize,
        /// What is kept.
        value: Expr,
        /// Where it stands.
        span: Span,
    },
    /// `some name in collection`: the rest of the body holds for at least one item.
    Some {
        /// Where the item's position is kept; for a set, the item itself; for an object, its key.
        key: Option<usize>,
        /// Where the item is kept.
        local: usize,
        /// What is gone through.
        collection: Collection,
        /// Where it stands.
        span: Span,
    },
    /// `every name in collection { … }`: the body holds for all items.
    Every {
        /// Where the item's position is kept; for a set, the item itself; for an object, its key.
        key: Option<usize>,
        /// Where the item is kept.
        local: usize,
        /// What is gone through.
        collection: Collection,
        /// What must hold for each.
        body: Vec<Statement>,
        /// Where it stands, up to its body.
        span: Span,
    },
}

impl Statement {
    /// Where it stands in the source.
    pub fn span(&self) -> Span {
        match self {
            Self::Test(expr) => expr.span,
            Self::Bind { span, .. } | Self::Some { span, .. } | Self::Every { span, .. } => *span,
        }
    }
}

/// What can be gone through.
#[derive(Debug)]
pub enum Collection {
    /// The items of a list or set, or the values of an object.
    List(Expr),
    /// The rows of a table.
    Table(usize),
}

/// A typed expression.
#[derive(Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The type of its value.
    pub ty: Type,
    /// The height of the tree, that of the helpers called included.
    pub depth: u32,
    /// Where it stands in the source.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug)]
pub enum ExprKind {
    /// A value of the source.
    Literal(Value),
    /// The column in that position of [`Program::columns`].
    Column(usize),
    /// The parameter in that position of [`Program::parameters`].
    Parameter(usize),
    /// A date of the run.
    Run(RunDate),
    /// A local of the body.
    Local(usize),
    /// A rule or function, with the arguments.
    Helper {
        /// Its position in [`Program::helpers`].
        helper: usize,
        /// Its first locals.
        arguments: Vec<Expr>,
    },
    /// A named function.
    Call {
        /// Which.
        function: Function,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
    /// The row with that key.
    Lookup {
        /// The position in [`Program::tables`].
        table: usize,
        /// A value for each key column.
        key: Vec<Expr>,
    },
    /// The row with that key that is in force at that time.
    EffectiveAt {
        /// The position in [`Program::tables`].
        table: usize,
        /// A value for each key column.
        key: Vec<Expr>,
        /// A date or an instant.
        when: Box<Expr>,
    },
    /// A cell of a row.
    Cell {
        /// The row.
        row: Box<Expr>,
        /// The position of its table in [`Program::tables`].
        table: usize,
        /// The column in the table's schema.
        column: usize,
    },
    /// A value of an object by its text key.
    Entry {
        /// The object.
        map: Box<Expr>,
        /// The key.
        key: Box<Expr>,
    },
    /// The same, or another value where there is no such entry.
    EntryOr {
        /// The object.
        map: Box<Expr>,
        /// The key.
        key: Box<Expr>,
        /// What stands for no entry.
        default: Box<Expr>,
    },
    /// The item of a list in that position, from 0.
    Item {
        /// The list.
        list: Box<Expr>,
        /// The position.
        position: Box<Expr>,
    },
    /// Whether a column, row, cell or entry is there: never undetermined for its own absence.
    Present(Box<Expr>),
    /// Whether an expression has a value at all.
    Defined(Box<Expr>),
    /// The first value, or the second where the column is null.
    OrElse {
        /// The column.
        column: usize,
        /// What stands for null.
        default: Box<Expr>,
    },
    /// The negation of a condition.
    Not(Box<Expr>),
    /// The number with the other sign.
    Negate(Box<Expr>),
    /// An exact sum, difference or product.
    Arithmetic {
        /// Which.
        operator: Arithmetic,
        /// The first operand.
        left: Box<Expr>,
        /// The second operand.
        right: Box<Expr>,
    },
    /// The items of two sets put together.
    Sets {
        /// Which.
        operator: SetOperator,
        /// The first set.
        left: Box<Expr>,
        /// The second set.
        right: Box<Expr>,
    },
    /// A comparison of two values of one type; of lists, sets and objects for equality alone.
    Compare {
        /// Which.
        comparison: Comparison,
        /// The first operand.
        left: Box<Expr>,
        /// The second operand.
        right: Box<Expr>,
    },
    /// Whether a list or set has an item, or an object a value.
    Member {
        /// The item.
        item: Box<Expr>,
        /// The list, set or object.
        list: Box<Expr>,
    },
    /// A list of these items, or a set, as the type says.
    List(Vec<Expr>),
    /// A list, set or object, as the type says, of an item for each solution of a body. Unknown
    /// where a solution or its item is: never shorter for what isn't known. Two values of one key
    /// are an error of the policy.
    Comprehension {
        /// The key of an object's entry.
        key: Option<Box<Expr>>,
        /// The item, or the value of the entry.
        item: Box<Expr>,
        /// What must hold.
        body: Vec<Statement>,
    },
    /// An object of these entries.
    Map(Vec<(String, Expr)>),
}

/// The dates of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunDate {
    /// The date on which the question is asked.
    AsOf,
    /// The first day of the period.
    PeriodStart,
    /// The day after its last day.
    PeriodEnd,
}

/// The exact operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}

/// The operations on sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    /// `|`: the items of either.
    Union,
    /// `&`: the items of both.
    Intersection,
    /// `-`: the items of the first that the second doesn't have.
    Difference,
}

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it holds for two values in that order.
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        }
    }
}
