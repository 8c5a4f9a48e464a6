//! The named functions.

use crate::tree::Type;
use regex::Regex;
use tieout_controls::Rounding;

/// A named function with what is known of it at check time.
#[derive(Debug, Clone)]
pub enum Function {
    /// The number without its sign.
    Abs,
    /// Whether a text begins with another.
    StartsWith,
    /// Whether a text ends with another.
    EndsWith,
    /// Whether a text has another in it.
    Contains,
    /// In lower case (Unicode).
    Lower,
    /// In upper case (Unicode).
    Upper,
    /// Without white space at both ends.
    TrimSpace,
    /// Without these characters at both ends.
    Trim,
    /// Without these characters in front.
    TrimLeft,
    /// Without these characters behind.
    TrimRight,
    /// Without another text in front.
    TrimPrefix,
    /// Without another text behind.
    TrimSuffix,
    /// A text put in place of another, wherever it stands.
    Replace,
    /// So many characters from a position on, all that follow where the number is negative.
    Substring,
    /// The position of a text in another; -1 where it isn't.
    IndexOf,
    /// The characters from the last to the first.
    Reverse,
    /// Whether a text of some begins with a text of others.
    AnyPrefix,
    /// Whether a text of some ends with a text of others.
    AnySuffix,
    /// How often a text stands in another, without overlap.
    StringCount,
    /// The items of a list, then those of another.
    ArrayConcat,
    /// The items of a list from a position on, before another; both are cut to the list.
    ArraySlice,
    /// The items from the last to the first.
    ArrayReverse,
    /// The whole numbers from one to another, both of them, up or down.
    Range,
    /// Every so many of them.
    RangeStep,
    /// The keys of an object.
    ObjectKeys,
    /// Texts joined by another.
    Concat,
    /// A text cut where another stands.
    Split,
    /// The items of a list, or the characters of a text.
    Count,
    /// The least item.
    Min,
    /// The greatest item.
    Max,
    /// The items in their order.
    Sort,
    /// The sum of all items; 0 of none.
    Sum,
    /// The product of all items; 1 of none.
    Product,
    /// Whether a text matches.
    Matches(Regex),
    /// A format with its arguments filled in.
    Format(Vec<Piece>),
    /// The number that a text says.
    DecimalParse,
    /// A number at a scale.
    DecimalRound(Rounding),
    /// A quotient at a scale.
    DecimalDiv(Rounding),
    /// The digits behind the point of a currency's amounts (ISO 4217).
    MinorUnits,
    /// Whether a code is a currency on a day (ISO 4217).
    IsCurrency,
    /// The UTC day of an instant.
    DateOf,
    /// The date that a text says, `YYYY-MM-DD`.
    DateParse,
    /// The instant that a text says, RFC 3339 with an offset.
    TimeParse,
    /// The year of a date.
    DateYear,
    /// The same day some years later; 28 February for the 29th where there is none.
    DateAddYears,
    /// 31 December of a date's year.
    DateEndOfYear,
    /// The month of a date, from 1.
    DateMonth,
    /// The day of a date's month, from 1.
    DateDay,
    /// The day of the week, Monday 1 to Sunday 7 (ISO 8601).
    DateWeekday,
    /// The same day some months later; the month's last where there is none.
    DateAddMonths,
    /// The date some days later.
    DateAddDays,
    /// The days from a date to another.
    DateDaysBetween,
}

/// A piece of a format: text, or the place of the next argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text.
    Text(String),
    /// The place of the next argument.
    Argument,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Number,
    String,
    Date,
    Timestamp,
    /// A date, or an instant of which the UTC day is taken.
    Day,
    Strings,
    Numbers,
    /// A string or a list of them.
    StringOrStrings,
    /// A list of numbers, dates or strings.
    Ordered,
    /// A list, set, object or string.
    Countable,
    /// A list of anything.
    List,
    Object,
    /// A literal rounding mode.
    Mode,
    /// A literal regular expression.
    Pattern,
}

