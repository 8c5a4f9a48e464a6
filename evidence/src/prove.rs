//! Making line proofs, from a line's chunk and the tiles alone.

use crate::claims::Statement;
use crate::disclosure;
use crate::dsse::Envelope;
use crate::encoding::{base64_url, sha256};
use crate::layout::{
    CHUNK_LINES, MAX_ENVELOPE, MAX_LINE, POPULATION_DISCLOSURES, PROOF, RECORD_DISCLOSURES,
    STATEMENT, chunk, tiles,
};
use crate::line::Line;
use crate::line_proof::{LineProof, Tree};
use crate::merkle::{inclusion_proof, leaf_hash, verify_inclusion};
use crate::proof::LogProof;
use crate::tiles::{BLOCK_LINES, has_tiles};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest};

/// Why a line can't be proved.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// A file of the pack can't be read.
    #[error("`{}` can't be read: {source}", crate::visible::visible(&path.display().to_string()))]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The tree has no line of that index.
    #[error("`{}` has {size} lines, and none of index {index}: the first is 0", tree.name())]
    NoSuchLine {
        /// The tree.
        tree: Tree,
        /// The index asked for.
        index: Count,
        /// The number of its lines.
        size: Count,
    },
    /// The pack is not what was signed, or is none: a verification says where.
    #[error("{0}")]
    Broken(String),
}

/// Proves the line of that index, from 0. Read are the statement, the log's proof, the line's chunk, the
/// tiles, and of the disclosures what stands before the line's own.
///
/// The proof is held against the statement's root; the statement itself is not verified.
///
/// # Errors
/// See [`ProveError`].
pub fn prove(pack: &Path, tree: Tree, index: Count) -> Result<LineProof, ProveError> {
    let pack = Pack(pack);
    let broken =
        |path: &str, e: &dyn std::fmt::Display| ProveError::Broken(format!("`{path}`: {e}"));
    let envelope = pack.read(STATEMENT)?;
    let digest = sha256(&envelope);
    let envelope = Envelope::parse(&envelope).map_err(|e| broken(STATEMENT, &e))?;
    let proof = String::from_utf8(pack.read(PROOF)?);
    let proof = proof.map_err(|_| broken(PROOF, &"it is not UTF-8"))?;
    let proof = LogProof::parse(&proof).map_err(|e| broken(PROOF, &e))?;
    proof.includes(&digest.0).map_err(|e| broken(PROOF, &e))?;
    let statement = Statement::parse(&envelope.payload).map_err(|e| broken(STATEMENT, &e))?;
    let head = match tree {
        Tree::Records => &statement.predicate.records,
        Tree::Population => &statement.predicate.population,
    };
    let (size, name) = (head.tree_size, tree.name());
    if index >= size {
        return Err(ProveError::NoSuchLine { tree, index, size });
    }
    let (line, hashes) = pack.include(name, index.0, size.0)?;
    if !verify_inclusion(&leaf_hash(&line), index.0, size.0, &hashes, &head.root_hash) {
        let what = "its lines or tiles do not lead to the root that the statement says";
        return Err(broken(name, &what));
    }
    let line = text(&chunk(name, index.0 / CHUNK_LINES), index.0 % CHUNK_LINES, line)?;
    let disclosures = match tree {
        Tree::Records => pack.of_record(&line)?,
        Tree::Population => pack.of_population(index.0, &line)?,
    };
    Ok(LineProof { tree, index, size, hashes, line, disclosures, envelope, proof })
}

/// A line of a file, from 0, as text.
fn text(path: &str, line: u64, bytes: Vec<u8>) -> Result<String, ProveError> {
    String::from_utf8(bytes).map_err(|_| {
        ProveError::Broken(format!("`{path}`, line {}: not UTF-8", line.saturating_add(1)))
    })
}

struct Pack<'a>(&'a Path);

