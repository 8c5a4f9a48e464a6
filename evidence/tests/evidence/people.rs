//! Whose keys they are and what they may state (threats 9, 10 and 19), and the rules of sign-offs. Each
//! rule has a story that keeps it and one that breaks it.

use crate::story::{
    ANNA, AUTHORITY, BRUNO, CARLA, LOG, OPERATOR, Story, THIEF, key, public, review, sha256,
};
use std::collections::BTreeSet;
use tieout_controls::{Count, Digest, Totals};
use tieout_evidence::dsse::Envelope;
use tieout_evidence::people::disposition::Decision;
use tieout_evidence::people::key::spki;
use tieout_evidence::people::role::PACK;
use tieout_evidence::people::{
    Addendum, Broken, Clearance, Completion, Conclusion, Disposition, ExternalSignOff, KeyEnrolled,
    KeyRevoked, KeyRotated, Keyring, Kind, Review, ReviewRole, Role, Said,
};
use tieout_evidence::statement::{Stated, payload, read, signed};

const WITNESS: u8 = 14;
const PRIVACY: u8 = 15;

fn external(role: ReviewRole) -> ExternalSignOff {
    ExternalSignOff {
        system: "approvals".to_owned(),
        record: "REC-17".to_owned(),
        exported: Digest([6; 32]),
        person: "p-dora".to_owned(),
        role,
        conclusion: Conclusion::Concurs,
        date: "2026-02-09".parse().unwrap(),
    }
}

fn disposition(kind: Kind) -> Disposition {
    Disposition {
        control: "FOC-R03".parse().unwrap(),
        records: None,
        kind,
        amounts: Totals::default(),
        reason: "rounding by the publisher".to_owned(),
        date: "2026-02-11".parse().unwrap(),
        expires: Some("2026-12-31".parse().unwrap()),
    }
}

fn completion(contents: Vec<Digest>) -> Completion {
    let day = "2026-03-01".parse().unwrap();
    Completion { released: day, completed: day, contents }
}

fn addendum() -> Addendum {
    let date = "2026-06-01".parse().unwrap();
    Addendum { number: Count(1), date, reason: "late".to_owned(), added: Digest([8; 32]) }
}

/// That a run was announced, and that it came to nothing.
const RUN_INTENT: &str = "urn:tieout:predicate:run-intent:v1";
const RUN_ABANDONED: &str = "urn:tieout:predicate:run-abandoned:v1";
/// What is stated of erasing.
const ERASURE: &str = "urn:tieout:predicate:erasure:v1";
const HOLD: &str = "urn:tieout:predicate:hold:v1";
const RELEASE: &str = "urn:tieout:predicate:release:v1";

/// A statement of each type.
fn each_kind() -> Vec<(&'static str, Vec<u8>)> {
    fn one<S: Stated>(stated: &S) -> (&'static str, Vec<u8>) {
        (S::TYPE, payload(Digest([7; 32]), stated).unwrap())
    }
    let (number, person) = (Count(1), "p-x".to_owned());
    let (from, to) = (spki(&public(40)), spki(&public(41)));
    let role = Role::Reviewer;
    vec![
        (PACK, payload(Digest([7; 32]), &external(ReviewRole::Preparer)).unwrap()),
        one(&KeyEnrolled { number, role, person, spki: to.clone() }),
        one(&KeyRotated { from, to }),
        one(&KeyRevoked { number, compromised_since: Count(3), reason: "lost".to_owned() }),
        one(&review(ReviewRole::Preparer, Conclusion::Concurs)),
        one(&completion(Vec::new())),
        one(&addendum()),
        one(&external(ReviewRole::Preparer)),
        one(&disposition(Kind::Remediated)),
        one(&Clearance { decision: Decision::Cleared, date: "2026-02-11".parse().unwrap() }),
        (RUN_INTENT, b"{}".to_vec()),
        (RUN_ABANDONED, b"{}".to_vec()),
        (ERASURE, b"{}".to_vec()),
        (HOLD, b"{}".to_vec()),
        (RELEASE, b"{}".to_vec()),
        ("urn:tieout:predicate:of-tomorrow:v1", b"{}".to_vec()),
    ]
}

