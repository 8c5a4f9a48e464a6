//! The file of a pack: its sign-offs, dispositions, completion and addenda (PCAOB AS 1215,
//! `docs/formats/people.md`).

use super::disposition::{Clearance, Decision, Disposition};
use super::finding::{Broken, Finding};
use super::key::is_about_keys;
use super::keyring::{Holder, Keyring};
use super::net;
use super::role::PACK;
use super::rules;
use super::sign_off::{Addendum, Completion, ExternalSignOff, Review};
use crate::dsse::Envelope;
use crate::logbook::Statement;
use crate::statement::{self, Stated};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tieout_controls::{Count, Digest, RunResult};

/// The days from the report's release within which a file is completed, as AS 1215.15 says since
/// AS 1000 amended it in 2024 (it was 45 before).
pub const COMPLETION_DAYS: u32 = 14;

/// A pack's place in the log.
#[derive(Debug, Clone)]
pub struct PackPlace {
    /// The digest of its envelope file.
    pub digest: Digest,
    /// Its index in the log.
    pub index: Count,
    /// Its envelope.
    pub envelope: Envelope,
}

/// What is known of a pack's file.
#[derive(Debug, Clone)]
pub struct AuditFile {
    /// Whose the keys are.
    pub keyring: Keyring,
    /// The statements whose signature holds under a key that is somebody's, in the log's order.
    pub entries: Vec<Entry>,
    /// Statements by keys that are nobody's, where no authority was given to say whose they are: what they
    /// say was not read.
    pub unknown: Vec<Unknown>,
    /// Statements that are about something else.
    pub elsewhere: Vec<(Count, Digest)>,
    /// The rules that are broken, in the log's order.
    pub findings: Vec<Finding>,
}

/// A statement by an unknown key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its index in the log.
    pub index: Count,
    /// The digest of its envelope file.
    pub statement: Digest,
    /// The id of the key, by its own word.
    pub keyid: Digest,
    /// The type, by its own word.
    pub kind: String,
}

/// A statement in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its index in the log.
    pub index: Count,
    /// The digest of its envelope file.
    pub statement: Digest,
    /// The id of the key that signed it.
    pub key: Digest,
    /// The person whose key it is.
    pub person: Option<String>,
    /// What it says.
    pub said: Said,
    /// Whether it breaks no rule, so that it counts.
    pub stands: bool,
}

/// What a statement in the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A sign-off.
    Review(Review),
    /// A sign-off that another system has on record: the operator's word, and nobody's signature.
    External(ExternalSignOff),
    /// A decision about exceptions.
    Disposition(Disposition),
    /// A reviewer's word on the disposition of that digest.
    Clearance(Digest, Clearance),
    /// The end of the file.
    Completion(Completion),
    /// What was added afterwards.
    Addendum(Addendum),
}

/// Reads the file of a pack, in which statements about keys and about the pack may lie in any order, and
/// holds it against the rules. `days` is the limit from release to completion, [`COMPLETION_DAYS`] unless
/// a policy says otherwise.
pub fn examine(
    pack: &PackPlace,
    statements: &[Statement],
    keyring: Keyring,
    days: u32,
) -> AuditFile {
    let mut file = AuditFile {
        keyring,
        entries: Vec::new(),
        unknown: Vec::new(),
        elsewhere: Vec::new(),
        findings: Vec::new(),
    };
    file.check_pack(pack);
    let mut sorted: Vec<&Statement> = statements.iter().collect();
    sorted.sort_by_key(|statement| statement.index);
    let mut at: BTreeMap<Count, Digest> = BTreeMap::from([(pack.index, pack.digest)]);
    for Statement { index, digest, envelope } in sorted {
        let (index, digest) = (*index, *digest);
        if *at.entry(index).or_insert(digest) != digest {
            file.find(index, digest, Broken::SameIndex);
        }
        file.read(pack, index, digest, envelope);
    }
    let there: BTreeSet<_> = statements.iter().map(|statement| statement.digest).collect();
    rules::apply(&mut file, days, &there);
    file.findings.extend(file.keyring.findings.iter().cloned());
    file.findings.sort_by_key(|finding| finding.index);
    file
}

