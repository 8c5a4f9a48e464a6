//! Signed notes of <https://c2sp.org/signed-note>, with Ed25519 signatures (type 0x01); the keys of other types of
//! signatures, of which the notes of logs have lines.

use crate::encoding::{base64, from_base64, sha256};
use crate::public_key::{PublicKey, PublicKeyError};
use std::fmt;

/// The signature type of Ed25519.
pub(crate) const ED25519: u8 = 1;
/// The signature type of cosignatures with Ed25519.
pub(crate) const COSIGNATURE: u8 = 4;
/// The signature type of cosignatures with ML-DSA-44.
pub(crate) const ML_DSA_44: u8 = 6;
/// The most signatures that a note may have here: the number that every verifier must take.
const MAX_SIGNATURES: usize = 16;
/// The longest note that is read, in bytes.
const MAX_LEN: usize = 64 << 10;

/// A public key of which there is a verifier key.
pub trait NotePublicKey: Sized {
    /// The type of its signatures.
    fn signature_type(&self) -> u8;

    /// The key's bytes, as the type encodes them.
    fn encoded(&self) -> Vec<u8>;

    /// Reads the bytes of a key of a type.
    ///
    /// # Errors
    /// [`NoteError::Key`] where keys of the type are none of these, [`NoteError::PublicKey`] where the key is unfit.
    fn decode(signature_type: u8, bytes: &[u8]) -> Result<Self, NoteError>;
}

/// A key, and the name under which it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey<K> {
    name: String,
    key: K,
}

/// A key that notes are verified with, and the name under which it signs.
pub type NoteKey = VerifierKey<PublicKey>;

/// A note, parsed but not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed, with its final newline.
    pub text: String,
    /// The signatures in their order.
    pub signatures: Vec<NoteSignature>,
}

/// A signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: [u8; 4],
    /// The signature.
    pub signature: Vec<u8>,
}