/// Every type of statement under a key of every role: who may state what is this table, and no more.
#[test]
fn every_statement_against_every_role() {
    use Role::{Authority, Operator, PrivacyOfficer, Reviewer, Witness};
    let allowed: [(&str, &[Role]); 16] = [
        (PACK, &[Operator]),
        (KeyEnrolled::TYPE, &[Authority]),
        (KeyRotated::TYPE, &[Authority, Operator, Reviewer, PrivacyOfficer]),
        (KeyRevoked::TYPE, &[Authority]),
        (Review::TYPE, &[Operator, Reviewer]),
        (Completion::TYPE, &[Reviewer]),
        (Addendum::TYPE, &[Operator, Reviewer]),
        (ExternalSignOff::TYPE, &[Operator]),
        (Disposition::TYPE, &[Operator, Reviewer]),
        (Clearance::TYPE, &[Reviewer]),
        (RUN_INTENT, &[Operator]),
        (RUN_ABANDONED, &[Operator]),
        (ERASURE, &[Operator, PrivacyOfficer]),
        (HOLD, &[Operator, Reviewer, PrivacyOfficer]),
        (RELEASE, &[Operator, Reviewer, PrivacyOfficer]),
        ("urn:tieout:predicate:of-tomorrow:v1", &[]),
    ];
    let mut story = Story::bare();
    story.outside.extend([(Role::Log, public(LOG)), (Witness, public(WITNESS))]);
    story.enrol(OPERATOR, Operator, "p-op");
    story.enrol(ANNA, Reviewer, "p-anna");
    story.enrol(PRIVACY, PrivacyOfficer, "p-privacy");
    let ring = story.keyring();
    assert_eq!(ring.findings, []);
    let holders = [
        (Authority, AUTHORITY),
        (Operator, OPERATOR),
        (Reviewer, ANNA),
        (PrivacyOfficer, PRIVACY),
        (Role::Log, LOG),
        (Witness, WITNESS),
    ];
    assert_eq!(holders.map(|(role, _)| role), Role::ALL);
    let kinds = each_kind();
    assert_eq!(kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), allowed.map(|row| row.0));
    for ((kind, payload), (_, roles)) in kinds.iter().zip(allowed) {
        for (role, seed) in holders {
            let envelope = key(seed).envelope(payload.clone());
            let signer = ring.signer(Count(9), &envelope, kind);
            match roles.contains(&role) {
                true => assert_eq!(signer.unwrap().role, role, "{kind} by {role}"),
                false => assert_eq!(signer.unwrap_err(), Broken::Role(role), "{kind}"),
            }
        }
    }
}

/// What is signed as one kind of statement is read as none of the others, and neither is its content under
/// the type of another.
#[test]
fn a_statement_of_one_kind_is_none_of_another() {
    fn reads<S: Stated>(envelope: &Envelope) -> Option<&'static str> {
        read::<S>(envelope).ok().map(|_| S::TYPE)
    }
    fn readers(envelope: &Envelope) -> Vec<&'static str> {
        [
            reads::<KeyEnrolled>(envelope),
            reads::<KeyRotated>(envelope),
            reads::<KeyRevoked>(envelope),
            reads::<Review>(envelope),
            reads::<Completion>(envelope),
            reads::<Addendum>(envelope),
            reads::<ExternalSignOff>(envelope),
            reads::<Disposition>(envelope),
            reads::<Clearance>(envelope),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
    let kinds = &each_kind()[1..10];
    for (kind, payload) in kinds {
        assert_eq!(readers(&key(ANNA).envelope(payload.clone())), [*kind]);
        let text = String::from_utf8(payload.clone()).unwrap();
        for (other, _) in kinds.iter().filter(|(other, _)| other != kind) {
            let relabelled = text.replace(kind, other);
            assert_ne!(relabelled, text);
            assert!(
                readers(&key(ANNA).envelope(relabelled.into_bytes())).is_empty(),
                "{kind} as {other}"
            );
        }
    }
    // In a file: a disposition that Bruno signed is no sign-off of his, relabelled or not.
    let mut story = Story::new();
    story.review(ANNA, ReviewRole::Preparer);
    let waiver = signed(story.pack.digest, &disposition(Kind::AcceptedRisk), &key(BRUNO)).unwrap();
    let waiver = Envelope::parse(&waiver).unwrap();
    let text = String::from_utf8(waiver.payload.clone()).unwrap();
    let relabelled = text.replace(Disposition::TYPE, Review::TYPE).into_bytes();
    let mut moved = story.clone();
    moved.append(Envelope { payload: relabelled.clone(), ..waiver }.to_bytes());
    assert_eq!(moved.broken(), [(6, Broken::Signature)]);
    story.append(key(BRUNO).envelope(relabelled).to_bytes());
    let why = "signed, and no sign-off in the form of one".to_owned();
    assert_eq!(story.broken(), [(6, Broken::Unreadable(why))]);
}

