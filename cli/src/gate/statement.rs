//! An approver's own statement: an in-toto Statement v1 about the digest of an evaluated diff, in a
//! DSSE envelope, signed with the approver's Ed25519 key.
//!
//! It counts only under a key that the base lists for the account that it states. There is one way to
//! write a statement, so that a bit that flips anywhere in the file is seen.

use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tieout_controls::Digest;
use tieout_controls::value::instant_text;
use tieout_evidence::dsse::Envelope;
use tieout_evidence::key::SigningKey;
use tieout_evidence::public_key::PublicKey;

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "urn:tieout:predicate:gate-approval:v1";
const SUBJECT: &str = "evaluated-diff";

/// What an approver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approval {
    /// The digest of the evaluated diff.
    pub(crate) digest: Digest,
    /// Under which account.
    pub(crate) account: String,
    /// Of which request; `None` of any with that diff.
    pub(crate) request: Option<String>,
    /// When, by the approver's clock, to the second.
    pub(crate) decided_at: DateTime<Utc>,
}

/// Whose key it is, as the base lists it.
#[derive(Debug, Clone)]
pub(crate) struct Approver {
    /// The account.
    pub(crate) account: String,
    /// The key.
    pub(crate) key: PublicKey,
}

impl Approver {
    /// An approver of the base; `file` is the name of the public key's file and `pem` its text.
    ///
    /// # Errors
    /// It is no such key.
    pub(crate) fn listed(account: &str, file: &str, pem: &str) -> Outcome<Self> {
        let key = PublicKey::from_pem(pem).map_err(|e| {
            let message = format!("`{file}` is not an approver's public key: {e}");
            let help =
                "`tieout key new --role approver` writes it beside the private one, as `.pub`";
            Failure::usage(Diagnostic::new("key-unreadable", message).help(help))
        })?;
        Ok(Self { account: account.to_owned(), key })
    }
}

impl Approval {
    /// The envelope file, signed.
    ///
    /// # Errors
    /// None but defects.
    pub(crate) fn sign(&self, key: &SigningKey) -> Outcome<Vec<u8>> {
        Ok(key.envelope(self.payload()?).to_bytes())
    }

    /// Reads and verifies an envelope file; `file` is its name.
    ///
    /// # Errors
    /// It isn't in the form of one, no approver's key made the signature, or one of another account.
    pub(crate) fn verify(file: &str, bytes: &[u8], approvers: &[Approver]) -> Outcome<Self> {
        let refused = |why: &str| unproven(file, why);
        let (payload, approver) = verified(bytes, approvers).map_err(|why| refused(&why))?;
        // Only now it is known that somebody meant what is read.
        let approval = Self::read(&payload).ok_or_else(|| {
            refused("signed, and no approval of an evaluated diff in the form of one")
        })?;
        if approval.account != approver.account {
            return Err(refused(OTHER_ACCOUNT));
        }
        Ok(approval)
    }

    fn payload(&self) -> Outcome<Vec<u8>> {
        let predicate = Predicate {
            account: self.account.clone(),
            decision: Decision::Approved,
            request: self.request.clone(),
            decided_at: instant_text(self.decided_at),
        };
        payload((SUBJECT, self.digest), PREDICATE_TYPE, predicate)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (digest, predicate) = predicate(bytes)?;
        let Predicate { account, decision: Decision::Approved, request, decided_at } = predicate;
        let decided_at = DateTime::parse_from_rfc3339(&decided_at).ok()?.to_utc();
        let approval = Self { digest, account, request, decided_at };
        // What reads back as the same was written in the one form: types, names and layout included.
        (approval.payload().ok()? == bytes).then_some(approval)
    }
}

/// Why a statement is refused that somebody signed for somebody else.
pub(super) const OTHER_ACCOUNT: &str = "it states another account than the base lists with its key";

/// The payload of an envelope file, and whose key signed it.
///
/// # Errors
/// Why it isn't signed by one of the approvers.
pub(super) fn verified<'a>(
    bytes: &[u8],
    approvers: &'a [Approver],
) -> Result<(Vec<u8>, &'a Approver), String> {
    let envelope = Envelope::parse(bytes)?;
    let mut of_key = approvers.iter().filter(|a| a.key.id() == envelope.keyid);
    let (Some(approver), None) = (of_key.next(), of_key.next()) else {
        return Err("signed with a key that the base lists for no approver, or for two".to_owned());
    };
    if !approver.key.verifies(&envelope.signed_bytes(), &envelope.signature) {
        return Err("the signature does not hold".to_owned());
    }
    Ok((envelope.payload, approver))
}

