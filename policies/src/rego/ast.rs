//! The syntax tree: what an author wrote, before anything is known of its meaning.

pub(crate) use crate::tree::Span;

/// A source file.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) rules: Vec<Rule>,
    /// The parts of the source that can be taken out or set apart, in the order of their ends.
    pub(crate) parts: Vec<Part>,
}

/// A part of a source by its tokens: the position of the first, and that after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) kind: PartKind,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// A definition of a rule or function.
    Rule,
    /// A statement of a body.
    Statement,
    /// `key: value` in an object.
    Entry,
    /// The `|` between two sets.
    Union,
}

/// A `# METADATA` block: its YAML, and the line of its first line.
#[derive(Debug, Clone)]
pub(crate) struct MetadataBlock {
    pub(crate) line: u32,
    pub(crate) yaml: String,
}

/// One definition of a rule or function; several with the same name are alternatives.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Name,
    pub(crate) head: Head,
    /// The value and body, then those after each `else`.
    pub(crate) branches: Vec<Branch>,
    pub(crate) last_line: u32,
}

/// What kind of rule.
#[derive(Debug)]
pub(crate) enum Head {
    /// `name contains value if {…}`: the value is that of the branch.
    Contains,
    /// `name := value if {…}` or `name if {…}`.
    Complete,
    /// `name(params) := value if {…}`.
    Function(Vec<Pattern>),
    /// `default name := value`.
    Default,
}

/// A value under a body.
#[derive(Debug)]
pub(crate) struct Branch {
    /// `None` stands for `true`.
    pub(crate) value: Option<Expr>,
    /// Empty when there is no body.
    pub(crate) body: Vec<Statement>,
}

/// A parameter of a function.
#[derive(Debug)]
pub(crate) enum Pattern {
    Name(Name),
    Wildcard,
    /// A literal that the argument must equal.
    Literal(Expr),
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A statement of a body.
#[derive(Debug)]
pub(crate) enum Statement {
    Test(Expr),
    Bind { name: Name, value: Expr, span: Span },
    Some { key: Option<Name>, item: Name, collection: Expr, span: Span },
    Every { key: Option<Name>, item: Name, collection: Expr, body: Vec<Statement>, span: Span },
    Not { inner: Expr, span: Span },
}

impl Statement {
    /// The height of its highest tree.
    pub(crate) fn depth(&self) -> u32 {
        match self {
            Self::Test(e) | Self::Not { inner: e, .. } | Self::Bind { value: e, .. } => e.depth,
            Self::Some { collection, .. } => collection.depth,
            Self::Every { collection, body, .. } => {
                let below = body.iter().map(Self::depth).max().unwrap_or(0);
                collection.depth.max(below)
            }
        }
    }
}

/// An expression.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
    /// The height of the tree, which is bounded.
    pub(crate) depth: u32,
}

impl Expr {
    /// The column that it is.
    pub(crate) fn column(&self) -> Option<&str> {
        let ExprKind::Field { base, name } = &self.kind else { return None };
        let input = matches!(&base.kind, ExprKind::Variable(base) if base == "input");
        input.then_some(name.text.as_str())
    }

    /// The expressions that it is made of.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Variable(_) => Vec::new(),
            ExprKind::Array(items)
            | ExprKind::Set(items)
            | ExprKind::Call { arguments: items, .. } => items.iter().collect(),
            ExprKind::Object(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
            ExprKind::Field { base: inner, .. } | ExprKind::Negate(inner) => vec![inner],
            ExprKind::Comprehension { key, item, body, .. } => {
                let mut all = expressions(body);
                all.extend(key.as_deref());
                all.push(item);
                all
            }
            ExprKind::Index { base: one, key: other }
            | ExprKind::Binary { left: one, right: other, .. } => vec![one, other],
        }
    }
}

/// The expressions of a body.
pub(crate) fn expressions(body: &[Statement]) -> Vec<&Expr> {
    let mut all = Vec::new();
    for statement in body {
        match statement {
            Statement::Test(expr)
            | Statement::Not { inner: expr, .. }
            | Statement::Bind { value: expr, .. }
            | Statement::Some { collection: expr, .. } => all.push(expr),
            Statement::Every { collection, body, .. } => {
                all.push(collection);
                all.extend(expressions(body));
            }
        }
    }
    all
}

/// The kinds of expressions.
#[derive(Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    /// The lexeme.
    Number(String),
    String(String),
    Array(Vec<Expr>),
    Set(Vec<Expr>),
    /// `[item | body]`, `{item | body}` or `{key: item | body}`.
    Comprehension {
        key: Option<Box<Expr>>,
        item: Box<Expr>,
        body: Vec<Statement>,
        set: bool,
    },
    Object(Vec<(Expr, Expr)>),
    Variable(String),
    /// `base.field`, and `base["field"]` too.
    Field {
        base: Box<Expr>,
        name: Name,
    },
    Index {
        base: Box<Expr>,
        key: Box<Expr>,
    },
    Call {
        function: Name,
        arguments: Vec<Expr>,
    },
    Negate(Box<Expr>),
    Binary {
        operator: Operator,
        left: Box<Expr>,
        right: Box<Expr>,
    },
}

/// The binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    /// `=`, which binds a name that isn't known yet and else compares.
    Unify,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Union,
    Intersection,
    In,
}

impl Operator {
    /// As it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unify => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Union => "|",
            Self::Intersection => "&",
            Self::In => "in",
        }
    }
}
