//! Whose keys they are, and between which entries of the log each of them speaks.

use super::finding::{Broken, Finding, Range};
use super::key::{self, KeyEnrolled, KeyRevoked, KeyRotated};
use super::role::Role;
use crate::dsse::Envelope;
use crate::logbook::Statement;
use crate::public_key::PublicKey;
use crate::statement::{self, Stated};
use std::collections::BTreeMap;
use tieout_controls::{Count, Digest};

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The key.
    pub key: PublicKey,
    /// What it is for.
    pub role: Role,
    /// Whose it is; `None` for a key from outside that no statement enrolled.
    pub person: Option<String>,
    from: u64,
    /// The index from which on another key has its place.
    rotated: Option<u64>,
    /// The index from which on it isn't relied on.
    revoked: Option<u64>,
    /// The place of the key that it replaced.
    after: Option<usize>,
}

/// The keys that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keyring {
    holders: Vec<Holder>,
    /// The rules that statements about keys break.
    pub findings: Vec<Finding>,
    /// The number of the authority's statements.
    pub numbered: Count,
}

/// A change that waits for one of its signatures: the index and digest of the half that is there.
struct Half {
    index: u64,
    digest: Digest,
    by_old: bool,
}

impl Keyring {
    /// The keyring of the keys from outside and the statements of a log, in any order. Statements of other
    /// types are passed over. Without an authority from outside it is the keys from outside alone: nobody
    /// says then whose the others are.
    ///
    /// A key from outside speaks from the log's beginning. Statements can't revoke it, but for an
    /// operator's, and an enrolment with its own role gives it its person.
    pub fn of(outside: &[(Role, PublicKey)], statements: &[Statement]) -> Self {
        let mut ring = Self::default();
        for (role, key) in outside {
            ring.add(Holder::new(*key, *role, None, 0));
        }
        if !ring.knows_authority() {
            return ring;
        }
        let mut sorted: Vec<&Statement> = statements.iter().collect();
        sorted.sort_by_key(|statement| statement.index);
        let mut halves = BTreeMap::new();
        for Statement { index, digest, envelope } in sorted {
            let Ok(envelope) = Envelope::parse(envelope) else { continue };
            let digest = *digest;
            let result = match statement::type_of(&envelope).as_deref() {
                Some(KeyEnrolled::TYPE) => ring.enrol(*index, digest, &envelope),
                Some(KeyRotated::TYPE) => ring.rotate(*index, digest, &envelope, &mut halves),
                Some(KeyRevoked::TYPE) => ring.revoke(*index, digest, &envelope),
                _ => Ok(()),
            };
            if let Err(broken) = result {
                ring.findings.push(Finding { index: *index, statement: digest, broken });
            }
        }
        let alone = halves.into_values().map(|half: Half| Finding {
            index: Count(half.index),
            statement: half.digest,
            broken: Broken::HalfRotated,
        });
        ring.findings.extend(alone);
        ring
    }

    /// The keys, those from outside first, then as they were enrolled.
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// Whether an authority says whose the keys are.
    pub fn knows_authority(&self) -> bool {
        self.holders.iter().any(|holder| holder.role == Role::Authority)
    }

    /// The holder of the key that signed a statement of that type at that index.
    ///
    /// # Errors
    /// [`Broken::UnknownKey`], [`Broken::Signature`], [`Broken::Role`] or [`Broken::Range`], looked for in
    /// this order.
    pub fn signer(&self, index: Count, envelope: &Envelope, kind: &str) -> Result<&Holder, Broken> {
        let holder = self.find(&envelope.keyid).ok_or(Broken::UnknownKey(envelope.keyid))?;
        if !envelope.holds_under(&holder.key) {
            return Err(Broken::Signature);
        }
        if !holder.role.may_state(kind) {
            return Err(Broken::Role(holder.role));
        }
        if !holder.speaks(index.0) {
            return Err(Broken::Range(holder.range()));
        }
        Ok(holder)
    }

    fn find(&self, id: &Digest) -> Option<&Holder> {
        self.holders.iter().find(|holder| holder.key.id() == *id)
    }

    /// Adds a key that isn't there yet, whatever its id is said to be: keys are compared, not ids.
    fn add(&mut self, holder: Holder) -> Option<Broken> {
        if let Some(known) = self.holders.iter().find(|known| known.key == holder.key) {
            let person = known.person.clone().unwrap_or_else(|| "a key from outside".to_owned());
            return Some(Broken::KeyTaken(person, known.role));
        }
        self.holders.push(holder);
        None
    }

    /// What an authority states of a key, and which key's id it says to be about. Where a statement is
    /// missing before it that is a finding, and it holds all the same.
    fn stated<S: Stated>(
        &mut self,
        (index, digest): (Count, Digest),
        envelope: &Envelope,
        number: impl Fn(&S) -> Count,
    ) -> Result<(Digest, S), Broken> {
        self.signer(index, envelope, S::TYPE)?;
        let (subject, stated) = statement::read::<S>(envelope).map_err(Broken::Unreadable)?;
        let (expected, found) = (self.numbered + Count(1), number(&stated));
        if found != expected {
            let broken = Broken::KeyNumber { expected, found };
            self.findings.push(Finding { index, statement: digest, broken });
        }
        self.numbered = self.numbered.max(found);
        Ok((subject, stated))
    }