/// A statement about one subject, by its name and digest, in the one form in which it is written.
///
/// # Errors
/// None but defects.
pub(super) fn payload(
    (name, digest): (&str, Digest),
    predicate_type: &str,
    predicate: impl Serialize,
) -> Outcome<Vec<u8>> {
    let form = Form {
        kind: STATEMENT_TYPE.to_owned(),
        subject: [Subject { name: name.to_owned(), digest: Sha256 { sha256: digest } }],
        predicate_type: predicate_type.to_owned(),
        predicate,
    };
    serde_json::to_vec(&form).map_err(Failure::internal)
}

/// The subject's digest and the predicate of a payload. Whether its types and names are the right ones is
/// known when it is written again and compared.
pub(super) fn predicate<P: DeserializeOwned>(payload: &[u8]) -> Option<(Digest, P)> {
    let form: Form<P> = serde_json::from_slice(payload).ok()?;
    let [Subject { digest: Sha256 { sha256: digest }, .. }] = form.subject;
    Some((digest, form.predicate))
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: Sha256,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sha256 {
    sha256: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Predicate {
    account: String,
    decision: Decision,
    request: Option<String>,
    decided_at: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Approved,
}

fn unproven(file: &str, why: &str) -> Failure {
    let message = format!("`{file}` is no approval: {why}");
    let help = "the approver signs anew with `tieout approve`, with a key that the base lists";
    let diagnostic = Diagnostic::new("approval-unproven", message).help(help);
    Failure { exit: Exit::Unproven, diagnostics: vec![diagnostic] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32], false)
    }

    fn approver(account: &str, seed: u8) -> Approver {
        Approver::listed(account, "a.pub", &key(seed).public_pem()).unwrap()
    }

    fn approval() -> Approval {
        Approval {
            digest: Digest([7; 32]),
            account: "anna".to_owned(),
            request: Some("PR-1".to_owned()),
            decided_at: DateTime::from_timestamp(1_767_225_600, 0).unwrap(),
        }
    }

    #[test]
    fn what_is_signed_reads_back_under_the_listed_key() {
        for approval in [approval(), Approval { request: None, ..approval() }] {
            let file = approval.sign(&key(1)).unwrap();
            let listed = [approver("ben", 2), approver("anna", 3), approver("anna", 1)];
            assert_eq!(Approval::verify("a", &file, &listed).unwrap(), approval);
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused() {
        let file = approval().sign(&key(1)).unwrap();
        let listed = [approver("anna", 1)];
        for bit in 0..file.len() * 8 {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let refused = Approval::verify("a", &changed, &listed).unwrap_err();
            assert_eq!(refused.exit, Exit::Unproven, "bit {bit}");
        }
        for end in 0..file.len() {
            assert!(Approval::verify("a", &file[..end], &listed).is_err());
        }
    }

    #[test]
    fn a_key_speaks_for_the_account_that_the_base_lists_it_for() {
        let file = approval().sign(&key(1)).unwrap();
        for listed in [
            vec![],
            vec![approver("anna", 2)],
            vec![approver("ben", 1)],
            vec![approver("anna", 1), approver("ben", 1)],
        ] {
            assert!(Approval::verify("a", &file, &listed).is_err(), "{listed:?}");
        }
        assert!(Approver::listed("anna", "a.pub", "no key").is_err());
    }

    /// A key of the base signs many things; only what is an approval is one.
    #[test]
    fn another_statement_is_no_approval() {
        let text = String::from_utf8(approval().payload().unwrap()).unwrap();
        for (from, to) in [
            ("gate-approval:v1", "control-result:v1"),
            ("evaluated-diff", "evaluated"),
            ("Statement/v1", "Statement/v0.1"),
            ("\"approved\"", "\"rejected\""),
            ("}}", "}} "),
            ("\"request\":\"PR-1\",", ""),
            ("\"request\":\"PR-1\"", "\"request\":\"PR-1\",\"request\":\"PR-1\""),
            ("T00:00:00Z", "T00:00:00+00:00"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            let file = key(1).envelope(changed.into_bytes()).to_bytes();
            assert!(Approval::verify("a", &file, &[approver("anna", 1)]).is_err(), "{from}");
        }
    }
}