impl Takes {
    /// Whether a value of that type is taken.
    pub(crate) fn fits(self, ty: &Type) -> bool {
        match (self, ty) {
            (_, Type::Wrong)
            | (Self::Number, Type::Number)
            | (Self::String | Self::Mode | Self::Pattern | Self::Countable, Type::String)
            | (Self::Date | Self::Day, Type::Date)
            | (Self::Timestamp | Self::Day, Type::Timestamp)
            | (Self::StringOrStrings, Type::String)
            | (Self::Countable, Type::List(_) | Type::Set(_) | Type::Map(_))
            | (Self::List, Type::List(_))
            | (Self::Object, Type::Map(_)) => true,
            (Self::Strings | Self::StringOrStrings, Type::List(item) | Type::Set(item)) => {
                item.fits(&Type::String)
            }
            (Self::Numbers, Type::List(item) | Type::Set(item)) => item.fits(&Type::Number),
            (Self::Ordered, Type::List(item) | Type::Set(item)) => {
                item.is_scalar() && **item != Type::Bool
            }
            _ => false,
        }
    }

    /// In words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::String => "a string",
            Self::Date => "a date",
            Self::Timestamp => "a timestamp",
            Self::Day => "a date or timestamp",
            Self::Strings => "a list or set of strings",
            Self::Numbers => "a list or set of numbers",
            Self::StringOrStrings => "a string, or a list or set of them",
            Self::Ordered => "a list or set of numbers, dates or strings",
            Self::Countable => "a list, set, object or string",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Mode => "a rounding mode in quotes",
            Self::Pattern => "a regular expression in quotes",
        }
    }
}

/// The signature of a function.
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) takes: &'static [Takes],
    pub(crate) result: Gives,
}

/// What a function gives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gives {
    Is(Scalar),
    Strings,
    StringSet,
    Numbers,
    /// The type of the list's items.
    Item,
    /// A list of them.
    Items,
}

/// The scalar types, where a constant needs them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar {
    Bool,
    Number,
    String,
    Date,
    Timestamp,
}

impl Signature {
    /// The type of the result for those arguments.
    pub(crate) fn result_type(&self, first: Option<&Type>) -> Type {
        match self.result {
            Gives::Is(Scalar::Bool) => Type::Bool,
            Gives::Is(Scalar::Number) => Type::Number,
            Gives::Is(Scalar::String) => Type::String,
            Gives::Is(Scalar::Date) => Type::Date,
            Gives::Is(Scalar::Timestamp) => Type::Timestamp,
            Gives::Strings => Type::List(Box::new(Type::String)),
            Gives::StringSet => Type::Set(Box::new(Type::String)),
            Gives::Numbers => Type::List(Box::new(Type::Number)),
            Gives::Item => match first {
                Some(Type::List(item) | Type::Set(item)) => (**item).clone(),
                _ => Type::Wrong,
            },
            Gives::Items => {
                Type::List(Box::new(first.and_then(Type::items).cloned().unwrap_or(Type::Wrong)))
            }
        }
    }
}

/// The function of that name. `regex.match`, rounding modes and formats are completed by the
/// caller, who knows the literals.
pub(crate) fn signature(name: &str) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|s| s.name == name)
}

/// Functions whose arguments are checked by hand.
pub(crate) const SPECIAL: [&str; 7] =
    ["array.concat", "effective.at", "intersection", "object.get", "set", "sprintf", "union"];

/// Names of all functions there are.
pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> {
    SIGNATURES.iter().map(|s| s.name).chain(SPECIAL)
}

const fn is(name: &'static str, takes: &'static [Takes], result: Scalar) -> Signature {
    Signature { name, takes, result: Gives::Is(result) }
}

