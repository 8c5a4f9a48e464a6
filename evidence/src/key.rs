//! Private keys in PKCS#8, encrypted at rest: Ed25519, and for cosignatures ML-DSA-44.

use crate::cosignature::WitnessKey;
use crate::dsse::{Envelope, IN_TOTO, pae};
use crate::mldsa::MlDsaSigningKey;
use crate::note::NoteKey;
use crate::public_key::PublicKey;
use crate::salt::{half, mac};
use ed25519_dalek::Signer;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use pkcs8::pkcs5::pbes2;
use pkcs8::{
    EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument,
};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// The label of an encrypted private key in PEM (RFC 7468, section 11).
const PEM_LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// The cost of scrypt: 2¹⁴ blocks of 8 × 128 bytes, five times. One of the settings that OWASP's
/// Password Storage Cheat Sheet holds equal; of those the one whose 16 MiB openssl allows when it
/// reads a key (its limit is 32 MiB).
const SCRYPT: (u8, u32, u32) = (14, 8, 5);
/// `id-ml-dsa-44` (RFC 9881, section 2).
const ML_DSA_44: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17");

/// A signing key.
pub struct SigningKey {
    pub(crate) inner: ed25519_dalek::SigningKey,
    /// Whether it is a demo key, whose passphrase everyone knows.
    pub demo: bool,
}

/// A key that can't be made, read or written.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct KeyError {
    /// The file.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

impl SigningKey {
    /// A new key from 32 random bytes.
    pub fn from_seed(seed: [u8; 32], demo: bool) -> Self {
        Self { inner: ed25519_dalek::SigningKey::from_bytes(&seed), demo }
    }

    /// Reads an encrypted PKCS#8 PEM file.
    ///
    /// # Errors
    /// The file can't be read, is no such key, or the passphrase is wrong.
    pub fn read(path: &Path, passphrase: &str, demo: bool) -> Result<Self, KeyError> {
        let plain = decrypted(path, passphrase)?;
        let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).ok();
        let inner = info.clone().and_then(ed25519).ok_or_else(|| unfit(path, info.as_ref()))?;
        Ok(Self { inner, demo })
    }

    /// Writes it as encrypted PKCS#8 PEM, mode 0600, beside and renamed; an existing file is never
    /// replaced.
    ///
    /// # Errors
    /// The file exists or can't be written.
    pub fn write(&self, path: &Path, passphrase: &str) -> Result<(), KeyError> {
        // Version 1 of PKCS#8, without the public key: what openssl reads and writes.
        let seed = self.inner.to_bytes();
        let plain = KeypairBytes { secret_key: seed, public_key: None }.to_pkcs8_der().ok();
        write_encrypted(path, passphrase, (&seed, plain))
    }

    /// The public key as SPKI PEM, as openssl reads it.
    pub fn public_pem(&self) -> String {
        self.public_key().to_pem()
    }

    /// The verifier key of a log of that name (C2SP signed-note vkey); `None` when no log signs
    /// under the name, see [`is_key_name`](crate::note::is_key_name).
    pub fn vkey(&self, origin: &str) -> Option<String> {
        NoteKey::new(origin, self.public_key()).map(|key| key.to_string())
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::from(&self.inner)
    }

    /// Signs an in-toto statement, given as its bytes.
    pub fn envelope(&self, payload: Vec<u8>) -> Envelope {
        let signature = self.sign(&pae(IN_TOTO, &payload));
        Envelope { payload, keyid: self.public_key().id(), signature }
    }

    /// Signs a message.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.inner.sign(message).to_bytes().to_vec()
    }
}

/// What a witness signs with.
pub enum CosigningKey {
    /// Ed25519.
    Ed25519(Box<SigningKey>),
    /// ML-DSA-44.
    MlDsa44(MlDsaSigningKey),
}

impl CosigningKey {
    /// Reads an encrypted PKCS#8 PEM file, of ML-DSA-44 in the form with the seed alone (RFC 9881, section 6).
    ///
    /// # Errors
    /// The file can't be read, is no such key, or the passphrase is wrong.
    pub fn read(path: &Path, passphrase: &str) -> Result<Self, KeyError> {
        let plain = decrypted(path, passphrase)?;
        let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).ok();
        let edwards = info.clone().and_then(ed25519);
        let edwards = edwards.map(|inner| SigningKey { inner, demo: false }.into());
        let lattice = || info.clone().and_then(MlDsaSigningKey::from_pkcs8).map(Self::MlDsa44);
        edwards.or_else(lattice).ok_or_else(|| unfit(path, info.as_ref()))
    }

    /// Writes it as [`SigningKey::write`] does.
    ///
    /// # Errors
    /// The file exists or can't be written.
    pub fn write(&self, path: &Path, passphrase: &str) -> Result<(), KeyError> {
        match self {
            Self::Ed25519(key) => key.write(path, passphrase),
            Self::MlDsa44(key) => write_encrypted(path, passphrase, (&key.seed(), key.to_pkcs8())),
        }
    }

    /// The public key.
    pub fn public_key(&self) -> WitnessKey {
        match self {
            Self::Ed25519(key) => key.public_key().into(),
            Self::MlDsa44(key) => key.public_key(),
        }
    }

    /// The public key as SPKI PEM; `None` where it can't be encoded, which no key is known for.
    pub fn public_pem(&self) -> Option<String> {
        match self {
            Self::Ed25519(key) => Some(key.public_pem()),
            Self::MlDsa44(key) => key.public_pem(),
        }
    }

    /// Signs a message.
    ///
    /// # Errors
    /// ML-DSA-44: the system has no random numbers.
    pub(crate) fn sign(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Ed25519(key) => Ok(key.sign(message)),
            Self::MlDsa44(key) => key.sign(message),
        }
    }
}

