//! What the fuzzer runs: each reader of something that comes from outside, held to its form.
//!
//! A target takes any bytes. It must not panic, and what it accepts it must accept in one form only: written
//! again, it is the same bytes. `evidence/fuzz` runs them under libFuzzer; the tests run them over mutations of
//! a sealed pack, so that they are run everywhere.

use crate::checkpoint::Checkpoint;
use crate::claims::Statement;
use crate::dsse::Envelope;
use crate::encoding::{is_base64_url, sha256};
use crate::erasure::{Erasure, Hold, Release};
use crate::intent::{Abandoned, Intent};
use crate::line::Line;
use crate::line_proof::LineProof;
use crate::merkle::{Tree, inclusion_proof, leaf_hash, verify_inclusion};
use crate::note::Note;
use crate::people::disposition::{Clearance, Disposition};
use crate::people::key::{KeyEnrolled, KeyRevoked, KeyRotated};
use crate::people::sign_off::{Addendum, Completion, ExternalSignOff, Review};
use crate::policy::Policy;
use crate::proof::LogProof;
use crate::sums::Sums;
use crate::timestamp::{MAX_RESPONSE, Token};
use crate::verify::{Anchor, verify_line};
use crate::{disclosure, json, statement};

/// A target.
pub type Target = fn(&[u8]);

/// The targets by their names. The folder of a whole pack is another one, of the fuzzer's own.
pub const TARGETS: [(&str, Target); 12] = [
    ("envelope", envelope),
    ("statement", pack_statement),
    ("stated", stated),
    ("checkpoint", checkpoint),
    ("proof", proof),
    ("tree", tree),
    ("line_proof", line_proof),
    ("disclosure", disclosure),
    ("record", record),
    ("sums", sums),
    ("policy", policy),
    ("timestamp", timestamp),
];

/// A DSSE envelope.
pub fn envelope(data: &[u8]) {
    if let Ok(envelope) = Envelope::parse(data) {
        assert_eq!(envelope.to_bytes(), data);
    }
}

/// A pack's statement.
pub fn pack_statement(data: &[u8]) {
    if let Ok(read) = Statement::parse(data) {
        assert_eq!(serde_json::to_vec(&read).ok().as_deref(), Some(data));
    }
}

/// A statement of another type than a pack's: at most one type is in its form.
pub fn stated(data: &[u8]) {
    assert!(types(data) < 2);
}

/// The number of types of which the bytes are a statement.
pub(crate) fn types(data: &[u8]) -> usize {
    let payload = data.to_vec();
    let envelope = Envelope { payload, keyid: sha256(data), signature: Vec::new() };
    let read = [
        statement::read::<Intent>(&envelope).is_ok(),
        statement::read::<Abandoned>(&envelope).is_ok(),
        statement::read::<KeyEnrolled>(&envelope).is_ok(),
        statement::read::<KeyRotated>(&envelope).is_ok(),
        statement::read::<KeyRevoked>(&envelope).is_ok(),
        statement::read::<Review>(&envelope).is_ok(),
        statement::read::<Completion>(&envelope).is_ok(),
        statement::read::<Addendum>(&envelope).is_ok(),
        statement::read::<ExternalSignOff>(&envelope).is_ok(),
        statement::read::<Disposition>(&envelope).is_ok(),
        statement::read::<Clearance>(&envelope).is_ok(),
        statement::read::<Erasure>(&envelope).is_ok(),
        statement::read::<Hold>(&envelope).is_ok(),
        statement::read::<Release>(&envelope).is_ok(),
    ];
    read.into_iter().filter(|is| *is).count()
}

/// A signed note, and the checkpoint in it.
pub fn checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(note) = Note::parse(text) else { return };
    assert_eq!(note.to_string(), text);
    if let Ok(head) = Checkpoint::of(&note) {
        assert_eq!(head.to_string(), note.text);
    }
}

/// A log proof, and where it leads.
pub fn proof(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(proof) = LogProof::parse(text) else { return };
    assert_eq!(proof.to_string(), text);
    let _ = proof.includes(data);
}

/// An inclusion proof in a tree of up to 255 leaves, of which the bytes change one thing: it holds where they
/// change nothing.
pub fn tree(data: &[u8]) {
    let [size, index, at, change, rest @ ..] = data else { return };
    let (size, index) = (usize::from(*size), usize::from(*index));
    let leaves: Vec<_> = (0..size).map(|n| leaf_hash(&sha256(&n.to_be_bytes()).0)).collect();
    let mut tree = Tree::default();
    (0..size).for_each(|n| tree.push(&sha256(&n.to_be_bytes()).0));
    let Some(mut hashes) = inclusion_proof(&leaves, index) else {
        assert!(index >= size);
        return;
    };
    let (Some(leaf), root) = (leaves.get(index), tree.root()) else { return };
    let at_hash = usize::from(*at).checked_rem(hashes.len());
    let changed = match (at_hash.and_then(|at| hashes.get_mut(at)), rest) {
        (Some(hash), []) => hash.0.first_mut().is_some_and(|byte| {
            *byte ^= change;
            *change != 0
        }),
        (_, [number, ..]) => {
            let more = usize::from(*number).checked_rem(70).unwrap_or_default();
            hashes.extend(std::iter::repeat_n(sha256(rest), more));
            more > 0
        }
        (None, []) => false,
    };
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let holds = verify_inclusion(leaf, number(index), number(size), &hashes, &root);
    assert_eq!(holds, !changed);
}

/// The proof of one line, and where it leads.
pub fn line_proof(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(proof) = LineProof::parse(text) {
        assert_eq!(proof.to_string(), text);
    }
    let _ = verify_line(text, &Anchor::default());
}

/// A disclosure.
pub fn disclosure(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(is_base64_url(&disclosure::digest(text), 32));
    if let Ok(read) = disclosure::parse(text) {
        let again = disclosure::text(&read.salt, &read.name, &read.value);
        assert_eq!(disclosure::parse(&again), Ok(read));
    }
}

/// A line of `records/`.
pub fn record(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(line) = Line::parse(text) {
        assert_eq!(serde_json::to_string(&line).ok().as_deref(), Some(text));
    }
}

/// A list of digests.
pub fn sums(data: &[u8]) {
    if let Ok(sums) = Sums::parse(data) {
        assert_eq!(sums.to_string().as_bytes(), data);
    }
}

/// A policy file, and after a NUL a checkpoint that it judges; strict JSON of the same bytes.
pub fn policy(data: &[u8]) {
    let _ = json::value(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (policy, note) = text.split_once('\0').unwrap_or((text, ""));
    if let Ok(policy) = Policy::parse(policy) {
        let _ = policy.accepts(note);
    }
}

/// A time-stamp response: no shorter and no longer one is read, and what it says it has is in it.
pub fn timestamp(data: &[u8]) {
    let Ok(token) = Token::parse(data) else { return };
    assert!(data.len() <= MAX_RESPONSE);
    assert!(Token::parse(&[data, &[0]].concat()).is_err());
    assert!(data.split_last().is_none_or(|(_, shorter)| Token::parse(shorter).is_err()));
    assert!(data.windows(32).any(|own| own == token.imprint.0));
    assert!(chrono::DateTime::parse_from_rfc3339(&token.time).is_ok());
}
