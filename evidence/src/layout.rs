//! The names in a pack's folder, and the limits within which packs are read.

/// The list of the covered files.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// The signed statement.
pub(crate) const STATEMENT: &str = "statement.dsse.json";
/// The proof that the envelope is in the log.
pub(crate) const PROOF: &str = "proofs/statement.tlog-proof";
/// The checkpoint of that proof.
pub(crate) const CHECKPOINT: &str = "proofs/checkpoint";
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
/// The folder of what may be deleted.
pub(crate) const DISCLOSURES: &str = "disclosures/";
/// What the digests in the record lines stand for.
pub(crate) const RECORD_DISCLOSURES: &str = "disclosures/records.jsonl";
/// What the population's digests stand for.
pub(crate) const POPULATION_DISCLOSURES: &str = "disclosures/population.jsonl";
/// What is disclosed of persons, sealed under their keys.
pub(crate) const SEALED_DISCLOSURES: &str = "disclosures/sealed.jsonl";

/// The files that the list of covered files leaves out: those that sign it, and those that may be
/// deleted.
pub(crate) const UNCOVERED: [&str; 7] = [
    SUMS,
    STATEMENT,
    PROOF,
    CHECKPOINT,
    RECORD_DISCLOSURES,
    POPULATION_DISCLOSURES,
    SEALED_DISCLOSURES,
];

/// Lines in a file of `records/` or `population/`.
pub(crate) const CHUNK_LINES: u64 = 65_536;
/// The longest record line or disclosure, in bytes.
pub(crate) const MAX_LINE: usize = 1 << 20;
/// The longest line of sealed disclosures, in bytes: the longest disclosure in base64, and what stands around it.
pub(crate) const MAX_SEALED: usize = 2 << 20;
/// The most files in a pack.
pub(crate) const MAX_FILES: usize = 100_000;
/// The largest document (everything but the chunks and disclosures), in bytes.
pub(crate) const MAX_DOCUMENT: u64 = 64 << 20;
/// The largest file of `records/` or `population/`, in bytes.
pub(crate) const MAX_CHUNK: u64 = 4 << 30;
/// The largest statement, in bytes. Bulk is never in it, so that any reader of envelopes takes it.
pub(crate) const MAX_STATEMENT: usize = 1 << 20;
/// The largest envelope file, in bytes: a statement in base64, and what stands around it.
pub(crate) const MAX_ENVELOPE: u64 = 2 << 20;

/// The path of a chunk.
pub(crate) fn chunk(folder: &str, number: u64) -> String {
    let extension = if folder == RECORDS { "jsonl" } else { "txt" };
    format!("{folder}/{number:06}.{extension}")
}

/// Whether the text is a path that a pack may have: relative, with `/`, within the folder, and
/// such that `sha256sum` writes it as it is.
pub(crate) fn is_path(path: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(part) && !path.contains('\\') && !path.chars().any(char::is_control)
}
