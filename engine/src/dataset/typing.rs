//! From a cell as the file has it to a value of the column's type, or the reason why not.

use super::Reading;
use super::cell::{Cell, Refusal};
use super::columns::Target;
use super::instant::{self, Stated};
use super::number::{self, Exact};
use crate::error::input;
use crate::run::RunError;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use tieout_controls::ColumnType;
use tieout_controls::decimal::DecimalError;

/// A value that fits its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    Null,
    Bool(bool),
    Integer(i64),
    Number(Exact),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
    Text(String),
}

/// How cells are read, resolved from the workspace's settings.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    nulls: Vec<String>,
    quoted_nulls: bool,
    decimal_comma: bool,
    zone: Option<Tz>,
}

impl Rules {
    /// Resolves the settings.
    pub(crate) fn new(reading: &Reading) -> Result<Self, RunError> {
        let zone = reading.zone.as_deref().map(zone).transpose()?;
        let (quoted_nulls, decimal_comma) = (reading.quoted_nulls, reading.decimal_comma);
        Ok(Self { nulls: reading.nulls.clone(), quoted_nulls, decimal_comma, zone })
    }

    /// Types a cell.
    pub(crate) fn type_cell(&self, cell: Cell, target: &Target) -> Result<Typed, Refusal> {
        let unfit = |(code, reason): (&'static str, &'static str)| {
            instant::refusal(&target.name, (code, reason))
        };
        let cell = self.absent(cell);
        if cell == Cell::Null {
            return if target.nullable {
                Ok(Typed::Null)
            } else {
                Err(unfit(("null-not-allowed", "null where the profile wants a value")))
            };
        }
        if let Cell::Unfit(code, reason) = cell {
            return Err(unfit((code, reason)));
        }
        match target.kind {
            ColumnType::String => known(text(cell).map_err(unfit)?, target),
            ColumnType::Bool => flag(&cell).map_err(unfit),
            ColumnType::Integer => whole(&cell).map_err(unfit),
            ColumnType::Date => day(&cell).map_err(unfit),
            ColumnType::Timestamp => self.moment(&cell).map_err(unfit),
            ColumnType::Decimal { precision, scale } => {
                self.number(&cell, precision, scale, target)
            }
            ColumnType::StringList => {
                Err(unfit(("column-type", "lists of strings are not read from files")))
            }
        }
    }

    fn absent(&self, cell: Cell) -> Cell {
        match &cell {
            Cell::Text { text, quoted: false } if text.is_empty() => Cell::Null,
            Cell::Text { text, quoted } if !quoted || self.quoted_nulls => {
                if self.nulls.contains(text) { Cell::Null } else { cell }
            }
            _ => cell,
        }
    }

    fn number(
        &self,
        cell: &Cell,
        precision: u8,
        scale: u8,
        target: &Target,
    ) -> Result<Typed, Refusal> {
        let refuse =
            |code, reason: String| Refusal { column: Some(target.name.clone()), code, reason };
        let parsed = match cell {
            Cell::Number(exact) => Ok(*exact),
            Cell::Text { text, .. } if self.decimal_comma => comma(text),
            Cell::Text { text, .. } | Cell::Lexeme(text) => Exact::parse(text),
            _ => Err(DecimalError::Syntax),
        };
        let exact = parsed.map_err(|error| match error {
            DecimalError::TooManyDigits => {
                refuse("too-many-digits", "more than 38 digits".to_owned())
            }
            _ => refuse("not-a-decimal", "not a decimal number".to_owned()),
        })?;
        if exact.scale > u32::from(scale) {
            let widen = format!("`widen: [{}]` takes up to 38", target.name);
            let reason = format!("more than {scale} digits behind the point; {widen}");
            return Err(refuse("does-not-fit-scale", reason));
        }
        let before = u32::from(precision.saturating_sub(scale));
        let limit = number::power(before.saturating_add(exact.scale));
        if limit.is_some_and(|limit| exact.unscaled.abs() >= limit) {
            let reason = format!("more than {before} digits before the point");
            return Err(refuse("too-many-digits", reason));
        }
        Ok(Typed::Number(exact))
    }