/// A key enrolled at one index, replaced at another and compromised since a third signs at every index.
/// What counts is what lies between, wherever the revocation itself stands.
#[test]
fn a_key_speaks_between_its_indices_only() {
    for enrolled in 1..6_u64 {
        for rotated in [None, Some(8), Some(11)] {
            for since in [None, Some(0), Some(1), Some(5), Some(6), Some(9), Some(12), Some(40)] {
                let mut story = Story::bare();
                story.skip_to(enrolled);
                story.enrol(ANNA, Role::Reviewer, "p-anna");
                if let Some(at) = rotated {
                    story.skip_to(at - 1);
                    story.rotate(ANNA, CARLA);
                }
                story.skip_to(20);
                if let Some(since) = since {
                    story.revoke(ANNA, since);
                }
                let ring = story.keyring();
                assert_eq!(ring.findings, []);
                let envelope = signed(Digest([7; 32]), &addendum(), &key(ANNA)).unwrap();
                let envelope = Envelope::parse(&envelope).unwrap();
                for index in 0..25 {
                    let counts = index > enrolled
                        && rotated.is_none_or(|at| index < at)
                        && since.is_none_or(|since| index < since);
                    let signer = ring.signer(Count(index), &envelope, Addendum::TYPE);
                    let case = (enrolled, rotated, since, index);
                    match signer {
                        Ok(_) => assert!(counts, "{case:?}"),
                        Err(Broken::Range(_)) => assert!(!counts, "{case:?}"),
                        Err(other) => panic!("{case:?}: {other}"),
                    }
                }
            }
        }
    }
}

/// The thief of an operator's key signs a pack: it counts before the index since which the key is
/// compromised and not from it on, and counted everywhere before the revocation.
#[test]
fn a_pack_of_a_stolen_key_counts_before_the_theft_only() {
    for index in 8..13 {
        let mut story = Story::new();
        story.pack.index = Count(index);
        assert_eq!(story.broken(), [], "{index}");
        story.skip_to(20);
        story.revoke(OPERATOR, 10);
        match index < 10 {
            true => assert_eq!(story.broken(), [], "{index}"),
            false => assert!(matches!(story.broken()[..], [(at, Broken::Range(_))] if at == index)),
        }
    }
}

#[test]
fn a_change_of_keys_takes_both_keys() {
    let speaks = |story: &Story, seed: u8, index: u64| {
        let ring = story.keyring();
        ring.holders().iter().any(|h| h.key == public(seed) && h.speaks(index))
    };
    for new_first in [false, true] {
        let mut story = Story::new();
        let order = if new_first { [30, ANNA] } else { [ANNA, 30] };
        for by in order {
            story.half(by, ANNA, 30);
        }
        assert_eq!(story.broken(), []);
        let spoken =
            [5, 6, 7].map(|index| (speaks(&story, ANNA, index), speaks(&story, 30, index)));
        assert_eq!(spoken, [(true, false), (false, false), (false, true)]);
        let ring = story.keyring();
        let new = ring.holders().last().unwrap();
        assert_eq!((new.role, new.person.as_deref()), (Role::Reviewer, Some("p-anna")));
    }
    for (halves, broken) in [
        (vec![ANNA], Broken::HalfRotated),
        (vec![30], Broken::HalfRotated),
        (vec![ANNA, ANNA], Broken::HalfRotated),
        (vec![BRUNO], Broken::UnknownKey(public(BRUNO).id())),
        (vec![THIEF], Broken::UnknownKey(public(THIEF).id())),
    ] {
        let mut story = Story::new();
        for by in &halves {
            story.half(*by, ANNA, 30);
        }
        assert_eq!(story.broken(), [(5, broken)], "{halves:?}");
        assert!(speaks(&story, ANNA, 9) && !speaks(&story, 30, 9), "{halves:?}");
    }
    // Neither a key that somebody has nor an old key that was replaced.
    let mut story = Story::new();
    story.rotate(ANNA, BRUNO);
    assert_eq!(story.broken(), [(6, Broken::KeyTaken("p-bruno".to_owned(), Role::Reviewer))]);
    let mut story = Story::new();
    story.rotate(ANNA, 30);
    story.rotate(ANNA, 31);
    let broken: Vec<_> = story.broken().into_iter().map(|(index, _)| index).collect();
    assert!(broken == [7, 8] && !speaks(&story, 31, 12), "{broken:?}");
}

