//! Witnesses that cosign with ML-DSA-44: with the feature `pq` they count, without it whoever names one is told.

use crate::witnessed::Witnesses;
use crate::workspace::Workspace;
use tieout_evidence::key::{CosigningKey, SigningKey};

/// The key of the seed 00, 01 to 1f, as pyca/cryptography 50.0.2 encrypts it under `open`.
const KEY: &str = include_str!("mldsa.pem");

#[cfg(feature = "pq")]
mod with_the_feature {
    use super::*;
    use crate::peers::{installed, lines, script};
    use crate::witnessed::{key, under};
    use crate::workspace::failures;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use tieout_evidence::mldsa::MlDsaSigningKey;
    use tieout_evidence::policy::Policy;
    use tieout_evidence::verify::Verdict;
    use tieout_evidence::witness::Answer;

    fn lattice() -> CosigningKey {
        MlDsaSigningKey::from_seed(std::array::from_fn(|n| u8::try_from(n).unwrap()))
            .unwrap()
            .into()
    }

    fn hybrid() -> Witnesses {
        Witnesses::of([SigningKey::from_seed([31; 32], false).into(), lattice()])
    }

    #[test]
    fn a_pack_under_a_hybrid_policy_needs_both_witnesses() {
        for order in [[0, 1], [1, 0]] {
            let (workspace, witnesses) = (Workspace::new(), hybrid());
            let pack = workspace.seal(1).folder;
            let (all, any) =
                (witnesses.policy(&workspace, "all"), witnesses.policy(&workspace, "any"));
            let verdict = |policy: &str| under(&workspace, &pack, policy).verdict;
            let [first, second] = order;
            assert_eq!(witnesses.cosign(&workspace, &pack, first, 0).status(), 200);
            assert_eq!([verdict(&any), verdict(&all)], [Verdict::Valid, Verdict::Invalid]);
            assert_eq!(witnesses.cosign(&workspace, &pack, second, 0).status(), 200);
            assert_eq!([verdict(&any), verdict(&all)], [Verdict::Valid; 2]);
            // Without a policy the line is one of others, whatever its type.
            assert_eq!(workspace.verify(&pack).verdict, Verdict::Valid);
            // A line that doesn't hold is told, wherever it would not be needed.
            let proofs = ["checkpoint", "statement.tlog-proof", "intent.tlog-proof"]
                .map(|n| format!("proofs/{n}"));
            for path in proofs.map(|path| pack.join(path)) {
                let text = std::fs::read_to_string(&path).unwrap();
                let at = text.find("w1.example").unwrap() + 2000;
                let other = if &text[at..=at] == "A" { "B" } else { "A" };
                std::fs::write(&path, [&text[..at], other, &text[at + 1..]].concat()).unwrap();
            }
            let told = under(&workspace, &pack, &any);
            assert_eq!(told.verdict, Verdict::Invalid);
            assert!(failures(&told)[0].contains("`w1.example` does not hold"), "{told:?}");
        }
    }

    /// The two histories of one log are no more cosigned than under an Ed25519 key.
    #[test]
    fn a_second_history_finds_no_witness_of_either_type() {
        let (workspace, witnesses) = (Workspace::new(), hybrid());
        let shown = workspace.seal(1).folder;
        let other = Workspace::new();
        let hidden = other.seal(9).folder;
        for number in [0, 1] {
            assert_eq!(witnesses.cosign(&workspace, &shown, number, 0).status(), 200);
            assert_eq!(witnesses.cosign(&other, &hidden, number, 0).status(), 409);
        }
    }

