//! Files of disclosures.

use super::folder::Folder;
use super::stop::Stop;
use crate::disclosure::{self, Disclosure};
use crate::encoding::is_base64_url;
use crate::layout::MAX_LINE;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

/// A file of disclosures, read line by line beside the digests that it is to match: the JSON text
/// of a disclosure, or `null` for one that is withheld. Without the file all are withheld.
pub(super) struct Disclosures<'a> {
    folder: &'a Folder,
    reader: Option<BufReader<File>>,
    path: &'static str,
    line: u64,
}

impl<'a> Disclosures<'a> {
    pub(super) fn open(folder: &'a Folder, path: &'static str) -> Result<Self, Stop> {
        let file = folder.has(path).then(|| folder.open(path)).transpose()?;
        Ok(Self { folder, reader: file.map(BufReader::new), path, line: 0 })
    }

    /// Whether the file is there.
    pub(super) fn present(&self) -> bool {
        self.reader.is_some()
    }

    /// What the digest stands for; `None` when it is withheld.
    pub(super) fn next(&mut self, digest: &str) -> Result<Option<Disclosure>, Stop> {
        if !is_base64_url(digest, 32) {
            return Err("not a digest".into());
        }
        let Some(text) = self.next_line()? else { return Ok(None) };
        if text == "null" {
            return Ok(None);
        }
        if disclosure::digest(&text) != digest {
            return Err(self.wrong("not what the digest stands for"));
        }
        let read = disclosure::parse(&text).map_err(|e| self.wrong(&e))?;
        if disclosure::text(&read.salt, &read.name, &read.value) != text {
            return Err(self.wrong("not laid out as the format says"));
        }
        if !is_base64_url(&read.salt, 16) {
            return Err(self.wrong("a salt that is not 128 bits"));
        }
        Ok(Some(read))
    }

    fn next_line(&mut self) -> Result<Option<String>, Stop> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        self.line = self.line.saturating_add(1);
        let mut bytes = Vec::new();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let read = reader.take(most).read_until(b'\n', &mut bytes);
        read.map_err(self.folder.unreadable(self.path))?;
        let text = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
        let text = text.ok_or_else(|| self.wrong("missing, too long, or not UTF-8"))?;
        Ok(Some(text.to_owned()))
    }

    /// Checks that nothing is left.
    pub(super) fn end(self) -> Result<(), Stop> {
        let Some(mut reader) = self.reader else { return Ok(()) };
        let rest = reader.fill_buf().map_err(self.folder.unreadable(self.path))?;
        if rest.is_empty() {
            Ok(())
        } else {
            Err(format!("`{}` has more lines than there are digests", self.path).into())
        }
    }

    /// What is wrong with the line that was read last.
    pub(super) fn wrong(&self, what: &str) -> Stop {
        format!("`{}`, line {}: {what}", self.path, self.line).into()
    }
}
