//! What is disclosed in sealed form: which disclosures, and, with the keys, their text.

use super::Unseal;
use super::folder::Folder;
use super::stop::Stop;
use crate::encoding::from_base64;
use crate::layout::{MAX_SEALED, SEALED_DISCLOSURES};
use crate::sealed::SealedLine;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// A disclosure that is sealed.
pub(super) struct Sealing {
    /// For whose keys.
    pub(super) keys: Arc<[String]>,
    /// What it says, where the keys were there.
    pub(super) text: Option<String>,
}

/// The sealed lines of a file of disclosures, by their number.
pub(super) type Sealings = BTreeMap<u64, Sealing>;

/// Reads the sealed disclosures: of the records, and of the population.
pub(super) fn read(
    folder: &Folder,
    pack: &str,
    unseal: Option<&dyn Unseal>,
) -> Result<(Sealings, Sealings), Stop> {
    let (mut records, mut population) = (BTreeMap::new(), BTreeMap::new());
    if !folder.has(SEALED_DISCLOSURES) {
        return Ok((records, population));
    }
    let unseal = unseal.map(|unseal| unseal.of_pack(pack));
    let mut reader = BufReader::new(folder.open(SEALED_DISCLOSURES)?);
    let most = u64::try_from(MAX_SEALED).unwrap_or(u64::MAX);
    for number in 1_u64.. {
        let wrong =
            |what: &str| Stop::from(format!("`{SEALED_DISCLOSURES}`, line {number}: {what}"));
        let mut bytes = Vec::new();
        let read = reader.by_ref().take(most).read_until(b'\n', &mut bytes);
        if read.map_err(folder.unreadable(SEALED_DISCLOSURES))? == 0 {
            break;
        }
        let text = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
        let text = text.ok_or_else(|| wrong("too long, without a newline, or not UTF-8"))?;
        let line = SealedLine::parse(text).map_err(|e| wrong(&e))?;
        let file = from_base64(&line.age).ok_or_else(|| wrong("not base64"))?;
        let opened = unseal.as_ref().and_then(|unseal| unseal(&line.keys, &file));
        let places = line.records.len().saturating_add(line.population.len());
        let texts = opened.map(|bytes| texts(&bytes, places).ok_or_else(|| wrong("not its lines")));
        let mut texts = texts.transpose()?.map(Vec::into_iter);
        let keys: Arc<[String]> = line.keys.into();
        let records_of = line.records.iter().map(|at| (true, at.0));
        for (of_records, at) in records_of.chain(line.population.iter().map(|at| (false, at.0))) {
            let text = texts.as_mut().and_then(Iterator::next);
            let into = if of_records { &mut records } else { &mut population };
            if into.insert(at, Sealing { keys: Arc::clone(&keys), text }).is_some() {
                return Err(wrong("a disclosure that was there before"));
            }
        }
    }
    Ok((records, population))
}

/// As many lines as there must be.
fn texts(bytes: &[u8], places: usize) -> Option<Vec<String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let lines: Vec<_> = text.strip_suffix('\n')?.split('\n').map(str::to_owned).collect();
    (lines.len() == places).then_some(lines)
}
