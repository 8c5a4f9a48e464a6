//! A log in memory: who got a key, a pack, and what people stated about it.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use tieout_controls::{Count, Digest};
use tieout_evidence::dsse::Envelope;
use tieout_evidence::key::SigningKey;
use tieout_evidence::logbook::Statement;
use tieout_evidence::people::disposition::Decision;
use tieout_evidence::people::file::COMPLETION_DAYS;
use tieout_evidence::people::key::spki;
use tieout_evidence::people::{
    Addendum, AuditFile, Broken, Clearance, Completion, Conclusion, KeyEnrolled, KeyRevoked,
    KeyRotated, Keyring, PackPlace, Review, ReviewRole, Role, examine,
};
use tieout_evidence::public_key::PublicKey;
use tieout_evidence::statement::{Stated, signed};

/// Seeds of keys: whose they are.
pub(crate) const OPERATOR: u8 = 1;
pub(crate) const LOG: u8 = 2;
pub(crate) const AUTHORITY: u8 = 10;
pub(crate) const ANNA: u8 = 11;
pub(crate) const BRUNO: u8 = 12;
pub(crate) const CARLA: u8 = 13;
pub(crate) const THIEF: u8 = 66;

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32], false)
}

pub(crate) fn public(seed: u8) -> PublicKey {
    key(seed).public_key()
}

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// The story so far.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) logged: BTreeMap<u64, Vec<u8>>,
    pub(crate) pack: PackPlace,
    pub(crate) outside: Vec<(Role, PublicKey)>,
    numbered: u64,
    next: u64,
}

impl Story {
    /// An authority that the reader knows, and a pack at index 0 that nobody may have signed.
    pub(crate) fn bare() -> Self {
        let envelope = key(OPERATOR).envelope(b"a pack".to_vec());
        let pack = PackPlace { digest: sha256(&envelope.to_bytes()), index: Count(0), envelope };
        let outside = vec![(Role::Authority, public(AUTHORITY))];
        Self { logged: BTreeMap::new(), pack, outside, numbered: 0, next: 1 }
    }

    /// The pack's operator comes from outside, and Anna, Bruno and Carla have keys (indices 1 to 4).
    pub(crate) fn new() -> Self {
        let mut story = Self::bare();
        story.outside.push((Role::Operator, public(OPERATOR)));
        story.enrol(OPERATOR, Role::Operator, "p-op");
        story.enrol(ANNA, Role::Reviewer, "p-anna");
        story.enrol(BRUNO, Role::Reviewer, "p-bruno");
        story.enrol(CARLA, Role::Reviewer, "p-carla");
        story
    }

    /// Anna prepared and Bruno reviewed (indices 5 and 6).
    pub(crate) fn reviewed() -> Self {
        let mut story = Self::new();
        story.review(ANNA, ReviewRole::Preparer);
        story.review(BRUNO, ReviewRole::Reviewer);
        story
    }

    /// And Bruno closed the file (index 7).
    pub(crate) fn closed() -> Self {
        let mut story = Self::reviewed();
        story.complete(BRUNO, "2026-03-01", "2026-03-15");
        story
    }

    /// The same, behind so many other entries.
    pub(crate) fn behind(mut self, entries: u64) -> Self {
        self.pack.index.0 += entries;
        self.next += entries;
        self.logged = self.logged.into_iter().map(|(at, one)| (at + entries, one)).collect();
        self
    }

    /// Passes over an index, at which something else is.
    pub(crate) fn skip_to(&mut self, index: u64) {
        assert!(index >= self.next);
        self.next = index;
    }

    pub(crate) fn append(&mut self, envelope: Vec<u8>) -> Digest {
        let digest = sha256(&envelope);
        self.logged.insert(self.next, envelope);
        self.next += 1;
        digest
    }

    pub(crate) fn state<S: Stated>(&mut self, by: u8, subject: Digest, stated: &S) -> Digest {
        self.append(signed(subject, stated, &key(by)).unwrap())
    }