    fn moment(&self, cell: &Cell) -> Result<Typed, (&'static str, &'static str)> {
        let stated = match cell {
            Cell::Text { text, .. } => instant::timestamp(text)?,
            Cell::Instant(instant) => Stated::Instant(*instant),
            Cell::Naive(local) => Stated::Local(*local),
            _ => return Err(("not-a-timestamp", "not a timestamp")),
        };
        match stated {
            Stated::Instant(instant) => Ok(Typed::Instant(instant)),
            Stated::Local(local) => instant::in_zone(local, self.zone).map(Typed::Instant),
        }
    }
}

/// The zone of that name in the tz database.
pub(crate) fn zone(name: &str) -> Result<Tz, RunError> {
    name.parse().map_err(|_| {
        let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let help = crate::error::did_you_mean(name, known)
            .unwrap_or_else(|| "zones have names such as `UTC` or `Europe/Berlin`".to_owned());
        input("unknown-zone", format!("`{name}` is not a zone of the tz database"), help)
    })
}

type Unfit = (&'static str, &'static str);

fn comma(text: &str) -> Result<Exact, DecimalError> {
    if text.contains('.') {
        return Err(DecimalError::Syntax);
    }
    Exact::parse(&text.replacen(',', ".", 1))
}

fn text(cell: Cell) -> Result<Typed, Unfit> {
    match cell {
        Cell::Text { text, .. } | Cell::Lexeme(text) => Ok(Typed::Text(text)),
        Cell::Number(exact) => Ok(Typed::Text(exact.decimal().to_string())),
        Cell::Bool(flag) => Ok(Typed::Text(flag.to_string())),
        Cell::Date(date) => Ok(Typed::Text(date.to_string())),
        Cell::Instant(instant) => Ok(Typed::Text(tieout_controls::value::instant_text(instant))),
        Cell::Naive(local) => Ok(Typed::Text(local.format("%Y-%m-%dT%H:%M:%S%.f").to_string())),
        Cell::Null | Cell::Unfit(..) => Err(("column-type", "not text")),
    }
}

/// The text, where the column's vocabulary has it or the column has none.
fn known(typed: Typed, target: &Target) -> Result<Typed, Refusal> {
    match (&typed, target.vocabulary) {
        (Typed::Text(text), Some(vocabulary)) if !vocabulary.contains(text) => Err(Refusal {
            column: Some(target.name.clone()),
            code: "not-in-vocabulary",
            reason: format!("not {}", vocabulary.wanted()),
        }),
        _ => Ok(typed),
    }
}

fn flag(cell: &Cell) -> Result<Typed, Unfit> {
    match cell {
        Cell::Bool(flag) => Ok(Typed::Bool(*flag)),
        Cell::Text { text, .. } | Cell::Lexeme(text) if text.eq_ignore_ascii_case("true") => {
            Ok(Typed::Bool(true))
        }
        Cell::Text { text, .. } | Cell::Lexeme(text) if text.eq_ignore_ascii_case("false") => {
            Ok(Typed::Bool(false))
        }
        _ => Err(("not-a-bool", "neither `true` nor `false`")),
    }
}

fn whole(cell: &Cell) -> Result<Typed, Unfit> {
    let number = match cell {
        Cell::Text { text, .. } | Cell::Lexeme(text) => text.parse().ok(),
        Cell::Number(Exact { unscaled, scale: 0 }) => i64::try_from(*unscaled).ok(),
        _ => None,
    };
    number.map(Typed::Integer).ok_or(("not-an-integer", "not a whole number of 64 bits"))
}

fn day(cell: &Cell) -> Result<Typed, Unfit> {
    match cell {
        Cell::Date(date) => Ok(Typed::Date(*date)),
        Cell::Text { text, .. } => instant::date(text).map(Typed::Date),
        Cell::Naive(local) if local.time() == chrono::NaiveTime::MIN => {
            Ok(Typed::Date(local.date()))
        }
        _ => Err(("not-a-date", "not a date; `2025-01-31` is one")),
    }
}
