//! Line proofs: that one line of a pack's records or population was signed and logged, without the pack.

use crate::dsse::Envelope;
use crate::encoding::{base64, digest_from_base64};
use crate::layout::{MAX_LINE, POPULATION, RECORDS};
use crate::proof::LogProof;
use std::fmt;
use tieout_controls::{Count, Digest};

const HEADER: &str = "tieout-line-proof@v1";
/// A tree of 2⁶³ leaves has proofs of that many hashes.
const MAX_HASHES: usize = 63;
/// The most disclosures of a line: more slots no salt is for.
const MAX_DISCLOSURES: usize = 1 << 16;

/// The trees in a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// Violating and undetermined records, then refused rows.
    Records,
    /// A digest for every evaluated record.
    Population,
}

impl Tree {
    /// The name of the tree's folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Records => RECORDS,
            Self::Population => POPULATION,
        }
    }
}

/// One line of a pack, with all that leads from it to the log's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProof {
    /// The tree.
    pub tree: Tree,
    /// The line's index, from 0.
    pub index: Count,
    /// The number of lines in the tree.
    pub size: Count,
    /// The inclusion proof, from the leaf's sibling up.
    pub hashes: Vec<Digest>,
    /// The line, without its newline.
    pub line: String,
    /// What is disclosed of it, in the order of its digests, `null` for what is withheld; empty when
    /// nothing is.
    pub disclosures: Vec<String>,
    /// The pack's envelope.
    pub envelope: Envelope,
    /// That it is in the log.
    pub proof: LogProof,
}

/// A text that is no line proof: why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a line proof: {0}")]
pub struct LineProofError(&'static str);

impl LineProof {
    /// Reads a proof. It proves nothing until it is verified, by
    /// [`verify_line`](crate::verify::verify_line).
    ///
    /// # Errors
    /// When it is not laid out as `docs/formats/evidence-pack.md` says.
    pub fn parse(text: &str) -> Result<Self, LineProofError> {
        let wrong = LineProofError;
        let (head, rest) = text.split_once("\n\n").ok_or(wrong("no empty line"))?;
        let (body, rest) = rest.split_once("\n\n").ok_or(wrong("no second empty line"))?;
        let end = rest.find('\n').map_or(rest.len(), |at| at.saturating_add(1));
        let (envelope, proof) = rest.split_at_checked(end).ok_or(wrong("no envelope"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(wrong("another first line"));
        }
        let tree = match lines.next().and_then(|line| line.strip_prefix("tree ")) {
            Some(RECORDS) => Tree::Records,
            Some(POPULATION) => Tree::Population,
            _ => return Err(wrong("no tree in the second line")),
        };
        let mut number = |name| {
            let text = lines.next().and_then(|line| line.strip_prefix(name));
            text.and_then(crate::checkpoint::decimal).map(Count)
        };
        let index = number("index ").ok_or(wrong("no index in the third line"))?;
        let size = number("size ").ok_or(wrong("no size in the fourth line"))?;
        let hashes: Option<Vec<_>> = lines.map(digest_from_base64).collect();
        let hashes = hashes.ok_or(wrong("a hash is not base64 of 32 bytes"))?;
        if hashes.len() > MAX_HASHES {
            return Err(wrong("more than 63 hashes"));
        }
        let mut body = body.split('\n').map(str::to_owned);
        let line = body.next().unwrap_or_default();
        let disclosures: Vec<_> = body.collect();
        if line.len() >= MAX_LINE || disclosures.iter().any(|text| text.len() >= MAX_LINE) {
            return Err(wrong("a line longer than 1 MiB"));
        }
        if disclosures.len() > MAX_DISCLOSURES {
            return Err(wrong("more than 65,536 disclosures"));
        }
        let envelope =
            Envelope::parse(envelope.as_bytes()).map_err(|_| wrong("no DSSE envelope"))?;
        let proof = LogProof::parse(proof).map_err(|_| wrong("no log proof at its end"))?;
        let own = Self { tree, index, size, hashes, line, disclosures, envelope, proof };
        if own.to_string() == text { Ok(own) } else { Err(wrong("laid out otherwise")) }
    }
}

impl fmt::Display for LineProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tree, index, size, .. } = self;
        write!(f, "{HEADER}\ntree {}\nindex {index}\nsize {size}\n", tree.name())?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", base64(&hash.0)))?;
        writeln!(f, "\n{}", self.line)?;
        self.disclosures.iter().try_for_each(|text| writeln!(f, "{text}"))?;
        write!(f, "\n{}{}", String::from_utf8_lossy(&self.envelope.to_bytes()), self.proof)
    }
}
