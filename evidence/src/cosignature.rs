//! Cosignatures of <https://c2sp.org/tlog-cosignature>, version 1 (Ed25519, type 0x04): what a witness says of
//! a checkpoint, and when.

#[cfg(feature = "seal")]
use crate::note::NoteSignature;
use crate::note::{COSIGNATURE, Note, NoteError, VerifierKey};

/// The largest time that the format has, in seconds since 1970.
const MAX_TIME: u64 = i64::MAX.cast_unsigned();

/// A witness's key, and the name under which it signs.
pub type Cosigner = VerifierKey<COSIGNATURE>;

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
        let holds = self.public_key().verifies(&message(time, &note.text), signature);
        if holds && time <= MAX_TIME { Ok(Some(time)) } else { Err(NoteError::Signature) }
    }

    /// The signature line of a cosignature that this key makes.
    #[cfg(feature = "seal")]
    pub(crate) fn line(
        &self,
        key: &crate::key::SigningKey,
        text: &str,
        time: u64,
    ) -> NoteSignature {
        let signature = key.sign(&message(time, text));
        let signature = [&time.to_be_bytes()[..], &signature].concat();
        NoteSignature { name: self.name().to_owned(), id: self.id(), signature }
    }
}

/// What is signed: a header, the time and the note's text.
fn message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
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

    #[test]
    fn the_line_of_the_specification_has_the_time_that_it_tells() {
        let note = Note::parse(SHOWN).unwrap();
        let [_, witness] = &note.signatures[..] else { panic!("two signatures") };
        assert_eq!(witness.name, "witness.example.com/w1");
        let time = u64::from_be_bytes(*witness.signature.first_chunk().unwrap());
        assert_eq!(time, 1_679_315_147);
        assert_eq!(witness.signature.len(), 72);
        let signed = String::from_utf8(message(time, &note.text)).unwrap();
        assert!(
            signed.starts_with("cosignature/v1\ntime 1679315147\nexample.com/behind"),
            "{signed}"
        );
    }

    #[cfg(feature = "seal")]
    #[test]
    fn a_cosignature_holds_for_its_text_time_and_key() {
        let key = crate::key::SigningKey::from_seed([7; 32], false);
        let witness = Cosigner::new("witness.example/w", key.public_key()).unwrap();
        assert_eq!(Cosigner::parse(&witness.to_string()), Ok(witness.clone()));
        let text = "example.com/log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let line = witness.line(&key, text, 1_700_000_000);
        let note =
            |text: &str, signatures: Vec<NoteSignature>| Note { text: text.to_owned(), signatures };
        let cosigned = note(text, vec![line.clone()]);
        assert_eq!(witness.cosigned(&cosigned), Ok(Some(1_700_000_000)));
        assert_eq!(
            witness.cosigned(&Note::parse(&cosigned.to_string()).unwrap()),
            Ok(Some(1_700_000_000))
        );
        let other = Cosigner::new("witness.example/v", key.public_key()).unwrap();
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