impl AuditFile {
    /// The dispositions that stand, in the log's order, with whether a reviewer cleared each.
    pub fn dispositions(&self) -> Vec<(&Disposition, bool)> {
        let mut found = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.stands) {
            if let Said::Disposition(disposition) = &entry.said {
                found.push((disposition, self.is_cleared(&entry.statement)));
            }
        }
        found
    }

    /// Holds the dispositions against what they are about: one of anything but exceptions as the pack has
    /// them doesn't stand.
    pub fn hold_against(&mut self, result: &RunResult, records: &[Value]) {
        let mut found = Vec::new();
        for entry in &mut self.entries {
            let Said::Disposition(disposition) = &entry.said else { continue };
            if let Err(error) = net::fits(result, records, disposition) {
                entry.stands = false;
                let (index, statement) = (entry.index, entry.statement);
                found.push(Finding { index, statement, broken: Broken::Net(error) });
            }
        }
        self.findings.append(&mut found);
        self.findings.sort_by_key(|finding| finding.index);
    }

    /// The completion, where the file is closed.
    pub fn completion(&self) -> Option<&Completion> {
        self.entries.iter().find_map(|entry| match &entry.said {
            Said::Completion(completion) if entry.stands => Some(completion),
            _ => None,
        })
    }

    /// The last word of a reviewer on a disposition.
    fn is_cleared(&self, disposition: &Digest) -> bool {
        let mut words = self.entries.iter().rev().filter(|entry| entry.stands);
        let last = words.find_map(|entry| match &entry.said {
            Said::Clearance(of, clearance) if of == disposition => Some(clearance.decision),
            _ => None,
        });
        last == Some(Decision::Cleared)
    }

    pub(super) fn find(&mut self, index: Count, statement: Digest, broken: Broken) {
        self.findings.push(Finding { index, statement, broken });
    }

    /// A pack counts while its key is the operator's and speaks.
    fn check_pack(&mut self, pack: &PackPlace) {
        match self.keyring.signer(pack.index, &pack.envelope, PACK) {
            Ok(_) => {}
            Err(Broken::UnknownKey(keyid)) if !self.keyring.knows_authority() => {
                self.unknown.push(Unknown {
                    index: pack.index,
                    statement: pack.digest,
                    keyid,
                    kind: PACK.to_owned(),
                })
            }
            Err(broken) => self.find(pack.index, pack.digest, broken),
        }
    }

    fn read(&mut self, pack: &PackPlace, index: Count, digest: Digest, bytes: &[u8]) {
        let envelope = match Envelope::parse(bytes) {
            Ok(envelope) => envelope,
            Err(why) => return self.find(index, digest, Broken::Unreadable(why)),
        };
        let Some(kind) = statement::type_of(&envelope) else {
            let why = "signed, and no statement".to_owned();
            return self.find(index, digest, Broken::Unreadable(why));
        };
        if is_about_keys(&kind) && self.keyring.knows_authority() {
            return;
        }
        let read = match self.keyring.signer(index, &envelope, &kind) {
            // Whose the new key is, nobody says without an authority: its own half is told as unknown.
            Ok(_) if is_about_keys(&kind) => return,
            Ok(holder) => said(&kind, &envelope).map(|said| (holder.clone(), said)),
            Err(Broken::UnknownKey(keyid)) if !self.keyring.knows_authority() => {
                self.unknown.push(Unknown { index, statement: digest, keyid, kind });
                return;
            }
            Err(broken) => Err(broken),
        };
        match read {
            Ok((holder, (subject, said))) => {
                let stands = self.is_subject(pack, index, digest, &subject, &said);
                if let Some(stands) = stands {
                    self.entries.push(entry(index, digest, holder, said, stands));
                }
            }
            Err(broken) => self.find(index, digest, broken),
        }
    }

    /// Whether what a statement is about is here, and came before it; `None` where it isn't here.
    fn is_subject(
        &mut self,
        pack: &PackPlace,
        index: Count,
        digest: Digest,
        subject: &Digest,
        said: &Said,
    ) -> Option<bool> {
        let before = match said {
            Said::Clearance(of, _) => {
                let is = |e: &&Entry| e.statement == *of && matches!(e.said, Said::Disposition(_));
                self.entries.iter().find(is).map(|entry| entry.index < index)
            }
            _ => (*subject == pack.digest).then_some(pack.index < index),
        };
        match before {
            Some(false) => self.find(index, digest, Broken::Before),
            None => self.elsewhere.push((index, digest)),
            Some(true) => {}
        }
        before
    }
}