impl From<SigningKey> for CosigningKey {
    fn from(key: SigningKey) -> Self {
        Self::Ed25519(Box::new(key))
    }
}

impl From<MlDsaSigningKey> for CosigningKey {
    fn from(key: MlDsaSigningKey) -> Self {
        Self::MlDsa44(key)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public_key().id())
    }
}

/// What an encrypted PEM file holds.
fn decrypted(path: &Path, passphrase: &str) -> Result<SecretDocument, KeyError> {
    let text = std::fs::read_to_string(path).map_err(|e| error(path, e))?;
    let (label, encrypted) = SecretDocument::from_pem(&text)
        .map_err(|_| error(path, format!("not a PEM file with one `{PEM_LABEL}`")))?;
    if label != PEM_LABEL {
        let help = "encrypt it with `openssl pkcs8 -topk8 -scrypt`";
        return Err(error(path, format!("a `{label}`, not an `{PEM_LABEL}`: {help}")));
    }
    let info = EncryptedPrivateKeyInfoRef::try_from(encrypted.as_bytes())
        .map_err(|_| error(path, "not an encrypted private key of PKCS#8 (PBES2)"))?;
    info.decrypt(passphrase)
        .map_err(|_| error(path, "the passphrase is wrong, or the encryption is not PBES2"))
}

fn ed25519(info: PrivateKeyInfoRef<'_>) -> Option<ed25519_dalek::SigningKey> {
    ed25519_dalek::SigningKey::try_from(KeypairBytes::try_from(info).ok()?).ok()
}

/// What is wrong with a key that is none of those looked for.
fn unfit(path: &Path, info: Option<&PrivateKeyInfoRef<'_>>) -> KeyError {
    if info.is_some_and(|info| info.algorithm.oid == ML_DSA_44) {
        let why = "an ML-DSA-44 key: only witnesses have such, in the form with the seed alone, and in builds \
                   with the feature `pq`";
        return error(path, why);
    }
    error(path, "not an Ed25519 key")
}

/// Writes a private file, of which the seed and the unencrypted PKCS#8 are given.
fn write_encrypted(
    path: &Path,
    passphrase: &str,
    (seed, plain): (&[u8; 32], Option<SecretDocument>),
) -> Result<(), KeyError> {
    let pem = plain.and_then(|plain| encrypted(seed, &plain, passphrase));
    let pem = pem.ok_or_else(|| error(path, "can't be encrypted"))?;
    write_new(path, pem.as_bytes()).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => error(path, "exists; a key is never replaced"),
        _ => error(path, e),
    })
}

/// The encrypted PEM. Salt and IV come from the key and the passphrase by HMAC instead of a
/// random source: they are public, need only differ between keys and passphrases, and tell
/// nothing to whoever does not have the key.
fn encrypted(seed: &[u8; 32], plain: &SecretDocument, passphrase: &str) -> Option<String> {
    let derive = |label| half(mac(seed, label, &[passphrase.as_bytes()]));
    let (log_n, r, p) = SCRYPT;
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(
        pkcs8::pkcs5::scrypt::Params::new(log_n, r, p).ok()?,
        &derive("tieout/pkcs8-salt/v1"),
        derive("tieout/pkcs8-iv/v1"),
    )
    .ok()?;
    let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).ok()?;
    let encrypted = info.encrypt_with_params(parameters, passphrase).ok()?;
    Some(encrypted.to_pem(PEM_LABEL, LineEnding::LF).ok()?.to_string())
}

fn error(path: &Path, reason: impl ToString) -> KeyError {
    KeyError { path: path.display().to_string(), reason: reason.to_string() }
}

/// Writes a private file beside and gives it its name. The name is given by a link, which unlike a
/// rename fails when there is a file of that name.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    let beside = Path::new(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if beside.symlink_metadata().is_ok() {
        std::fs::remove_file(beside)?;
    }
    let mut file = options.open(beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let linked = std::fs::hard_link(beside, path);
    std::fs::remove_file(beside)?;
    linked?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
