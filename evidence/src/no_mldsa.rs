//! ML-DSA-44 in a build without the feature `pq`: there are no such keys, and whoever names one is told.

use crate::note::NoteError;
use std::convert::Infallible;

/// A public key, of which there is none in this build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlDsaKey(Infallible);

impl MlDsaKey {
    /// Refuses any key.
    ///
    /// # Errors
    /// Always.
    pub fn from_bytes(_: &[u8]) -> Result<Self, NoteError> {
        Err(NoteError::Key("its algorithm is ML-DSA-44, which needs a build with the feature `pq`"))
    }

    /// The bytes of the key.
    pub fn to_bytes(&self) -> &[u8] {
        match self.0 {}
    }

    pub(crate) fn verifies(&self, _: &[u8], _: &[u8]) -> bool {
        match self.0 {}
    }
}

#[cfg(feature = "seal")]
mod signing {
    use crate::cosignature::WitnessKey;
    use pkcs8::{PrivateKeyInfoRef, SecretDocument};
    use std::convert::Infallible;
    use std::io;

    /// A private key, of which there is none in this build.
    pub struct MlDsaSigningKey(Infallible);

    impl MlDsaSigningKey {
        /// Makes no key.
        ///
        /// # Errors
        /// Always.
        pub fn from_seed(_: [u8; 32]) -> io::Result<Self> {
            Err(io::Error::other("ML-DSA-44 needs a build with the feature `pq`"))
        }

        pub(crate) fn from_pkcs8(_: PrivateKeyInfoRef<'_>) -> Option<Self> {
            None
        }

        pub(crate) fn to_pkcs8(&self) -> Option<SecretDocument> {
            match self.0 {}
        }

        pub(crate) fn seed(&self) -> [u8; 32] {
            match self.0 {}
        }

        pub(crate) fn public_key(&self) -> WitnessKey {
            match self.0 {}
        }

        pub(crate) fn public_pem(&self) -> Option<String> {
            match self.0 {}
        }

        pub(crate) fn sign(&self, _: &[u8]) -> io::Result<Vec<u8>> {
            match self.0 {}
        }
    }
}
#[cfg(feature = "seal")]
pub use signing::MlDsaSigningKey;
