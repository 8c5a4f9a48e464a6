//! Asking a time-stamp authority about the log's head, and putting its answer beside the packs that the head covers.
//!
//! A pack gets its timestamp as it gets another proof (see `cosigned`): under the name of a pack that is being written.
//! The two files are made durable under names of their own before they take theirs, so that what an interruption
//! leaves has both, or is removed by whoever gives the pack its name back.

use super::SealError;
use super::append::LOCK;
use super::prover::Prover;
use super::recover::{Packs, Proofs, begin_change, name_of, partials, put};
use crate::checkpoint::Checkpoint;
use crate::files::{Disk, Files, lock, write};
use crate::layout::{INTENT, PROOFS, STATEMENT, TIMESTAMP, TIMESTAMP_PROOF};
use crate::log::{self, LogEntries, pack_folders};
use crate::note::NoteKey;
use crate::timestamp::{SHA256, Token, imprint_of};
use std::path::Path;
use tieout_controls::Digest;

/// A request for a token over a checkpoint (RFC 3161 section 2.4.1): its imprint by SHA-256, a number, and that the
/// authority's certificate is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    imprint: Digest,
    nonce: [u8; 8],
}

impl Request {
    /// The request about a checkpoint. Of the number two bits are fixed, so that it is a positive integer of 8 bytes.
    pub fn new(checkpoint: &Checkpoint, [first, rest @ ..]: [u8; 8]) -> Self {
        let [a, b, c, d, e, f, g] = rest;
        let nonce = [first & 0x3f | 0x40, a, b, c, d, e, f, g];
        Self { imprint: imprint_of(checkpoint), nonce }
    }

    /// The TimeStampReq in DER.
    pub fn to_der(&self) -> Vec<u8> {
        let version = [0x30, 0x43, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09];
        let imprint = [0x05, 0x00, 0x04, 0x20];
        let end = [0x01, 0x01, 0xff];
        [&version[..], SHA256, &imprint, &self.imprint.0, &[0x02, 0x08], &self.nonce, &end].concat()
    }

    /// Reads a request that was made here; `None` for any other.
    pub fn parse(der: &[u8]) -> Option<Self> {
        let imprint = Digest(der.get(24..56)?.try_into().ok()?);
        let request = Self { imprint, nonce: der.get(58..66)?.try_into().ok()? };
        (request.to_der() == der).then_some(request)
    }
}

/// What came of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamped {
    /// The token.
    pub token: Token,
    /// The head that it is over.
    pub head: Checkpoint,
    /// The packs that got it, by their names.
    pub packs: Vec<String>,
    /// Packs that had a timestamp, which stays.
    pub had: Vec<String>,
}

/// Puts a response to a request about a head, given as its signed note, beside each pack that the head covers and that
/// has no timestamp. What an interrupted sealing left is finished first.
///
/// # Errors
/// The response is no token over that head to that request, whose signature is not looked at; the log can't be read,
/// or doesn't continue the head; or something can't be written: what was not done yet is done by the next call.
pub fn keep_timestamp(
    (folder, packs): (&Path, &Path),
    key: &NoteKey,
    (head, request): (&str, &Request),
    response: &[u8],
) -> Result<Timestamped, SealError> {
    keep_timestamp_with(&Disk, (folder, packs), key, (head, request), response)
}

pub(super) fn keep_timestamp_with(
    files: &dyn Files,
    (folder, packs): (&Path, &Path),
    key: &NoteKey,
    (head, request): (&str, &Request),
    response: &[u8],
) -> Result<Timestamped, SealError> {
    let unfit = |e: &dyn std::fmt::Display| SealError::new(e.to_string());
    let checkpoint = Checkpoint::verified(head, key).map_err(|e| unfit(&e))?;
    let token = answers(request, &checkpoint, response)?;
    let path = folder.join(LOCK);
    let _lock = lock(&path).map_err(SealError::io(&path))?;
    // What is finished under a head must not outlive it: see `LogWriter::open`.
    let held = files.open_folder(folder).map_err(SealError::io(folder))?;
    held.sync().map_err(SealError::io(folder))?;
    let now = log::read(folder, key).map_err(|e| unfit(&e))?;
    crate::fsck::continues(&now, &checkpoint).map_err(SealError::new)?;
    let mut done = Timestamped { token, head: checkpoint, packs: Vec::new(), had: Vec::new() };
    let names = pack_folders(packs).map_err(SealError::unread(packs))?;
    if names.is_empty() && !packs.is_dir() {
        return Ok(done);
    }
    let held = files.open_folder(packs).map_err(SealError::io(packs))?;
    let open = Packs { path: packs, held };
    finish(files, &open, &now)?;
    let size = usize::try_from(done.head.size.0).unwrap_or(usize::MAX);
    let entries = now.entries.into_iter().take(size).collect();
    let stamped = LogEntries { checkpoint: done.head.clone(), note: head.to_owned(), entries };
    attach(files, &open, &stamped, response, &mut done)?;
    Ok(done)
}

