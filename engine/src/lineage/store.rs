//! Derivations in a file, found by their key without reading the others.
//!
//! The file is a line that names the format; blocks of derivations as JSON lines under zstd, in the
//! order of the keys; the first key of each block with its place, under zstd; the header as JSON; and a
//! line with three numbers of sixteen hexadecimal digits: where the index begins, where the header
//! begins, where it ends.

use super::Derivation;
use serde::{Deserialize, Serialize};
use std::io::{Read, Seek, SeekFrom, Write};
use tieout_controls::{Count, Digest};

const MAGIC: &[u8] = b"tieout lineage v1\n";
const FOOTER: u64 = 3 * 17;
const BLOCK: usize = 128;
const LEVEL: i32 = 3;

/// A dataset that derivations were made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its role.
    pub role: String,
    /// Its name in the workspace.
    pub dataset: String,
    /// Its files.
    pub files: Vec<String>,
    /// Its rows.
    pub rows: Count,
    /// The commitment to its rows.
    pub commitment: Digest,
}

/// What a file of derivations was made from, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The engine.
    pub engine: String,
    /// How many derivations there are.
    pub derivations: Count,
    /// What they were made from.
    pub snapshots: Vec<Snapshot>,
    /// What the caller knows the files by, such as their sizes and times.
    pub files: Vec<(String, String)>,
}

/// Why a file of derivations can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The machine refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It isn't such a file, or it is cut short.
    #[error("not a whole file of derivations")]
    Form,
    /// Derivations were given in another order than that of their keys.
    #[error("derivations out of the order of their keys")]
    Order,
}

impl From<serde_json::Error> for StoreError {
    fn from(_: serde_json::Error) -> Self {
        Self::Form
    }
}

/// Writes derivations, in the order of their keys.
pub struct Writer<W: Write> {
    out: W,
    at: u64,
    block: Vec<u8>,
    in_block: usize,
    index: Vec<u8>,
    last: Option<String>,
    count: Count,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn new(out: W) -> Result<Self, StoreError> {
        let (block, index) = (Vec::new(), Vec::new());
        let mut writer =
            Self { out, at: 0, block, in_block: 0, index, last: None, count: Count(0) };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.out.write_all(bytes)?;
        self.at += u64::try_from(bytes.len()).map_err(|_| StoreError::Form)?;
        Ok(())
    }

    /// Adds a derivation.
    ///
    /// # Errors
    /// [`StoreError::Order`], [`StoreError::Io`].
    pub fn push(&mut self, derivation: &Derivation) -> Result<(), StoreError> {
        if self.last.as_ref().is_some_and(|last| *last >= derivation.key) {
            return Err(StoreError::Order);
        }
        if self.in_block == 0 {
            serde_json::to_writer(&mut self.index, &(self.at, &derivation.key))?;
            self.index.push(b'\n');
        }
        serde_json::to_writer(&mut self.block, derivation)?;
        self.block.push(b'\n');
        self.in_block += 1;
        self.count.increment();
        self.last = Some(derivation.key.clone());
        if self.in_block < BLOCK { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let packed = zstd::encode_all(self.block.as_slice(), LEVEL)?;
        self.block.clear();
        self.in_block = 0;
        self.put(&packed)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn finish(mut self, header: Header) -> Result<W, StoreError> {
        if self.in_block > 0 {
            self.flush()?;
        }
        let begins = self.at;
        let index = zstd::encode_all(self.index.as_slice(), LEVEL)?;
        self.put(&index)?;
        let headed = self.at;
        self.put(&serde_json::to_vec(&Header { derivations: self.count, ..header })?)?;
        let footer = format!("{begins:016x} {headed:016x} {:016x}\n", self.at);
        self.put(footer.as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A file of derivations.
pub struct Store<R> {
    file: R,
    /// What it was made from.
    pub header: Header,
    /// Where each block begins, and its first key.
    index: Vec<(u64, String)>,
    begins: u64,
}

impl<R: Read + Seek> Store<R> {
    /// Opens a file.
    ///
    /// # Errors
    /// [`StoreError::Form`] for what isn't one, [`StoreError::Io`].
    pub fn open(mut file: R) -> Result<Self, StoreError> {
        let length = file.seek(SeekFrom::End(0))?;
        let magic = u64::try_from(MAGIC.len()).map_err(|_| StoreError::Form)?;
        if length < magic + FOOTER || part(&mut file, 0, magic)? != MAGIC {
            return Err(StoreError::Form);
        }
        let footer = part(&mut file, length - FOOTER, length)?;
        let footer = std::str::from_utf8(&footer).map_err(|_| StoreError::Form)?;
        let numbers = footer.split_whitespace().map(|hex| u64::from_str_radix(hex, 16));
        let numbers = numbers.collect::<Result<Vec<_>, _>>().map_err(|_| StoreError::Form)?;
        let [begins, headed, ended] = *numbers.as_slice() else { return Err(StoreError::Form) };
        if begins > headed || headed > ended || ended + FOOTER != length {
            return Err(StoreError::Form);
        }
        let header = serde_json::from_slice(&part(&mut file, headed, ended)?)?;
        let lines = zstd::decode_all(part(&mut file, begins, headed)?.as_slice())?;
        let lines = serde_json::Deserializer::from_slice(&lines).into_iter();
        let index = lines.collect::<Result<Vec<(u64, String)>, _>>()?;
        Ok(Self { file, header, index, begins })
    }

    /// The derivation of that key, if there is one.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn find(&mut self, key: &str) -> Result<Option<Derivation>, StoreError> {
        let after = self.index.partition_point(|(_, first)| first.as_str() <= key);
        let Some((from, _)) = after.checked_sub(1).and_then(|place| self.index.get(place)) else {
            return Ok(None);
        };
        let to = self.index.get(after).map_or(self.begins, |(at, _)| *at);
        let block = zstd::decode_all(part(&mut self.file, *from, to)?.as_slice())?;
        for line in block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let derivation: Derivation = serde_json::from_slice(line)?;
            if derivation.key == key {
                return Ok(Some(derivation));
            }
        }
        Ok(None)
    }

    /// The first key, for telling what keys look like.
    pub fn first_key(&self) -> Option<&str> {
        self.index.first().map(|(_, key)| key.as_str())
    }
}

fn part<R: Read + Seek>(file: &mut R, from: u64, to: u64) -> Result<Vec<u8>, StoreError> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    let length = to.checked_sub(from).ok_or(StoreError::Form)?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