/// A thief who puts an own key in the place of a stolen one, and another in the place of that, has none of
/// them once the stolen one is revoked since before. A change before the theft stays.
#[test]
fn what_a_stolen_key_put_in_its_place_falls_with_it() {
    for (since, stays) in [(5, false), (6, false), (7, true), (30, true)] {
        let mut story = Story::new();
        story.rotate(ANNA, THIEF);
        story.rotate(THIEF, THIEF + 1);
        let later = |story: &Story| {
            let ring = story.keyring();
            [THIEF, THIEF + 1].map(|seed| {
                let holder = ring.holders().iter().find(|h| h.key == public(seed)).unwrap().clone();
                holder.speaks(if seed == THIEF { 7 } else { 12 })
            })
        };
        assert_eq!(later(&story), [true, true]);
        story.skip_to(20);
        story.revoke(ANNA, since);
        assert_eq!(later(&story), [stays; 2], "since {since}");
    }
}

#[test]
fn one_key_has_one_person_and_one_role() {
    let mut twin = Story::new();
    twin.enrol(30, Role::PrivacyOfficer, "p-anna");
    assert_eq!(twin.broken(), [], "another key is another matter");
    for (seed, role, person, taken) in [
        (ANNA, Role::Reviewer, "p-dora", ("p-anna", Role::Reviewer)),
        (ANNA, Role::Operator, "p-anna", ("p-anna", Role::Reviewer)),
        (ANNA, Role::Reviewer, "p-anna", ("p-anna", Role::Reviewer)),
        (OPERATOR, Role::Reviewer, "p-anna", ("p-op", Role::Operator)),
        (AUTHORITY, Role::Reviewer, "p-dora", ("a key from outside", Role::Authority)),
        (LOG, Role::Reviewer, "p-dora", ("a key from outside", Role::Log)),
    ] {
        let mut story = Story::new();
        story.outside.push((Role::Log, public(LOG)));
        story.enrol(seed, role, person);
        let broken = Broken::KeyTaken(taken.0.to_owned(), taken.1);
        assert_eq!(story.broken(), [(5, broken)], "{seed} {role}");
    }
    for role in [Role::Authority, Role::Log, Role::Witness] {
        let mut story = Story::new();
        story.enrol(30, role, "p-dora");
        assert_eq!(story.broken(), [(5, Broken::NotEnrolled(role))]);
    }
}

/// One person signs twice with one key, and writes another key id into the second envelope. A verifier that
/// counts key ids, as libraries for DSSE do, finds two signers; here there is one.
#[test]
fn one_key_under_two_key_ids_is_one_signer() {
    let mut story = Story::new();
    story.review(ANNA, ReviewRole::Preparer);
    let second = review(ReviewRole::Reviewer, Conclusion::Concurs);
    let honest = signed(story.pack.digest, &second, &key(ANNA)).unwrap();
    let posing = Envelope { keyid: Digest([0xaa; 32]), ..Envelope::parse(&honest).unwrap() };
    // By key ids: both signatures hold under the key that some list has for their id.
    let first = Envelope::parse(&story.logged[&5]).unwrap();
    let list = [(first.keyid, public(ANNA)), (posing.keyid, public(ANNA))];
    let holds = |envelope: &Envelope| {
        let listed = list.iter().filter(|(id, _)| *id == envelope.keyid);
        listed.clone().any(|(_, key)| key.verifies(&envelope.signed_bytes(), &envelope.signature))
    };
    let counted: BTreeSet<_> =
        [&first, &posing].into_iter().filter(|e| holds(e)).map(|e| e.keyid).collect();
    assert_eq!(counted.len(), 2, "a threshold of two is met");

    let mut posed = story.clone();
    posed.append(posing.to_bytes());
    assert_eq!(posed.broken(), [(6, Broken::UnknownKey(Digest([0xaa; 32])))]);
    let mut plain = story.clone();
    plain.append(honest);
    assert_eq!(plain.broken(), [(6, Broken::SameKey(ReviewRole::Preparer))]);
    // Nor can it be enrolled under that id.
    let number = story.number();
    let stated = KeyEnrolled {
        number,
        role: Role::Reviewer,
        person: "p-dora".to_owned(),
        spki: spki(&public(ANNA)),
    };
    story.state(AUTHORITY, Digest([0xaa; 32]), &stated);
    assert_eq!(story.broken(), [(6, Broken::KeySubject)]);
}

