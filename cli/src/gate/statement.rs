//! An approver's own statement: an in-toto Statement v1 about the digest of an evaluated diff, in a
//! DSSE envelope, signed with the approver's Ed25519 key.
//!
//! It counts only under a key that the base lists for the account that it states. There is one way to
//! write a statement, so that a bit that flips anywhere in the file is seen.

use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tieout_controls::Digest;
use tieout_controls::value::instant_text;
use tieout_evidence::dsse::Envelope;
use tieout_evidence::key::SigningKey;
use tieout_evidence::public_key::PublicKey;
use tieout_evidence::statement::{self, Stated};

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

/// A statement that a person makes under an account.
pub(super) trait Personal: Stated {
    /// Under which account it is stated.
    fn account(&self) -> &str;
}

/// The envelope file of a statement about a digest, signed.
///
/// # Errors
/// None but defects.
pub(super) fn signed<S: Stated>(digest: Digest, stated: &S, key: &SigningKey) -> Outcome<Vec<u8>> {
    statement::signed(digest, stated, key)
        .ok_or_else(|| Failure::internal("a statement that is no JSON"))
}

/// The subject's digest and what is stated of it, by one of the signers under the account that the base lists
/// with the key.
///
/// # Errors
/// Why it isn't.
pub(super) fn verified<S: Personal>(
    bytes: &[u8],
    signers: &[Approver],
) -> Result<(Digest, S), String> {
    let envelope = Envelope::parse(bytes)?;
    let mut of_key = signers.iter().filter(|a| a.key.id() == envelope.keyid);
    let (Some(signer), None) = (of_key.next(), of_key.next()) else {
        return Err("signed with a key that the base lists for no approver, or for two".to_owned());
    };
    if !envelope.holds_under(&signer.key) {
        return Err("the signature does not hold".to_owned());
    }
    // Only now it is known that somebody meant what is read.
    let (digest, stated) = statement::read::<S>(&envelope)?;
    if stated.account() != signer.account {
        return Err("it states another account than the base lists with its key".to_owned());
    }
    Ok((digest, stated))
}

impl Approval {
    /// The envelope file, signed.
    ///
    /// # Errors
    /// None but defects.
    pub(crate) fn sign(&self, key: &SigningKey) -> Outcome<Vec<u8>> {
        signed(self.digest, &self.predicate(), key)
    }

    /// Reads and verifies an envelope file; `file` is its name.
    ///
    /// # Errors
    /// It isn't in the form of one, no approver's key made the signature, or one of another account.
    pub(crate) fn verify(file: &str, bytes: &[u8], approvers: &[Approver]) -> Outcome<Self> {
        let (digest, stated) =
            verified::<Predicate>(bytes, approvers).map_err(|why| unproven(file, &why))?;
        let decided_at = stated.decided_at().ok_or_else(|| Failure::internal("an instant"))?;
        let Predicate { account, request, .. } = stated;
        Ok(Self { digest, account, request, decided_at })
    }

    fn predicate(&self) -> Predicate {
        Predicate {
            account: self.account.clone(),
            decision: Decision::Approved,
            request: self.request.clone(),
            decided_at: instant_text(self.decided_at),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Predicate {
    account: String,
    decision: Decision,
    request: Option<String>,
    decided_at: String,
}

impl Stated for Predicate {
    const TYPE: &'static str = "urn:tieout:predicate:gate-approval:v1";
    const SUBJECT: &'static str = "evaluated-diff";
    const WHAT: &'static str = "approval of an evaluated diff";

    fn is_canonical(&self) -> bool {
        self.decided_at().is_some_and(|at| instant_text(at) == self.decided_at)
    }
}

impl Personal for Predicate {
    fn account(&self) -> &str {
        &self.account
    }
}

impl Predicate {
    fn decided_at(&self) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(&self.decided_at).ok().map(|at| at.to_utc())
    }
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
        let signed = approval();
        let text = statement::payload(signed.digest, &signed.predicate()).unwrap();
        let text = String::from_utf8(text).unwrap();
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
