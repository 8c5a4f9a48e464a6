//! The names in a pack's folder, and the limits within which packs are read.

use tieout_controls::Digest;

/// The list of the covered files.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// The signed statement.
pub(crate) const STATEMENT: &str = "statement.dsse.json";
/// The folder of the proofs.
#[cfg(feature = "seal")]
pub(crate) const PROOFS: &str = "proofs";
/// The proof that the envelope is in the log.
pub(crate) const PROOF: &str = "proofs/statement.tlog-proof";
/// The announcement of the run.
pub(crate) const INTENT: &str = "intent.dsse.json";
/// The proof that the announcement is in the log.
pub(crate) const INTENT_PROOF: &str = "proofs/intent.tlog-proof";
/// The checkpoint of both proofs.
pub(crate) const CHECKPOINT: &str = "proofs/checkpoint";
/// The proof that the envelope is in the log, under a head that was timestamped; added later.
pub(crate) const TIMESTAMP_PROOF: &str = "proofs/timestamp.tlog-proof";
/// The time-stamp authority's response about that head.
pub(crate) const TIMESTAMP: &str = "proofs/timestamp.tsr";
/// The result without datasets and refused rows.
pub(crate) const RUN: &str = "run.json";
/// The datasets.
pub(crate) const DATASETS: &str = "datasets.json";
/// How to verify the pack without us.
pub(crate) const VERIFY: &str = "VERIFY.md";
/// A verifier in another language than ours, short enough to be read.
pub(crate) const VERIFY_PY: &str = "verify.py";
/// The folder of the policies as run.
pub(crate) const POLICY: &str = "policy/";
/// The policies' digests.
pub(crate) const MANIFEST: &str = "policy/MANIFEST";
/// The folder of the record lines.
pub(crate) const RECORDS: &str = "records";
/// The folder of the population's digests.
pub(crate) const POPULATION: &str = "population";
/// The folder of hashes of the trees over records and population.
pub(crate) const TILES: &str = "tiles/";
/// The folder of what may be deleted.
pub(crate) const DISCLOSURES: &str = "disclosures/";
/// What the digests in the record lines stand for.
pub(crate) const RECORD_DISCLOSURES: &str = "disclosures/records.jsonl";
/// What the population's digests stand for.
pub(crate) const POPULATION_DISCLOSURES: &str = "disclosures/population.jsonl";
/// What is disclosed of persons, sealed under their keys.
pub(crate) const SEALED_DISCLOSURES: &str = "disclosures/sealed.jsonl";

/// The folder of what people state about the pack, and of whose their keys are: added later, each under
/// its own signature and proof.
pub(crate) const REVIEWS: &str = "reviews/";
/// How the name of a statement's envelope file ends there, behind the digest of the file.
pub(crate) const REVIEW_ENVELOPE: &str = ".dsse.json";
/// How the name of its proof ends.
pub(crate) const REVIEW_PROOF: &str = ".tlog-proof";

/// The files that the list of covered files leaves out: those that sign it, those that are added later, and those
/// that may be deleted.
pub(crate) const UNCOVERED: [&str; 10] = [
    SUMS,
    STATEMENT,
    PROOF,
    INTENT_PROOF,
    CHECKPOINT,
    TIMESTAMP_PROOF,
    TIMESTAMP,
    RECORD_DISCLOSURES,
    POPULATION_DISCLOSURES,
    SEALED_DISCLOSURES,
];

/// Lines in a file of `records/` or `population/`.
pub(crate) const CHUNK_LINES: u64 = 65_536;
/// The longest line of records, population or disclosures, in bytes, its newline included.
pub(crate) const MAX_LINE: usize = 1 << 20;
/// The longest line of sealed disclosures, in bytes: the longest disclosure in base64, and what stands around it.
pub(crate) const MAX_SEALED: usize = 2 << 20;
/// The most files in a pack.
pub(crate) const MAX_FILES: usize = 100_000;
/// The largest document (everything but the chunks and disclosures), in bytes.
pub(crate) const MAX_DOCUMENT: u64 = 64 << 20;
/// The largest file of `records/`, `population/` or `tiles/`, in bytes.
pub(crate) const MAX_CHUNK: u64 = 4 << 30;
/// The largest statement of any type, in bytes. Bulk is never in it, so that any reader of envelopes takes it.
pub(crate) const MAX_STATEMENT: usize = 1 << 20;
/// The largest envelope file, in bytes: a statement in base64, and what stands around it.
pub(crate) const MAX_ENVELOPE: u64 = 2 << 20;

/// The path of a chunk.
pub(crate) fn chunk(folder: &str, number: u64) -> String {
    let extension = if folder == RECORDS { "jsonl" } else { "txt" };
    format!("{folder}/{number:06}.{extension}")
}

/// The path of the tiles of that level, 1 or 2.
pub(crate) fn tiles(folder: &str, level: usize) -> String {
    format!("{TILES}{folder}.{level}")
}

/// Whether that is a path of tiles.
pub(crate) fn is_tiles(path: &str) -> bool {
    [RECORDS, POPULATION].iter().any(|name| [1, 2].iter().any(|level| tiles(name, *level) == path))
}

/// The digest in the name of a file of `reviews/`; `None` for any other name.
pub(crate) fn review(path: &str) -> Option<Digest> {
    let name = path.strip_prefix(REVIEWS)?;
    let digest = name.strip_suffix(REVIEW_ENVELOPE).or_else(|| name.strip_suffix(REVIEW_PROOF))?;
    digest.parse().ok()
}

/// Whether the text is a path that a pack may have: relative, with `/`, within the folder, and
/// such that `sha256sum` writes it as it is.
pub(crate) fn is_path(path: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(part) && !path.contains('\\') && !path.chars().any(char::is_control)
}
