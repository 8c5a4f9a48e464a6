//! Private keys of ML-DSA-44.

use super::MlDsaKey;
use crate::cosignature::WitnessKey;
use ::ml_dsa::pkcs8::{EncodePrivateKey, EncodePublicKey};
use ::ml_dsa::{ExpandedSigningKey, MlDsa44, SigningKey, VerifyingKey};
use getrandom::SysRng;
use pkcs8::{LineEnding, PrivateKeyInfoRef, SecretDocument};
use std::io;

/// A private key.
pub struct MlDsaSigningKey(SigningKey<MlDsa44>);

impl MlDsaSigningKey {
    /// A new key from 32 random bytes.
    ///
    /// # Errors
    /// None; where the feature `pq` is missing, that.
    pub fn from_seed(seed: [u8; 32]) -> io::Result<Self> {
        Ok(Self(SigningKey::from_seed(&seed.into())))
    }

    /// Reads the form of PKCS #8 that has the seed alone (RFC 9881, section 6); `None` for anything else.
    pub(crate) fn from_pkcs8(info: PrivateKeyInfoRef<'_>) -> Option<Self> {
        SigningKey::try_from(info).ok().map(Self)
    }

    /// The same form.
    pub(crate) fn to_pkcs8(&self) -> Option<SecretDocument> {
        self.0.to_pkcs8_der().ok()
    }

    /// The seed, from which the key came.
    pub(crate) fn seed(&self) -> [u8; 32] {
        self.0.to_seed().into()
    }

    /// The public key.
    pub(crate) fn public_key(&self) -> WitnessKey {
        WitnessKey::MlDsa44(MlDsaKey(Box::new(self.verifying_key().encode())))
    }

    fn verifying_key(&self) -> &VerifyingKey<MlDsa44> {
        self.0.as_ref()
    }

    /// The public key as SubjectPublicKeyInfo in PEM (RFC 9881, section 4).
    pub(crate) fn public_pem(&self) -> Option<String> {
        self.verifying_key().to_public_key_pem(LineEnding::LF).ok()
    }

    /// Signs a message, hedged with random numbers of the system (FIPS 204, section 3.4).
    ///
    /// # Errors
    /// There are no random numbers, or no attempt gave a signature (which does not happen in practice).
    pub(crate) fn sign(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        let key = ExpandedSigningKey::<MlDsa44>::from_seed(self.0.as_seed());
        let signature = key.sign_randomized(message, &[], &mut SysRng);
        let signature =
            signature.map_err(|_| io::Error::other("ML-DSA-44 can't sign: no random numbers"))?;
        Ok(signature.encode().to_vec())
    }
}