/// A note or verifier key that can't be read, or a note that the key doesn't vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is not a signed note.
    #[error("not a signed note: {0}")]
    Syntax(&'static str),
    /// The text is not a verifier key.
    #[error("not a verifier key `NAME+ID+KEY`: {0}")]
    Key(&'static str),
    /// The verifier key's key is unfit.
    #[error("verifier key: {0}")]
    PublicKey(#[from] PublicKeyError),
    /// No signature is by the key.
    #[error("not signed by the key")]
    Unsigned,
    /// A signature says to be by the key and is not.
    #[error("the key's signature does not hold")]
    Signature,
}

/// Whether the text can be a key's name: not empty, no spaces, no plus, no control characters.
pub fn is_key_name(name: &str) -> bool {
    let fits = |c: char| !c.is_whitespace() && c != '+' && !c.is_control();
    !name.is_empty() && name.len() <= 255 && name.chars().all(fits)
}

impl NotePublicKey for PublicKey {
    fn signature_type(&self) -> u8 {
        ED25519
    }

    fn encoded(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }

    fn decode(signature_type: u8, bytes: &[u8]) -> Result<Self, NoteError> {
        match signature_type {
            ED25519 => ed25519(bytes),
            COSIGNATURE => Err(NoteError::Key("it is a witness's, not a log's")),
            ML_DSA_44 => Err(NoteError::Key("its algorithm is ML-DSA-44, and a log's is Ed25519")),
            _ => Err(NoteError::Key("its algorithm is not Ed25519")),
        }
    }
}

/// The Ed25519 key of 32 bytes.
pub(crate) fn ed25519(bytes: &[u8]) -> Result<PublicKey, NoteError> {
    let bytes = bytes.try_into().map_err(|_| NoteError::Key("its key does not have 32 bytes"))?;
    Ok(PublicKey::from_bytes(bytes)?)
}

impl<K: NotePublicKey> VerifierKey<K> {
    /// The key that signs under that name; `None` when it is no name of a key.
    pub fn new(name: &str, key: impl Into<K>) -> Option<Self> {
        is_key_name(name).then(|| Self { name: name.to_owned(), key: key.into() })
    }

    /// Reads the text form `NAME+ID+KEY`, where `ID` is 8 hexadecimal digits and `KEY` is the
    /// base64 of the signature type and the public key.
    ///
    /// # Errors
    /// [`NoteError::Key`] and [`NoteError::PublicKey`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim_end().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("it has fewer than three parts"));
        };
        let bytes = from_base64(key).ok_or(NoteError::Key("its third part is not base64"))?;
        let (signature_type, key) =
            bytes.split_first().ok_or(NoteError::Key("its third part is empty"))?;
        let key = Self::new(name, K::decode(*signature_type, key)?)
            .ok_or(NoteError::Key("its name is empty or has a space"))?;
        if id == hex(key.id()) { Ok(key) } else { Err(NoteError::Key("its id is of another key")) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key.
    pub fn public_key(&self) -> &K {
        &self.key
    }

    /// The id: the first four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ key)`.
    pub fn id(&self) -> [u8; 4] {
        let name = self.name.as_bytes();
        let [a, b, c, d, ..] = sha256(&[name, b"\n", &self.typed()].concat()).0;
        [a, b, c, d]
    }

    /// The signature type and the key's bytes.
    fn typed(&self) -> Vec<u8> {
        [&[self.key.signature_type()][..], &self.key.encoded()].concat()
    }
}

impl<K: NotePublicKey> fmt::Display for VerifierKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex(self.id()), base64(&self.typed()))
    }
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError::Syntax`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_LEN {
            return Err(NoteError::Syntax("longer than 65,536 bytes"));
        }
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(NoteError::Syntax("a control character"));
        }
        let (body, signatures) =
            note.rsplit_once("\n\n").ok_or(NoteError::Syntax("no blank line"))?;
        let lines = signatures.strip_suffix('\n').ok_or(NoteError::Syntax("no final newline"))?;
        let signatures: Vec<_> = lines.split('\n').map(signature).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Syntax("more than 16 signatures"));
        }
        Ok(Self { text: format!("{body}\n"), signatures })
    }

    /// Verifies the note: exactly one signature is by the key, and it holds. Signatures by other
    /// keys are not looked at.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], [`NoteError::Signature`].
    pub fn verify(&self, key: &NoteKey) -> Result<(), NoteError> {
        let found = self.only(key)?.ok_or(NoteError::Unsigned)?;
        let holds = key.key.verifies(self.text.as_bytes(), &found.signature);
        if holds { Ok(()) } else { Err(NoteError::Signature) }
    }

    /// The signature that says to be by the key; `None` where none does.
    ///
    /// # Errors
    /// [`NoteError::Signature`] where several do.
    pub(crate) fn only<K: NotePublicKey>(
        &self,
        key: &VerifierKey<K>,
    ) -> Result<Option<&NoteSignature>, NoteError> {
        let own = |s: &&NoteSignature| s.name == key.name && s.id == key.id();
        let mut by_key = self.signatures.iter().filter(own);
        let found = by_key.next();
        if by_key.next().is_some() { Err(NoteError::Signature) } else { Ok(found) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|s| {
            let bytes = [&s.id, s.signature.as_slice()].concat();
            writeln!(f, "\u{2014} {} {}", s.name, base64(&bytes))
        })
    }
}

fn signature(line: &str) -> Result<NoteSignature, NoteError> {
    let rest = line.strip_prefix("\u{2014} ");
    let (name, bytes) = rest
        .and_then(|rest| rest.split_once(' '))
        .ok_or(NoteError::Syntax("a signature line without dash, name and signature"))?;
    if !is_key_name(name) {
        return Err(NoteError::Syntax("a key's name with a space or plus"));
    }
    let bytes = from_base64(bytes).ok_or(NoteError::Syntax("a signature is not base64"))?;
    let (id, signature) =
        bytes.split_first_chunk().ok_or(NoteError::Syntax("a short signature"))?;
    Ok(NoteSignature { name: name.to_owned(), id: *id, signature: signature.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// golang.org/x/mod/sumdb/note, the package's own example (BSD-3-Clause).
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn verifies_the_note_of_the_go_package() {
        let key = NoteKey::parse(KEY).unwrap();
        assert_eq!(key.to_string(), KEY);
        let note = Note::parse(NOTE).unwrap();
        assert_eq!(note.to_string(), NOTE);
        assert_eq!(note.verify(&key), Ok(()));
    }

    #[test]
    fn a_note_that_was_changed_is_not_signed() {
        let key = NoteKey::parse(KEY).unwrap();
        let verify = |note: &str| Note::parse(note).and_then(|note| note.verify(&key));
        let changed = NOTE.replace("answer", "question");
        assert_eq!(verify(&changed), Err(NoteError::Signature));
        let renamed = NOTE.replace("\u{2014} Peter", "\u{2014} Pieter");
        assert_eq!(verify(&renamed), Err(NoteError::Unsigned));
        let (text, line) = NOTE.split_at(NOTE.find('\u{2014}').unwrap());
        assert_eq!(verify(&format!("{text}{line}{line}")), Err(NoteError::Signature));
    }

    #[test]
    fn strict_about_form() {
        for note in [
            NOTE.trim_end().to_owned(),
            NOTE.replace("\n\n", "\n"),
            NOTE.replace("JnAM=", "JnAN="),
            NOTE.replace("your problem,", "your\u{b}problem,"),
            NOTE.replace('\n', "\r\n"),
            format!("{NOTE}\n"),
        ] {
            assert!(matches!(Note::parse(&note), Err(NoteError::Syntax(_))), "{note:?}");
        }
    }

    #[test]
    fn a_key_with_another_keys_id_is_refused() {
        let wrong = KEY.replace("c74f20a3", "c74f20a4");
        assert!(matches!(NoteKey::parse(&wrong), Err(NoteError::Key(_))));
    }
}