    fn enrol(&mut self, index: Count, digest: Digest, envelope: &Envelope) -> Result<(), Broken> {
        let at = (index, digest);
        let (subject, stated) = self.stated::<KeyEnrolled>(at, envelope, |s| s.number)?;
        let key = key::key(&stated.spki).ok_or(Broken::KeySubject)?;
        if key.id() != subject {
            return Err(Broken::KeySubject);
        }
        if !stated.role.is_enrolled() {
            return Err(Broken::NotEnrolled(stated.role));
        }
        let from_outside = self.holders.iter_mut().find(|known| known.key == key);
        match from_outside {
            Some(known) if known.person.is_none() && known.role == stated.role => {
                known.person = Some(stated.person);
                Ok(())
            }
            _ => {
                let from = index.0.saturating_add(1);
                self.add(Holder::new(key, stated.role, Some(stated.person), from))
                    .map_or(Ok(()), Err)
            }
        }
    }

    fn rotate(
        &mut self,
        index: Count,
        digest: Digest,
        envelope: &Envelope,
        halves: &mut BTreeMap<Vec<u8>, Half>,
    ) -> Result<(), Broken> {
        // The new key is known from the statement alone, so this is read before its signature is verified.
        let (subject, stated) =
            statement::read::<KeyRotated>(envelope).map_err(Broken::Unreadable)?;
        let (from, to) = (key::key(&stated.from), key::key(&stated.to));
        let (from, to) = from.zip(to).ok_or(Broken::KeySubject)?;
        if to.id() != subject {
            return Err(Broken::KeySubject);
        }
        let by_old = envelope.keyid == from.id();
        if by_old {
            self.signer(index, envelope, KeyRotated::TYPE)?;
        } else if envelope.keyid != to.id() {
            return Err(Broken::UnknownKey(envelope.keyid));
        } else if !envelope.holds_under(&to) {
            return Err(Broken::Signature);
        }
        match halves.remove(&envelope.payload) {
            Some(other) if other.by_old != by_old => self.replace(index.0, &from, to),
            Some(same) => {
                halves.insert(envelope.payload.clone(), same);
                Ok(())
            }
            None => {
                let half = Half { index: index.0, digest, by_old };
                halves.insert(envelope.payload.clone(), half);
                Ok(())
            }
        }
    }

    /// The change is complete at that index.
    fn replace(&mut self, index: u64, from: &PublicKey, to: PublicKey) -> Result<(), Broken> {
        let place = self.holders.iter().position(|holder| holder.key == *from);
        let (place, old) = place
            .and_then(|place| Some((place, self.holders.get(place)?.clone())))
            .ok_or(Broken::NotKnown)?;
        if !old.speaks(index) {
            return Err(Broken::RotatedLate);
        }
        let mut new = Holder::new(to, old.role, old.person, index.saturating_add(1));
        new.after = Some(place);
        if let Some(broken) = self.add(new) {
            return Err(broken);
        }
        if let Some(old) = self.holders.get_mut(place) {
            old.rotated = Some(index);
        }
        Ok(())
    }

    fn revoke(&mut self, index: Count, digest: Digest, envelope: &Envelope) -> Result<(), Broken> {
        let at = (index, digest);
        let (subject, stated) = self.stated::<KeyRevoked>(at, envelope, |s| s.number)?;
        let holder = self.holders.iter_mut().find(|holder| holder.key.id() == subject);
        let holder = holder.ok_or(Broken::NotKnown)?;
        if !holder.role.is_enrolled() {
            return Err(Broken::NotRevocable);
        }
        let since = stated.compromised_since.0;
        holder.revoked = Some(holder.revoked.map_or(since, |known| known.min(since)));
        self.void_successors();
        Ok(())
    }

    /// A key that a compromised key put in its place may be the thief's. Keys stand behind those that they
    /// replaced, so one pass finds them all.
    fn void_successors(&mut self) {
        for place in 0..self.holders.len() {
            let void = self.holders.get(place).is_some_and(|holder| {
                let old = holder.after.and_then(|old| self.holders.get(old));
                old.is_some_and(|old| old.revoked.is_some_and(|since| since < holder.from))
            });
            if let Some(holder) = self.holders.get_mut(place).filter(|_| void) {
                holder.revoked = Some(0);
            }
        }
    }
}

impl Holder {
    fn new(key: PublicKey, role: Role, person: Option<String>, from: u64) -> Self {
        Self { key, role, person, from, rotated: None, revoked: None, after: None }
    }

    /// Between which indices it speaks.
    pub fn range(&self) -> Range {
        let to = [self.rotated, self.revoked].into_iter().flatten().min();
        Range { from: Count(self.from), to: to.map(Count) }
    }

    /// Since which index it isn't relied on, where a statement says so.
    pub fn revoked(&self) -> Option<Count> {
        self.revoked.map(Count)
    }

    /// Whether what it signs at that index counts.
    pub fn speaks(&self, index: u64) -> bool {
        self.from <= index && self.range().to.is_none_or(|to| index < to.0)
    }
}
