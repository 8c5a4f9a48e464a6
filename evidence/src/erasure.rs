//! Statements about erasing: receipts, legal holds and their releases.
//!
//! What a pack does not disclose is explained by a receipt or it is a finding. A receipt is one statement with
//! two signatures, each in an envelope of its own over the same payload: the operator's and the privacy
//! officer's. It names places, digests and keys, and never the person.

use crate::dsse::Envelope;
use crate::encoding::{is_base64_url, sha256};
use crate::logbook::Statement;
use crate::public_key::PublicKey;
use crate::sealed::is_name;
use crate::statement::{Stated, is_instant, read, type_of};
use crate::verify::Tree;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::{Count, Digest};

/// The version of these statements.
const FORMAT_VERSION: &str = "1";

/// A receipt: what was erased of a pack. Its subject is the pack's envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Erasure {
    /// `1`.
    pub format_version: String,
    /// The number of the request, as the company counts them.
    pub request: String,
    /// Why it had to be erased, such as `GDPR Art. 17(1)(b)`.
    pub legal_basis: String,
    /// When, by the operator's clock: RFC 3339 in UTC.
    pub erased_at: String,
    /// The keys that were destroyed.
    pub keys: Vec<DestroyedKey>,
    /// What of the record lines can't be disclosed any more.
    pub records: Vec<Redacted>,
    /// What of the population.
    pub population: Vec<Redacted>,
}

/// A key that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestroyedKey {
    /// Its random pseudonym.
    pub handle: String,
    /// The epoch under whose key it was wrapped.
    pub epoch: Count,
}

/// The digests of one leaf that stand for nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redacted {
    /// Its index in the tree.
    pub leaf: Count,
    /// The digests.
    pub digests: Vec<String>,
}

impl Stated for Erasure {
    const TYPE: &'static str = "urn:tieout:predicate:erasure:v1";
    const SUBJECT: &'static str = "statement.dsse.json";
    const WHAT: &'static str = "erasure receipt";

    fn is_canonical(&self) -> bool {
        let ascending = |redacted: &[Redacted]| {
            redacted.is_sorted_by(|a, b| a.leaf < b.leaf)
                && redacted.iter().all(|one| {
                    !one.digests.is_empty() && one.digests.iter().all(|d| is_base64_url(d, 32))
                })
        };
        self.format_version == FORMAT_VERSION
            && is_instant(&self.erased_at)
            && !self.keys.is_empty()
            && self.keys.iter().all(|key| is_name(&key.handle))
            && self.keys.is_sorted_by(|a, b| a.handle < b.handle)
            && ascending(&self.records)
            && ascending(&self.population)
    }
}

/// A legal hold. Its subject is the SHA-256 of its scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hold {
    /// `1`.
    pub format_version: String,
    /// What may not be erased: see [`Scope`].
    pub scope: Scope,
    /// The matter.
    pub reason: String,
    /// When, by the clock of who signed: RFC 3339 in UTC.
    pub placed_at: String,
    /// The day on which somebody should ask whether it is still needed. It ends nothing.
    pub review: Option<NaiveDate>,
}

/// What a hold covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scope {
    /// Persons, by the handles of their keys.
    Keys(Vec<String>),
    /// A pack, by the digest of its envelope.
    Pack(Digest),
    /// Packs whose period has a day of this one.
    Period {
        /// The first day.
        start: NaiveDate,
        /// The day after the last one.
        end: NaiveDate,
    },
}

impl Stated for Hold {
    const TYPE: &'static str = "urn:tieout:predicate:hold:v1";
    const SUBJECT: &'static str = "scope";
    const WHAT: &'static str = "legal hold";

    fn is_canonical(&self) -> bool {
        // A scope in which nothing can lie would hold nothing.
        let some = match &self.scope {
            Scope::Keys(keys) => !keys.is_empty() && keys.iter().all(|key| is_name(key)),
            Scope::Pack(_) => true,
            Scope::Period { start, end } => start < end,
        };
        some && self.format_version == FORMAT_VERSION && is_instant(&self.placed_at)
    }
}

impl Hold {
    /// A hold.
    pub fn new(scope: Scope, reason: &str, at: &str) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            scope,
            reason: reason.to_owned(),
            placed_at: at.to_owned(),
            review: None,
        }
    }

    /// What its statement is about.
    pub fn subject(&self) -> Digest {
        sha256(serde_json::to_string(&self.scope).unwrap_or_default().as_bytes())
    }
}

/// The end of a legal hold, by another than who placed it. Its subject is the hold's envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// `1`.
    pub format_version: String,
    /// Why it is not needed any more.
    pub reason: String,
    /// When, by the clock of who signed: RFC 3339 in UTC.
    pub released_at: String,
}

impl Stated for Release {
    const TYPE: &'static str = "urn:tieout:predicate:release:v1";
    const SUBJECT: &'static str = "hold";
    const WHAT: &'static str = "release of a legal hold";

    fn is_canonical(&self) -> bool {
        self.format_version == FORMAT_VERSION && is_instant(&self.released_at)
    }
}

impl Release {
    /// A release.
    pub fn new(reason: &str, at: &str) -> Self {
        let (reason, released_at) = (reason.to_owned(), at.to_owned());
        Self { format_version: FORMAT_VERSION.to_owned(), reason, released_at }
    }
}

/// A hold that nobody released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveHold {
    /// The digest of its envelope: what a release is about.
    pub digest: Digest,
    /// Its index in the log.
    pub index: Count,
    /// What it covers; `None` where it can't be read, and then it covers everything.
    pub scope: Option<Scope>,
}

