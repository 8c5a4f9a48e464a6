//! Reads the common shapes of lines in one pass, without building values: the fields of the format in
//! their order, texts in ASCII without escapes, amounts of few digits, nothing personal.
//!
//! INVARIANT: whatever is read here, [`Line::parse`](crate::line::Line::parse) or
//! [`disclosure::parse`](crate::disclosure::parse) reads too, and to the same. What is not read here says
//! nothing: it is for them to judge.

use super::place::{Decided, Kind};
use super::tally::Sums;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;
use std::sync::Arc;
use tieout_controls::decision::RuleRef;
use tieout_controls::{Cause, Count};

/// Facts, causes or columns of an object in a line of a common shape.
const MOST: usize = 32;

/// What was read before and may come again, so that it is compared only.
#[derive(Default)]
pub(super) struct Memo {
    kind: Option<Arc<Kind>>,
    values: Vec<String>,
    rule: String,
    causes: Vec<(String, Cause)>,
    shape: Option<Shape>,
    /// The amounts of the facts of the line that was read last.
    amounts: Vec<Option<Fixed>>,
    /// The columns that stand in the lines.
    pub(super) clear: BTreeSet<String>,
    /// The files of the rules that the lines name.
    pub(super) rules: BTreeSet<String>,
}

/// A record line.
pub(super) struct Scanned<'a> {
    pub(super) population: u64,
    pub(super) kind: &'a Arc<Kind>,
    pub(super) row: Option<Count>,
    /// The JSON text of its key.
    pub(super) key: &'a [u8],
}

/// A record that the population discloses.
pub(super) struct ScannedEntry<'a> {
    pub(super) salt: &'a str,
    pub(super) kind: &'a Arc<Kind>,
    pub(super) row: Option<Count>,
    /// The JSON text of its key.
    pub(super) key: &'a str,
}

/// The line as text, if there is nothing in it that JSON escapes or that is not ASCII.
pub(super) fn plain(line: &[u8]) -> Option<&str> {
    if all_plain(line) { std::str::from_utf8(line).ok() } else { None }
}

/// Whether there is nothing in it that JSON escapes or that is not ASCII, but for quotes.
fn all_plain(text: &[u8]) -> bool {
    let odd = |byte: &u8| u8::from(*byte < 0x20) | (*byte >> 7) | u8::from(*byte == b'\\');
    text.iter().fold(0, |found, byte| found | odd(byte)) == 0
}

/// A line that was read, with the texts in it that may be others in the next line. A line that is the same
/// in all other bytes has the same fields.
struct Shape {
    line: String,
    /// For each byte whether it is the same in all lines of this shape, as `0xff`, or in a slot, as 0.
    fixed: Vec<u8>,
    slots: Vec<(usize, usize, Slot)>,
    kind: Arc<Kind>,
    row: Option<Count>,
    key: (usize, usize),
    /// The codes of the facts.
    facts: Vec<String>,
    causes: Vec<usize>,
    currency: Option<String>,
}

/// What such a text is.
#[derive(Clone, Copy)]
enum Slot {
    Free,
    Salt,
    Row,
    Population,
    Exposure,
    /// Of the fact of that number.
    Amount(usize),
}

/// What is in a line of a known shape.
struct Found<'a> {
    salt: &'a [u8],
    row: Option<Count>,
    population: u64,
    exposure: Option<Fixed>,
    key: &'a [u8],
}

