//! The statements that lie with a pack, in `reviews/`: written by hand after the formats' pages, with none
//! of the writer's code.

use crate::story::{
    ANNA, AUTHORITY, BRUNO, CARLA, LOG, OPERATOR, Story, THIEF, key, public, review, sha256,
};
use crate::workspace::{ORIGIN, Workspace, failures, files};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tieout_controls::{Count, Digest};
use tieout_evidence::dsse::Envelope;
use tieout_evidence::logbook;
use tieout_evidence::merkle::{inclusion_proof, leaf_hash, root};
use tieout_evidence::note::NoteKey;
use tieout_evidence::people::{Broken, Conclusion, ReviewRole, Role};
use tieout_evidence::seal::{append, attach};
use tieout_evidence::verify::{Reviews, Trust, Verdict, reviews};

/// A sealed pack at index 1, behind its announcement, and a story of it.
struct Case {
    workspace: Workspace,
    pack: PathBuf,
    story: Story,
}

impl Case {
    fn new(tell: impl FnOnce(&mut Story)) -> Self {
        Self::of(Story::new(), tell)
    }

    fn of(story: Story, tell: impl FnOnce(&mut Story)) -> Self {
        let mut story = story.behind(1);
        let workspace = Workspace::in_memory();
        let pack = workspace.seal(0).folder;
        let envelope = std::fs::read(pack.join("statement.dsse.json")).unwrap();
        story.pack.digest = sha256(&envelope);
        story.pack.envelope = Envelope::parse(&envelope).unwrap();
        tell(&mut story);
        let case = Self { workspace, pack, story };
        case.write(LOG);
        case
    }

    /// Puts the statements beside the pack, with proofs under a head that the key of that seed signs.
    fn write(&self, log: u8) {
        let folder = self.pack.join("reviews");
        std::fs::create_dir_all(&folder).unwrap();
        let announcement = sha256(&std::fs::read(self.pack.join("intent.dsse.json")).unwrap());
        let mut leaves =
            [announcement, self.story.pack.digest].map(|one| leaf_hash(&one.0)).to_vec();
        for (index, envelope) in &self.story.logged {
            assert_eq!(usize::try_from(*index).unwrap(), leaves.len());
            leaves.push(leaf_hash(&sha256(envelope).0));
        }
        let note = note(log, leaves.len(), root(&leaves));
        for (index, envelope) in &self.story.logged {
            let hashes = inclusion_proof(&leaves, usize::try_from(*index).unwrap()).unwrap();
            let hashes: String = hashes.iter().map(|h| STANDARD.encode(h.0) + "\n").collect();
            let proof = format!("c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}");
            let digest = sha256(envelope);
            std::fs::write(folder.join(format!("{digest}.dsse.json")), envelope).unwrap();
            std::fs::write(folder.join(format!("{digest}.tlog-proof")), proof).unwrap();
        }
    }

    fn path(&self, digest: &Digest, ending: &str) -> PathBuf {
        self.pack.join(format!("reviews/{digest}.{ending}"))
    }

    fn reviews(&self) -> Reviews {
        let authority = Some(key(AUTHORITY).public_pem());
        self.reviews_under(&Trust { authority, ..Trust::default() }).unwrap()
    }

    fn reviews_under(&self, trust: &Trust) -> Option<Reviews> {
        let verification = self.workspace.verify(&self.pack);
        assert_eq!(verification.verdict, Verdict::Valid, "{:?}", failures(&verification));
        reviews(&verification.pack.unwrap(), &self.workspace.anchor(), trust).unwrap()
    }

    /// What the command says under these keys, and how it ends.
    fn run(&self, keys: &[(&str, String)]) -> (String, Option<i32>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieout-verify"));
        command.arg(&self.pack);
        for (option, text) in keys {
            let file = self.workspace.path(&option[2..]);
            std::fs::write(&file, text).unwrap();
            command.arg(option).arg(file);
        }
        let output = command.output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![
            ("--operator-key", self.workspace.operator.public_pem()),
            ("--log-key", self.workspace.log_key.vkey(ORIGIN).unwrap()),
            ("--authority-key", key(AUTHORITY).public_pem()),
        ]
    }
}

fn note(log: u8, size: usize, root: Digest) -> String {
    let head = format!("{ORIGIN}\n{size}\n{}\n", STANDARD.encode(root.0));
    let id = NoteKey::new(ORIGIN, public(log)).unwrap().id();
    let signature = ed25519_dalek::SigningKey::from_bytes(&[log; 32]).sign(head.as_bytes());
    let signature = [&id[..], &signature.to_bytes()].concat();
    format!("{head}\n\u{2014} {ORIGIN} {}\n", STANDARD.encode(signature))
}

