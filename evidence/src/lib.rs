//! Evidence packs: statement, envelope, record tree, log, verification.
//!
//! The default features are what an auditor must trust: reading and verifying, no network, no
//! private keys. Feature `seal` adds what a producer needs, feature `pq` cosignatures with ML-DSA-44. The formats are
//! specified in `docs/formats/evidence-pack.md` and `docs/formats/log.md`; one module holds one of them:
//!
//! | module | format |
//! |---|---|
//! | [`merkle`] | RFC 6962 trees and proofs |
//! | [`dsse`] | DSSE envelopes |
//! | [`note`], [`checkpoint`], [`proof`] | C2SP signed notes, checkpoints, log proofs |
//! | [`cosignature`], [`policy`] | C2SP cosignatures of witnesses, and which of them are enough |
//! | [`mldsa`] | ML-DSA-44 keys and signatures, of cosignatures only |
//! | [`timestamp`] | RFC 3161 responses over a head of the log |
//! | [`statement`] | in-toto statements other than a pack's |
//! | [`erasure`] | receipts of erasures, legal holds and their releases |
//! | [`intent`] | the announcement of a run |
//! | [`people`] | statements of and about people and their keys |
//! | [`public_key`] | Ed25519 public keys in SPKI PEM |
//! | [`line_proof`], [`prove`] | one line of a pack with its way to the log |
//! | [`log`], [`logbook`] | the log's folder, as a reader sees it, and the statements in it |
//! | [`fsck`] | what a watcher of a log looks for in it |
//!
//! [`verify::verify`] is where to begin.

pub mod checkpoint;
pub mod cosignature;
pub mod dsse;
pub mod erasure;
pub mod fsck;
pub mod intent;
pub mod line_proof;
pub mod log;
pub mod logbook;
pub mod merkle;
#[cfg(feature = "pq")]
pub mod mldsa;
#[cfg(not(feature = "pq"))]
#[path = "no_mldsa.rs"]
pub mod mldsa;
pub mod note;
pub mod people;
pub mod policy;
pub mod proof;
pub mod prove;
pub mod public_key;
pub mod statement;
pub mod timestamp;
pub mod verify;

mod claims;
mod consistency;
mod demo;
mod der;
mod disclosure;
mod encoding;
mod json;
mod lanes;
mod layout;
mod line;
mod sealed;
mod sha;
mod sums;
mod tiles;
mod visible;

#[cfg(any(test, fuzzing))]
pub mod fuzz;

#[cfg(feature = "seal")]
pub mod commitment;
#[cfg(feature = "seal")]
pub mod cosign;
#[cfg(feature = "seal")]
pub mod erase;
#[cfg(feature = "seal")]
pub mod key;
#[cfg(feature = "seal")]
pub mod published;
#[cfg(feature = "seal")]
pub mod seal;
#[cfg(feature = "seal")]
pub mod vault;
#[cfg(feature = "seal")]
pub mod witness;

#[cfg(feature = "seal")]
mod files;
#[cfg(feature = "seal")]
mod salt;
#[cfg(feature = "seal")]
mod subjects;
