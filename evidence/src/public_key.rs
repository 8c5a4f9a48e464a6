//! Ed25519 public keys (RFC 8032), as SubjectPublicKeyInfo in PEM (RFC 8410).

use crate::encoding::{base64, from_base64, sha256};
use ed25519_dalek::{Signature, VerifyingKey};
use std::fmt;
use tieout_controls::Digest;

/// The DER of a SubjectPublicKeyInfo for Ed25519 up to the 32 bytes of the key. RFC 8410 leaves no
/// choice in it, so that it need not be parsed.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];
const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// A public key that signatures are verified with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The text or the bytes are no key to verify with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Not a PEM file with one public key.
    #[error("not a PEM file with one `PUBLIC KEY`")]
    Pem,
    /// A key of another algorithm, or not in the form of RFC 8410.
    #[error("not an Ed25519 public key")]
    NotEd25519,
    /// A key of small order: signatures under it prove nothing.
    #[error("a weak key: anyone can sign under it")]
    Weak,
}

impl PublicKey {
    /// The key of 32 bytes.
    ///
    /// # Errors
    /// [`PublicKeyError::NotEd25519`] when it is no point of the curve, [`PublicKeyError::Weak`]
    /// when the point has small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PublicKeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| PublicKeyError::NotEd25519)?;
        if key.is_weak() { Err(PublicKeyError::Weak) } else { Ok(Self(key)) }
    }

    /// Reads a PEM file as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// See [`PublicKeyError`].
    pub fn from_pem(text: &str) -> Result<Self, PublicKeyError> {
        let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
        let [BEGIN, body @ .., END] = lines.as_slice() else { return Err(PublicKeyError::Pem) };
        Self::from_spki(&from_base64(&body.concat()).ok_or(PublicKeyError::Pem)?)
    }

    /// The key of a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// As [`PublicKey::from_bytes`], and [`PublicKeyError::NotEd25519`] for anything else.
    pub fn from_spki(der: &[u8]) -> Result<Self, PublicKeyError> {
        let key = der.strip_prefix(&SPKI_PREFIX).ok_or(PublicKeyError::NotEd25519)?;
        Self::from_bytes(key.try_into().map_err(|_| PublicKeyError::NotEd25519)?)
    }

    /// The key as a PEM file.
    pub fn to_pem(&self) -> String {
        format!("{BEGIN}\n{}\n{END}\n", base64(&self.to_spki()))
    }

    /// The DER of the SubjectPublicKeyInfo.
    pub fn to_spki(&self) -> Vec<u8> {
        [SPKI_PREFIX.as_slice(), self.0.as_bytes()].concat()
    }

    /// The 32 bytes of the key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The key's id: the SHA-256 of its SubjectPublicKeyInfo in DER.
    pub fn id(&self) -> Digest {
        sha256(&self.to_spki())
    }

    /// Whether it is the signature of the message. Only the strict rules hold: with the lax ones a
    /// signer could deny later what was signed.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

#[cfg(feature = "seal")]
impl From<&ed25519_dalek::SigningKey> for PublicKey {
    fn from(key: &ed25519_dalek::SigningKey) -> Self {
        Self(key.verifying_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410, section 10.1.
    const EXAMPLE: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn reads_and_writes_the_example_of_rfc_8410() {
        let key = PublicKey::from_pem(EXAMPLE).unwrap();
        assert_eq!(key.to_pem(), EXAMPLE);
        assert_eq!(PublicKey::from_pem(&EXAMPLE.replace('\n', "\r\n")).unwrap(), key);
    }

    #[test]
    fn refuses_what_is_no_ed25519_key() {
        assert_eq!(PublicKey::from_pem("").unwrap_err(), PublicKeyError::Pem);
        assert_eq!(PublicKey::from_pem(&EXAMPLE.repeat(2)).unwrap_err(), PublicKeyError::Pem);
        let x25519 = EXAMPLE.replace("MCowBQYDK2VwA", "MCowBQYDK2VuA");
        assert_eq!(PublicKey::from_pem(&x25519).unwrap_err(), PublicKeyError::NotEd25519);
    }

    #[test]
    fn refuses_keys_of_small_order() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity).unwrap_err(), PublicKeyError::Weak);
        assert_eq!(PublicKey::from_bytes(&[0; 32]).unwrap_err(), PublicKeyError::Weak);
    }
}
