//! ML-DSA-44 (FIPS 204), which witnesses may cosign with: keys and signatures in their raw encodings, without context.
//!
//! The arithmetic is that of the crate `ml-dsa`, which was never audited.

use crate::encoding::sha256;
use crate::note::NoteError;
use crate::public_key::PublicKeyError;
use ::ml_dsa::{EncodedVerifyingKey, MlDsa44, Signature, VerifyingKey};
use std::fmt;

/// The bytes of a key in front of its vector `t1`: the seed of its matrix.
const SEED: usize = 32;

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct MlDsaKey(Box<EncodedVerifyingKey<MlDsa44>>);

impl MlDsaKey {
    /// The key of 1,312 bytes (`pkDecode`, which knows no other fault than the length).
    ///
    /// # Errors
    /// [`NoteError::Key`] for another length, [`NoteError::PublicKey`] when everyone can sign under it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        let key = EncodedVerifyingKey::<MlDsa44>::try_from(bytes)
            .map_err(|_| NoteError::Key("its key does not have 1,312 bytes"))?;
        // Under a `t1` of zero every challenge is answered by nothing.
        if bytes.iter().skip(SEED).all(|byte| *byte == 0) {
            return Err(PublicKeyError::Weak.into());
        }
        Ok(Self(Box::new(key)))
    }

    /// The 1,312 bytes of the key.
    pub fn to_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Whether it is the signature of the message, of 2,420 bytes.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::<MlDsa44>::try_from(signature);
        let key = VerifyingKey::decode(&self.0);
        signature.is_ok_and(|signature| key.verify_with_context(message, &[], &signature))
    }
}

impl fmt::Debug for MlDsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MlDsaKey({})", sha256(self.to_bytes()))
    }
}

#[cfg(feature = "seal")]
mod signing;
#[cfg(feature = "seal")]
pub use signing::MlDsaSigningKey;

#[cfg(test)]
#[cfg(feature = "seal")]
pub(crate) mod tests;