/// Whoever has another key than the authority's, the operator's too, makes nobody a reviewer and revokes
/// nothing.
#[test]
fn only_the_authority_says_whose_keys_are() {
    for (seed, broken) in [
        (AUTHORITY, None),
        (OPERATOR, Some(Broken::Role(Role::Operator))),
        (BRUNO, Some(Broken::Role(Role::Reviewer))),
        (LOG, Some(Broken::Role(Role::Log))),
        (THIEF, Some(Broken::UnknownKey(public(THIEF).id()))),
    ] {
        let mut story = Story::new();
        story.outside.push((Role::Log, public(LOG)));
        let number = story.number();
        let person = "p-thief".to_owned();
        let stated =
            KeyEnrolled { number, role: Role::Reviewer, person, spki: spki(&public(THIEF + 1)) };
        story.state(seed, public(THIEF + 1).id(), &stated);
        let expected: Vec<_> = broken.clone().map(|broken| (5, broken)).into_iter().collect();
        assert_eq!(story.broken(), expected, "{seed}");
        assert_eq!(story.keyring().holders().len(), 6 + usize::from(broken.is_none()));

        let mut story = Story::new();
        story.outside.push((Role::Log, public(LOG)));
        let (number, reason) = (story.number(), "no reason".to_owned());
        let stated = KeyRevoked { number, compromised_since: Count(0), reason };
        story.state(seed, public(ANNA).id(), &stated);
        assert_eq!(story.broken(), expected, "{seed}");
        let ring = story.keyring();
        let anna = ring.holders().iter().find(|h| h.key == public(ANNA)).unwrap();
        assert_eq!(anna.revoked().is_some(), broken.is_none(), "{seed}");
    }
    // The authority doesn't revoke what comes from outside, nor what nobody has.
    for (seed, broken) in [(AUTHORITY, Broken::NotRevocable), (30, Broken::NotKnown)] {
        let mut story = Story::new();
        story.revoke(seed, 0);
        assert_eq!(story.broken(), [(5, broken)]);
    }
    // The authority changes its own key as others do.
    let mut story = Story::new();
    story.rotate(AUTHORITY, 30);
    story.enrol(31, Role::Reviewer, "p-dora");
    assert!(matches!(story.broken()[..], [(7, Broken::Range(_))]), "{:?}", story.broken());
}

/// Whoever hands over the statements leaves a revocation out: the next of the authority's tells.
#[test]
fn a_statement_of_the_authority_that_is_kept_back_leaves_a_gap() {
    let mut story = Story::new();
    story.revoke(BRUNO, 5);
    story.enrol(30, Role::Reviewer, "p-dora");
    assert_eq!(story.broken(), []);
    story.logged.remove(&5);
    let gap = Broken::KeyNumber { expected: Count(5), found: Count(6) };
    assert_eq!(story.broken(), [(6, gap)]);
    let dora = story.keyring().holders().iter().any(|h| h.key == public(30));
    assert!(dora, "what follows the gap holds all the same");
}

#[test]
fn a_file_with_preparer_reviewer_and_completion_is_in_order() {
    let mut story = Story::reviewed();
    story.review(CARLA, ReviewRole::QualityReviewer);
    story.complete(BRUNO, "2026-03-01", "2026-03-15");
    story.addendum(ANNA, 1);
    story.addendum(BRUNO, 2);
    assert_eq!(story.broken(), []);
    let file = story.file();
    assert!(file.entries.iter().all(|entry| entry.stands) && file.unknown.is_empty());
    assert_eq!(file.completion().unwrap().completed, "2026-03-15".parse().unwrap());
    let who: Vec<_> = file.entries.iter().map(|entry| entry.person.as_deref().unwrap()).collect();
    assert_eq!(who, ["p-anna", "p-bruno", "p-carla", "p-bruno", "p-anna", "p-bruno"]);
}