/// The token in a response, if it answers that request about that head.
fn answers(request: &Request, head: &Checkpoint, response: &[u8]) -> Result<Token, SealError> {
    if request.imprint != imprint_of(head) {
        let error = SealError::new("the request is about another head than the one kept with it");
        return Err(error.help("keep the two files of `tieout log timestamp request` together"));
    }
    let help = "nothing was added: send the request to the authority again, or to another one";
    let unfit = |why: String| SealError::new(why).help(help);
    let token = Token::parse(response).map_err(|e| unfit(e.to_string()))?;
    token.is_over(head).map_err(|e| unfit(e.to_string()))?;
    if token.nonce.as_deref() != Some(&request.nonce) {
        return Err(unfit("the token answers another request: its nonce differs".to_owned()));
    }
    Ok(token)
}

/// Finishes the packs that are being written and are in the log.
fn finish(files: &dyn Files, packs: &Packs<'_>, log: &LogEntries) -> Result<(), SealError> {
    let prover = Prover::of(log);
    for (folder, name) in partials(packs)? {
        let proofs = (prover.proof(&folder, STATEMENT)?, prover.proof(&folder, INTENT)?);
        if let (Some(pack), Some(intent)) = proofs {
            put(files, &folder, packs, &name, &Proofs { pack, intent })?;
        }
    }
    Ok(())
}

fn attach(
    files: &dyn Files,
    packs: &Packs<'_>,
    stamped: &LogEntries,
    response: &[u8],
    done: &mut Timestamped,
) -> Result<(), SealError> {
    let prover = Prover::of(stamped);
    for name in pack_folders(packs.path).map_err(SealError::unread(packs.path))? {
        let pack = packs.path.join(&name);
        let Some(proof) = prover.proof(&pack, STATEMENT)? else { continue };
        let name = name_of(name)?;
        let has = |name: &str| {
            let path = pack.join(name);
            path.try_exists().map_err(SealError::unread(&path))
        };
        if has(TIMESTAMP_PROOF)? && has(TIMESTAMP)? {
            done.had.push(name);
            continue;
        }
        let partial = begin_change(files, packs, &name)?;
        write_both(files, &partial, &proof.to_string(), response)?;
        let ended = files.rename(&partial, &pack).and_then(|()| packs.held.sync());
        ended.map_err(SealError::io(&pack))?;
        done.packs.push(name);
    }
    if done.packs.is_empty() {
        // Who wrote the timestamps that are there may have been killed before the names of the packs were durable.
        packs.held.sync().map_err(SealError::io(packs.path))?;
    }
    Ok(())
}

/// Writes both files into a partial pack.
fn write_both(
    files: &dyn Files,
    partial: &Path,
    proof: &str,
    response: &[u8],
) -> Result<(), SealError> {
    let proofs = partial.join(PROOFS);
    let held = files.open_folder(&proofs).map_err(SealError::io(&proofs))?;
    settle(files, partial)?;
    let both = [(TIMESTAMP_PROOF, proof.as_bytes()), (TIMESTAMP, response)];
    for (name, bytes) in both {
        let path = partial.join(unnamed(name));
        write(files, &path, bytes).map_err(SealError::io(&path))?;
    }
    for (name, _) in both {
        let path = partial.join(name);
        files.rename(&partial.join(unnamed(name)), &path).map_err(SealError::io(&path))?;
    }
    held.sync().map_err(SealError::io(&proofs))
}

/// Removes what an interruption left of a timestamp in a partial pack. Its folder is to be synced.
///
/// INVARIANT: a file of the timestamp that has its own name is durable.
pub(super) fn settle(files: &dyn Files, partial: &Path) -> Result<(), SealError> {
    let there = |name: &str| {
        let path = partial.join(name);
        path.try_exists().map_err(SealError::unread(&path))
    };
    let both = [TIMESTAMP_PROOF, TIMESTAMP];
    let mut left: Vec<_> = both.map(unnamed).into();
    if !(there(TIMESTAMP_PROOF)? && there(TIMESTAMP)?) {
        left.extend(both.map(str::to_owned));
    }
    for name in left {
        if there(&name)? {
            let path = partial.join(name);
            files.remove(&path).map_err(SealError::io(&path))?;
        }
    }
    Ok(())
}

/// The name that such a file has until it is durable.
fn unnamed(name: &str) -> String {
    format!("{name}.partial")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieout_controls::Count;

    #[test]
    fn a_request_is_read_in_one_form() {
        let head = Checkpoint { origin: "o".to_owned(), size: Count(3), root: Digest([1; 32]) };
        for random in [[0; 8], [255; 8], [0x80, 1, 2, 3, 4, 5, 6, 7]] {
            let request = Request::new(&head, random);
            let der = request.to_der();
            assert_eq!(Request::parse(&der), Some(request));
            for at in 0..der.len() {
                let mut other = der.clone();
                other[at] ^= 1;
                let fields = (24..56).contains(&at) || (58..66).contains(&at);
                assert_eq!(Request::parse(&other).is_some(), fields, "{at}");
            }
            assert_eq!(Request::parse(&der[..der.len() - 1]), None);
            assert_eq!(Request::parse(&[&der[..], &[0]].concat()), None);
        }
        assert_ne!(Request::new(&head, [1; 8]), Request::new(&head, [2; 8]));
    }
}
