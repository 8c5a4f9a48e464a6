//! How this crate words what is wrong.

use crate::run::RunError;

/// Something that the user wrote or gave is wrong.
pub(crate) fn input(
    code: &'static str,
    message: impl Into<String>,
    help: impl Into<Option<String>>,
) -> RunError {
    RunError::Input { code, message: message.into(), help: help.into() }
}

/// `a`, `b` and `c`, each in backticks.
pub(crate) fn list<I>(names: I) -> String
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut quoted: Vec<String> =
        names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.pop() {
        None => "nothing".to_owned(),
        Some(last) if quoted.is_empty() => last,
        Some(last) => format!("{} and {last}", quoted.join(", ")),
    }
}

/// The candidate that the user most likely meant: the same but for case and separators, else the
/// nearest within a third of its letters.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(word);
    let near = wanted.chars().count().div_ceil(3).min(3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&wanted, &plain(candidate)), candidate))
        .filter(|(steps, _)| *steps <= near)
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean" as a help line, where there is a near name.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    closest(word, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let target: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=target.len()).collect();
    for (above, from) in a.chars().enumerate() {
        let mut next = vec![above + 1];
        for ((to, diagonal), over) in target.iter().zip(&row).zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(from != *to);
            let left = next.last().copied().unwrap_or(0);
            next.push(replaced.min(over + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_that_was_meant() {
        let columns = ["BilledCost", "BillingCurrency", "ListCost"];
        assert_eq!(closest("billed_cost", columns), Some("BilledCost"));
        assert_eq!(closest("BiledCost", columns), Some("BilledCost"));
        assert_eq!(closest("Quantity", columns), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn lists_names_as_a_sentence_does() {
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(list(["a"]), "`a`");
    }
}