impl Pack<'_> {
    /// The line, and the hashes that prove it.
    fn include(
        &self,
        name: &str,
        index: u64,
        size: u64,
    ) -> Result<(Vec<u8>, Vec<Digest>), ProveError> {
        let (number, in_chunk) = (index / CHUNK_LINES, index % CHUNK_LINES);
        let path = chunk(name, number);
        // A tree without tiles is one chunk, read as a whole.
        let block = if has_tiles(size) { in_chunk / BLOCK_LINES } else { 0 };
        let of_block = if has_tiles(size) { BLOCK_LINES } else { CHUNK_LINES };
        let start = block.saturating_mul(of_block);
        let first = number.saturating_mul(CHUNK_LINES).saturating_add(start);
        let lines = of_block.min(size.saturating_sub(first));
        let (mut leaves, mut line) = (Vec::new(), Vec::new());
        let mut reader = self.skip(&path, start)?;
        for place in start..start.saturating_add(lines) {
            let read = self.line(&path, &mut reader)?;
            leaves.push(leaf_hash(&read));
            if place == in_chunk {
                line = read;
            }
        }
        let mut hashes = self.path(&leaves, in_chunk.saturating_sub(start))?;
        if has_tiles(size) {
            let of_chunk = CHUNK_LINES / BLOCK_LINES;
            let blocks = size.div_ceil(BLOCK_LINES);
            let first = number.saturating_mul(of_chunk);
            let blocks = of_chunk.min(blocks.saturating_sub(first));
            let blocks = self.hashes(&tiles(name, 1), first, blocks)?;
            hashes.extend(self.path(&blocks, block)?);
            let chunks = self.hashes(&tiles(name, 2), 0, size.div_ceil(CHUNK_LINES))?;
            hashes.extend(self.path(&chunks, number)?);
        }
        Ok((line, hashes))
    }

    fn path(&self, leaves: &[Digest], index: u64) -> Result<Vec<Digest>, ProveError> {
        let proof = usize::try_from(index).ok().and_then(|index| inclusion_proof(leaves, index));
        proof.ok_or_else(|| ProveError::Broken("fewer lines than the statement says".to_owned()))
    }

    /// Hashes out of a file of tiles.
    fn hashes(&self, path: &str, first: u64, number: u64) -> Result<Vec<Digest>, ProveError> {
        let mut file = self.open(path)?;
        file.seek(SeekFrom::Start(first.saturating_mul(32))).map_err(self.unreadable(path))?;
        let mut bytes = Vec::new();
        file.take(number.saturating_mul(32))
            .read_to_end(&mut bytes)
            .map_err(self.unreadable(path))?;
        Ok(bytes.as_chunks().0.iter().copied().map(Digest).collect())
    }

    /// The disclosure of a digest of the population: the line of its index.
    fn of_population(&self, index: u64, digest: &str) -> Result<Vec<String>, ProveError> {
        let path = POPULATION_DISCLOSURES;
        if !self.has(path)? {
            return Ok(Vec::new());
        }
        let text = text(path, index, self.line(path, &mut self.skip(path, index)?)?)?;
        match text.as_str() {
            "null" => Ok(Vec::new()),
            own if base64_url(&disclosure::sha256(own).0) == digest => Ok(vec![text]),
            _ => Err(ProveError::Broken(format!("`{path}`: not what the digest stands for"))),
        }
    }

    /// The disclosures of a record line, found by their digests.
    fn of_record(&self, line: &str) -> Result<Vec<String>, ProveError> {
        let path = RECORD_DISCLOSURES;
        let parsed = Line::parse(line).map_err(|e| ProveError::Broken(format!("the line: {e}")))?;
        let Line::Record(record) = parsed else { return Ok(Vec::new()) };
        let digests: Vec<_> = record.digests().collect();
        if digests.is_empty() || !self.has(path)? {
            return Ok(Vec::new());
        }
        let mut found = vec!["null".to_owned(); digests.len()];
        let mut reader = self.skip(path, 0)?;
        let (mut next, mut place) = (0, 0);
        // They stand together, in the order of their digests.
        while next < digests.len() && !reader.fill_buf().map_err(self.unreadable(path))?.is_empty()
        {
            let text = text(path, place, self.line(path, &mut reader)?)?;
            place = place.saturating_add(1);
            let digest = base64_url(&disclosure::sha256(&text).0);
            if let Some(at) = digests.iter().position(|own| **own == digest) {
                next = at;
                found.get_mut(at).into_iter().for_each(|place| place.clone_from(&text));
            }
            if found.iter().any(|text| text != "null") {
                next = next.saturating_add(1);
            }
        }
        let any = found.iter().any(|text| text != "null");
        Ok(if any { found } else { Vec::new() })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ProveError> {
        let mut bytes = Vec::new();
        let read = self.open(path)?.take(MAX_ENVELOPE).read_to_end(&mut bytes);
        read.map_err(self.unreadable(path)).map(|_| bytes)
    }

    fn open(&self, path: &str) -> Result<File, ProveError> {
        File::open(self.0.join(path)).map_err(self.unreadable(path))
    }

    fn has(&self, path: &str) -> Result<bool, ProveError> {
        self.0.join(path).try_exists().map_err(self.unreadable(path))
    }

    /// A file behind that many lines.
    fn skip(&self, path: &str, lines: u64) -> Result<BufReader<File>, ProveError> {
        let mut reader = BufReader::with_capacity(1 << 18, self.open(path)?);
        let mut left = lines;
        while left > 0 {
            let bytes = reader.fill_buf().map_err(self.unreadable(path))?;
            let found = Count::of(memchr::memchr_iter(b'\n', bytes).count()).0;
            let used = if bytes.is_empty() {
                return Err(ProveError::Broken(format!("`{path}` has fewer lines")));
            } else if found < left {
                left = left.saturating_sub(found);
                bytes.len()
            } else {
                let nth = usize::try_from(left.saturating_sub(1)).unwrap_or(usize::MAX);
                left = 0;
                let newline = memchr::memchr_iter(b'\n', bytes).nth(nth);
                newline.map_or(bytes.len(), |at| at.saturating_add(1))
            };
            reader.consume(used);
        }
        Ok(reader)
    }

    fn line(&self, path: &str, reader: &mut BufReader<File>) -> Result<Vec<u8>, ProveError> {
        let mut line = Vec::new();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let read = reader.take(most).read_until(b'\n', &mut line);
        read.map_err(self.unreadable(path))?;
        match line.pop() {
            Some(b'\n') => Ok(line),
            _ => Err(ProveError::Broken(format!("`{path}` has fewer or longer lines"))),
        }
    }

    fn unreadable(&self, path: &str) -> impl FnOnce(io::Error) -> ProveError {
        let path = self.0.join(path);
        move |source| ProveError::Unreadable { path, source }
    }
}
