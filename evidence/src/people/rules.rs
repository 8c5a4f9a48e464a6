//! The rules between the statements of a pack's file: who may sign off after whom, and what a closed file
//! takes.

use super::file::{AuditFile, Entry, Said};
use super::finding::Broken;
use super::role::Role;
use super::sign_off::{Completion, Conclusion, ReviewRole};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::{Count, Digest};

/// Holds the entries against the rules, in their order: what breaks one doesn't stand, and the rules after it
/// don't count it. `there` are all statements that are there, whatever they are worth.
pub(super) fn apply(file: &mut AuditFile, days: u32, there: &BTreeSet<Digest>) {
    Rules { days, there }.apply(file);
}

struct Rules<'a> {
    days: u32,
    there: &'a BTreeSet<Digest>,
}

/// Who signed off so far.
#[derive(Default)]
struct SoFar {
    signed: Vec<Signed>,
    closed: bool,
    addenda: u64,
    /// The statements that stand.
    standing: Vec<Digest>,
}

struct Signed {
    role: ReviewRole,
    conclusion: Conclusion,
    /// `None` for a sign-off that is on record elsewhere.
    key: Option<Digest>,
    person: String,
}

impl Rules<'_> {
    fn apply(&self, file: &mut AuditFile) {
        let mut so_far = SoFar::default();
        for place in 0..file.entries.len() {
            let Some(entry) = file.entries.get(place).cloned() else { continue };
            let mut broken = self.broken(&entry, &so_far, file);
            if so_far.closed && !matches!(entry.said, Said::Addendum(_) | Said::Completion(_)) {
                broken.push(Broken::AfterCompletion);
            }
            let stands = entry.stands && broken.is_empty();
            for broken in broken {
                file.find(entry.index, entry.statement, broken);
            }
            so_far.add(&entry, stands);
            if let Some(entry) = file.entries.get_mut(place) {
                entry.stands = stands;
            }
        }
    }

    fn broken(&self, entry: &Entry, so_far: &SoFar, file: &AuditFile) -> Vec<Broken> {
        let mut broken = Vec::new();
        // What a system has on record is the operator's word, whoever that is.
        if let Said::External(record) = &entry.said {
            if record.role == ReviewRole::Preparer {
                so_far.independence(record.role, None, &record.person, &mut broken);
            }
            return broken;
        }
        let Some(person) = &entry.person else { return vec![Broken::NoPerson] };
        match &entry.said {
            Said::Review(review) => {
                let signer = file.keyring.holders().iter().find(|h| h.key.id() == entry.key);
                if review.role != ReviewRole::Preparer
                    && signer.is_some_and(|signer| signer.role == Role::Operator)
                {
                    broken.push(Broken::OperatorReviews);
                }
                so_far.independence(review.role, Some(&entry.key), person, &mut broken);
            }
            Said::Clearance(of, _) => {
                let made = file.entries.iter().find(|entry| entry.statement == *of);
                if made.is_some_and(|made| made.person.as_ref() == Some(person)) {
                    broken.push(Broken::OwnClearance);
                }
            }
            Said::Completion(completion) => self.completion(completion, so_far, &mut broken),
            Said::Addendum(addendum) => {
                let expected = Count(so_far.addenda.saturating_add(1));
                if !so_far.closed {
                    broken.push(Broken::NotClosed);
                } else if addendum.number != expected {
                    broken.push(Broken::AddendumNumber { expected, found: addendum.number });
                }
            }
            Said::External(_) | Said::Disposition(_) => {}
        }
        broken
    }

    fn completion(&self, completion: &Completion, so_far: &SoFar, broken: &mut Vec<Broken>) {
        if so_far.closed {
            broken.push(Broken::ClosedTwice);
        }
        let days = completion.completed.signed_duration_since(completion.released).num_days();
        if days > i64::from(self.days) {
            broken.push(Broken::Late { days, most: self.days });
        }
        let missing = completion.contents.iter().filter(|named| !self.there.contains(*named));
        broken.extend(missing.map(|named| Broken::Withheld(*named)));
        let left_out = so_far.standing.iter().filter(|there| !completion.contents.contains(there));
        broken.extend(left_out.map(|there| Broken::LeftOut(*there)));
        let last_words = so_far.last_words();
        if !last_words.iter().any(|s| s.role == ReviewRole::Reviewer && s.concurs()) {
            broken.push(Broken::Unreviewed);
        }
        let objects = last_words.iter().filter(|signed| !signed.concurs());
        broken.extend(objects.map(|signed| Broken::Objection(signed.person.clone())));
    }
}

impl SoFar {
    fn add(&mut self, entry: &Entry, stands: bool) {
        // A file that was closed wrongly was closed all the same, and an addendum of a wrong number is one.
        match &entry.said {
            Said::Completion(_) => self.closed = true,
            Said::Addendum(addendum) if self.closed => {
                self.addenda = self.addenda.max(addendum.number.0);
            }
            _ => {}
        }
        if !stands {
            return;
        }
        self.standing.push(entry.statement);
        match &entry.said {
            Said::Review(review) => self.signed.extend(entry.person.clone().map(|person| Signed {
                role: review.role,
                conclusion: review.conclusion,
                key: Some(entry.key),
                person,
            })),
            // The operator could sign as preparer itself; a review on record elsewhere is shown and
            // counts for nothing, else an operator's key alone could have a pack reviewed.
            Said::External(record) if record.role == ReviewRole::Preparer => {
                self.signed.push(Signed {
                    role: record.role,
                    conclusion: record.conclusion,
                    key: None,
                    person: record.person.clone(),
                });
            }
            _ => {}
        }
    }

    /// Preparer, reviewer and quality reviewer are different keys and persons, one after the other.
    fn independence(
        &self,
        role: ReviewRole,
        key: Option<&Digest>,
        person: &str,
        broken: &mut Vec<Broken>,
    ) {
        let needed = match role {
            ReviewRole::Preparer => None,
            ReviewRole::Reviewer => Some(ReviewRole::Preparer),
            ReviewRole::QualityReviewer => Some(ReviewRole::Reviewer),
        };
        if let Some(needed) = needed.filter(|n| !self.signed.iter().any(|s| s.role == *n)) {
            broken.push(Broken::NoneBefore(needed));
        }
        let others: BTreeMap<ReviewRole, &Signed> = self
            .signed
            .iter()
            .filter(|s| s.role != role && (s.has_key(key) || s.person == person))
            .map(|signed| (signed.role, signed))
            .collect();
        for (other, signed) in others {
            broken.push(match signed.has_key(key) {
                true => Broken::SameKey(other),
                false => Broken::SamePerson(other),
            });
        }
    }

    /// The last sign-off of each person in each role.
    fn last_words(&self) -> Vec<&Signed> {
        let words = self.signed.iter().map(|signed| ((&signed.person, signed.role), signed));
        words.collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

impl Signed {
    fn has_key(&self, key: Option<&Digest>) -> bool {
        key.is_some() && self.key.as_ref() == key
    }

    fn concurs(&self) -> bool {
        self.conclusion == Conclusion::Concurs
    }
}