fn entry(index: Count, statement: Digest, holder: Holder, said: Said, stands: bool) -> Entry {
    Entry { index, statement, key: holder.key.id(), person: holder.person, said, stands }
}

/// What a verified statement says, and of what.
fn said(kind: &str, envelope: &Envelope) -> Result<(Digest, Said), Broken> {
    fn read<S: Stated>(envelope: &Envelope) -> Result<(Digest, S), Broken> {
        statement::read::<S>(envelope).map_err(Broken::Unreadable)
    }
    Ok(match kind {
        Review::TYPE => read(envelope).map(|(of, review)| (of, Said::Review(review)))?,
        ExternalSignOff::TYPE => read(envelope).map(|(of, record)| (of, Said::External(record)))?,
        Disposition::TYPE => read(envelope).map(|(of, it)| (of, Said::Disposition(it)))?,
        Clearance::TYPE => read(envelope).map(|(of, it)| (of, Said::Clearance(of, it)))?,
        Completion::TYPE => read(envelope).map(|(of, it)| (of, Said::Completion(it)))?,
        Addendum::TYPE => read(envelope).map(|(of, it)| (of, Said::Addendum(it)))?,
        _ => return Err(Broken::Unreadable("a statement that no file of a pack has".to_owned())),
    })
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let person = self.person.as_deref().unwrap_or("nobody known");
        write!(f, "index {}: ", self.index)?;
        match &self.said {
            Said::Review(it) => {
                write!(
                    f,
                    "`{person}` as {} {} on {}: {}",
                    it.role, it.conclusion, it.date, it.scope
                )?;
                it.comments.map_or(Ok(()), |comments| write!(f, "; comments {comments}"))?;
            }
            Said::External(it) => write!(
                f,
                "imported, nobody's signature: `{}` has on record as `{}` that `{}` as {} {} on {}; record {}",
                it.system, it.record, it.person, it.role, it.conclusion, it.date, it.exported
            )?,
            Said::Disposition(it) => {
                let number = it.records.as_ref().map(Vec::len);
                let number = number.map_or("all".to_owned(), |number| number.to_string());
                let until = it.expires.map(|day| format!(" until {day}")).unwrap_or_default();
                write!(
                    f,
                    "`{person}` on {}: {number} exceptions of {} are {}{until}: {}",
                    it.date, it.control, it.kind, it.reason
                )?;
            }
            Said::Clearance(of, it) => {
                write!(f, "`{person}` on {}: {} the disposition {of}", it.date, it.decision)?;
            }
            Said::Completion(it) => write!(
                f,
                "`{person}` completed the file on {}, report released on {}",
                it.completed, it.released
            )?,
            Said::Addendum(it) => write!(
                f,
                "`{person}` added {} on {} as addendum {}: {}",
                it.added, it.date, it.number, it.reason
            )?,
        }
        if self.stands { Ok(()) } else { f.write_str("; does not count") }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, statement, keyid, kind } = self;
        write!(
            f,
            "index {index}: statement {statement}, by its own word `{kind}`, signed by the unknown key \
             {keyid}: give the authority's key"
        )
    }
}