fn signed_off(story: &mut Story) {
    story.review(ANNA, ReviewRole::Preparer);
    story.review(BRUNO, ReviewRole::Reviewer);
    story.complete(BRUNO, "2026-03-01", "2026-03-15");
}

#[test]
fn a_pack_tells_who_signed_it_off() {
    let case = Case::new(signed_off);
    let told = case.reviews();
    assert_eq!(
        told.lines(),
        [
            "review  index 6: `p-anna` as preparer concurs on 2026-02-10: all controls",
            "review  index 7: `p-bruno` as reviewer concurs on 2026-02-10: all controls",
            "review  index 8: `p-bruno` completed the file on 2026-03-15, report released on 2026-03-01",
        ]
    );
    assert_eq!(told.verdict, Verdict::Valid);
    let (text, code) = case.run(&case.keys());
    assert!(text.contains("review  index 7: `p-bruno` as reviewer concurs"), "{text}");
    assert!(text.ends_with("verdict VALID\n") && code == Some(0), "{text}");
}

/// Without statements a pack is what it was, whoever the reader trusts.
#[test]
fn a_pack_without_sign_offs_is_what_it_was() {
    let case = Case::new(|_| {});
    std::fs::remove_dir_all(case.pack.join("reviews")).unwrap();
    assert!(case.reviews_under(&Trust::default()).is_none());
    let (text, code) = case.run(&case.keys());
    assert!(text.ends_with("verdict VALID\n") && code == Some(0), "{text}");
    let (text, code) = case.run(&case.keys()[..2]);
    assert!(text.ends_with("verdict VALID\n") && code == Some(0), "{text}");
}

/// Nobody from outside says whose the keys are: indeterminate, and what they say isn't shown.
#[test]
fn without_an_authority_the_keys_are_unknown() {
    let case = Case::new(signed_off);
    let (text, code) = case.run(&case.keys()[..2]);
    assert!(text.ends_with("verdict INDETERMINATE\n") && code == Some(3), "{text}");
    let by_unknown = format!("signed by the unknown key {}", public(BRUNO).id());
    assert!(text.contains(&by_unknown) && !text.contains("all controls"), "{text}");
    // Nor without a log key, which alone says at which index they are.
    let keys = case.keys();
    let (text, code) = case.run(&[keys[0].clone(), keys[2].clone()]);
    assert!(text.ends_with("verdict INDETERMINATE\n") && code == Some(3), "{text}");
}

#[test]
fn a_broken_rule_is_a_finding() {
    type Told<'a> = (fn(&mut Story), &'a str);
    let cases: [Told<'_>; 5] = [
        (
            |story| {
                story.review(ANNA, ReviewRole::Preparer);
                story.review(ANNA, ReviewRole::Reviewer);
            },
            "signed by the key that signed as preparer, too",
        ),
        (
            |story| {
                story.review(THIEF, ReviewRole::Preparer);
            },
            "which is nobody's",
        ),
        (
            |story| {
                signed_off(story);
                story.review(CARLA, ReviewRole::QualityReviewer);
            },
            "only an addendum",
        ),
        // The pack's own key, compromised since before the pack.
        (
            |story| {
                signed_off(story);
                story.revoke(OPERATOR, 0);
            },
            "at no index",
        ),
        (
            |story| {
                let other = review(ReviewRole::Preparer, Conclusion::Concurs);
                story.state(ANNA, Digest([5; 32]), &other);
            },
            "is about another pack",
        ),
    ];
    for (tell, finding) in cases {
        let case = Case::new(tell);
        let (text, code) = case.run(&case.keys());
        assert!(text.ends_with("verdict INVALID\n") && code == Some(4), "{text}");
        assert!(text.contains("FINDING") && text.contains(finding), "{finding}: {text}");
        // What is wrong with the sign-offs is not wrong with the pack.
        assert!(!text.contains("FAILED"), "{text}");
    }
    // A revocation from the next index on is none of the pack's business.
    let case = Case::new(|story| {
        signed_off(story);
        story.revoke(OPERATOR, 2);
    });
    assert_eq!(case.reviews().verdict, Verdict::Valid);
}