impl Shape {
    /// Reads a line of this shape, and the amounts of its facts.
    fn read<'a>(&self, bytes: &'a [u8], amounts: &mut [Option<Fixed>]) -> Option<Found<'a>> {
        if self.is_aligned(bytes) {
            let mut found = Found { key: bytes.get(self.key.0..self.key.1)?, ..self.none() };
            for (start, end, slot) in &self.slots {
                found.fill(*slot, bytes.get(*start..*end)?, amounts)?;
            }
            return Some(found);
        }
        let own = self.line.as_bytes();
        let mut found = self.none();
        let (mut at, mut from, mut key) = (0_usize, 0_usize, (0_usize, 0_usize));
        for (start, end, slot) in &self.slots {
            let same = own.get(from..*start)?;
            let (before, rest) = bytes.get(at..)?.split_at_checked(same.len())?;
            if before != same {
                return None;
            }
            // Where a part of the line stands that is between two slots.
            let moved = |place: usize| at.wrapping_add(place).wrapping_sub(from);
            if (from..=*start).contains(&self.key.0) {
                key.0 = moved(self.key.0);
            }
            if (from..=*start).contains(&self.key.1) {
                key.1 = moved(self.key.1);
            }
            let text = rest.get(..quote(rest)?)?;
            if !all_plain(text) {
                return None;
            }
            found.fill(*slot, text, amounts)?;
            at = at.wrapping_add(same.len()).wrapping_add(text.len());
            from = *end;
        }
        if bytes.get(at..)? != own.get(from..)? {
            return None;
        }
        if self.key.1 >= from {
            key.1 = at.wrapping_add(self.key.1).wrapping_sub(from);
        }
        found.key = bytes.get(key.0..key.1)?;
        Some(found)
    }

    /// Whether the line is of this shape with every slot in the same place, and all texts in them plain and
    /// without a quote: most lines are.
    fn is_aligned(&self, bytes: &[u8]) -> bool {
        let own = self.line.as_bytes().iter().zip(&self.fixed);
        let odd = |odd, (byte, (own, fixed)): (&u8, (&u8, &u8))| {
            let bad = (*byte < 0x20) | (*byte > 0x7f) | (*byte == b'\\') | (*byte == b'"');
            odd | ((byte ^ own) & fixed) | (u8::from(bad) & !fixed)
        };
        bytes.len() == self.line.len() && bytes.iter().zip(own).fold(0, odd) == 0
    }

    fn none<'a>(&self) -> Found<'a> {
        Found { salt: b"", row: self.row, population: 0, exposure: None, key: b"" }
    }
}

impl<'a> Found<'a> {
    /// Puts in the plain text of a slot.
    fn fill(&mut self, slot: Slot, text: &'a [u8], amounts: &mut [Option<Fixed>]) -> Option<()> {
        match slot {
            Slot::Free => {}
            Slot::Salt => self.salt = text,
            Slot::Row => self.row = Some(count(text)?),
            Slot::Population => self.population = count(text)?.0,
            Slot::Exposure => self.exposure = Some(fixed(text)?),
            Slot::Amount(fact) => *amounts.get_mut(fact)? = Some(fixed(text)?),
        }
        Some(())
    }
}

/// The place of the first quote.
fn quote(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        // A byte that is a quote becomes zero; the lowest zero byte is found without a false one below it.
        let word = u64::from_le_bytes(*word) ^ (ONES.wrapping_mul(0x22));
        let zeros = word.wrapping_sub(ONES) & !word & ONES.wrapping_mul(0x80);
        if zeros != 0 {
            let byte = usize::try_from(zeros.trailing_zeros() / 8).ok()?;
            return Some(number.saturating_mul(8).saturating_add(byte));
        }
    }
    let place = rest.iter().position(|byte| *byte == b'"')?;
    Some(bytes.len().saturating_sub(rest.len()).saturating_add(place))
}

impl Memo {
    /// Reads a record line and adds it to the sums.
    pub(super) fn record<'a>(&'a mut self, line: &'a [u8], sums: &mut Sums) -> Option<Scanned<'a>> {
        let found = self.find(line, Self::record_shape)?;
        let shape = self.shape.as_ref()?;
        let facts = shape.facts.iter().map(String::as_str).zip(self.amounts.iter().copied());
        let causes = shape.causes.iter().filter_map(|at| self.causes.get(*at));
        let exposure = found.exposure.zip(shape.currency.as_deref());
        sums.add(&shape.kind, facts, causes.map(|(_, cause)| cause), exposure)?;
        let (population, row, key) = (found.population, found.row, found.key);
        Some(Scanned { population, kind: &shape.kind, row, key })
    }

