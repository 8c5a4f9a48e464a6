//! Collecting diagnostics, so that everything wrong is told at once.

use super::ast::Span;
use crate::compile::Diagnostic;

/// The diagnostics about one source.
#[derive(Debug)]
pub(crate) struct Report {
    path: String,
    found: Vec<Diagnostic>,
}

impl Report {
    pub(crate) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), found: Vec::new() }
    }

    /// Adds a diagnostic. The code must be one of [`crate::compile::CODES`].
    pub(crate) fn add(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        if self.found.len() >= MOST {
            return;
        }
        self.found.push(Diagnostic {
            code,
            path: self.path.clone(),
            line: span.line.max(1),
            column: span.column.max(1),
            length: span.length.max(1),
            message: message.into(),
            help,
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them in the order of the source, each once.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| {
            (a.line, a.column, a.code, &a.message).cmp(&(b.line, b.column, b.code, &b.message))
        });
        self.found.dedup();
        self.found
    }
}

/// Enough for anyone; a source of nothing but errors doesn't fill the memory.
const MOST: usize = 200;

/// The name of those offered that is nearest to one that isn't there, as a help line.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    offered: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let lower = name.to_lowercase();
    let nearest = offered
        .into_iter()
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .min()?;
    let most = name.chars().count().div_ceil(3);
    (nearest.0 <= most).then(|| format!("did you mean `{}`?", nearest.1))
}

/// The number of insertions, deletions and replacements between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut next = vec![i + 1];
        let above = row.iter().zip(row.iter().skip(1));
        for ((diagonal, up), y) in above.zip(&b) {
            let left = next.last().copied().unwrap_or(0);
            next.push((up + 1).min(left + 1).min(diagonal + usize::from(x != *y)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_the_nearest_name_and_nothing_far() {
        let names = ["BilledCost", "ListCost", "EffectiveCost"];
        assert_eq!(did_you_mean("billedcost", names).unwrap(), "did you mean `BilledCost`?");
        assert_eq!(did_you_mean("ListCots", names).unwrap(), "did you mean `ListCost`?");
        assert_eq!(did_you_mean("region", names), None);
        assert_eq!((distance("", "abc"), distance("kitten", "sitting")), (3, 3));
    }
}