/// What would be erased, as a hold looks at it.
#[derive(Debug, Clone, Default)]
pub struct Affected {
    /// All keys of the person.
    pub handles: BTreeSet<String>,
    /// The packs that disclose something of the person: digest and period.
    pub packs: Vec<(Digest, NaiveDate, NaiveDate)>,
    /// The packs of the log that are not in the folder: nobody can tell whom they are about.
    pub absent: BTreeSet<Digest>,
}

impl ActiveHold {
    /// Whether it forbids the erasing. One of a pack or of a period does as well where that may be about a pack
    /// which is not there to look into.
    pub fn covers(&self, affected: &Affected) -> bool {
        match &self.scope {
            None => true,
            Some(Scope::Keys(keys)) => keys.iter().any(|key| affected.handles.contains(key)),
            Some(Scope::Pack(pack)) => {
                affected.absent.contains(pack) || affected.packs.iter().any(|(own, ..)| own == pack)
            }
            Some(Scope::Period { start, end }) => {
                let overlaps = |from: &NaiveDate, to: &NaiveDate| from < end && start < to;
                !affected.absent.is_empty()
                    || affected.packs.iter().any(|(_, from, to)| overlaps(from, to))
            }
        }
    }
}

/// The holds of a log that nobody released. A hold counts whoever signed it, and be it unreadable: what nobody
/// can tell to be none is one. A release only counts behind its hold, under one of these keys, and not under the
/// one that signed the hold, whatever key id the hold names. No date ends a hold.
pub fn active_holds(logged: &[Statement], keys: &[PublicKey]) -> Vec<ActiveHold> {
    let mut holds: BTreeMap<Digest, (ActiveHold, Option<Envelope>)> = BTreeMap::new();
    for entry in logged {
        let envelope = Envelope::parse(&entry.envelope).ok();
        match (envelope.as_ref().and_then(type_of).as_deref(), envelope) {
            (Some(Release::TYPE), Some(release)) => {
                let Ok((of, _)) = read::<Release>(&release) else { continue };
                let Some((_, hold)) = holds.get(&of) else { continue };
                let placed = |key: &PublicKey| {
                    let by = |hold: &Envelope| hold.keyid == key.id() || hold.holds_under(key);
                    hold.as_ref().is_some_and(by)
                };
                if keys.iter().any(|key| release.is_by(key) && !placed(key)) {
                    holds.remove(&of);
                }
            }
            (Some(Hold::TYPE) | None, hold) => {
                let read = hold.as_ref().and_then(|hold| read::<Hold>(hold).ok());
                let scope = read.filter(|(of, hold)| *of == hold.subject());
                let scope = scope.map(|(_, hold)| hold.scope);
                let (digest, index) = (entry.digest, entry.index);
                holds.entry(digest).or_insert((ActiveHold { digest, index, scope }, hold));
            }
            _ => {}
        }
    }
    let mut holds: Vec<_> = holds.into_values().map(|(hold, _)| hold).collect();
    holds.sort_by_key(|hold| hold.index);
    holds
}

/// The receipts of a log, to hold what a pack does not disclose against.
#[derive(Debug, Clone, Default)]
pub struct Receipts {
    /// Pack, tree, leaf and digest; and the index in the log from which on it is receipted.
    redacted: BTreeMap<(Digest, Tree, u64, String), Count>,
    /// What looks like a receipt and is none.
    pub unfit: Vec<String>,
}

impl Receipts {
    /// The receipts that both keys signed.
    ///
    /// # Errors
    /// The keys are one key: whoever has it could erase alone.
    pub fn of(
        logged: &[Statement],
        operator: &PublicKey,
        privacy: &PublicKey,
    ) -> Result<Self, String> {
        if operator == privacy {
            return Err("the operator's key and the privacy officer's key are one key".to_owned());
        }
        let mut receipts = Self::default();
        let mut half: BTreeMap<Vec<u8>, [Option<Count>; 2]> = BTreeMap::new();
        for entry in logged {
            let Ok(envelope) = Envelope::parse(&entry.envelope) else { continue };
            if type_of(&envelope).as_deref() != Some(Erasure::TYPE) {
                continue;
            }
            let unfit = |what: &str| format!("the receipt at log index {}: {what}", entry.index);
            let by = [operator, privacy].map(|key| envelope.is_by(key));
            if by == [false, false] {
                receipts.unfit.push(unfit("signed by neither of the keys given"));
                continue;
            }
            let signed = half.entry(envelope.payload.clone()).or_default();
            for (signed, by) in signed.iter_mut().zip(by) {
                if by {
                    *signed = signed.or(Some(entry.index));
                }
            }
            if let [Some(one), Some(other)] = *signed {
                match read::<Erasure>(&envelope) {
                    Ok((pack, erasure)) => receipts.add(pack, &erasure, one.max(other)),
                    Err(what) => receipts.unfit.push(unfit(&what)),
                }
            }
        }
        for index in half.values().filter_map(|[one, other]| one.xor(*other)) {
            receipts.unfit.push(format!("the receipt at log index {index}: signed by one alone"));
        }
        Ok(receipts)
    }

    fn add(&mut self, pack: Digest, erasure: &Erasure, index: Count) {
        for (tree, redacted) in
            [(Tree::Records, &erasure.records), (Tree::Population, &erasure.population)]
        {
            for one in redacted {
                for digest in &one.digests {
                    let place = (pack, tree, one.leaf.0, digest.clone());
                    self.redacted.entry(place).or_insert(index);
                }
            }
        }
    }

    /// Whether that digest of that leaf was erased after the pack was logged.
    pub fn explain(
        &self,
        (pack, pack_index): (Digest, Count),
        (tree, leaf, digest): (Tree, u64, &str),
    ) -> bool {
        let place = (pack, tree, leaf, digest.to_owned());
        self.redacted.get(&place).is_some_and(|index| *index > pack_index)
    }
}
