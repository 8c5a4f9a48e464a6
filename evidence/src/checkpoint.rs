//! Checkpoints of <https://c2sp.org/tlog-checkpoint>: what a log's note says.

use crate::encoding::{base64, digest_from_base64};
use crate::note::{Note, NoteError, NoteKey};
use std::fmt;
use tieout_controls::{Count, Digest};

/// The head of a log: how many entries, and the root of the tree over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's origin line.
    pub origin: String,
    /// The number of entries.
    pub size: Count,
    /// The root of the RFC 6962 tree over the entries.
    pub root: Digest,
}

/// A checkpoint that can't be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note can't be read, or the key doesn't vouch for it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note's text is not a checkpoint.
    #[error("the note is not a checkpoint: origin, size and root, each a line")]
    Syntax,
    /// It is the checkpoint of another log.
    #[error("the checkpoint is of the log `{found}`, not of `{expected}`")]
    Origin {
        /// Its origin.
        found: String,
        /// The origin looked for.
        expected: String,
    },
}

impl Checkpoint {
    /// Reads the checkpoint in a note, without verifying the note.
    ///
    /// # Errors
    /// [`CheckpointError::Syntax`]; extension lines are refused too.
    pub fn of(note: &Note) -> Result<Self, CheckpointError> {
        let mut lines = note.text.split('\n');
        let mut next = || lines.next().ok_or(CheckpointError::Syntax);
        let (origin, size, root, end) = (next()?, next()?, next()?, next()?);
        if origin.is_empty() || !end.is_empty() || lines.next().is_some() {
            return Err(CheckpointError::Syntax);
        }
        let root = digest_from_base64(root).ok_or(CheckpointError::Syntax)?;
        let size = decimal(size).ok_or(CheckpointError::Syntax)?;
        Ok(Self { origin: origin.to_owned(), size: Count(size), root })
    }

    /// Reads the checkpoint in a signed note under the key of its log.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub fn verified(note: &str, key: &NoteKey) -> Result<Self, CheckpointError> {
        let note = Note::parse(note)?;
        note.verify(key)?;
        let checkpoint = Self::of(&note)?;
        if checkpoint.origin != key.name() {
            let expected = key.name().to_owned();
            return Err(CheckpointError::Origin { found: checkpoint.origin, expected });
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, base64(&self.root.0))
    }
}

/// A number without sign and leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let minimal = text == "0" || !text.starts_with('0');
    if digits && minimal { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::of(&Note { text: text.to_owned(), signatures: Vec::new() })
    }

    #[test]
    fn reads_the_example_of_the_specification() {
        let text = "example.com/behind-the-sofa\n20852163\n\
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint = of(text).unwrap();
        assert_eq!(checkpoint.size, Count(20_852_163));
        assert_eq!(checkpoint.to_string(), text);
        for wrong in [
            text.replace("\n2085", "\n02085"),
            text.replace("\n2085", "\n+2085"),
            text.replace("q2I=", "q2J="),
            format!("{text}extension\n"),
            format!("\n{text}"),
            text.trim_end().to_owned(),
        ] {
            assert_eq!(of(&wrong), Err(CheckpointError::Syntax), "{wrong:?}");
        }
    }
}