    /// States it of the pack.
    pub(crate) fn of_pack<S: Stated>(&mut self, by: u8, stated: &S) -> Digest {
        self.state(by, self.pack.digest, stated)
    }

    pub(crate) fn number(&mut self) -> Count {
        self.numbered += 1;
        Count(self.numbered)
    }

    pub(crate) fn enrol(&mut self, seed: u8, role: Role, person: &str) -> Digest {
        let (number, person) = (self.number(), person.to_owned());
        let stated = KeyEnrolled { number, role, person, spki: spki(&public(seed)) };
        self.state(AUTHORITY, public(seed).id(), &stated)
    }

    pub(crate) fn revoke(&mut self, seed: u8, since: u64) -> Digest {
        let (number, reason) = (self.number(), "stolen notebook".to_owned());
        let stated = KeyRevoked { number, compromised_since: Count(since), reason };
        self.state(AUTHORITY, public(seed).id(), &stated)
    }

    /// One half of a change.
    pub(crate) fn half(&mut self, by: u8, from: u8, to: u8) -> Digest {
        let stated = KeyRotated { from: spki(&public(from)), to: spki(&public(to)) };
        self.state(by, public(to).id(), &stated)
    }

    /// Both halves.
    pub(crate) fn rotate(&mut self, from: u8, to: u8) {
        self.half(from, from, to);
        self.half(to, from, to);
    }

    pub(crate) fn review(&mut self, by: u8, role: ReviewRole) -> Digest {
        self.of_pack(by, &review(role, Conclusion::Concurs))
    }

    pub(crate) fn complete(&mut self, by: u8, released: &str, completed: &str) -> Digest {
        let about = |envelope: &&Vec<u8>| {
            let envelope = Envelope::parse(envelope).unwrap();
            !String::from_utf8_lossy(&envelope.payload).contains("predicate:key-")
        };
        let mut contents: Vec<_> = self.logged.values().filter(about).map(|e| sha256(e)).collect();
        contents.sort();
        let (released, completed) = (released.parse().unwrap(), completed.parse().unwrap());
        self.of_pack(by, &Completion { released, completed, contents })
    }

    pub(crate) fn addendum(&mut self, by: u8, number: u64) -> Digest {
        let addendum = Addendum {
            number: Count(number),
            date: "2026-06-01".parse().unwrap(),
            reason: "a confirmation that came late".to_owned(),
            added: Digest([8; 32]),
        };
        self.of_pack(by, &addendum)
    }

    pub(crate) fn clear(&mut self, by: u8, disposition: Digest, decision: Decision) -> Digest {
        let date = "2026-02-12".parse().unwrap();
        self.state(by, disposition, &Clearance { decision, date })
    }

    pub(crate) fn statements(&self) -> Vec<Statement> {
        let logged = |(index, envelope): (&u64, &Vec<u8>)| Statement {
            index: Count(*index),
            digest: sha256(envelope),
            envelope: envelope.clone(),
        };
        // Whoever reads a folder finds them in no order.
        self.logged.iter().rev().map(logged).collect()
    }

    pub(crate) fn keyring(&self) -> Keyring {
        Keyring::of(&self.outside, &self.statements())
    }

    pub(crate) fn file(&self) -> AuditFile {
        examine(&self.pack, &self.statements(), self.keyring(), COMPLETION_DAYS)
    }

    /// The broken rules with the indices of who breaks them.
    pub(crate) fn broken(&self) -> Vec<(u64, Broken)> {
        let findings = self.file().findings;
        findings.into_iter().map(|finding| (finding.index.0, finding.broken)).collect()
    }
}

pub(crate) fn review(role: ReviewRole, conclusion: Conclusion) -> Review {
    Review {
        role,
        conclusion,
        scope: "all controls".to_owned(),
        date: "2026-02-10".parse().unwrap(),
        comments: None,
    }
}