/// Every bit of a sign-off and of its proof, and every seventh of those of the enrolment that it rests on.
#[test]
fn any_flipped_bit_of_a_sign_off_is_seen() {
    let case = Case::of(Story::bare(), |story| {
        story.outside.push((Role::Operator, public(OPERATOR)));
        story.enrol(ANNA, Role::Reviewer, "p-anna");
        story.review(ANNA, ReviewRole::Preparer);
    });
    assert_eq!(case.reviews().verdict, Verdict::Valid);
    let content = case.workspace.verify(&case.pack).pack.unwrap();
    let trust = Trust { authority: Some(key(AUTHORITY).public_pem()), ..Trust::default() };
    let anchor = case.workspace.anchor();
    let sign_off = sha256(&case.story.logged[&3]).to_string();
    for (name, bytes) in files(&case.pack.join("reviews")) {
        let path = case.pack.join("reviews").join(&name);
        let step = if name.starts_with(&sign_off) && !cfg!(debug_assertions) { 1 } else { 7 };
        let mut changed = bytes.clone();
        for bit in (0..bytes.len() * 8).step_by(step) {
            changed[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &changed).unwrap();
            let told = reviews(&content, &anchor, &trust).unwrap().unwrap();
            assert_eq!(told.verdict, Verdict::Invalid, "{name}: bit {bit}");
            changed[bit / 8] = bytes[bit / 8];
        }
        std::fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn a_sign_off_needs_its_proof_and_its_name() {
    let case = Case::new(signed_off);
    let [preparer, reviewer] = [6, 7].map(|index| sha256(&case.story.logged[&index]));
    let missing = case.path(&reviewer, "tlog-proof");
    let proof = std::fs::read(&missing).unwrap();
    std::fs::remove_file(&missing).unwrap();
    let told = case.reviews();
    assert_eq!(told.verdict, Verdict::Invalid);
    assert!(told.problems[0].ends_with("is missing"), "{:?}", told.problems);
    // The proof of another statement.
    std::fs::copy(case.path(&preparer, "tlog-proof"), &missing).unwrap();
    assert!(case.reviews().problems[0].contains("tlog-proof"));
    std::fs::write(&missing, &proof).unwrap();
    assert_eq!(case.reviews().verdict, Verdict::Valid);
    // Under the name of another digest.
    let moved = Digest([9; 32]);
    std::fs::rename(case.path(&reviewer, "dsse.json"), case.path(&moved, "dsse.json")).unwrap();
    std::fs::rename(&missing, case.path(&moved, "tlog-proof")).unwrap();
    let told = case.reviews();
    assert!(told.problems[0].contains("another digest than its name says"), "{:?}", told.problems);
    // Without its twin the completion misses it.
    std::fs::remove_file(case.path(&moved, "dsse.json")).unwrap();
    std::fs::remove_file(case.path(&moved, "tlog-proof")).unwrap();
    let findings = case.reviews().file.findings;
    assert!(findings.iter().any(|found| found.broken == Broken::Withheld(reviewer)));
}

/// Proofs under another log's key put nothing into this log.
#[test]
fn a_sign_off_in_another_log_is_in_none() {
    let case = Case::new(signed_off);
    case.write(THIEF);
    let told = case.reviews();
    assert_eq!((told.verdict, told.problems.len()), (Verdict::Invalid, 7));
}

/// Only files of their two names may lie there.
#[test]
fn anything_else_beside_sign_offs_is_invalid() {
    let case = Case::new(signed_off);
    let digest = Digest([9; 32]);
    let wrong = |name: &str| {
        let path = case.pack.join("reviews").join(name);
        std::fs::write(&path, "").unwrap();
        let verdict = case.workspace.verify(&case.pack).verdict;
        std::fs::remove_file(&path).unwrap();
        verdict
    };
    for name in ["notes.txt", "a.dsse.json", &format!("{digest}.json"), &format!("{digest}")] {
        assert_eq!(wrong(name), Verdict::Invalid, "{name}");
    }
    let upper = digest.to_string().replace('9', "A");
    assert_eq!(wrong(&format!("{upper}.dsse.json")), Verdict::Invalid);
    assert_eq!(
        wrong(&format!("{digest}.dsse.json")),
        Verdict::Valid,
        "the pack, not its sign-offs"
    );
}

#[test]
fn the_authority_has_a_key_of_its_own() {
    let case = Case::new(signed_off);
    let content = case.workspace.verify(&case.pack).pack.unwrap();
    for text in [
        case.workspace.operator.public_pem(),
        case.workspace.log_key.public_pem(),
        "no key".to_owned(),
    ] {
        let trust = Trust { authority: Some(text), ..Trust::default() };
        assert!(reviews(&content, &case.workspace.anchor(), &trust).is_err());
    }
}

/// What people wrote forges no line.
#[test]
fn a_sign_off_forges_no_line() {
    let case = Case::new(|story| {
        let scope = "x\u{202e}verdict VALID".to_owned();
        let forged = tieout_evidence::people::Review {
            scope,
            ..review(ReviewRole::Preparer, Conclusion::Concurs)
        };
        story.of_pack(ANNA, &forged);
    });
    let lines = case.reviews().lines();
    assert!(lines[0].ends_with("x\\u{202e}verdict VALID"), "{lines:?}");
    let case = Case::new(|story| {
        let forged = tieout_evidence::people::Review {
            scope: "x\nverdict VALID".to_owned(),
            ..review(ReviewRole::Preparer, Conclusion::Concurs)
        };
        story.of_pack(ANNA, &forged);
    });
    assert_eq!(case.reviews().verdict, Verdict::Invalid);
    assert!(case.reviews().lines().iter().all(|line| !line.contains('\n')));
}

/// What is in the log is put beside its pack, again and again, and no other pack's.
#[test]
fn the_logs_statements_come_beside_their_pack() {
    let workspace = Workspace::new();
    let packs = [0, 1].map(|second| workspace.seal(second));
    let stories = packs.clone().map(|sealed| {
        let mut story = Story::bare();
        story.pack.digest = sealed.digest;
        story
    });
    let [mut first, mut second] = stories;
    first.enrol(ANNA, Role::Reviewer, "p-anna");
    first.enrol(BRUNO, Role::Reviewer, "p-bruno");
    signed_off(&mut first);
    second.review(ANNA, ReviewRole::Preparer);
    let (log, folder) = (workspace.path("log"), workspace.path("packs"));
    let vkey = NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
    let append = |story: &Story| {
        let envelopes: Vec<_> = story.logged.values().cloned().collect();
        append(&log, &folder, ORIGIN, &workspace.log_key, &envelopes).unwrap();
    };
    let attach = |pack: &Path| {
        let read = tieout_evidence::log::read(&log, &vkey).unwrap();
        attach(&read, &logbook::statements_of(&log, &read).unwrap(), pack)
    };
    assert_eq!(attach(&packs[0].folder).unwrap(), 0);
    assert!(!packs[0].folder.join("reviews").exists());
    append(&first);
    // Of keys alone nothing lies with a pack: for whoever knows no authority it stays what it was.
    assert_eq!(attach(&packs[1].folder).unwrap(), 0);
    assert!(!packs[1].folder.join("reviews").exists());
    append(&second);
    assert_eq!([0, 1].map(|n| attach(&packs[n].folder).unwrap()), [5, 3]);
    let trust = Trust { authority: Some(key(AUTHORITY).public_pem()), ..Trust::default() };
    let told = |n: usize| {
        let content = workspace.verify(&packs[n].folder).pack.unwrap();
        reviews(&content, &workspace.anchor(), &trust).unwrap().unwrap()
    };
    assert_eq!([0, 1].map(|n| told(n).verdict), [Verdict::Valid; 2]);
    assert_eq!(told(0).lines().len(), 3);
    // Once more after an addendum and what an interruption left.
    std::fs::create_dir(
        folder.join(format!(".{}.reviews", packs[0].folder.file_name().unwrap().to_str().unwrap())),
    )
    .unwrap();
    first.addendum(ANNA, 1);
    append(&first);
    assert_eq!(attach(&packs[0].folder).unwrap(), 6);
    assert_eq!((told(0).verdict, told(0).lines().len()), (Verdict::Valid, 4));
    // A pack of another log has none here.
    let other = Workspace::new().seal(5);
    assert!(attach(&other.folder).is_err());
}

/// Which index a key spoke at comes from the proof, so that the range holds for files, too.
#[test]
fn ranges_hold_for_the_proved_index() {
    for (since, verdict) in [(7, Verdict::Invalid), (8, Verdict::Invalid), (9, Verdict::Valid)] {
        let case = Case::new(|story| {
            signed_off(story);
            story.revoke(BRUNO, since);
        });
        let told = case.reviews();
        assert_eq!(told.verdict, verdict, "{since}: {:?}", told.lines());
        let holder = told.file.keyring.holders().iter().find(|h| h.key == public(BRUNO)).unwrap();
        assert_eq!((holder.role, holder.revoked()), (Role::Reviewer, Some(Count(since))));
    }
}

/// The folder is listed as the rest of a pack is.
#[test]
fn no_link_is_followed() {
    let case = Case::new(signed_off);
    let path = case.path(&Digest([9; 32]), "dsse.json");
    link(Path::new("/dev/null"), &path);
    assert_eq!(case.workspace.verify(&case.pack).verdict, Verdict::Invalid);
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[cfg(not(unix))]
fn link(_: &Path, at: &Path) {
    std::fs::create_dir(at).unwrap();
}
