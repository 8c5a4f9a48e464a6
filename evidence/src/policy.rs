//! Policy files of <https://c2sp.org/tlog-policy>: which logs are known, which witnesses, and how many of
//! these must have cosigned a checkpoint.
//!
//! The file comes from outside the pack. Here it is UTF-8; names are compared byte by byte.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::cosignature::Cosigner;
use crate::note::{Note, NoteError, NoteKey};
use crate::public_key::PublicKey;
use std::collections::BTreeMap;

/// The largest policy file, in bytes.
const MAX_LEN: usize = 1 << 20;
/// The name of the quorum that asks for no witness.
const NONE: &str = "none";

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<NoteKey>,
    witnesses: Vec<Cosigner>,
    /// Where each witness is asked, as far as the file says.
    urls: Vec<Option<String>>,
    /// Witnesses and groups, each of which names only those before it.
    nodes: Vec<Node>,
    /// The node that must have witnessed; `None` where none has to.
    quorum: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    /// A witness by its place.
    Witness(usize),
    /// So many of these.
    Group { least: usize, members: Vec<usize> },
}

/// A checkpoint that a policy accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The log's key that signed it.
    pub log: NoteKey,
    /// The witnesses that cosigned it, with the time in seconds since 1970, in the policy's order.
    pub cosigned: Vec<(String, u64)>,
    /// By when a quorum had cosigned it, in seconds since 1970; `None` where the policy asks for none.
    pub by: Option<u64>,
}

/// A policy file that can't be read: the line, from 1, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct PolicyError {
    /// The line.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// A checkpoint that a policy doesn't accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The note can't be read.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// No log of the policy signed it, or one did falsely.
    #[error("no log of the policy vouches for the checkpoint: {0}")]
    Log(CheckpointError),
    /// The policy names no log.
    #[error("the policy names no log")]
    NoLog,
    /// A line says to be a witness's and isn't.
    #[error("the cosignature of `{0}` does not hold")]
    Cosignature(String),
    /// Too few witnesses cosigned it.
    #[error("cosigned by {found} of the policy's {known} witnesses, which is no quorum")]
    Quorum {
        /// How many did.
        found: usize,
        /// How many the policy knows.
        known: usize,
    },
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut reader = Reader::default();
        if text.len() > MAX_LEN {
            return Err(PolicyError { line: 1, why: "the file is larger than 1 MiB".to_owned() });
        }
        let mut last = 1;
        for (number, line) in text.split('\n').enumerate() {
            last = number.saturating_add(1);
            reader.line(line).map_err(|why| PolicyError { line: last, why })?;
        }
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(PolicyError { line: last, why: "the last line has no end".to_owned() });
        }
        let Some(quorum) = reader.quorum else {
            return Err(PolicyError { line: last, why: "there is no `quorum`".to_owned() });
        };
        let Reader { logs, witnesses, urls, nodes, .. } = reader;
        Ok(Self { logs, witnesses, urls, nodes, quorum })
    }

    /// The keys of its logs.
    pub fn logs(&self) -> &[NoteKey] {
        &self.logs
    }

    /// Its witnesses in the file's order, each with the URL under which it is asked, where the file has one:
    /// the *submission prefix* of C2SP tlog-witness.
    pub fn witnesses(&self) -> impl Iterator<Item = (&Cosigner, Option<&str>)> {
        self.witnesses.iter().zip(self.urls.iter().map(Option::as_deref))
    }

    /// The Ed25519 keys of its logs and witnesses: those that could have another role as well.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        let logs = self.logs.iter().map(NoteKey::public_key);
        logs.chain(self.witnesses.iter().filter_map(|witness| witness.public_key().ed25519()))
    }

    /// Whether it is the key of one of its witnesses.
    pub fn is_witness(&self, key: &PublicKey) -> bool {
        self.witnesses.iter().any(|witness| witness.public_key().ed25519() == Some(key))
    }

    /// Whether the policy accepts the checkpoint in a note: one of its logs signed it, and a quorum of its
    /// witnesses cosigned it. A line in the name of a key of the policy that doesn't hold is never passed over.
    ///
    /// # Errors
    /// Why it doesn't.
    pub fn accepts(&self, note: &str) -> Result<Accepted, Refused> {
        let parsed = Note::parse(note)?;
        let (checkpoint, log) = self.of_log(note)?;
        let mut times = Vec::new();
        for witness in &self.witnesses {
            let cosigned = witness.cosigned(&parsed);
            times.push(cosigned.map_err(|_| Refused::Cosignature(witness.name().to_owned()))?);
        }
        let cosigned: Vec<(String, u64)> = self
            .witnesses
            .iter()
            .zip(&times)
            .filter_map(|(witness, time)| Some((witness.name().to_owned(), (*time)?)))
            .collect();
        let by = self.quorum.map(|quorum| {
            self.witnessed(quorum, &times)
                .ok_or(Refused::Quorum { found: cosigned.len(), known: self.witnesses.len() })
        });
        Ok(Accepted { checkpoint, log, cosigned, by: by.transpose()? })
    }

    /// The checkpoint in a note that one of its logs signed, and that log's key; no witness is asked for. A line in
    /// the name of a log that doesn't hold is never passed over.
    ///
    /// # Errors
    /// No log did.
    pub(crate) fn of_log(&self, note: &str) -> Result<(Checkpoint, NoteKey), Refused> {
        let (mut log, mut refused) = (None, None);
        for key in &self.logs {
            match Checkpoint::verified(note, key) {
                Ok(checkpoint) => log = log.or_else(|| Some((checkpoint, key.clone()))),
                Err(e @ CheckpointError::Note(NoteError::Unsigned)) => {
                    refused = refused.or(Some(e));
                }
                Err(e) => return Err(Refused::Log(e)),
            }
        }
        match (log, refused) {
            (Some(found), _) => Ok(found),
            (None, Some(error)) => Err(Refused::Log(error)),
            (None, None) => Err(Refused::NoLog),
        }
    }

    /// By when a node had witnessed; `None` where it hasn't.
    fn witnessed(&self, quorum: usize, times: &[Option<u64>]) -> Option<u64> {
        // Every node names only those before it, so that one pass settles them all.
        let mut settled: Vec<Option<u64>> = Vec::new();
        for node in self.nodes.iter().take(quorum.saturating_add(1)) {
            settled.push(match node {
                Node::Witness(place) => times.get(*place).copied().flatten(),
                Node::Group { least, members } => {
                    let of = |member: &usize| settled.get(*member).copied().flatten();
                    let mut done: Vec<u64> = members.iter().filter_map(of).collect();
                    done.sort_unstable();
                    done.get(least.saturating_sub(1)).copied()
                }
            });
        }
        settled.pop().flatten()
    }
}

