//! Signed statements other than a pack's: an in-toto Statement v1 about one digest, in a DSSE envelope.
//!
//! There is one way to write a statement, so that a bit that flips anywhere in the file is seen, and no
//! statement of one type can be taken for one of another.

use crate::claims::{STATEMENT_TYPE, Subject, SubjectDigest};
use crate::dsse::Envelope;
use crate::json;
#[cfg(feature = "seal")]
use crate::key::SigningKey;
use crate::layout::MAX_STATEMENT;
use chrono::DateTime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tieout_controls::Digest;
use tieout_controls::value::instant_text;

/// What a type of statement states of its subject. Its numbers are strings, and it knows no fields
/// but its own.
pub trait Stated: Serialize + DeserializeOwned {
    /// The predicate's type.
    const TYPE: &'static str;
    /// What its subject is called.
    const SUBJECT: &'static str;
    /// What such a statement is, for who is told that one is none.
    const WHAT: &'static str;

    /// Whether its values are written in the one way, as far as reading and writing them doesn't tell.
    fn is_canonical(&self) -> bool {
        true
    }
}

/// The payload of a statement, in the one form. `None` when it can't be written as JSON, which only
/// a defect of its type can bring about.
pub fn payload<S: Stated>(subject: Digest, stated: &S) -> Option<Vec<u8>> {
    let form = Form {
        kind: STATEMENT_TYPE.to_owned(),
        subject: [Subject {
            name: S::SUBJECT.to_owned(),
            digest: SubjectDigest { sha256: subject },
        }],
        predicate_type: S::TYPE.to_owned(),
        predicate: stated,
    };
    serde_json::to_vec(&form).ok()
}

/// The envelope file of a statement, signed. `None` as for [`payload`].
#[cfg(feature = "seal")]
pub fn signed<S: Stated>(subject: Digest, stated: &S, key: &SigningKey) -> Option<Vec<u8>> {
    Some(key.envelope(payload(subject, stated)?).to_bytes())
}

/// The subject's digest and what is stated of it, from an envelope's payload. To be read only once the
/// envelope's signature is verified.
///
/// # Errors
/// It is no statement of that type in the one form, or larger than any is.
pub fn read<S: Stated>(envelope: &Envelope) -> Result<(Digest, S), String> {
    let wrong = || format!("signed, and no {} in the form of one", S::WHAT);
    if envelope.payload.len() > MAX_STATEMENT {
        return Err(format!("signed, and larger than 1 MiB, which no {} is", S::WHAT));
    }
    let form: Form<S> = json::document(&envelope.payload).map_err(|_| wrong())?;
    let [Subject { digest: SubjectDigest { sha256: subject }, .. }] = form.subject;
    let stated = form.predicate;
    // What reads back as the same was written in the one form: types, names and layout included.
    let same = payload(subject, &stated).is_some_and(|own| own == envelope.payload);
    if same && stated.is_canonical() { Ok((subject, stated)) } else { Err(wrong()) }
}

/// Whether that is an instant in the one form: RFC 3339 in UTC.
pub(crate) fn is_instant(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok_and(|at| instant_text(at.to_utc()) == text)
}

/// The type that an envelope's payload says it has, by its own word.
pub fn type_of(envelope: &Envelope) -> Option<String> {
    let value = json::value(&envelope.payload).ok()?;
    value.get("predicateType")?.as_str().map(str::to_owned)
}

/// The digest that an envelope's payload says it is about, by its own word.
#[cfg(feature = "seal")]
pub fn subject_of(envelope: &Envelope) -> Option<Digest> {
    let value = json::value(&envelope.payload).ok()?;
    value.pointer("/subject/0/digest/sha256")?.as_str()?.parse().ok()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form<P> {
    #[serde(rename = "_type")]
    kind: String,
    subject: [Subject; 1],
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: P,
}
