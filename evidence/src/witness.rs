//! A witness of <https://c2sp.org/tlog-witness>: it cosigns a log's checkpoint if that one continues the last
//! one that it cosigned, and so no two readers of the log can be shown two histories.
//!
//! The state is a file for each log, `<SHA-256 of the origin>.checkpoint`: the text of the checkpoint that was
//! cosigned last. It is compared and replaced under a lock, and durable before the answer is given. How
//! requests come and answers go is the caller's.

use crate::checkpoint::{Checkpoint, decimal};
use crate::cosignature::Cosigner;
use crate::encoding::{digest_from_base64, sha256};
use crate::files::{Disk, Files, if_there, lock, make_folders, replace};
use crate::key::CosigningKey;
use crate::merkle;
use crate::note::{Note, NoteKey};
use std::io;
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest};

/// The most hashes of a proof.
const MAX_PROOF: usize = 63;

/// A witness.
pub struct Witness<'a> {
    cosigner: Cosigner,
    key: &'a CosigningKey,
    logs: Vec<NoteKey>,
    state: PathBuf,
}

/// What is answered, with the status that HTTP has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: the cosignature, a line of a signed note.
    Cosigned(String),
    /// 400: the request can't be read, or its old size is above its checkpoint's.
    BadRequest(&'static str),
    /// 403: no key of the log signed the checkpoint.
    Forbidden,
    /// 404: the log isn't known here.
    NotFound,
    /// 409: the size that was cosigned last is another one; or the same, of another tree.
    Conflict(Count),
    /// 422: the proof doesn't lead from the old tree to the new one.
    Unprocessable,
}

impl Answer {
    /// The status of HTTP.
    pub fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) => 200,
            Self::BadRequest(_) => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::Unprocessable => 422,
        }
    }
}

/// Makes the folder of a witness's state, durably: a witness that loses its state begins every log anew.
///
/// # Errors
/// It can't be made.
pub fn make_state(folder: &Path) -> io::Result<()> {
    make_folders(&Disk, folder)
}

impl<'a> Witness<'a> {
    /// A witness of these logs that signs under a name and keeps its state in a folder, which exists (see
    /// [`make_state`]). `None` when it is no name of a key.
    pub fn new(
        name: &str,
        key: &'a CosigningKey,
        logs: Vec<NoteKey>,
        state: &Path,
    ) -> Option<Self> {
        let cosigner = Cosigner::new(name, key.public_key())?;
        Some(Self { cosigner, key, logs, state: state.to_owned() })
    }

    /// The key that others verify its cosignatures with.
    pub fn cosigner(&self) -> &Cosigner {
        &self.cosigner
    }

    /// Answers a request to cosign a checkpoint; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// The state can't be read or written, or the key can't sign. Nothing was cosigned then.
    pub fn add_checkpoint(&self, body: &str, now: u64) -> io::Result<Answer> {
        let Some(Asked { old, proof, note }) = Asked::parse(body) else {
            return Ok(Answer::BadRequest("not a request to add a checkpoint"));
        };
        let Ok(checkpoint) = Note::parse(note)
            .map_err(|_| ())
            .and_then(|parsed| Checkpoint::of(&parsed).map_err(|_| ()))
        else {
            return Ok(Answer::BadRequest("not a checkpoint"));
        };
        let mut keys = self.logs.iter().filter(|key| key.name() == checkpoint.origin).peekable();
        if keys.peek().is_none() {
            return Ok(Answer::NotFound);
        }
        if !keys.any(|key| Checkpoint::verified(note, key).is_ok()) {
            return Ok(Answer::Forbidden);
        }
        if old > checkpoint.size.0 {
            return Ok(Answer::BadRequest("the old size is above the checkpoint's"));
        }
        self.continued(old, &proof, &checkpoint, now)
    }

    /// Compares with the last checkpoint, and replaces it, as one step.
    fn continued(
        &self,
        old: u64,
        proof: &[Digest],
        checkpoint: &Checkpoint,
        now: u64,
    ) -> io::Result<Answer> {
        let _lock = lock(&self.state.join("lock"))?;
        let last = self.last(&checkpoint.origin)?;
        let (size, root) =
            last.map_or((0, merkle::Tree::default().root()), |last| (last.size.0, last.root));
        if old != size || (old == checkpoint.size.0 && root != checkpoint.root) {
            return Ok(Answer::Conflict(Count(size)));
        }
        let (new, new_root) = (checkpoint.size.0, &checkpoint.root);
        let continues = merkle::verify_consistency(old, &root, new, new_root, proof);
        // Of no entries there is one tree.
        let empty = new == 0 && *new_root != merkle::Tree::default().root();
        if !continues || empty {
            return Ok(Answer::Unprocessable);
        }
        self.keep(checkpoint)?;
        let line = self.cosigner.line(self.key, &checkpoint.to_string(), now)?;
        let note = Note { text: String::new(), signatures: vec![line] }.to_string();
        Ok(Answer::Cosigned(note.trim_start_matches('\n').to_owned()))
    }

    /// The checkpoint of a log that was cosigned last.
    fn last(&self, origin: &str) -> io::Result<Option<Checkpoint>> {
        let Some(text) = if_there(std::fs::read_to_string(self.file(origin)))? else {
            return Ok(None);
        };
        let kept = Checkpoint::of(&Note { text, signatures: Vec::new() }).ok();
        // A state that says nothing would let the log begin anew.
        let kept = kept.filter(|kept| kept.origin == origin);
        kept.map(Some).ok_or_else(|| io::Error::other("the witness's state can't be read"))
    }

    fn keep(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let file = self.file(&checkpoint.origin);
        let folder = Disk.open_folder(&self.state)?;
        let beside = file.with_extension("partial");
        if_there(Disk.remove(&beside))?;
        replace(&Disk, folder.as_ref(), (&beside, &file), checkpoint.to_string().as_bytes())
    }

    fn file(&self, origin: &str) -> PathBuf {
        self.state.join(format!("{}.checkpoint", sha256(origin.as_bytes())))
    }
}

/// A request as read.
struct Asked<'a> {
    old: u64,
    proof: Vec<Digest>,
    note: &'a str,
}

impl<'a> Asked<'a> {
    fn parse(body: &'a str) -> Option<Self> {
        let (head, note) = body.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = decimal(lines.next()?.strip_prefix("old ")?)?;
        let proof: Vec<Digest> = lines.map(digest_from_base64).collect::<Option<_>>()?;
        (proof.len() <= MAX_PROOF).then_some(Self { old, proof, note })
    }
}

#[cfg(test)]
mod tests;
