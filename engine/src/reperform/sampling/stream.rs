//! Random numbers that an auditor can repeat with `sha256sum`.
//!
//! The seed follows from the digest of the sealed population, which the auditor can't choose, and a
//! nonce of the auditor's, stated after sealing, which the company can't foresee. P is the digest in
//! 64 hexadecimal digits, NONCE the word:
//!
//! ```text
//! SEED=$(printf 'tieout-sampling-1\n%s\n%s\n' "$P" "$NONCE" | sha256sum | cut -d' ' -f1)
//! block number C:   printf '%s\n%d\n' "$SEED" "$C" | sha256sum
//! ```
//!
//! A number below m is the block, read as a 256-bit integer, modulo m; a block not below the greatest
//! multiple of m is passed over for the next, so that every number is equally likely. Blocks are counted
//! from 0 and none is used twice.

use num_bigint::BigUint;
use sha2::{Digest as _, Sha256};
use tieout_controls::Digest;

/// A nonce that the derivation can't take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the auditor's nonce must be 1 to 256 printable ascii characters")]
pub struct NonceError;

/// Numbers from a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    seed: Digest,
    used: u64,
}

impl Stream {
    /// The stream of a sealed population and a nonce.
    ///
    /// # Errors
    /// [`NonceError`] for a nonce that is empty, too long, or not printable ASCII.
    ///
    /// ```
    /// use tieout_controls::Digest;
    /// use tieout_engine::reperform::sampling::stream::Stream;
    /// let stream = Stream::new(Digest([0; 32]), "auditor 2026-01-31").unwrap();
    /// assert_eq!(stream.used(), 0);
    /// assert!(Stream::new(Digest([0; 32]), "").is_err());
    /// ```
    pub fn new(population: Digest, nonce: &str) -> Result<Self, NonceError> {
        let printable = |b: u8| b == b' ' || b.is_ascii_graphic();
        if nonce.is_empty() || nonce.len() > 256 || !nonce.bytes().all(printable) {
            return Err(NonceError);
        }
        let seed = sha256(&format!("tieout-sampling-1\n{population}\n{nonce}\n"));
        Ok(Self { seed, used: 0 })
    }

    /// The seed.
    pub fn seed(&self) -> Digest {
        self.seed
    }

    /// How many blocks were used so far, those passed over included.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// A number below `bound`; 0 for a bound of 0 or 1, for which nothing is drawn.
    pub fn below(&mut self, bound: u128) -> u128 {
        if bound <= 1 {
            return 0;
        }
        let all = BigUint::from(1_u32) << 256_u32;
        let limit = &all - &all % bound;
        loop {
            let block = sha256(&format!("{}\n{}\n", self.seed, self.used));
            self.used = self.used.saturating_add(1);
            let number = BigUint::from_bytes_be(&block.0);
            if number < limit {
                return u128::try_from(number % bound).unwrap_or(0);
            }
        }
    }
}

fn sha256(text: &str) -> Digest {
    Digest(Sha256::digest(text).into())
}
