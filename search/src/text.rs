//! The two analysers: words, and whole values. Both fold case and nothing else: no stemming, no
//! stop words, no Unicode normalisation, no limit of 40 characters.

/// The text with its letters in lower case, character by character, so that a letter folds alike
/// wherever it stands (the Greek final sigma folds to the common one).
pub(crate) fn fold(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

/// The folded words: the runs of letters and digits, everything else separates. `INV-0042` is the
/// words `inv` and `0042`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_on_what_is_neither_letter_nor_digit() {
        let found: Vec<_> = words("Invoice INV-0042/b: Łódź, ΟΔΟΣ ςΑ").collect();
        assert_eq!(found, ["invoice", "inv", "0042", "b", "łódź", "οδοσ", "σα"]);
        assert_eq!(words("--- ").count(), 0);
    }

    #[test]
    fn a_letter_that_folds_to_two_characters_stays_in_its_word() {
        let found: Vec<_> = words("İstanbul").collect();
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_digest_is_one_word() {
        let digest = "0f".repeat(32);
        assert_eq!(words(&digest).collect::<Vec<_>>(), [digest]);
    }
}
