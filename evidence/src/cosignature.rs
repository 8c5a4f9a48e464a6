//! Cosignatures of <https://c2sp.org/tlog-cosignature>: what a witness says of a checkpoint, and when. There are two
//! types, Ed25519 (0x04) and ML-DSA-44 (0x06), which sign different messages.
//!
//! Keys of ML-DSA-44 are read and verified with the feature `pq` alone; without it they are refused.

use crate::checkpoint::Checkpoint;
use crate::mldsa::MlDsaKey;
#[cfg(feature = "seal")]
use crate::note::NoteSignature;
use crate::note::{
    COSIGNATURE, ED25519, ML_DSA_44, Note, NoteError, NotePublicKey, VerifierKey, ed25519,
};
use crate::public_key::PublicKey;

/// The largest time that the format has, in seconds since 1970.
const MAX_TIME: u64 = i64::MAX.cast_unsigned();
/// What the message of ML-DSA-44 begins with.
const LABEL: &[u8] = b"subtree/v1\n\0";

/// A witness's key, and the name under which it signs.
pub type Cosigner = VerifierKey<WitnessKey>;

/// A public key that cosignatures are verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessKey {
    /// Of type 0x04.
    Ed25519(PublicKey),
    /// Of type 0x06.
    MlDsa44(MlDsaKey),
}

impl WitnessKey {
    /// The key, if it is one of Ed25519.
    pub fn ed25519(&self) -> Option<&PublicKey> {
        match self {
            Self::Ed25519(key) => Some(key),
            Self::MlDsa44(_) => None,
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => key.verifies(message, signature),
            Self::MlDsa44(key) => key.verifies(message, signature),
        }
    }
}

impl From<PublicKey> for WitnessKey {
    fn from(key: PublicKey) -> Self {
        Self::Ed25519(key)
    }
}

impl NotePublicKey for WitnessKey {
    fn signature_type(&self) -> u8 {
        match self {
            Self::Ed25519(_) => COSIGNATURE,
            Self::MlDsa44(_) => ML_DSA_44,
        }
    }

    fn encoded(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.to_bytes().to_vec(),
            Self::MlDsa44(key) => key.to_bytes().to_vec(),
        }
    }

    fn decode(signature_type: u8, bytes: &[u8]) -> Result<Self, NoteError> {
        match signature_type {
            COSIGNATURE => ed25519(bytes).map(Self::Ed25519),
            ML_DSA_44 => MlDsaKey::from_bytes(bytes).map(Self::MlDsa44),
            ED25519 => Err(NoteError::Key("it is a log's, not a witness's")),
            _ => Err(NoteError::Key("its algorithm is neither Ed25519 nor ML-DSA-44")),
        }
    }
}

impl Cosigner {
    /// When the witness cosigned the note's checkpoint, in seconds since 1970; `None` where no signature is
    /// its own.
    ///
    /// # Errors
    /// [`NoteError::Signature`]: a signature says to be its own and doesn't hold, or there are two.
    pub fn cosigned(&self, note: &Note) -> Result<Option<u64>, NoteError> {
        let Some(found) = note.only(self)? else { return Ok(None) };
        let (time, signature) = found.signature.split_first_chunk().ok_or(NoteError::Signature)?;
        let time = u64::from_be_bytes(*time);
        let message = self.message(time, &note.text).ok_or(NoteError::Signature)?;
        let holds = self.public_key().verifies(&message, signature);
        if holds { Ok(Some(time)) } else { Err(NoteError::Signature) }
    }

    /// The signature line of a cosignature that this key makes.
    ///
    /// # Errors
    /// The type has no form for such a text or time, or there are no random numbers.
    #[cfg(feature = "seal")]
    pub(crate) fn line(
        &self,
        key: &crate::key::CosigningKey,
        text: &str,
        time: u64,
    ) -> std::io::Result<NoteSignature> {
        let message = self.message(time, text).ok_or_else(|| {
            std::io::Error::other("a cosignature has no form for such a checkpoint or time")
        })?;
        let signature = [&time.to_be_bytes()[..], &key.sign(&message)?].concat();
        Ok(NoteSignature { name: self.name().to_owned(), id: self.id(), signature })
    }