/// Preparer, reviewer and quality reviewer are three persons and come one after the other.
#[test]
fn who_reviews_did_not_prepare() {
    use ReviewRole::{Preparer, QualityReviewer, Reviewer};
    type Table<'a> = (&'a [(u8, ReviewRole)], Vec<(u64, Broken)>);
    let tables: [Table<'_>; 10] = [
        (&[(ANNA, Preparer), (BRUNO, Reviewer), (CARLA, QualityReviewer)], vec![]),
        (&[(OPERATOR, Preparer), (BRUNO, Reviewer)], vec![]),
        (&[(ANNA, Preparer), (ANNA, Reviewer)], vec![(8, Broken::SameKey(Preparer))]),
        // Anna's second key, and the one that Bruno replaced.
        (&[(ANNA, Preparer), (31, Reviewer)], vec![(8, Broken::SamePerson(Preparer))]),
        (
            &[(ANNA, Preparer), (BRUNO, Reviewer), (BRUNO, Preparer)],
            vec![(9, Broken::SameKey(Reviewer))],
        ),
        (&[(BRUNO, Reviewer)], vec![(7, Broken::NoneBefore(Preparer))]),
        (&[(BRUNO, Reviewer), (ANNA, Preparer)], vec![(7, Broken::NoneBefore(Preparer))]),
        (&[(ANNA, Preparer), (CARLA, QualityReviewer)], vec![(8, Broken::NoneBefore(Reviewer))]),
        (
            &[(ANNA, Preparer), (BRUNO, Reviewer), (BRUNO, QualityReviewer)],
            vec![(9, Broken::SameKey(Reviewer))],
        ),
        (&[(ANNA, Preparer), (OPERATOR, Reviewer)], vec![(8, Broken::OperatorReviews)]),
    ];
    for (signed, broken) in tables {
        let mut story = Story::new();
        story.enrol(31, Role::Reviewer, "p-anna");
        story.skip_to(7);
        for (by, role) in signed {
            story.review(*by, *role);
        }
        assert_eq!(story.broken(), broken, "{signed:?}");
        let fallen = story.file().entries.iter().filter(|entry| !entry.stands).count();
        assert_eq!(fallen, broken.len());
    }
    // A key that replaced another is the same person's.
    let mut story = Story::new();
    story.review(ANNA, Preparer);
    story.rotate(ANNA, 30);
    story.review(30, Reviewer);
    assert_eq!(story.broken(), [(8, Broken::SamePerson(Preparer))]);
}

#[test]
fn a_sign_off_is_a_persons_and_about_this_pack() {
    // The operator's key comes from outside and nobody said whose it is.
    let mut story = Story::bare();
    story.outside.push((Role::Operator, public(OPERATOR)));
    story.review(OPERATOR, ReviewRole::Preparer);
    assert_eq!(story.broken(), [(1, Broken::NoPerson)]);
    // Of another pack.
    let mut story = Story::new();
    let other =
        story.state(ANNA, Digest([5; 32]), &review(ReviewRole::Preparer, Conclusion::Concurs));
    assert_eq!(story.broken(), []);
    assert_eq!(story.file().elsewhere, [(Count(5), other)]);
    // Before the pack was in the log.
    let mut story = Story::reviewed();
    assert_eq!(story.broken(), []);
    story.pack.index = Count(7);
    let none = Broken::NoneBefore(ReviewRole::Preparer);
    assert_eq!(story.broken(), [(5, Broken::Before), (6, Broken::Before), (6, none)]);
    // At the pack's own index, or two at one.
    let mut story = Story::new();
    story.pack.index = Count(5);
    story.review(ANNA, ReviewRole::Preparer);
    assert_eq!(story.broken(), [(5, Broken::SameIndex), (5, Broken::Before)]);
}

#[test]
fn an_unknown_key_is_told_as_one() {
    let mut story = Story::new();
    story.review(THIEF, ReviewRole::Preparer);
    assert_eq!(story.broken(), [(5, Broken::UnknownKey(public(THIEF).id()))]);
    // Without an authority nobody can say whose keys they are: nothing is said of them.
    story.outside.clear();
    let file = story.file();
    let unknown: Vec<_> = file.unknown.iter().map(|unknown| unknown.index.0).collect();
    assert_eq!(unknown, [0, 1, 2, 3, 4, 5], "the pack, four enrolments and the sign-off");
    assert_eq!((file.entries.len(), file.findings.len()), (0, 0));
}

#[test]
fn a_file_is_closed_in_time_and_once() {
    assert_eq!(Story::closed().broken(), []);
    let mut late = Story::reviewed();
    late.complete(BRUNO, "2026-03-01", "2026-03-16");
    assert_eq!(late.broken(), [(7, Broken::Late { days: 15, most: 14 })]);
    let mut twice = Story::closed();
    twice.complete(CARLA, "2026-03-01", "2026-03-15");
    assert_eq!(twice.broken(), [(8, Broken::ClosedTwice)]);
    let mut by_operator = Story::reviewed();
    by_operator.complete(OPERATOR, "2026-03-01", "2026-03-15");
    assert_eq!(by_operator.broken(), [(7, Broken::Role(Role::Operator))]);
    let mut unreviewed = Story::new();
    unreviewed.review(ANNA, ReviewRole::Preparer);
    unreviewed.complete(BRUNO, "2026-03-01", "2026-03-15");
    assert_eq!(unreviewed.broken(), [(6, Broken::Unreviewed)]);
}

