//! Reading DER ([X.690](https://www.itu.int/rec/T-REC-X.690), section 10), as far as a time-stamp response asks for it.
//!
//! Tags are of one byte, lengths definite and in their shortest form. Nothing recurs: a reader goes as deep as the
//! structure that it looks for, and what it doesn't look into are bytes.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8: u8 = 0x0c;
pub(crate) const TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag of a constructed value that its place in a structure numbers.
pub(crate) const fn tagged(number: u8) -> u8 {
    0xa0 | number
}

/// Values one after the other, of which the first are taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Der<'a>(pub(crate) &'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which must have that tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<Der<'a>> {
        let (found, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        (*found == tag).then(|| {
            self.0 = rest;
            Der(content)
        })
    }

    /// The same of a value that may be absent; `None` where one with that tag begins and can't be read.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Option<Der<'a>>> {
        match self.0.first() {
            Some(found) if *found == tag => self.take(tag).map(Some),
            _ => Some(None),
        }
    }

    /// The content of the next value, an integer in its shortest form.
    pub(crate) fn integer(&mut self) -> Option<&'a [u8]> {
        self.take(INTEGER).and_then(Self::as_integer)
    }

    /// The content of an integer, in its shortest form.
    pub(crate) fn as_integer(self) -> Option<&'a [u8]> {
        let shortest = match self.0 {
            [] => false,
            [0x00, next, ..] => *next >= 0x80,
            [0xff, next, ..] => *next < 0x80,
            _ => true,
        };
        shortest.then_some(self.0)
    }

    /// That nothing follows.
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// A length, and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let count = match first {
        0..=0x7f => return Some((usize::from(*first), rest)),
        0x81..=0x83 => usize::from(first & 0x7f),
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(count)?;
    let length = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
    let shortest = digits.first() != Some(&0) && length >= 0x80;
    shortest.then_some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_of_each_length() {
        let long = |prefix: &[u8], length: usize| [prefix, &vec![7; length]].concat();
        for (bytes, length) in [
            (long(&[4, 0], 0), Some(0)),
            (long(&[4, 0x7f], 0x7f), Some(0x7f)),
            (long(&[4, 0x81, 0x80], 0x80), Some(0x80)),
            (long(&[4, 0x82, 1, 0], 0x100), Some(0x100)),
            (long(&[4, 0x83, 1, 0, 0], 0x1_0000), Some(0x1_0000)),
            (long(&[4, 0x81, 0x7f], 0x7f), None),
            (long(&[4, 0x82, 0, 0x80], 0x80), None),
            (long(&[4, 0x83, 0, 1, 0], 0x100), None),
            (long(&[4, 0x84, 0, 1, 0, 0], 0x1_0000), None),
            (long(&[4, 0x80, 0, 0], 0), None),
            (long(&[4, 0xff], 0), None),
            (long(&[4, 2], 1), None),
            (long(&[4, 0x82, 1], 0), None),
            (long(&[4], 0), None),
            (long(&[5, 0], 0), None),
            (Vec::new(), None),
        ] {
            let found = Der(&bytes).take(OCTETS).map(|content| content.0.len());
            assert_eq!(found, length, "{:?}", &bytes[..bytes.len().min(6)]);
        }
    }

    #[test]
    fn one_form_of_each_integer() {
        let read = |bytes: &[u8]| Der(bytes).integer().is_some();
        for right in [&[2, 1, 0][..], &[2, 1, 0x80], &[2, 2, 0, 0x80], &[2, 2, 0xff, 0x7f]] {
            assert!(read(right), "{right:?}");
        }
        for wrong in [&[2, 0][..], &[2, 2, 0, 0x7f], &[2, 2, 0xff, 0x80], &[2, 2, 0, 0]] {
            assert!(!read(wrong), "{wrong:?}");
        }
    }
}
