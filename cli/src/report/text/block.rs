//! Laying out plain text in 100 columns.

use crate::report::shown;

/// The width of a line.
const WIDTH: usize = 100;
/// Where the text of a field begins.
const FIELD: usize = 17;
/// Where the text of an item begins.
const ITEM: usize = 25;
/// No flexible column is narrower.
const FLEXIBLE_MIN: usize = 16;

/// Lines being written.
#[derive(Default)]
pub(super) struct Lines(String);

/// To which side a column's cells lean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// A table's column.
pub(super) struct Column {
    head: &'static str,
    align: Align,
    flexible: bool,
}

impl Column {
    /// A column as wide as its widest cell.
    pub(super) fn new(head: &'static str, align: Align) -> Self {
        Self { head, align, flexible: false }
    }

    /// A column of words that takes what the others leave, and is cut where that is too little.
    pub(super) fn flexible(head: &'static str) -> Self {
        Self { head, align: Align::Left, flexible: true }
    }
}

impl Lines {
    /// The first line.
    pub(super) fn title(&mut self, text: &str) {
        self.line(text);
        self.line(&"=".repeat(width(text).min(WIDTH)));
    }

    /// A heading under a rule.
    pub(super) fn section(&mut self, text: &str) {
        self.blank();
        self.line(&"-".repeat(WIDTH));
        self.wrapped(text, 0, "");
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.0.push('\n');
    }

    /// A name and what it is.
    pub(super) fn field(&mut self, name: &str, text: &str) {
        self.wrapped(text, FIELD, &format!("  {name}"));
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.wrapped(text, 2, "");
    }

    /// A figure or word, right-aligned, and what is said of it.
    pub(super) fn item(&mut self, mark: &str, text: &str) {
        let space = ITEM.saturating_sub(2);
        self.wrapped(text, ITEM, &format!("{mark:>space$}"));
    }

    /// A command, never broken.
    pub(super) fn command(&mut self, text: &str) {
        self.line(&format!("      {text}"));
    }

    /// A table.
    pub(super) fn table(&mut self, columns: &[Column], rows: &[Vec<String>]) {
        let widths = widths(columns, rows);
        let heads: Vec<_> = columns.iter().map(|column| column.head.to_owned()).collect();
        self.row(columns, &widths, &heads);
        for row in rows {
            self.row(columns, &widths, row);
        }
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn row(&mut self, columns: &[Column], widths: &[usize], cells: &[String]) {
        let mut line = String::from(" ");
        for ((column, width), cell) in columns.iter().zip(widths).zip(cells) {
            let cell = cut(cell, *width);
            match column.align {
                Align::Left => line.push_str(&format!(" {cell:<width$} ")),
                Align::Right => line.push_str(&format!(" {cell:>width$} ")),
            }
        }
        self.line(&line);
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }

    /// Words after `lead`, from column `indent` on. A word longer than the line stands alone.
    fn wrapped(&mut self, text: &str, indent: usize, lead: &str) {
        let mut line = format!("{lead:<indent$}");
        // A lead as long as the indent still needs a gap.
        if !lead.is_empty() && width(lead) >= indent {
            line.push_str("  ");
        }
        let mut empty = true;
        for word in text.split(' ') {
            let gap = usize::from(!empty);
            if !empty && width(&line).saturating_add(gap).saturating_add(width(word)) > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.line(&line);
    }
}

fn widths(columns: &[Column], rows: &[Vec<String>]) -> Vec<usize> {
    let widest = |(at, column): (usize, &Column)| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell));
        cells.chain([width(column.head)]).max().unwrap_or(0)
    };
    let natural: Vec<_> = columns.iter().enumerate().map(widest).collect();
    let gaps = columns.len().saturating_mul(2);
    let fixed = columns.iter().zip(&natural).filter(|(column, _)| !column.flexible);
    let taken: usize = fixed.map(|(_, width)| width).sum();
    let left = WIDTH.saturating_sub(taken).saturating_sub(gaps).max(FLEXIBLE_MIN);
    let fit = |(column, width): (&Column, &usize)| {
        if column.flexible { *width.min(&left) } else { *width }
    };
    columns.iter().zip(&natural).map(fit).collect()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: &str, to: usize) -> String {
    if width(text) <= to {
        return text.to_owned();
    }
    let kept: String = text.chars().take(to.saturating_sub(1)).collect();
    format!("{}…", shown::or_nothing(kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_long_ones_stand_alone() {
        let mut out = Lines::default();
        out.field("Name", &format!("{} {}", "word ".repeat(20).trim_end(), "x".repeat(120)));
        let lines: Vec<_> = out.finish().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("  Name           word word"));
        assert!(lines[0].chars().count() <= WIDTH && lines[1].chars().count() <= WIDTH);
        assert_eq!(lines[2].trim(), "x".repeat(120));
    }

    #[test]
    fn the_flexible_column_gives_way() {
        let mut out = Lines::default();
        let columns = [Column::flexible("T"), Column::new("AMOUNT", Align::Right)];
        out.table(&columns, &[vec!["t".repeat(200), "9".repeat(38)]]);
        let text = out.finish();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.contains('…') && text.contains(&"9".repeat(38)));
    }
}