/// An objection stands in the way of closing until who made it concurs.
#[test]
fn a_file_is_not_closed_over_an_objection() {
    let mut story = Story::reviewed();
    story.of_pack(CARLA, &review(ReviewRole::QualityReviewer, Conclusion::Objects));
    let mut solved = story.clone();
    story.complete(BRUNO, "2026-03-01", "2026-03-15");
    assert_eq!(story.broken(), [(8, Broken::Objection("p-carla".to_owned()))]);
    solved.review(CARLA, ReviewRole::QualityReviewer);
    solved.complete(BRUNO, "2026-03-01", "2026-03-15");
    assert_eq!(solved.broken(), []);
}

#[test]
fn a_closed_file_takes_addenda_only() {
    let mut story = Story::closed();
    story.addendum(ANNA, 1);
    assert_eq!(story.broken(), []);
    let closed = [(8, Broken::AfterCompletion)];
    let mut late = Story::closed();
    late.review(CARLA, ReviewRole::QualityReviewer);
    assert_eq!(late.broken(), closed);
    let mut late = Story::closed();
    late.of_pack(ANNA, &disposition(Kind::FalsePositive));
    assert_eq!(late.broken(), closed);
    let mut late = Story::closed();
    late.of_pack(OPERATOR, &external(ReviewRole::Preparer));
    assert_eq!(late.broken(), closed);
    let mut open = Story::reviewed();
    open.addendum(ANNA, 1);
    assert_eq!(open.broken(), [(7, Broken::NotClosed)]);
    // Who adds says why.
    let silent = Addendum { reason: String::new(), ..addendum() };
    let mut story = Story::closed();
    story.of_pack(ANNA, &silent);
    let why = "signed, and no addendum in the form of one".to_owned();
    assert_eq!(story.broken(), [(8, Broken::Unreadable(why))]);
}

/// Every statement of a closed file, taken away, is missed, and so is an addendum but the last.
#[test]
fn nothing_is_deleted_from_a_closed_file() {
    let mut story = Story::closed();
    for number in 1..4 {
        story.addendum(ANNA, number);
    }
    assert_eq!(story.broken(), []);
    for index in [5, 6] {
        let mut deleted = story.clone();
        let envelope = deleted.logged.remove(&index).unwrap();
        let broken = deleted.broken();
        assert!(broken.contains(&(7, Broken::Withheld(sha256(&envelope)))), "{broken:?}");
    }
    let mut deleted = story.clone();
    deleted.logged.remove(&8);
    let gap =
        |expected, found| Broken::AddendumNumber { expected: Count(expected), found: Count(found) };
    assert_eq!(deleted.broken(), [(9, gap(1, 2))]);
    // The completion itself.
    let mut deleted = story.clone();
    deleted.logged.remove(&7);
    assert_eq!(deleted.broken(), [8, 9, 10].map(|index| (index, Broken::NotClosed)));
    // And whoever closes the file can't pass a statement over.
    let mut left_out = Story::reviewed();
    let objection = review(ReviewRole::QualityReviewer, Conclusion::Concurs);
    let own: Vec<_> = {
        let mut own: Vec<_> = [5, 6].map(|index| sha256(&left_out.logged[&index])).into();
        own.sort();
        own
    };
    let third = left_out.of_pack(CARLA, &objection);
    left_out.of_pack(BRUNO, &completion(own));
    assert_eq!(left_out.broken(), [(8, Broken::LeftOut(third))]);
}

/// What another system has on record is shown as that, and reviews nothing.
#[test]
fn an_imported_record_is_nobodys_signature() {
    let mut story = Story::new();
    story.of_pack(OPERATOR, &external(ReviewRole::Preparer));
    let mut reviewed = story.clone();
    reviewed.review(BRUNO, ReviewRole::Reviewer);
    reviewed.complete(BRUNO, "2026-03-01", "2026-03-02");
    assert_eq!(reviewed.broken(), [], "the operator may say who prepared");
    let shown = reviewed.file().entries[0].to_string();
    assert!(shown.starts_with("index 5: imported, nobody's signature: `approvals`"), "{shown}");
    assert!(!shown.contains("  "), "{shown}");
    assert!(matches!(reviewed.file().entries[0].said, Said::External(_)));

    story.of_pack(OPERATOR, &external(ReviewRole::Reviewer));
    story.complete(BRUNO, "2026-03-01", "2026-03-02");
    assert_eq!(story.broken(), [(7, Broken::Unreviewed)], "and not that somebody reviewed");
    // The person on record is no other than who signs.
    let mut same = Story::new();
    let record = ExternalSignOff { person: "p-bruno".to_owned(), ..external(ReviewRole::Preparer) };
    same.of_pack(OPERATOR, &record);
    same.review(BRUNO, ReviewRole::Reviewer);
    assert_eq!(same.broken(), [(6, Broken::SamePerson(ReviewRole::Preparer))]);
    let mut same = Story::reviewed();
    same.of_pack(OPERATOR, &record);
    assert_eq!(same.broken(), [(7, Broken::SamePerson(ReviewRole::Reviewer))]);
    // A reviewer doesn't import.
    let mut by_reviewer = Story::new();
    by_reviewer.of_pack(BRUNO, &external(ReviewRole::Preparer));
    assert_eq!(by_reviewer.broken(), [(5, Broken::Role(Role::Reviewer))]);
}

