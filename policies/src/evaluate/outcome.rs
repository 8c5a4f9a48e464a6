//! What an expression comes to: a value, nothing, or unknown.

use std::borrow::Cow;
use std::collections::BTreeSet;
use tieout_controls::decision::{Reason, RuleRef};
use tieout_controls::{Cause, Value};

/// Why something is unknown: the kind of obstacle and the column, in an order of their own.
pub(crate) type Obstacles = BTreeSet<(Reason, Option<String>)>;

/// What an expression comes to for a record.
#[derive(Debug, Clone)]
pub(super) enum Outcome<'a> {
    /// A value; never [`Value::Null`].
    Value(Cow<'a, Value>),
    /// A row of a table.
    Row(&'a [Value]),
    /// Nothing, for certain: a rule without a value, a list's end.
    Undefined,
    /// It can't be told.
    Unknown(Obstacles),
}

impl<'a> Outcome<'a> {
    pub(super) fn owned(value: Value) -> Self {
        Self::Value(Cow::Owned(value))
    }

    pub(super) fn bool(value: bool) -> Self {
        Self::owned(Value::Bool(value))
    }

    /// An element of a list, of which a null one can't be told.
    pub(super) fn element(value: Value, list: Option<String>) -> Self {
        if value.is_null() { Self::unknown(Reason::Null, list) } else { Self::owned(value) }
    }

    pub(super) fn unknown(reason: Reason, column: Option<String>) -> Self {
        Self::Unknown(BTreeSet::from([(reason, column)]))
    }

    /// In words, for people.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Value(value) => told(value),
            Self::Row(_) => "a row".to_owned(),
            Self::Undefined => "nothing".to_owned(),
            Self::Unknown(obstacles) => format!("not known: {}", obstacles_told(obstacles)),
        }
    }

    /// As the truth of a condition: what has no value is not true.
    pub(super) fn truth(self) -> Truth {
        match self {
            Self::Value(value) => match value.as_ref() {
                Value::Bool(true) => Truth::True,
                _ => Truth::False,
            },
            Self::Row(_) => Truth::True,
            Self::Undefined => Truth::False,
            Self::Unknown(obstacles) => Truth::Unknown(obstacles),
        }
    }

    /// The value, or what stands in its way.
    pub(super) fn value(self) -> Result<Cow<'a, Value>, Self> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Row(_) => Err(Self::Undefined),
            other => Err(other),
        }
    }

    /// Both values, or what stands in their way: if one of them is nothing for certain, so is
    /// whatever is made of both.
    pub(super) fn both(self, other: Self) -> Result<(Cow<'a, Value>, Cow<'a, Value>), Self> {
        match (self.value(), other.value()) {
            (Ok(a), Ok(b)) => Ok((a, b)),
            (Err(Self::Undefined), _) | (_, Err(Self::Undefined)) => Err(Self::Undefined),
            (Err(Self::Unknown(mut a)), Err(Self::Unknown(b))) => {
                a.extend(b);
                Err(Self::Unknown(a))
            }
            (Err(other), _) | (_, Err(other)) => Err(other),
        }
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Number(number) => number.normalized().to_string(),
        Value::List(_) | Value::Object(_) => value.to_json().to_string(),
        scalar => scalar.to_text().unwrap_or_default(),
    }
}

/// What stands in the way, for people.
pub(crate) fn obstacles_told(obstacles: &Obstacles) -> String {
    let told = obstacles.iter().map(|(reason, column)| reason.of_column(column.as_deref()));
    told.collect::<Vec<_>>().join(", ")
}

/// Kleene's three truth values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    Unknown(Obstacles),
}

impl Truth {
    pub(super) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown(mut a), Self::Unknown(b)) => {
                a.extend(b);
                Self::Unknown(a)
            }
            (Self::True, other) | (other, Self::True) => other,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

impl<'a> From<Truth> for Outcome<'a> {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Self::bool(true),
            Truth::False => Self::bool(false),
            Truth::Unknown(obstacles) => Self::Unknown(obstacles),
        }
    }
}

/// The obstacles as the causes of a rule's indecision.
pub(super) fn causes(obstacles: Obstacles, rule: &RuleRef) -> impl Iterator<Item = Cause> {
    let cause = |(reason, column)| Cause { reason, rule: rule.clone(), column };
    obstacles.into_iter().map(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown() -> Truth {
        Truth::Unknown(BTreeSet::from([(Reason::Null, None)]))
    }

    #[test]
    fn kleene_tables() {
        let (t, f, u) = (Truth::True, Truth::False, unknown());
        let tables = [
            (&t, &t, &t, &t),
            (&t, &f, &f, &t),
            (&t, &u, &u, &t),
            (&f, &f, &f, &f),
            (&f, &u, &f, &u),
            (&u, &u, &u, &u),
        ];
        for (a, b, and, or) in tables {
            assert_eq!(a.clone().and(b.clone()), *and, "{a:?} and {b:?}");
            assert_eq!(b.clone().and(a.clone()), *and, "{b:?} and {a:?}");
            assert_eq!(a.clone().or(b.clone()), *or, "{a:?} or {b:?}");
            assert_eq!(b.clone().or(a.clone()), *or, "{b:?} or {a:?}");
        }
        assert_eq!((t.clone().not(), f.clone().not(), u.clone().not()), (f, t, u));
    }
}
