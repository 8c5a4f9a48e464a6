//! What the values of a column look like, without keeping any.

use crate::dataset::instant::{self, Stated};
use crate::dataset::{Cell, Exact};
use std::collections::BTreeMap;

/// Texts that files write for null.
pub(super) const MARKERS: [&str; 8] =
    ["NULL", "null", "Null", "\\N", "N/A", "n/a", "None", "(null)"];

/// The values of a column, by kind. A value can be of several kinds.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Values that are neither null nor a null marker.
    pub(super) values: u64,
    empty: u64,
    /// Null marker → how often in all, how often in quotes.
    pub(super) markers: BTreeMap<&'static str, (u64, u64)>,
    numbers: u64,
    integers: u64,
    /// Numbers with a comma for the point.
    pub(super) commas: u64,
    /// The most digits behind the point.
    pub(super) scale: u32,
    dates: u64,
    instants: u64,
    /// Timestamps without offset.
    pub(super) locals: u64,
    flags: u64,
    /// Whether the file keeps it in binary floating point.
    pub(super) float: bool,
}

impl Look {
    /// Adds a value.
    pub(super) fn add(&mut self, cell: &Cell) {
        match cell {
            Cell::Null => self.empty += 1,
            Cell::Text { text, quoted: false } if text.is_empty() => self.empty += 1,
            Cell::Text { text, quoted } => {
                match MARKERS.into_iter().find(|marker| marker == text) {
                    Some(marker) => {
                        let (all, in_quotes) = self.markers.entry(marker).or_default();
                        *all += 1;
                        *in_quotes += u64::from(*quoted);
                    }
                    None => self.text(text),
                }
            }
            Cell::Lexeme(text) => self.text(text),
            Cell::Number(exact) => {
                self.values += 1;
                self.number(*exact);
            }
            Cell::Bool(_) => self.kind(|look| &mut look.flags),
            Cell::Date(_) => self.kind(|look| &mut look.dates),
            Cell::Instant(_) => self.kind(|look| &mut look.instants),
            Cell::Naive(_) => self.kind(|look| &mut look.locals),
            Cell::Unfit(..) => self.values += 1,
        }
    }

    fn kind(&mut self, kind: fn(&mut Self) -> &mut u64) {
        self.values += 1;
        *kind(self) += 1;
    }

    fn text(&mut self, text: &str) {
        self.values += 1;
        if let Ok(exact) = Exact::parse(text) {
            self.number(exact);
            // Trailing zeros belong to the scale that a publisher writes.
            let written = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            if !text.contains(['e', 'E']) {
                self.scale = self.scale.max(u32::try_from(written).unwrap_or(0).min(38));
            }
        } else if let Some((whole, fraction)) = text.split_once(',')
            && Exact::parse(&format!("{whole}.{fraction}")).is_ok()
        {
            self.commas += 1;
            self.scale = self.scale.max(u32::try_from(fraction.len()).unwrap_or(0).min(38));
        } else if instant::date(text).is_ok() {
            self.dates += 1;
        } else if let Ok(stated) = instant::timestamp(text) {
            match stated {
                Stated::Instant(_) => self.instants += 1,
                Stated::Local(_) => self.locals += 1,
            }
        } else if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            self.flags += 1;
        }
    }

    fn number(&mut self, exact: Exact) {
        self.numbers += 1;
        self.integers += u64::from(exact.scale == 0);
        self.scale = self.scale.max(exact.scale);
    }

    /// How many values are null or look like a null marker.
    pub(super) fn nulls(&self) -> u64 {
        self.empty + self.markers.values().map(|(all, _)| all).sum::<u64>()
    }

    /// Whether all values are of a typed kind, so that a null marker among them is one.
    pub(super) fn is_typed(&self) -> bool {
        let typed =
            [self.numbers + self.commas, self.dates, self.instants + self.locals, self.flags];
        self.values > 0 && typed.contains(&self.values)
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        let digits = match self.scale {
            1 => "1 digit behind the point".to_owned(),
            scale => format!("{scale} digits behind the point"),
        };
        let all = |count: u64| count == self.values;
        match self.values {
            0 => "nothing but nulls".to_owned(),
            _ if self.float => format!("binary floating point, {digits}"),
            _ if all(self.integers) && self.scale == 0 => "whole number".to_owned(),
            _ if all(self.numbers) => format!("decimal, {digits}"),
            _ if all(self.numbers + self.commas) => format!("decimal with a comma, {digits}"),
            _ if all(self.dates) => "date".to_owned(),
            _ if all(self.instants) => "timestamp with offset".to_owned(),
            _ if all(self.locals) => "timestamp without offset".to_owned(),
            _ if all(self.instants + self.locals) => {
                "timestamp, some with offset, some without".to_owned()
            }
            _ if all(self.flags) => "true or false".to_owned(),
            _ => "text".to_owned(),
        }
    }
}