/// A disposition counts once another person, a reviewer, cleared it, and while that is the last word.
#[test]
fn nobody_clears_their_own_disposition() {
    let cleared = |story: &Story| -> Vec<bool> {
        story.file().dispositions().iter().map(|(_, cleared)| *cleared).collect()
    };
    let mut story = Story::new();
    story.enrol(31, Role::Reviewer, "p-anna");
    let made = story.of_pack(ANNA, &disposition(Kind::FalsePositive));
    assert_eq!(cleared(&story), [false]);
    for (by, broken) in [
        (ANNA, Some(Broken::OwnClearance)),
        (31, Some(Broken::OwnClearance)),
        (OPERATOR, Some(Broken::Role(Role::Operator))),
        (BRUNO, None),
    ] {
        let mut story = story.clone();
        story.clear(by, made, Decision::Cleared);
        let expected: Vec<_> = broken.clone().map(|broken| (7, broken)).into_iter().collect();
        assert_eq!(story.broken(), expected, "{by}");
        assert_eq!(cleared(&story), [broken.is_none()]);
    }
    story.clear(BRUNO, made, Decision::Cleared);
    story.clear(CARLA, made, Decision::Refused);
    assert_eq!((cleared(&story), story.broken()), (vec![false], vec![]));
    // Of something that is no disposition.
    let signed = story.review(ANNA, ReviewRole::Preparer);
    let stray = story.clear(BRUNO, signed, Decision::Cleared);
    assert_eq!(story.file().elsewhere, [(Count(10), stray)]);
}

/// A pseudonym, not a name or an address: what is in the log can't be erased.
#[test]
fn a_person_is_named_by_a_pseudonym() {
    for (person, holds) in [
        ("p-017", true),
        ("anna@example.com", false),
        ("Anna Example", false),
        ("", false),
        ("-p", false),
    ] {
        let mut story = Story::new();
        story.enrol(30, Role::Reviewer, person);
        assert_eq!(story.broken().is_empty(), holds, "{person}");
    }
}

/// A key under which anyone can sign is given to nobody.
#[test]
fn a_weak_key_is_enrolled_for_nobody() {
    let spki_of = |point: [u8; 32]| {
        let der = [&public(30).to_spki()[..12], &point].concat();
        (sha256(&der), base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der))
    };
    let mut identity = [0; 32];
    identity[0] = 1;
    for (point, holds) in [(public(30).to_bytes(), true), (identity, false), ([0; 32], false)] {
        let mut story = Story::new();
        let ((id, spki), number) = (spki_of(point), story.number());
        let person = "p-dora".to_owned();
        let stated = KeyEnrolled { number, role: Role::Reviewer, person, spki };
        story.state(AUTHORITY, id, &stated);
        assert_eq!(story.broken().is_empty(), holds, "{point:?}");
    }
}

/// The keys from outside alone, and a statement whose bytes are no envelope.
#[test]
fn what_is_no_statement_gives_no_key() {
    let mut story = Story::new();
    story.append(b"{}".to_vec());
    assert!(matches!(story.broken()[..], [(5, Broken::Unreadable(_))]));
    let ring = Keyring::of(&story.outside, &[]);
    assert_eq!(ring.holders().len(), 2);
}

/// To whoever knows no authority an operator's change of keys is unknown, not wrong.
#[test]
fn an_operators_own_change_of_keys_is_unknown_without_an_authority() {
    let mut story = Story::new();
    story.review(ANNA, ReviewRole::Preparer);
    story.rotate(OPERATOR, 30);
    assert_eq!(story.broken(), []);
    story.outside.retain(|(role, _)| *role != Role::Authority);
    let file = story.file();
    assert!(file.findings.is_empty(), "{:?}", file.findings);
    assert!(!file.unknown.is_empty());
}