/// What the lines so far say.
#[derive(Default)]
struct Reader {
    logs: Vec<NoteKey>,
    witnesses: Vec<Cosigner>,
    urls: Vec<Option<String>>,
    nodes: Vec<Node>,
    names: BTreeMap<String, usize>,
    /// Names that are a member of a group already.
    taken: Vec<usize>,
    quorum: Option<Option<usize>>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.bytes().any(|byte| byte < 0x20 && byte != b'\t' || byte == 0x7f) {
            return Err("a control character".to_owned());
        }
        let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
        let Some(kind) = words.next().filter(|word| !word.starts_with('#')) else {
            return Ok(());
        };
        let words: Vec<&str> = words.collect();
        match (kind, words.as_slice()) {
            ("log", [key] | [key, _]) => self.log(key),
            ("witness", [name, key]) => self.witness(name, key, None),
            ("witness", [name, key, url]) => self.witness(name, key, Some(url)),
            ("group", [name, least, members @ ..]) => self.group(name, least, members),
            ("quorum", [name]) => self.set_quorum(name),
            ("log" | "witness" | "group" | "quorum", _) => {
                Err(format!("`{kind}` has too few or too many words"))
            }
            _ => Err(format!("`{kind}` is not one of log, witness, group, quorum")),
        }
    }

    fn log(&mut self, key: &str) -> Result<(), String> {
        let key = NoteKey::parse(key).map_err(|e| e.to_string())?;
        if self.logs.iter().any(|known| known.public_key() == key.public_key()) {
            return Err("the log's key is there twice".to_owned());
        }
        self.logs.push(key);
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), String> {
        let key = Cosigner::parse(key).map_err(|e| e.to_string())?;
        if self.witnesses.iter().any(|known| known.public_key() == key.public_key()) {
            return Err("the witness's key is there twice".to_owned());
        }
        let place = self.witnesses.len();
        self.witnesses.push(key);
        self.urls.push(url.map(str::to_owned));
        self.define(name, Node::Witness(place))
    }

    fn group(&mut self, name: &str, least: &str, members: &[&str]) -> Result<(), String> {
        if members.is_empty() {
            return Err("a group without members".to_owned());
        }
        let least = match least {
            "any" => 1,
            "all" => members.len(),
            number => crate::checkpoint::decimal(number)
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (1..=members.len()).contains(number))
                .ok_or("a group asks for `all`, `any` or 1 to as many as it has members")?,
        };
        let mut places = Vec::new();
        for member in members {
            let place = self.known(member)?;
            // So each witness counts towards the quorum in one way.
            if self.taken.contains(&place) {
                return Err(format!("`{member}` is a member of a group already"));
            }
            self.taken.push(place);
            places.push(place);
        }
        self.define(name, Node::Group { least, members: places })
    }

    fn set_quorum(&mut self, name: &str) -> Result<(), String> {
        if self.quorum.is_some() {
            return Err("a second `quorum`".to_owned());
        }
        self.quorum = Some(if name == NONE { None } else { Some(self.known(name)?) });
        Ok(())
    }

    fn known(&self, name: &str) -> Result<usize, String> {
        let place = self.names.get(name).copied();
        place.ok_or_else(|| format!("`{name}` is no witness or group of a line before"))
    }

    fn define(&mut self, name: &str, node: Node) -> Result<(), String> {
        if name == NONE || self.names.contains_key(name) {
            return Err(format!("`{name}` means something already"));
        }
        self.names.insert(name.to_owned(), self.nodes.len());
        self.nodes.push(node);
        Ok(())
    }
}

#[cfg(test)]
#[cfg(feature = "seal")]
mod tests;