    /// What is signed at a time under a note's text; `None` where the type has no form for it.
    fn message(&self, time: u64, text: &str) -> Option<Vec<u8>> {
        if time > MAX_TIME {
            return None;
        }
        match self.public_key() {
            WitnessKey::Ed25519(_) => {
                Some(format!("cosignature/v1\ntime {time}\n{text}").into_bytes())
            }
            // Who says no time doesn't say that it is the largest tree: a mirror may, a witness must not.
            WitnessKey::MlDsa44(_) if time == 0 => None,
            WitnessKey::MlDsa44(_) => {
                let note = Note { text: text.to_owned(), signatures: Vec::new() };
                whole_tree(self.name(), time, &Checkpoint::of(&note).ok()?)
            }
        }
    }
}

/// The `cosigned_message` of the tree under a checkpoint; `None` where name or origin is longer than 255 bytes.
pub(crate) fn whole_tree(name: &str, time: u64, head: &Checkpoint) -> Option<Vec<u8>> {
    let sized = |text: &str| {
        let len = u8::try_from(text.len()).ok()?;
        Some([&[len], text.as_bytes()].concat())
    };
    let (start, end) = (0_u64, head.size.0);
    let fields: [&[u8]; 7] = [
        LABEL,
        &sized(name)?,
        &time.to_be_bytes(),
        &sized(&head.origin)?,
        &start.to_be_bytes(),
        &end.to_be_bytes(),
        &head.root.0,
    ];
    Some(fields.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checkpoint that the specification shows, with its cosignature. It doesn't show the key, and the
    /// form of the line is what can be compared.
    const SHOWN: &str = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    #[cfg(feature = "seal")]
    #[test]
    fn the_line_of_the_specification_has_the_time_that_it_tells() {
        let note = Note::parse(SHOWN).unwrap();
        let [_, witness] = &note.signatures[..] else { panic!("two signatures") };
        assert_eq!(witness.name, "witness.example.com/w1");
        let time = u64::from_be_bytes(*witness.signature.first_chunk().unwrap());
        assert_eq!(time, 1_679_315_147);
        assert_eq!(witness.signature.len(), 72);
        let any = crate::key::SigningKey::from_seed([7; 32], false).public_key();
        let any = Cosigner::new("witness.example.com/w1", any).unwrap();
        let signed = String::from_utf8(any.message(time, &note.text).unwrap()).unwrap();
        assert!(
            signed.starts_with("cosignature/v1\ntime 1679315147\nexample.com/behind"),
            "{signed}"
        );
    }

    #[cfg(feature = "seal")]
    #[test]
    fn a_cosignature_holds_for_its_text_time_and_key() {
        let key = crate::key::SigningKey::from_seed([7; 32], false);
        let public = key.public_key();
        let witness = Cosigner::new("witness.example/w", public).unwrap();
        assert_eq!(Cosigner::parse(&witness.to_string()), Ok(witness.clone()));
        let text = "example.com/log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let line = witness.line(&key.into(), text, 1_700_000_000).unwrap();
        let note =
            |text: &str, signatures: Vec<NoteSignature>| Note { text: text.to_owned(), signatures };
        let cosigned = note(text, vec![line.clone()]);
        assert_eq!(witness.cosigned(&cosigned), Ok(Some(1_700_000_000)));
        assert_eq!(
            witness.cosigned(&Note::parse(&cosigned.to_string()).unwrap()),
            Ok(Some(1_700_000_000))
        );
        let other = Cosigner::new("witness.example/v", public).unwrap();
        assert_eq!(other.cosigned(&cosigned), Ok(None));
        let twice = note(text, vec![line.clone(), line.clone()]);
        assert_eq!(witness.cosigned(&twice), Err(NoteError::Signature));
        let grown = note(&text.replace("\n1\n", "\n2\n"), vec![line.clone()]);
        assert_eq!(witness.cosigned(&grown), Err(NoteError::Signature));
        for bit in 0..line.signature.len() * 8 {
            let mut flipped = line.clone();
            flipped.signature[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                witness.cosigned(&note(text, vec![flipped])),
                Err(NoteError::Signature),
                "{bit}"
            );
        }
    }

    /// A key of the log is none of a witness: the types are part of the key.
    #[test]
    fn a_key_of_another_type_is_refused() {
        let log = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert!(matches!(Cosigner::parse(log), Err(NoteError::Key(_))));
    }
}
