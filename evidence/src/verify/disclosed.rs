//! Files of disclosures.

use super::folder::Folder;
use super::sealed::{Sealing, Sealings};
use super::stop::Stop;
use super::{Tree, Why, Withheld};
use crate::disclosure::{self, Disclosure};
use crate::encoding::is_base64_url;
use crate::layout::{MAX_LINE, RECORD_DISCLOSURES, SEALED_DISCLOSURES};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use tieout_controls::Count;

/// A file of disclosures, read line by line beside the digests that it is to match: the JSON text
/// of a disclosure, or `null` for one that is sealed or withheld. Without the file all are.
pub(super) struct Disclosures<'a> {
    folder: &'a Folder,
    reader: Option<BufReader<File>>,
    path: &'static str,
    line: u64,
    /// Those that are sealed, by line, until they are met.
    sealed: Sealings,
    /// Whether there were any.
    present: bool,
    withheld: Vec<Withheld>,
}

impl<'a> Disclosures<'a> {
    pub(super) fn open(
        folder: &'a Folder,
        path: &'static str,
        sealed: Sealings,
    ) -> Result<Self, Stop> {
        let file = folder.has(path).then(|| folder.open(path)).transpose()?;
        let reader = file.map(BufReader::new);
        let present = reader.is_some() || !sealed.is_empty();
        Ok(Self { folder, reader, path, line: 0, sealed, present, withheld: Vec::new() })
    }

    /// Whether anything is there.
    pub(super) fn present(&self) -> bool {
        self.present
    }

    /// What the digest in that leaf stands for; `None` when it is sealed or withheld.
    pub(super) fn next(&mut self, leaf: u64, digest: &str) -> Result<Option<Disclosure>, Stop> {
        if !is_base64_url(digest, 32) {
            return Err("not a digest".into());
        }
        let plain = self.next_line()?.filter(|text| text != "null");
        let sealing = self.sealed.remove(&self.line.saturating_sub(1));
        if plain.is_some() && sealing.is_some() {
            return Err(self.wrong("disclosed, and sealed as well"));
        }
        let (sealed, keys) = match sealing {
            Some(Sealing { keys, text }) => (text, keys.to_vec()),
            None => (None, Vec::new()),
        };
        let Some(text) = plain.or(sealed) else {
            let why = if keys.is_empty() { Why::Unexplained } else { Why::Sealed };
            let tree =
                if self.path == RECORD_DISCLOSURES { Tree::Records } else { Tree::Population };
            let (leaf, digest) = (Count(leaf), digest.to_owned());
            self.withheld.push(Withheld { tree, leaf, digest, keys, why });
            return Ok(None);
        };
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
        self.line = self.line.saturating_add(1);
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let mut bytes = Vec::new();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let read = reader.take(most).read_until(b'\n', &mut bytes);
        read.map_err(self.folder.unreadable(self.path))?;
        let text = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
        let text = text.ok_or_else(|| self.wrong("missing, too long, or not UTF-8"))?;
        Ok(Some(text.to_owned()))
    }

    /// Checks that nothing is left; gives what was withheld.
    pub(super) fn end(self) -> Result<Vec<Withheld>, Stop> {
        if let Some((line, _)) = self.sealed.first_key_value() {
            let (path, line) = (self.path, line.saturating_add(1));
            return Err(
                format!("`{SEALED_DISCLOSURES}`: no digest for line {line} of `{path}`").into()
            );
        }
        let Some(mut reader) = self.reader else { return Ok(self.withheld) };
        let rest = reader.fill_buf().map_err(self.folder.unreadable(self.path))?;
        if rest.is_empty() {
            Ok(self.withheld)
        } else {
            Err(format!("`{}` has more lines than there are digests", self.path).into())
        }
    }

    /// What is wrong with the line that was read last.
    pub(super) fn wrong(&self, what: &str) -> Stop {
        format!("`{}`, line {}: {what}", self.path, self.line).into()
    }
}