const SIGNATURES: &[Signature] = &[
    is("abs", &[Takes::Number], Scalar::Number),
    is("startswith", &[Takes::String, Takes::String], Scalar::Bool),
    is("endswith", &[Takes::String, Takes::String], Scalar::Bool),
    is("contains", &[Takes::String, Takes::String], Scalar::Bool),
    is("lower", &[Takes::String], Scalar::String),
    is("upper", &[Takes::String], Scalar::String),
    is("trim_space", &[Takes::String], Scalar::String),
    is("trim", &[Takes::String, Takes::String], Scalar::String),
    is("trim_left", &[Takes::String, Takes::String], Scalar::String),
    is("trim_right", &[Takes::String, Takes::String], Scalar::String),
    is("trim_prefix", &[Takes::String, Takes::String], Scalar::String),
    is("trim_suffix", &[Takes::String, Takes::String], Scalar::String),
    is("replace", &[Takes::String, Takes::String, Takes::String], Scalar::String),
    is("substring", &[Takes::String, Takes::Number, Takes::Number], Scalar::String),
    is("indexof", &[Takes::String, Takes::String], Scalar::Number),
    is("strings.reverse", &[Takes::String], Scalar::String),
    is("strings.any_prefix_match", ANY_MATCH, Scalar::Bool),
    is("strings.any_suffix_match", ANY_MATCH, Scalar::Bool),
    is("strings.count", &[Takes::String, Takes::String], Scalar::Number),
    Signature { name: "array.reverse", takes: &[Takes::List], result: Gives::Items },
    Signature {
        name: "array.slice",
        takes: &[Takes::List, Takes::Number, Takes::Number],
        result: Gives::Items,
    },
    Signature {
        name: "numbers.range",
        takes: &[Takes::Number, Takes::Number],
        result: Gives::Numbers,
    },
    Signature {
        name: "numbers.range_step",
        takes: &[Takes::Number, Takes::Number, Takes::Number],
        result: Gives::Numbers,
    },
    Signature { name: "object.keys", takes: &[Takes::Object], result: Gives::StringSet },
    is("concat", &[Takes::String, Takes::Strings], Scalar::String),
    Signature { name: "split", takes: &[Takes::String, Takes::String], result: Gives::Strings },
    is("count", &[Takes::Countable], Scalar::Number),
    Signature { name: "min", takes: &[Takes::Ordered], result: Gives::Item },
    Signature { name: "max", takes: &[Takes::Ordered], result: Gives::Item },
    Signature { name: "sort", takes: &[Takes::Ordered], result: Gives::Items },
    is("sum", &[Takes::Numbers], Scalar::Number),
    is("product", &[Takes::Numbers], Scalar::Number),
    is("regex.match", &[Takes::Pattern, Takes::String], Scalar::Bool),
    is("decimal.parse", &[Takes::String], Scalar::Number),
    is("decimal.round", &[Takes::Number, Takes::Number, Takes::Mode], Scalar::Number),
    is("decimal.div", &[Takes::Number, Takes::Number, Takes::Number, Takes::Mode], Scalar::Number),
    is("money.minor_units", &[Takes::String], Scalar::Number),
    is("money.is_currency", &[Takes::String, Takes::Day], Scalar::Bool),
    is("date.of", &[Takes::Timestamp], Scalar::Date),
    is("date.parse", &[Takes::String], Scalar::Date),
    is("time.parse", &[Takes::String], Scalar::Timestamp),
    is("date.year", &[Takes::Date], Scalar::Number),
    is("date.add_years", &[Takes::Date, Takes::Number], Scalar::Date),
    is("date.end_of_year", &[Takes::Date], Scalar::Date),
    is("date.month", &[Takes::Date], Scalar::Number),
    is("date.day", &[Takes::Date], Scalar::Number),
    is("date.weekday", &[Takes::Date], Scalar::Number),
    is("date.add_months", &[Takes::Date, Takes::Number], Scalar::Date),
    is("date.add_days", &[Takes::Date, Takes::Number], Scalar::Date),
    is("date.days_between", &[Takes::Date, Takes::Date], Scalar::Number),
];

