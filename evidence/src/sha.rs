//! SHA-256 of short messages, of which trees have millions: a prefix and data are compressed from where
//! they stand, without the buffer and the state machine of a hasher.

use sha2::block_api::compress256;
use tieout_controls::Digest;

/// The hash after whole blocks: all that is to be kept of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Midstate {
    words: [u32; 8],
    bytes: u64,
}

/// Bytes in a block.
const BLOCK: usize = 64;

impl Midstate {
    /// After nothing (FIPS 180-4, section 5.3.3).
    pub(crate) const NEW: Self = Self {
        words: [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ],
        bytes: 0,
    };

    /// After one more block.
    #[cfg(feature = "seal")]
    pub(crate) fn block(mut self, block: &[u8; BLOCK]) -> Self {
        compress256(&mut self.words, &[*block]);
        self.bytes = self.bytes.saturating_add(64);
        self
    }

    /// The digest of what was before, a prefix shorter than a block, and data.
    pub(crate) fn finish(self, prefix: &[u8], data: &[u8]) -> Digest {
        let mut message = Padded::NONE;
        message.set(self.bytes, prefix, data);
        self.go_on(&message, 0)
    }

    /// After so many blocks of a message that is hashed in more than one place: they are written as a
    /// digest is.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn of(state: Digest) -> Self {
        let mut words = [0; 8];
        for (to, bytes) in words.iter_mut().zip(state.0.as_chunks().0) {
            *to = u32::from_be_bytes(*bytes);
        }
        Self { words, bytes: 0 }
    }

    #[cfg(target_arch = "x86_64")]
    pub(crate) fn words(&self) -> [u32; 8] {
        self.words
    }

    /// The digest after the blocks of the message from that one on.
    #[inline]
    pub(crate) fn go_on(mut self, message: &Padded<'_>, from: usize) -> Digest {
        let Padded { whole, first, middle, tail, ends } = message;
        // Without a block the function only costs its call.
        let mut compress = |blocks: &[[u8; BLOCK]]| {
            if !blocks.is_empty() {
                compress256(&mut self.words, blocks);
            }
        };
        if *whole && from == 0 {
            compress(&[*first]);
        }
        let from = from.saturating_sub(usize::from(*whole));
        compress(middle.get(from..).unwrap_or_default());
        let from = from.saturating_sub(middle.len());
        compress(tail.as_chunks().0.get(from..*ends).unwrap_or_default());
        let mut digest = [0; 32];
        for (to, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.words) {
            *to = word.to_be_bytes();
        }
        Digest(digest)
    }
}

/// A message in blocks, with its padding: most of them are where its data stand.
#[derive(Clone, Copy)]
pub(crate) struct Padded<'m> {
    /// Whether there is a first block, which begins with the prefix. Else that is in the tail.
    whole: bool,
    first: [u8; BLOCK],
    middle: &'m [[u8; BLOCK]],
    tail: [u8; 2 * BLOCK],
    /// The number of blocks in the tail.
    ends: usize,
}

impl<'m> Padded<'m> {
    /// No message: it has no blocks.
    pub(crate) const NONE: Self =
        Self { whole: false, first: [0; BLOCK], middle: &[], tail: [0; 2 * BLOCK], ends: 0 };

    /// A prefix shorter than a block, and data, after so many bytes.
    #[inline]
    pub(crate) fn set(&mut self, before: u64, prefix: &[u8], data: &'m [u8]) {
        let length = prefix.len().saturating_add(data.len());
        let bits = u64::try_from(length).unwrap_or(u64::MAX).saturating_add(before) << 3;
        self.tail = [0; 2 * BLOCK];
        let whole = data.split_at_checked(BLOCK.saturating_sub(prefix.len()));
        self.whole = whole.is_some();
        let used = match whole {
            Some((head, data)) => {
                let used = put(&mut self.first, 0, prefix);
                put(&mut self.first, used, head);
                let (middle, rest) = data.as_chunks();
                self.middle = middle;
                put(&mut self.tail, 0, rest)
            }
            None => {
                self.middle = &[];
                let used = put(&mut self.tail, 0, prefix);
                put(&mut self.tail, used, data)
            }
        };
        self.end(used, bits);
    }

    /// A prefix of a byte, and two digests.
    #[inline]
    pub(crate) fn set_pair(&mut self, prefix: u8, [left, right]: &[Digest; 2]) {
        (self.whole, self.middle, self.tail) = (true, &[], [0; 2 * BLOCK]);
        let used = put(&mut self.first, 0, &[prefix]);
        let used = put(&mut self.first, used, &left.0);
        let (head, last) = right.0.split_at(31);
        put(&mut self.first, used, head);
        let used = put(&mut self.tail, 0, last);
        self.end(used, 65 << 3);
    }

    /// Padding behind what the tail holds (section 5.1.1): a one, zeros, and the length in bits.
    #[inline]
    fn end(&mut self, used: usize, bits: u64) {
        let used = put(&mut self.tail, used, &[0x80]);
        self.ends = if used > BLOCK.saturating_sub(8) { 2 } else { 1 };
        let at = BLOCK.saturating_mul(self.ends).saturating_sub(8);
        put(&mut self.tail, at, &bits.to_be_bytes());
    }

    /// The number of blocks.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn blocks(&self) -> usize {
        usize::from(self.whole).saturating_add(self.middle.len()).saturating_add(self.ends)
    }

    /// The block of that number, if there is one.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(crate) fn block(&self, number: usize) -> Option<&[u8; BLOCK]> {
        let middle = match number.checked_sub(usize::from(self.whole)) {
            None => return Some(&self.first),
            Some(number) => number,
        };
        match middle.checked_sub(self.middle.len()) {
            None => self.middle.get(middle),
            Some(number) => self.tail.as_chunks().0.get(number),
        }
    }
}

/// Copies to that place; gives the place behind it.
#[inline]
fn put(to: &mut [u8], at: usize, from: &[u8]) -> usize {
    let end = at.saturating_add(from.len());
    if let Some(to) = to.get_mut(at..end) {
        to.copy_from_slice(from);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn as_the_hasher_does_at_every_length() {
        let bytes: Vec<u8> = (0..400_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        for prefix in [0, 1, 14, 63] {
            for length in 0..bytes.len() - prefix {
                let (prefix, data) = (&bytes[..prefix], &bytes[prefix..prefix + length]);
                let hasher = Sha256::new().chain_update([7; 64]).chain_update(prefix);
                let expected: [u8; 32] = hasher.chain_update(data).finalize().into();
                let found = Midstate::NEW.block(&[7; 64]).finish(prefix, data);
                assert_eq!(found.0, expected, "{} {length}", prefix.len());
            }
        }
    }
}
