//! Texts and their numbers. A short text is its own key, in two words: no pointer is followed to
//! compare it, which is most of the time that a lookup in a large table takes.

use hashbrown::HashMap;

/// Texts, each with a number.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Those of up to [`SHORT`] bytes, by their length.
    short: Vec<HashMap<[u64; 2], u32>>,
    long: HashMap<String, u32>,
}

/// The longest text that two words hold.
const SHORT: usize = 16;

impl Texts {
    /// The text's number; that one where it is new.
    pub(super) fn number(&mut self, text: &str, next: u32) -> u32 {
        let Some(words) = words(text.as_bytes()) else {
            return *self.long.entry(text.to_owned()).or_insert(next);
        };
        if self.short.len() <= text.len() {
            self.short.resize_with(text.len().saturating_add(1), HashMap::new);
        }
        match self.short.get_mut(text.len()) {
            Some(of_length) => *of_length.entry(words).or_insert(next),
            None => next,
        }
    }

    /// The number of a text that has one.
    pub(super) fn get(&self, text: &str) -> Option<u32> {
        match words(text.as_bytes()) {
            Some(words) => self.short.get(text.len())?.get(&words).copied(),
            None => self.long.get(text).copied(),
        }
    }
}

/// The first and the last bytes, which together are all of a short text of a known length.
fn words(text: &[u8]) -> Option<[u64; 2]> {
    if text.len() > SHORT {
        return None;
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return Some([u64::from_le_bytes(*first), u64::from_le_bytes(*last)]);
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return Some([u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()]);
    }
    let few = text.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
    Some([few, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of all lengths that differ in one byte, at each of their places.
    fn alike() -> Vec<String> {
        let one_off = |length: usize| {
            (0..length)
                .map(move |at| (0..length).map(|i| if i == at { 'b' } else { 'a' }).collect())
        };
        let mut texts: Vec<String> = (0..40).flat_map(one_off).collect();
        texts.extend((0..40).map(|length| "a".repeat(length)));
        texts.extend(["\0".repeat(3), "\0".repeat(4), "é".to_owned(), "éé".to_owned()]);
        texts
    }

    #[test]
    fn each_text_has_the_number_it_was_given_first() {
        let mut texts = Texts::default();
        for (number, text) in (0..).zip(alike()) {
            assert_eq!(texts.get(&text), None, "{text:?} is new");
            assert_eq!(texts.number(&text, number), number);
            assert_eq!(texts.number(&text, 9_999), number, "{text:?} keeps its number");
        }
        for (number, text) in (0..).zip(alike()) {
            assert_eq!(texts.get(&text), Some(number), "{text:?}");
        }
        assert_eq!(texts.get("ab c"), None);
    }
}
