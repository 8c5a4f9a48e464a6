//! Tables of text, and how they are written: CSV by RFC 4180, or one JSON object a line.

use crate::money::{Dec, Totals};
use std::fmt::Display;
use std::io::{self, Write};

/// A field of a row; `None` is null.
pub(crate) type Cell = Option<String>;

/// A small dataset.
pub(crate) struct Table {
    /// The role of its schema profile, such as `rate-table`.
    pub(crate) role: &'static str,
    pub(crate) format: Format,
    pub(crate) columns: &'static [&'static str],
    /// Amount column, and the column of its currency.
    pub(crate) money: &'static [(&'static str, &'static str)],
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// How a table is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Ndjson,
}

/// The field with that value.
pub(crate) fn cell(value: impl Display) -> Cell {
    Some(value.to_string())
}

/// The field with that value, or null.
pub(crate) fn maybe(value: Option<impl Display>) -> Cell {
    value.map(|v| v.to_string())
}

impl Table {
    /// The file's name, without folder.
    pub(crate) fn file(&self) -> String {
        let ending = if self.format == Format::Csv { "csv" } else { "ndjson" };
        format!("{}.{ending}", self.dataset())
    }

    /// The dataset's name in the workspace.
    pub(crate) fn dataset(&self) -> String {
        self.role.replace('-', "_")
    }

    /// The sums over the text as it is written.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for (amount, currency) in self.money {
            let (amount_at, currency_at) = (self.place(amount), self.place(currency));
            for row in &self.rows {
                let field = |at: usize| row.get(at).and_then(Option::as_deref);
                let number = field(amount_at).and_then(Dec::parse);
                if let (Some(number), Some(currency)) = (number, field(currency_at)) {
                    totals.add(amount, currency, number);
                }
            }
        }
        totals
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match self.format {
            Format::Csv => self.write_csv(out),
            Format::Ndjson => self.write_ndjson(out),
        }
    }

    /// What a row has in a column, if anything.
    pub(crate) fn get(&self, row: usize, column: &str) -> Option<&str> {
        self.rows.get(row)?.get(self.place(column))?.as_deref()
    }

    /// The same as text; empty for null.
    pub(crate) fn text(&self, row: usize, column: &str) -> String {
        self.get(row, column).unwrap_or_default().to_owned()
    }

    pub(crate) fn set(&mut self, row: usize, column: &str, value: Cell) {
        let place = self.place(column);
        if let Some(field) = self.rows.get_mut(row).and_then(|fields| fields.get_mut(place)) {
            *field = value;
        }
    }

    fn place(&self, column: &str) -> usize {
        self.columns.iter().position(|c| *c == column).unwrap_or(usize::MAX)
    }

    fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{}\r\n", self.columns.join(","))?;
        for row in &self.rows {
            let fields: Vec<_> = row.iter().map(csv_field).collect();
            write!(out, "{}\r\n", fields.join(","))?;
        }
        Ok(())
    }

    fn write_ndjson(&self, out: &mut impl Write) -> io::Result<()> {
        for row in &self.rows {
            let members = self.columns.iter().zip(row).map(|(name, field)| {
                let value = match field.as_deref() {
                    None => "null".to_owned(),
                    Some(flag @ ("true" | "false")) => flag.to_owned(),
                    Some(text) => serde_json::Value::from(text).to_string(),
                };
                format!("\"{name}\":{value}")
            });
            writeln!(out, "{{{}}}", members.collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    }
}

fn csv_field(field: &Cell) -> String {
    match field {
        None => String::new(),
        Some(text) if text.is_empty() || text.contains(['"', ',', '\r', '\n']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Some(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_differ_and_quotes_are_doubled() {
        let table = Table {
            role: "cost-centre",
            format: Format::Csv,
            columns: &["a", "b"],
            money: &[],
            rows: vec![vec![None, cell("")], vec![cell("x\"y"), cell("1,2\n3")]],
        };
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        assert_eq!(out, b"a,b\r\n,\"\"\r\n\"x\"\"y\",\"1,2\n3\"\r\n");
        assert_eq!(table.file(), "cost_centre.csv");
    }
}
