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
    pub(crate) fn finish(mut self, prefix: &[u8], data: &[u8]) -> Digest {
        let length = prefix.len().saturating_add(data.len());
        let bits = u64::try_from(length).unwrap_or(u64::MAX).saturating_add(self.bytes) << 3;
        // The first block, if it is full, has the prefix; what follows is compressed in its place.
        let (head, data) = data.split_at(data.len().min(BLOCK.saturating_sub(prefix.len())));
        let mut tail = [0; 2 * BLOCK];
        let mut used = put(&mut tail, 0, prefix);
        used = put(&mut tail, used, head);
        if used == BLOCK {
            let (blocks, rest) = data.as_chunks::<BLOCK>();
            compress256(&mut self.words, tail.as_chunks().0.get(..1).unwrap_or_default());
            compress256(&mut self.words, blocks);
            tail = [0; 2 * BLOCK];
            used = put(&mut tail, 0, rest);
        }
        // Padding (section 5.1.1): a one, zeros, and the length in bits.
        used = put(&mut tail, used, &[0x80]);
        let blocks = if used > BLOCK.saturating_sub(8) { 2 } else { 1 };
        put(&mut tail, BLOCK.saturating_mul(blocks).saturating_sub(8), &bits.to_be_bytes());
        compress256(&mut self.words, tail.as_chunks().0.get(..blocks).unwrap_or_default());
        let mut digest = [0; 32];
        for (to, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.words) {
            *to = word.to_be_bytes();
        }
        Digest(digest)
    }
}

/// Copies to that place; gives the place behind it.
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
