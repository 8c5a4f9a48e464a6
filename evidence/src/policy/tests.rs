use super::*;
use crate::key::SigningKey;
use tieout_controls::{Count, Digest};

const ORIGIN: &str = "example.com/log";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32], false)
}

fn witness(seed: u8) -> Cosigner {
    Cosigner::new(&format!("w{seed}.example"), key(seed).public_key()).unwrap()
}

fn head() -> String {
    Checkpoint { origin: ORIGIN.to_owned(), size: Count(3), root: Digest([5; 32]) }.to_string()
}

/// The checkpoint, signed by the log and cosigned by these at these times.
fn note(cosigned: &[(u8, u64)]) -> String {
    let text = head();
    let log = NoteKey::parse(&key(1).vkey(ORIGIN).unwrap()).unwrap();
    let signature = crate::note::NoteSignature {
        name: ORIGIN.to_owned(),
        id: log.id(),
        signature: key(1).sign(text.as_bytes()),
    };
    let mut signatures = vec![signature];
    signatures.extend(
        cosigned
            .iter()
            .map(|(seed, time)| witness(*seed).line(&key(*seed).into(), &text, *time).unwrap()),
    );
    Note { text, signatures }.to_string()
}

/// The policy that the specification shows, with six witnesses: two of the X and one of the Y.
fn two_levels() -> String {
    let mut text = format!("# logs\nlog {} https://log.example\n\n", key(1).vkey(ORIGIN).unwrap());
    for (group, seeds) in [("X", [11, 12, 13]), ("Y", [21, 22, 23])] {
        for (place, seed) in seeds.iter().enumerate() {
            text.push_str(&format!("witness {group}{} {}\n", place + 1, witness(*seed)));
        }
    }
    text + "group X-witnesses 2 X1 X2 X3\n\tgroup Y-witnesses any Y1 Y2 Y3\n\
            group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
}

#[test]
fn a_quorum_is_what_the_groups_say() {
    let policy = Policy::parse(&two_levels()).unwrap();
    for (cosigned, by) in [
        (&[(11, 100), (12, 300), (21, 200)][..], Some(300)),
        (&[(11, 100), (12, 300), (13, 150), (23, 120)], Some(150)),
        (&[(11, 100), (12, 300), (13, 150), (21, 400), (22, 90)], Some(150)),
        (&[(11, 100), (21, 200), (22, 200), (23, 200)], None),
        (&[(11, 100), (12, 300), (13, 150)], None),
        (&[], None),
    ] {
        let accepted = policy.accepts(&note(cosigned));
        match by {
            Some(by) => {
                let accepted = accepted.unwrap();
                assert_eq!((accepted.by, accepted.cosigned.len()), (Some(by), cosigned.len()));
            }
            None => {
                let refused = Refused::Quorum { found: cosigned.len(), known: 6 };
                assert_eq!(accepted, Err(refused), "{cosigned:?}");
            }
        }
    }
}

#[test]
fn without_a_quorum_the_log_is_enough_and_another_log_is_not() {
    let policy = format!("log {}\nquorum none\n", key(1).vkey(ORIGIN).unwrap());
    assert_eq!(Policy::parse(&policy).unwrap().accepts(&note(&[])).unwrap().by, None);
    let other = format!("log {}\nquorum none\n", key(2).vkey(ORIGIN).unwrap());
    assert!(matches!(Policy::parse(&other).unwrap().accepts(&note(&[])), Err(Refused::Log(_))));
    let nobody = Policy::parse("quorum none\n").unwrap();
    assert_eq!(nobody.accepts(&note(&[])), Err(Refused::NoLog));
}

#[test]
fn a_line_in_a_witness_name_that_does_not_hold_is_never_passed_over() {
    let policy = Policy::parse(&two_levels()).unwrap();
    let enough = note(&[(11, 100), (12, 300), (21, 200)]);
    // The cosignature of another checkpoint by a further witness.
    let line = witness(13).line(&key(13).into(), &head().replace("\n3\n", "\n2\n"), 100).unwrap();
    let mut parsed = Note::parse(&enough).unwrap();
    parsed.signatures.push(line);
    let refused = Err(Refused::Cosignature("w13.example".to_owned()));
    assert_eq!(policy.accepts(&parsed.to_string()), refused);
}

#[test]
fn every_bit_of_a_cosigned_checkpoint_counts() {
    let policy = Policy::parse(&two_levels()).unwrap();
    let note = note(&[(11, 100), (12, 300), (21, 200)]).into_bytes();
    for bit in 0..note.len() * 8 {
        let mut flipped = note.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let Ok(text) = String::from_utf8(flipped) else { continue };
        assert!(policy.accepts(&text).is_err(), "bit {bit}:\n{text}");
    }
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line() {
    let log = key(1).vkey(ORIGIN).unwrap();
    let (a, b) = (witness(11), witness(12));
    for (text, line, why) in [
        (format!("log {log}\n"), 2, "no `quorum`"),
        ("quorum none\nquorum none\n".to_owned(), 2, "second"),
        (format!("quorum w\nwitness w {a}\n"), 1, "line before"),
        (format!("witness w {a}\nwitness v {a}\nquorum w\n"), 2, "twice"),
        (format!("log {log}\nlog {log}\nquorum none\n"), 2, "twice"),
        (format!("witness w {a}\nwitness w {b}\nquorum w\n"), 2, "means something"),
        (format!("witness none {a}\nquorum none\n"), 1, "means something"),
        (format!("witness w {a}\ngroup g 2 w\nquorum g\n"), 2, "as many as it has"),
        (format!("witness w {a}\ngroup g 0 w\nquorum g\n"), 2, "as many as it has"),
        (format!("witness w {a}\ngroup g 01 w\nquorum g\n"), 2, "as many as it has"),
        (format!("witness w {a}\ngroup g any w\ngroup h any w\nquorum g\n"), 3, "already"),
        (format!("witness w {a}\ngroup g all w w\nquorum g\n"), 2, "already"),
        (format!("witness w {a}\ngroup g any\nquorum w\n"), 2, "without members"),
        (format!("witness w {log}\nquorum w\n"), 1, "a log's"),
        (format!("log {a}\nquorum none\n"), 1, "a witness's"),
        ("quorum none".to_owned(), 1, "no end"),
        ("quorum\u{b}none\n".to_owned(), 1, "control"),
        ("quora none\n".to_owned(), 1, "not one of"),
        ("quorum none none\n".to_owned(), 1, "too many words"),
    ] {
        let error = Policy::parse(&text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.why.contains(why), "{text}: {error}");
    }
}
