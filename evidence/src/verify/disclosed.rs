//! Files of disclosures.

use super::folder::Folder;
use super::sealed::Sealings;
use super::stop::Stop;
use super::withheld::Left;
use crate::disclosure::{self, Disclosure};
use crate::encoding::is_base64_url;
use crate::layout::{CHUNK_LINES, MAX_LINE, SEALED_DISCLOSURES};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use tieout_controls::Digest;

/// A file of disclosures, read line by line beside the digests that it is to match: the JSON text
/// of a disclosure, or `null` for one that is sealed or withheld. Without the file all are.
pub(super) struct Disclosures<'a> {
    folder: &'a Folder,
    reader: Option<BufReader<File>>,
    path: &'static str,
    line: u64,
    text: Vec<u8>,
    /// Those that are sealed, by line.
    sealed: Arc<Sealings>,
    /// What is not disclosed.
    pub(super) left: Left,
}

/// What is wrong with a salt.
pub(super) const SALT: &str = "a salt that is not 128 bits";

impl<'a> Disclosures<'a> {
    /// `left` is what is not disclosed, of which there is nothing yet.
    pub(super) fn open(
        folder: &'a Folder,
        path: &'static str,
        sealed: Arc<Sealings>,
        left: Left,
    ) -> Result<Self, Stop> {
        let file = folder.has(path).then(|| folder.open(path)).transpose()?;
        let reader = file.map(BufReader::new);
        Ok(Self { folder, reader, path, line: 0, text: Vec::new(), sealed, left })
    }

    /// Whether anything is there.
    pub(super) fn present(&self) -> bool {
        self.reader.is_some() || !self.sealed.is_empty()
    }

    /// What the digest in that leaf stands for; `None` when it is sealed or withheld.
    pub(super) fn next(&mut self, leaf: u64, digest: &Digest) -> Result<Option<Disclosure>, Stop> {
        let Some(text) = self.next_text(leaf, digest)? else { return Ok(None) };
        let read = disclosure::parse_exact(text);
        let read = read.map_err(|e| self.wrong(&e))?;
        self.check_salt(&read.salt)?;
        Ok(Some(read))
    }

    /// The text that the digest in that leaf stands for, not yet read.
    pub(super) fn next_text(&mut self, leaf: u64, digest: &Digest) -> Result<Option<&str>, Stop> {
        let sealing = self.sealed.get(&self.line);
        self.line = self.line.saturating_add(1);
        self.text.clear();
        let mut plain = None;
        if let Some(reader) = &mut self.reader {
            let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
            let read = reader.take(most).read_until(b'\n', &mut self.text);
            read.map_err(self.folder.unreadable(self.path))?;
            let text = self.text.strip_suffix(b"\n");
            let text = text.and_then(|line| std::str::from_utf8(line).ok());
            let text = text.ok_or_else(|| self.wrong("missing, too long, or not UTF-8"))?;
            plain = Some(text).filter(|text| *text != "null");
        }
        if plain.is_some() && sealing.is_some() {
            return Err(self.wrong("disclosed, and sealed as well"));
        }
        let Some(text) = plain.or_else(|| sealing?.text.as_deref()) else {
            self.left.add(leaf, digest, sealing.map(|sealing| &sealing.keys));
            return Ok(None);
        };
        if disclosure::sha256(text) != *digest {
            return Err(self.wrong("not what the digest stands for"));
        }
        Ok(Some(text))
    }

    pub(super) fn check_salt(&self, salt: &str) -> Result<(), Stop> {
        if is_base64_url(salt, 16) { Ok(()) } else { Err(self.wrong(SALT)) }
    }

    /// Checks that there are no more; gives what is not disclosed.
    pub(super) fn end(self) -> Result<Left, Stop> {
        all_met(&self.sealed, self.path, self.line)?;
        let Some(mut reader) = self.reader else { return Ok(self.left) };
        let rest = reader.fill_buf().map_err(self.folder.unreadable(self.path))?;
        if rest.is_empty() { Ok(self.left) } else { Err(too_many(self.path)) }
    }

    /// What is wrong with the line that was read last.
    pub(super) fn wrong(&self, what: &str) -> Stop {
        format!("`{}`, line {}: {what}", self.path, self.line).into()
    }
}

/// Every line that is sealed is one of these.
fn all_met(sealed: &Sealings, path: &str, size: u64) -> Result<(), Stop> {
    match sealed.range(size..).next() {
        None => Ok(()),
        Some((line, _)) => {
            let line = line.saturating_add(1);
            Err(format!("`{SEALED_DISCLOSURES}`: no digest for line {line} of `{path}`").into())
        }
    }
}

fn too_many(path: &str) -> Stop {
    format!("`{path}` has more lines than there are digests").into()
}

/// Where in a file of disclosures, a line a digest, those of each chunk begin. The lines hold for
/// themselves, wherever they were found.
pub(super) struct Starts {
    path: &'static str,
    bytes: Vec<u64>,
    sealed: Arc<Sealings>,
}

impl Starts {
    /// Finds them; there are no more lines than `size`.
    pub(super) fn find(
        folder: &Folder,
        path: &'static str,
        size: u64,
        sealed: Sealings,
    ) -> Result<Self, Stop> {
        all_met(&sealed, path, size)?;
        let mut starts = Self { path, bytes: Vec::new(), sealed: Arc::new(sealed) };
        if !folder.has(path) {
            return Ok(starts);
        }
        let mut file = folder.open(path)?;
        let mut buffer = vec![0; 1 << 17];
        let (mut lines, mut at, mut ended) = (0_u64, 0_u64, true);
        loop {
            let read = file.read(&mut buffer);
            let bytes = match read {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                read => buffer.get(..read.map_err(folder.unreadable(path))?).unwrap_or_default(),
            };
            let Some(last) = bytes.last() else { break };
            if at == 0 {
                starts.bytes.push(0);
            }
            for newline in memchr::memchr_iter(b'\n', bytes) {
                lines = lines.saturating_add(1);
                if lines.is_multiple_of(CHUNK_LINES) {
                    let newline = u64::try_from(newline).unwrap_or(u64::MAX);
                    starts.bytes.push(at.saturating_add(newline).saturating_add(1));
                }
            }
            ended = *last == b'\n';
            at = at.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        }
        if lines.saturating_add(u64::from(!ended)) > size {
            Err(too_many(path))
        } else {
            Ok(starts)
        }
    }

    /// The disclosures of that chunk.
    pub(super) fn open<'a>(
        &self,
        folder: &'a Folder,
        chunk: u64,
        left: Left,
    ) -> Result<Disclosures<'a>, Stop> {
        let sealed = Arc::clone(&self.sealed);
        let mut disclosures = Disclosures::open(folder, self.path, sealed, left)?;
        disclosures.line = chunk.saturating_mul(CHUNK_LINES);
        if let Some(reader) = &mut disclosures.reader {
            let start = usize::try_from(chunk).ok().and_then(|chunk| self.bytes.get(chunk));
            let to = start.map_or(SeekFrom::End(0), |start| SeekFrom::Start(*start));
            reader.seek(to).map_err(folder.unreadable(self.path))?;
        }
        Ok(disclosures)
    }
}