const ANY_MATCH: &[Takes] = &[Takes::StringOrStrings, Takes::StringOrStrings];

/// The function of a signature that needs no literal.
pub(crate) fn plain(name: &str) -> Option<Function> {
    Some(match name {
        "abs" => Function::Abs,
        "startswith" => Function::StartsWith,
        "endswith" => Function::EndsWith,
        "contains" => Function::Contains,
        "lower" => Function::Lower,
        "upper" => Function::Upper,
        "trim_space" => Function::TrimSpace,
        "trim" => Function::Trim,
        "trim_left" => Function::TrimLeft,
        "trim_right" => Function::TrimRight,
        "trim_prefix" => Function::TrimPrefix,
        "trim_suffix" => Function::TrimSuffix,
        "replace" => Function::Replace,
        "substring" => Function::Substring,
        "indexof" => Function::IndexOf,
        "strings.reverse" => Function::Reverse,
        "strings.any_prefix_match" => Function::AnyPrefix,
        "strings.any_suffix_match" => Function::AnySuffix,
        "strings.count" => Function::StringCount,
        "array.reverse" => Function::ArrayReverse,
        "array.slice" => Function::ArraySlice,
        "numbers.range" => Function::Range,
        "numbers.range_step" => Function::RangeStep,
        "object.keys" => Function::ObjectKeys,
        "concat" => Function::Concat,
        "split" => Function::Split,
        "count" => Function::Count,
        "min" => Function::Min,
        "max" => Function::Max,
        "sort" => Function::Sort,
        "sum" => Function::Sum,
        "product" => Function::Product,
        "decimal.parse" => Function::DecimalParse,
        "money.minor_units" => Function::MinorUnits,
        "money.is_currency" => Function::IsCurrency,
        "date.of" => Function::DateOf,
        "date.parse" => Function::DateParse,
        "time.parse" => Function::TimeParse,
        "date.year" => Function::DateYear,
        "date.add_years" => Function::DateAddYears,
        "date.end_of_year" => Function::DateEndOfYear,
        "date.month" => Function::DateMonth,
        "date.day" => Function::DateDay,
        "date.weekday" => Function::DateWeekday,
        "date.add_months" => Function::DateAddMonths,
        "date.add_days" => Function::DateAddDays,
        "date.days_between" => Function::DateDaysBetween,
        _ => return None,
    })
}

/// The pieces of a format: `%s`, `%v` and `%d` take an argument, `%%` is a percent sign.
///
/// # Errors
/// A verb that isn't one of these.
pub(crate) fn format_pieces(format: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '%' { chars.next() } else { None }) {
            ('%', Some('%')) => text.push('%'),
            ('%', Some('s' | 'v' | 'd')) => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Argument);
            }
            ('%', verb) => {
                let verb = verb.map(String::from).unwrap_or_default();
                return Err(format!("`%{verb}` is not one of `%s`, `%v`, `%d`, `%%`"));
            }
            (c, _) => text.push(c),
        }
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::super::refusal::refusal;
    use super::*;

    #[test]
    fn every_function_is_known_once_and_none_is_refused() {
        let mut all: Vec<_> = names().collect();
        assert!(all.iter().all(|n| refusal(n).is_none()
            || SIGNATURES.iter().any(|s| s.name == *n)
            || SPECIAL.contains(n)));
        all.sort_unstable();
        let len = all.len();
        all.dedup();
        assert_eq!(all.len(), len);
    }

    #[test]
    fn formats_are_cut_into_pieces() {
        let text = |t: &str| Piece::Text(t.into());
        let expected = [text("a "), Piece::Argument, text(" 5% "), Piece::Argument, text("")];
        assert_eq!(format_pieces("a %s 5%% %d").unwrap(), expected);
        assert!(format_pieces("%.2f").is_err());
    }
}
