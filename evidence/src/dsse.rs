//! DSSE envelopes (<https://github.com/secure-systems-lab/dsse>, version 1.0.2), in the one form
//! in which packs write them: one signature with a key id, standard base64, no white space, one
//! final newline.

use crate::encoding::{base64, from_base64};
use crate::json;
use crate::public_key::PublicKey;
use serde::{Deserialize, Serialize};
use tieout_controls::Digest;

/// The payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// What is signed: the payload's type and the payload, each after its length.
///
/// ```
/// let bytes = tieout_evidence::dsse::pae("http://example.com/HelloWorld", b"hello world");
/// assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
/// ```
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// An envelope, parsed but not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The payload: an in-toto statement, to be read only once the signature is verified.
    pub payload: Vec<u8>,
    /// The id of the key that signed, by the envelope's own word.
    pub keyid: Digest,
    /// The signature over [`pae`].
    pub signature: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: Digest,
    sig: String,
}

impl Envelope {
    /// Reads an envelope file.
    ///
    /// # Errors
    /// What is wrong: other fields, another payload type, several signatures, base64 that is not
    /// canonical, or another layout of the JSON.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let form: Form = json::document(bytes)?;
        if form.payload_type != IN_TOTO {
            return Err(format!("the payload's type is not `{IN_TOTO}`"));
        }
        let [signature] = form.signatures.as_slice() else {
            return Err("not exactly one signature".to_owned());
        };
        let decode = |text: &str| from_base64(text).ok_or("base64 that is not canonical");
        let keyid = signature.keyid;
        let signature = decode(&signature.sig)?;
        let envelope = Self { payload: decode(&form.payload)?, keyid, signature };
        // The same content could be laid out in many ways; only one of them was signed and logged,
        // and only one is read by the commands of VERIFY.md.
        if envelope.to_bytes() == bytes {
            Ok(envelope)
        } else {
            Err("not laid out as the format says".to_owned())
        }
    }

    /// The envelope file.
    pub fn to_bytes(&self) -> Vec<u8> {
        format!(
            "{{\"payloadType\":\"{IN_TOTO}\",\"payload\":\"{}\",\
             \"signatures\":[{{\"keyid\":\"{}\",\"sig\":\"{}\"}}]}}\n",
            base64(&self.payload),
            self.keyid,
            base64(&self.signature)
        )
        .into_bytes()
    }

    /// Whether its signature holds under that key, whatever key id it names.
    pub fn holds_under(&self, key: &PublicKey) -> bool {
        key.verifies(&self.signed_bytes(), &self.signature)
    }

    /// Whether it names that key, and its signature holds under it.
    pub fn is_by(&self, key: &PublicKey) -> bool {
        self.keyid == key.id() && self.holds_under(key)
    }

    /// The bytes that the signature is over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        pae(IN_TOTO, &self.payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_only() {
        let keyid = Digest([0xab; 32]);
        let envelope = Envelope { payload: b"{}".to_vec(), keyid, signature: vec![1; 64] };
        let text = String::from_utf8(envelope.to_bytes()).unwrap();
        assert_eq!(Envelope::parse(text.as_bytes()), Ok(envelope));
        for wrong in [
            text.replace("\",\"sig", "\", \"sig"),
            text.replace("e30=", "e31="),
            text.replace("e30=", "e30"),
            text.replace("in-toto", "other"),
            text.replace("{\"keyid", "{\"keyid\":\"0\",\"keyid"),
            text.replace("}]}", "}],\"more\":null}"),
            text.replace("\"signatures\":[", "\"signatures\":[],\"signatures\":["),
            text.trim_end().to_owned(),
        ] {
            assert!(Envelope::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