    /// Reads a disclosure of the population.
    pub(super) fn entry<'a>(&'a mut self, line: &'a [u8]) -> Option<ScannedEntry<'a>> {
        let found = self.find(line, Self::entry_shape)?;
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let (salt, key) = (text(found.salt)?, text(found.key)?);
        Some(ScannedEntry { salt, kind: &self.shape.as_ref()?.kind, row: found.row, key })
    }

    /// Reads a line of the shape of the last one, else makes its shape known.
    fn find<'a>(
        &mut self,
        line: &'a [u8],
        shape: impl FnOnce(&mut Self, &str) -> Option<Shape>,
    ) -> Option<Found<'a>> {
        let amounts = &mut self.amounts;
        let found = self.shape.as_ref().and_then(|shape| shape.read(line, amounts));
        if found.is_some() {
            return found;
        }
        let text = plain(line)?;
        self.shape = None;
        let shape = shape(self, text)?;
        self.amounts.clear();
        self.amounts.resize(shape.facts.len(), None);
        self.shape.insert(shape).read(line, &mut self.amounts)
    }

    fn record_shape(&mut self, line: &str) -> Option<Shape> {
        let mut text = Text { line, at: 0, slots: Vec::new() };
        text.skip(r#"{"v":"1","kind":"record","control":""#)?;
        let control = text.quoted()?;
        text.skip(r#","decision":""#)?;
        let decision = match text.quoted()? {
            "violates" => Decided::Violates,
            "undetermined" => Decided::Undetermined,
            _ => return None,
        };
        text.skip(r#","dataset":""#)?;
        let dataset = text.quoted()?;
        let (file, row) = text.place()?;
        text.skip(r#","population":""#)?;
        count(text.slot(Slot::Population)?.as_bytes())?;
        text.skip(r#","key":"#)?;
        let (key, names) = text.object()?;
        text.skip(r#","facts":["#)?;
        let facts = self.facts(&mut text)?;
        text.skip(r#","causes":["#)?;
        let causes = self.causes(&mut text)?;
        text.skip(r#","exposure":"#)?;
        let currency = match text.skip("null") {
            Some(()) => None,
            None => {
                text.skip(r#"{"amount":""#)?;
                fixed(text.slot(Slot::Exposure)?.as_bytes())?;
                text.skip(r#","currency":""#)?;
                let currency = text.quoted()?;
                text.skip("}")?;
                Some(currency.to_owned())
            }
        };
        text.skip(r#","values":"#)?;
        let (_, values) = text.object()?;
        let rests = match decision {
            Decided::Violates => !facts.is_empty(),
            _ => facts.is_empty() && !causes.is_empty(),
        };
        if text.rest() != "}" || !rests {
            return None;
        }
        if self.values != values {
            self.clear.extend(values.iter().cloned());
            self.values = values;
        }
        let kind = self.kind((control, dataset), file, decision, names)?;
        let (line, slots, fixed) = text.into_shape();
        Some(Shape { line, fixed, slots, kind, row, key, facts, causes, currency })
    }

    fn entry_shape(&mut self, line: &str) -> Option<Shape> {
        let mut text = Text { line, at: 0, slots: Vec::new() };
        text.skip(r#"[""#)?;
        text.slot(Slot::Salt)?;
        text.skip(r#","record",{"control":""#)?;
        let control = text.quoted()?;
        text.skip(r#","dataset":""#)?;
        let dataset = text.quoted()?;
        let (file, row) = text.place()?;
        text.skip(r#","key":"#)?;
        let (key, names) = text.object()?;
        text.skip(r#","decision":""#)?;
        let decision = match text.quoted()? {
            "conforms" => Decided::Conforms,
            "violates" => Decided::Violates,
            "undetermined" => Decided::Undetermined,
            "not-applicable" => Decided::NotApplicable,
            _ => return None,
        };
        if text.rest() != "}]" {
            return None;
        }
        let kind = self.kind((control, dataset), file, decision, names)?;
        let (line, slots, fixed) = text.into_shape();
        let (facts, causes, currency) = (Vec::new(), Vec::new(), None);
        Some(Shape { line, fixed, slots, kind, row, key, facts, causes, currency })
    }

    /// The kind of a line: that of the last one, if it is the same.
    fn kind(
        &mut self,
        (control, dataset): (&str, &str),
        file: Option<Count>,
        decision: Decided,
        names: Vec<String>,
    ) -> Option<Arc<Kind>> {
        let known = self.kind.take().filter(|kind| {
            kind.control.as_str() == control
                && *kind.dataset == *dataset
                && (kind.file, kind.decision) == (file, decision)
                && kind.names == names
        });
        let kind = match known {
            Some(known) => known,
            None => {
                self.clear.extend(names.iter().cloned());
                let (control, dataset) = (control.parse().ok()?, dataset.to_owned());
                Arc::new(Kind { control, dataset, file, decision, names })
            }
        };
        Some(Arc::clone(self.kind.insert(kind)))
    }

    /// The codes of a line's facts, behind their bracket.
    fn facts(&mut self, text: &mut Text<'_>) -> Option<Vec<String>> {
        let mut facts = Vec::new();
        while text.skip("]").is_none() {
            text.skip(if facts.is_empty() { r#"{"rule":"# } else { r#",{"rule":"# })?;
            self.rule(text)?;
            text.skip(r#","code":""#)?;
            let code = text.quoted()?.to_owned();
            text.optional(r#","expected":""#, Slot::Free)?;
            text.optional(r#","actual":""#, Slot::Free)?;
            let amount = text.optional(r#","amount":""#, Slot::Amount(facts.len()))?;
            text.optional(r#","message":""#, Slot::Free)?;
            text.skip("}")?;
            if facts.len() >= MOST
                || amount.is_some_and(|amount| fixed(amount.as_bytes()).is_none())
            {
                return None;
            }
            facts.push(code);
        }
        Some(facts)
    }

    fn rule(&mut self, text: &mut Text<'_>) -> Option<()> {
        if self.rule.is_empty() || text.skip(&self.rule).is_none() {
            let raw = text.up_to('}', 1)?;
            let rule: RuleRef = exact(raw)?;
            raw.clone_into(&mut self.rule);
            self.rules.insert(rule.file);
        }
        Some(())
    }

    /// The causes of a line, behind their bracket, as places in `self.causes`.
    fn causes(&mut self, text: &mut Text<'_>) -> Option<Vec<usize>> {
        let mut causes = Vec::new();
        while text.skip("]").is_none() {
            if !causes.is_empty() {
                text.skip(",")?;
            }
            let raw = text.up_to('}', 2)?;
            let known = self.causes.iter().position(|(known, _)| known == raw);
            causes.push(match known {
                Some(at) => at,
                None => {
                    let cause: Cause = exact(raw)?;
                    self.rules.insert(cause.rule.file.clone());
                    self.causes.push((raw.to_owned(), cause));
                    self.causes.len().saturating_sub(1)
                }
            });
        }
        (causes.len() <= MOST).then_some(causes)
    }
}

/// An amount: its digits without the point, and how many of them are behind it.
pub(super) type Fixed = (i128, u32);

/// A plain line that is being read.
struct Text<'a> {
    line: &'a str,
    at: usize,
    slots: Vec<(usize, usize, Slot)>,
}

impl<'a> Text<'a> {
    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// The line, its slots, and which of its bytes are in none.
    fn into_shape(self) -> (String, Vec<(usize, usize, Slot)>, Vec<u8>) {
        let mut fixed = vec![0xff; self.line.len()];
        for (start, end, _) in &self.slots {
            fixed.get_mut(*start..*end).unwrap_or_default().fill(0);
        }
        (self.line.to_owned(), self.slots, fixed)
    }

    fn skip(&mut self, start: &str) -> Option<()> {
        self.rest().strip_prefix(start)?;
        self.at = self.at.saturating_add(start.len());
        Some(())
    }

    /// A text whose first quote was skipped, and its last.
    fn quoted(&mut self) -> Option<&'a str> {
        let text = self.rest().get(..quote(self.rest().as_bytes())?)?;
        self.at = self.at.saturating_add(text.len()).saturating_add(1);
        Some(text)
    }

    /// As before, a text that may be another in the next line.
    fn slot(&mut self, slot: Slot) -> Option<&'a str> {
        let start = self.at;
        let text = self.quoted()?;
        self.slots.push((start, start.saturating_add(text.len()), slot));
        Some(text)
    }

    /// A text that may be absent, with the name and quote before it.
    fn optional(&mut self, start: &str, slot: Slot) -> Option<Option<&'a str>> {
        match self.skip(start) {
            Some(()) => self.slot(slot).map(Some),
            None => Some(None),
        }
    }

    /// Up to that bracket of that number.
    fn up_to(&mut self, bracket: char, number: usize) -> Option<&'a str> {
        let (end, _) = self.rest().match_indices(bracket).nth(number.saturating_sub(1))?;
        let raw = self.rest().get(..=end)?;
        self.at = self.at.saturating_add(raw.len());
        Some(raw)
    }

    fn place(&mut self) -> Option<(Option<Count>, Option<Count>)> {
        self.skip(r#","file":"#)?;
        let file = match self.skip("\"") {
            Some(()) => Some(count(self.quoted()?.as_bytes())?),
            None => self.skip("null").map(|()| None)?,
        };
        self.skip(r#","row":"#)?;
        let row = match self.skip("\"") {
            Some(()) => Some(count(self.slot(Slot::Row)?.as_bytes())?),
            None => self.skip("null").map(|()| None)?,
        };
        Some((file, row))
    }

    /// An object of texts and nulls; gives where it stands, and its names.
    fn object(&mut self) -> Option<((usize, usize), Vec<String>)> {
        let (start, mut own) = (self.at, Vec::new());
        self.skip("{")?;
        while self.skip("}").is_none() {
            self.skip(if own.is_empty() { "\"" } else { ",\"" })?;
            let name = self.quoted()?;
            if own.len() >= MOST || own.iter().any(|before| before == name) {
                return None;
            }
            own.push(name.to_owned());
            self.skip(":")?;
            match self.skip("\"") {
                Some(()) => drop(self.slot(Slot::Free)?),
                None => self.skip("null")?,
            }
        }
        Some(((start, self.at), own))
    }
}

/// A value whose own text this is.
fn exact<T: Serialize + DeserializeOwned>(text: &str) -> Option<T> {
    let value: T = serde_json::from_str(text).ok()?;
    (serde_json::to_string(&value).ok()? == text).then_some(value)
}

/// A count in its one notation, of up to 19 digits.
fn count(text: &[u8]) -> Option<Count> {
    let number = digits(text, 19)?;
    let canonical = text == b"0" || !text.starts_with(b"0");
    canonical.then_some(Count(number))
}

/// The number of these digits, of which there are some and at most so many, but no more than 19.
fn digits(text: &[u8], most: usize) -> Option<u64> {
    let (mut number, mut odd) = (0_u64, text.is_empty() || text.len() > most);
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        odd |= digit > 9;
        number = number.wrapping_mul(10).wrapping_add(digit.into());
    }
    (!odd).then_some(number)
}

/// An amount in its one notation, of up to 18 digits.
fn fixed(text: &[u8]) -> Option<Fixed> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let point = unsigned.iter().position(|byte| *byte == b'.').unwrap_or(unsigned.len());
    let (whole, fraction) = unsigned.split_at_checked(point)?;
    if whole != b"0" && whole.starts_with(b"0") {
        return None;
    }
    let mut number = i128::from(digits(whole, 18)?);
    let mut scale = 0;
    if let Some((_, fraction)) = fraction.split_first() {
        let power = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let most = 18_usize.checked_sub(whole.len())?;
        number = number.checked_mul(power)?.checked_add(digits(fraction, most)?.into())?;
        scale = u32::try_from(fraction.len()).ok()?;
    }
    if unsigned.len() == text.len() {
        Some((number, scale))
    } else {
        // There is no negative zero.
        Some((-number, scale)).filter(|_| number > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Line;
    use crate::verify::place::Entry;
    use crate::verify::population;
    use crate::verify::tally::{Tallies, Tally};
    use sha2::{Digest as _, Sha256};
    use tieout_controls::Decimal;

    const LINES: [&str; 6] = [
        r#"{"v":"1","kind":"record","control":"CM-02","decision":"violates","dataset":"a","file":"0","row":"12","population":"4","key":{"id":"C 2","b":null},"facts":[{"rule":{"file":"s/r.rego","line":"3","last_line":"9"},"code":"x","expected":"","actual":"1","amount":"-0.05","message":"m"}],"causes":[],"exposure":{"amount":"10.00","currency":"EUR"},"values":{"c":"2"}}"#,
        r#"{"v":"1","kind":"record","control":"CM-02","decision":"violates","dataset":"a","file":"0","row":"13","population":"5","key":{"id":"","b":null},"facts":[{"rule":{"file":"s/r.rego","line":"3","last_line":"9"},"code":"x","expected":"7","actual":"1","amount":"1200.5","message":""}],"causes":[],"exposure":{"amount":"0","currency":"EUR"},"values":{"c":"33"}}"#,
        r#"{"v":"1","kind":"record","control":"CM-03","decision":"violates","dataset":"b","file":null,"row":null,"population":"6","key":{},"facts":[{"rule":{"file":"s/r.rego","line":"3","last_line":"9"},"code":"x"},{"rule":{"file":"s/q.rego","line":"1","last_line":"1"},"code":"y","amount":"3"}],"causes":[{"reason":"null","rule":{"file":"s/q.rego","line":"1","last_line":"1"}}],"exposure":null,"values":{}}"#,
        r#"{"v":"1","kind":"record","control":"CM-03","decision":"undetermined","dataset":"b","file":"1","row":"9","population":"7","key":{},"facts":[],"causes":[{"reason":"null","rule":{"file":"s/q.rego","line":"1","last_line":"1"},"column":"c"}],"exposure":{"amount":"5","currency":""},"values":{}}"#,
        r#"["AAAAAAAAAAAAAAAAAAAAAA","record",{"control":"CM-02","dataset":"a","file":"0","row":"12","key":{"id":"C-2","b":null},"decision":"conforms"}]"#,
        r#"["BBBBBBBBBBBBBBBBBBBBBA","record",{"control":"CM-02","dataset":"a","file":"0","row":"13","key":{"id":"C-3","b":null},"decision":"violates"}]"#,
    ];

    /// The line with up to three changes that make another line of it, or none, and often one that differs
    /// in what only strict readers see.
    fn changed(line: &str, seed: u32) -> Vec<u8> {
        let random = Sha256::digest(seed.to_be_bytes());
        let mut bytes = line.as_bytes().to_vec();
        for change in random.chunks_exact(8).take(1 + usize::from(random[31] % 3)) {
            let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % bytes.len();
            let byte = br#"01-.,:"{}[]\xen u"#[usize::from(change[2]) % 17];
            match change[3] % 5 {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                3 => bytes[at] ^= 1 << (change[4] % 8),
                _ => {
                    let end = bytes.len().min(at + usize::from(change[4] % 24));
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
            }
        }
        bytes
    }

    /// What the strict reader makes of a record line.
    fn strictly(line: &[u8]) -> Option<(u64, Entry, String, Tally)> {
        let Ok(Line::Record(line)) = Line::parse(std::str::from_utf8(line).ok()?) else {
            return None;
        };
        let entry = Entry::of(&line).ok()?;
        let mut tally = Tally::default();
        tally.add(&line, entry.kind.decision).ok()?;
        Some((line.population.0, entry, serde_json::to_string(&line.key).unwrap(), tally))
    }

    #[test]
    fn common_lines_are_read_and_nothing_that_the_strict_reader_refuses() {
        let (mut read, mut left) = (0, 0);
        let mut memo = Memo::default();
        for seed in 0..60_000 {
            let line = LINES[usize::try_from(seed).unwrap() % 4];
            let line = if seed < 8 { line.into() } else { changed(line, seed) };
            // After a line of this shape, and after another.
            memo = if seed % 3 == 0 { Memo::default() } else { memo };
            if seed % 3 < 2 {
                let base = LINES[usize::try_from(seed).unwrap() % 4].as_bytes();
                assert!(memo.record(base, &mut Sums::default()).is_some());
            }
            let mut sums = Sums::default();
            let Some(scanned) = memo.record(&line, &mut sums) else {
                left += 1;
                continue;
            };
            read += 1;
            let told = String::from_utf8_lossy(&line).into_owned();
            let (population, entry, key, tally) = strictly(&line).expect(&told);
            assert_eq!((scanned.population, scanned.key), (population, key.as_bytes()));
            assert_eq!((scanned.kind, scanned.row), (&entry.kind, entry.row));
            let mut tallies = Tallies::new();
            sums.add_to(&mut tallies).unwrap();
            let own = &tallies[&entry.kind.control];
            assert_eq!((own.violates, own.undetermined), (tally.violates, tally.undetermined));
            assert!(own.by_code == tally.by_code && own.amounts == tally.amounts, "{told}");
            assert!(own.groups == tally.groups, "{told}");
        }
        assert!(read > 1_000 && left > 1_000, "{read} read, {left} not");
    }

    #[test]
    fn numbers_are_read_as_the_strict_reader_does() {
        let strict = |text: &str| serde_json::from_str::<Decimal>(&format!("\"{text}\"")).ok();
        let (mut read, mut left) = (0, 0);
        let most = u64::MAX.to_string();
        for text in
            ["", "-", ".", "0", "00", "01", "-0", "-0.0", "-1", "1.", ".5", "1.50", "+1", "1e3"]
                .into_iter()
                .chain([
                    "-0.05",
                    "00.5",
                    "1.2.3",
                    "1-",
                    "12345678.0123456789",
                    "12345678.01234567890",
                ])
                .chain(["999999999999999999", "9999999999999999999", "-9999999999999999999"])
                .chain([
                    "0.00000000000000001",
                    "0.000000000000000001",
                    &most,
                    "18446744073709551616",
                ])
        {
            let number: Option<Count> = serde_json::from_str(&format!("\"{text}\"")).ok();
            if let Some(found) = count(text.as_bytes()) {
                assert_eq!(Some(found), number, "{text}");
            }
            match fixed(text.as_bytes()) {
                Some((number, scale)) => {
                    let found = Decimal::from_scaled(number, scale);
                    assert_eq!(Some(found.clone()), strict(text), "{text}");
                    assert_eq!(found.to_string(), text);
                    read += 1;
                }
                None => left += 1,
            }
        }
        assert!(read > 5 && left > 10, "{read} read, {left} not");
        assert_eq!(count(b"9999999999999999999"), Some(Count(9_999_999_999_999_999_999)));
    }

    #[test]
    fn disclosures_are_read_as_the_strict_reader_does() {
        let (mut read, mut left) = (0, 0);
        let mut memo = Memo::default();
        for seed in 0..40_000 {
            let line = LINES[4 + usize::try_from(seed).unwrap() % 2];
            let line = if seed < 8 { line.into() } else { changed(line, seed) };
            memo = if seed % 3 == 0 { Memo::default() } else { memo };
            let Some(scanned) = memo.entry(&line) else {
                left += 1;
                continue;
            };
            read += 1;
            let text = std::str::from_utf8(&line).unwrap();
            let strict = crate::disclosure::parse_exact(text).expect(text);
            let entry = population::entry(&strict).expect(text);
            assert_eq!(scanned.salt, strict.salt.as_str());
            assert_eq!((scanned.kind, scanned.row), (&entry.kind, entry.row));
            assert_eq!(scanned.key, strict.value["key"].to_string());
        }
        assert!(read > 1_000 && left > 1_000, "{read} read, {left} not");
    }
}