    #[test]
    fn a_key_that_another_program_wrote_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.pem");
        std::fs::write(&path, KEY).unwrap();
        let read = CosigningKey::read(&path, "open").unwrap();
        assert_eq!(read.public_key(), lattice().public_key());
        assert!(CosigningKey::read(&path, "shut").is_err());
    }

    /// pyca/cryptography (OpenSSL's ML-DSA) reads the key that we wrote, verifies what we signed and refuses what was
    /// changed; what it signs we verify.
    #[test]
    fn pyca_verifies_our_cosignatures_and_we_its() {
        let test = "ML-DSA-44";
        let Some(packages) = installed(test, "TIEOUT_PACK_LIBRARIES", "Python packages") else {
            return;
        };
        let python = |arguments: &[&str], paths: &[PathBuf]| {
            let mut command = Command::new("python3");
            command.arg(script("mldsa.py")).args(arguments).args(paths);
            lines(command.env("PYTHONPATH", &packages))
        };
        let (workspace, witnesses) = (Workspace::new(), hybrid());
        let pack = workspace.seal(1).folder;
        let path = pack.join("proofs/checkpoint");
        let signed = std::fs::read_to_string(&path).unwrap();
        let Answer::Cosigned(line) = witnesses.cosign(&workspace, &pack, 1, 0) else { panic!() };
        let cosigned = std::fs::read_to_string(&path).unwrap();
        let (vkey, log) = {
            let log = key(&workspace);
            (witnesses.witness(1, log.clone()).cosigner().to_string(), log)
        };
        let write = |name: &str, text: &str| {
            let path = workspace.path(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        // In the checkpoint's size, in the line's time, in its signature.
        let size = cosigned.replacen("\n2\n", "\n3\n", 1);
        assert_ne!(size, cosigned);
        let altered = |byte| cosigned.replace(&line, &with_byte(&line, byte));
        let notes = [cosigned.clone(), size, altered(11), altered(900), signed.clone()];
        let files: Vec<PathBuf> =
            notes.iter().enumerate().map(|(n, text)| write(&format!("note-{n}"), text)).collect();
        let said = python(&["verify", &vkey], &files);
        assert_eq!(said[0], "accepted 1769000001");
        assert!(said[1..4].iter().all(|said| said == "refused: InvalidSignature"), "{said:?}");
        assert_eq!(said[4], "refused: no line of the key");

        let policy = format!("log {log}\nwitness w {vkey}\nquorum w\n");
        let policy = Policy::parse(&policy).unwrap();
        let file = workspace.path("w.pem");
        lattice().write(&file, "open").unwrap();
        let file = file.to_str().unwrap();
        let head = write("head", &signed);
        let [line] = &python(&["sign", file, "open", "w1.example", "1770000000"], &[head])[..]
        else {
            panic!()
        };
        let line = format!("{line}\n");
        assert_eq!(policy.accepts(&(signed.clone() + &line)).unwrap().by, Some(1_770_000_000));
        for byte in [11, 900] {
            assert!(policy.accepts(&(signed.clone() + &with_byte(&line, byte))).is_err());
        }
    }

    /// The line with another byte at that place behind the key's name.
    fn with_byte(line: &str, at: usize) -> String {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let (name, bytes) = line.trim_end().rsplit_once(' ').unwrap();
        let mut bytes = engine.decode(bytes).unwrap();
        bytes[at] ^= 1;
        format!("{name} {}\n", engine.encode(bytes))
    }

    /// What a pack's witnesses sign is no longer than its readers take, `tieout-verify` included.
    #[test]
    fn the_verifier_takes_a_proof_with_such_lines() {
        let (workspace, witnesses) = (Workspace::new(), hybrid());
        let pack = workspace.seal(1).folder;
        for number in [0, 1] {
            witnesses.cosign(&workspace, &pack, number, 0);
        }
        let code = super::verifier(&workspace, &pack, &witnesses.policy(&workspace, "all")).0;
        assert_eq!(code, Some(0));
        let other = Workspace::new();
        let path: &Path = &other.seal(2).folder;
        assert_eq!(super::verifier(&other, path, &witnesses.policy(&other, "all")).0, Some(4));
    }
}

/// What `tieout-verify` says of a pack under a policy: its exit code, and what it writes.
fn verifier(workspace: &Workspace, pack: &std::path::Path, policy: &str) -> (Option<i32>, String) {
    let [file, operator] = ["policy.txt", "operator.pub"].map(|name| workspace.path(name));
    std::fs::write(&file, policy).unwrap();
    std::fs::write(&operator, workspace.operator.public_pem()).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tieout-verify"));
    command.arg(pack).arg("--operator-key").arg(operator).arg("--policy").arg(file);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// A policy with such a witness is refused as a whole, even where its quorum asks for another one.
#[cfg(not(feature = "pq"))]
#[test]
fn without_the_feature_a_policy_that_names_such_a_key_is_refused() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let (workspace, witnesses) = (
        Workspace::new(),
        Witnesses::of(
            [31, 32].map(|seed| CosigningKey::from(SigningKey::from_seed([seed; 32], false))),
        ),
    );
    let pack = workspace.seal(1).folder;
    witnesses.cosign(&workspace, &pack, 0, 0);
    let policy = witnesses.policy(&workspace, "any");
    assert_eq!(verifier(&workspace, &pack, &policy).0, Some(0));
    let typed = [&[6][..], &[7; 1312]].concat();
    let id = sha2::Sha256::digest([b"l.example\n", typed.as_slice()].concat());
    let id: String = id.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let typed = base64::engine::general_purpose::STANDARD.encode(typed);
    let named = format!("{policy}witness l l.example+{id}+{typed}\n");
    let (code, said) = verifier(&workspace, &pack, &named);
    assert_eq!(code, Some(2), "{said}");
    let why = "line 6: not a verifier key `NAME+ID+KEY`: its algorithm is ML-DSA-44, which needs a build with the \
               feature `pq`";
    assert!(said.contains(why), "{said}");
}

#[cfg(not(feature = "pq"))]
#[test]
fn without_the_feature_there_are_no_such_private_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.pem");
    std::fs::write(&path, KEY).unwrap();
    let why = CosigningKey::read(&path, "open").err().unwrap().reason;
    assert!(why.contains("ML-DSA-44") && why.contains("feature `pq`"), "{why}");
    let made = tieout_evidence::mldsa::MlDsaSigningKey::from_seed([7; 32]);
    assert!(made.err().unwrap().to_string().contains("feature `pq`"));
}
