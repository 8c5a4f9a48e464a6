//! Other people's tools agree: openssl reads our keys, and the commands of VERIFY.md, as they
//! stand there, accept a pack and refuse a tampered one. Skipped where there is no openssl, but a
//! failure with `TIEOUT_TEST_PEERS=1`.

use crate::workspace::{ORIGIN, Workspace};
use std::path::Path;
use std::process::{Command, Output};
use tieout_evidence::key::SigningKey;
use tieout_evidence::verify::Verdict;

fn openssl(arguments: &[&str]) -> Option<Output> {
    match Command::new("openssl").args(arguments).output() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "openssl is not installed");
            println!("skipped: openssl is not installed");
            None
        }
        output => Some(output.unwrap()),
    }
}

#[test]
fn openssl_reads_an_encrypted_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operator.pem");
    let key = SigningKey::from_seed([5; 32], false);
    key.write(&path, "open sesame").unwrap();
    let read = |passphrase: &str| {
        let passphrase = format!("pass:{passphrase}");
        let path = path.to_str().unwrap();
        openssl(&["pkey", "-in", path, "-passin", &passphrase, "-pubout"])
    };
    let Some(output) = read("open sesame") else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), key.public_pem());
    assert!(!read("open sesam").unwrap().status.success());
}

#[test]
fn we_read_a_key_that_openssl_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, path) = (folder.path().join("plain.pem"), folder.path().join("key.pem"));
    let arguments = ["genpkey", "-algorithm", "ed25519", "-out", plain.to_str().unwrap()];
    if openssl(&arguments).is_none() {
        return;
    }
    let (input, output) = (plain.to_str().unwrap(), path.to_str().unwrap());
    let encrypt =
        ["pkcs8", "-topk8", "-scrypt", "-passout", "pass:p", "-in", input, "-out", output];
    assert!(openssl(&encrypt).unwrap().status.success());
    let key = SigningKey::read(&path, "p", false).unwrap();
    let public = openssl(&["pkey", "-in", input, "-pubout"]).unwrap().stdout;
    assert_eq!(key.public_pem(), String::from_utf8(public).unwrap());
    let error = SigningKey::read(&path, "q", false).unwrap_err();
    assert!(error.to_string().contains("the passphrase is wrong"));
    let error = SigningKey::read(&plain, "q", false).unwrap_err();
    assert!(error.to_string().contains("not an `ENCRYPTED PRIVATE KEY`"));
}

#[test]
fn a_key_is_private_and_never_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operator.pem");
    let key = SigningKey::from_seed([5; 32], true);
    key.write(&path, "p").unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&path).unwrap();
    let error = SigningKey::from_seed([6; 32], true).write(&path, "p").unwrap_err();
    assert!(error.to_string().ends_with("exists; a key is never replaced"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(SigningKey::read(&path, "p", true).unwrap().public_pem(), key.public_pem());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// The commands in the pack's own VERIFY.md.
pub(crate) fn commands(pack: &Path) -> String {
    let text = std::fs::read_to_string(pack.join("VERIFY.md")).unwrap();
    let (_, rest) = text.split_once("```sh\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_commands_of_verify_md_work_as_written() {
    if openssl(&["version"]).is_none() {
        return;
    }
    let workspace = Workspace::new();
    std::fs::write(workspace.path("operator.pub"), workspace.operator.public_pem()).unwrap();
    let vkey = format!("{}\n", workspace.log_key.vkey(ORIGIN).unwrap());
    std::fs::write(workspace.path("log.vkey"), vkey).unwrap();
    let other = SigningKey::from_seed([9; 32], false);
    std::fs::write(workspace.path("other.pub"), other.public_pem()).unwrap();
    std::fs::write(workspace.path("other.vkey"), other.vkey(ORIGIN).unwrap()).unwrap();
    let run = |pack: &Path, key: &str, log: &str| {
        let output = Command::new("sh")
            .arg("-c")
            .arg(commands(pack))
            .current_dir(pack)
            .env("KEY", workspace.path(key))
            .env("LOGKEY", workspace.path(log))
            .output()
            .unwrap();
        let verified = String::from_utf8_lossy(&output.stdout).ends_with("VERIFIED\n");
        assert_eq!(verified, output.status.success());
        (verified, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // Every shape of proof: a first entry, a complete tree, an incomplete one.
    let packs: Vec<_> = (0..7).map(|second| workspace.seal(second).folder).collect();
    for pack in &packs {
        let (verified, said) = run(pack, "operator.pub", "log.vkey");
        assert!(verified, "{said}");
    }
    let pack = &packs[6];
    for (before, lines) in witnessed(&workspace) {
        sign_too(pack, before, &lines);
        let (verified, said) = run(pack, "operator.pub", "log.vkey");
        assert!(verified, "{lines}{said}");
        assert_eq!(workspace.verify(pack).verdict, Verdict::Valid, "{lines}");
        // Whoever has the other's key only has no signature of the log's.
        assert!(!run(pack, "operator.pub", "other.vkey").0);
    }
    assert!(!run(pack, "other.pub", "log.vkey").0);
    assert!(!run(pack, "operator.pub", "other.vkey").0);
    std::fs::write(pack.join("extra"), "").unwrap();
    assert!(!run(pack, "operator.pub", "log.vkey").0);
    std::fs::remove_file(pack.join("extra")).unwrap();
    for name in [
        "SHA256SUMS",
        "run.json",
        "policy/billing/cm-02/rule.cedar",
        "records/000000.jsonl",
        "statement.dsse.json",
        "proofs/checkpoint",
        "proofs/statement.tlog-proof",
    ] {
        let path = pack.join(name);
        let bytes = std::fs::read(&path).unwrap();
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 2] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&path, changed).unwrap();
            assert!(!run(pack, "operator.pub", "log.vkey").0, "{name}, byte {at}");
        }
        std::fs::write(&path, bytes).unwrap();
    }
    // What people state about the pack comes later, and is verified elsewhere.
    for (name, verified) in [(format!("{}.dsse.json", "a".repeat(64)), true), ("a".into(), false)] {
        std::fs::create_dir(pack.join("reviews")).unwrap();
        std::fs::write(pack.join("reviews").join(name), "").unwrap();
        assert_eq!(run(pack, "operator.pub", "log.vkey").0, verified);
        std::fs::remove_dir_all(pack.join("reviews")).unwrap();
    }
    std::fs::remove_dir_all(pack.join("disclosures")).unwrap();
    assert!(run(pack, "operator.pub", "log.vkey").0);
    assert!(commands(pack).lines().filter(|line| line.starts_with("# ")).count() <= 10);
}

/// Signature lines of others, and whether they stand before the log's own: a witness's, one that is
/// nothing at all, and one by another key under the log's name.
fn witnessed(workspace: &Workspace) -> Vec<(bool, String)> {
    let junk = "\u{2014} witness.example/w1 AAAAAAAA\n";
    let long = format!("\u{2014} witness.example/w2 {}\n", "QUJD".repeat(800));
    let log = workspace.log_key.vkey(ORIGIN).unwrap();
    let name = log.split('+').next().unwrap();
    let namesake = format!("\u{2014} {name} {}\n", "QUJD".repeat(23));
    let all = [junk.to_owned(), long.clone(), namesake.clone()].concat();
    vec![(true, junk.to_owned()), (false, junk.to_owned()), (true, all.clone()), (false, all)]
}

/// Puts signature lines beside the log's own, in place of those that were put there before.
fn sign_too(pack: &Path, before: bool, lines: &str) {
    let path = pack.join("proofs/checkpoint");
    let old = std::fs::read_to_string(&path).unwrap();
    let (head, signatures) = old.split_once("\n\n").unwrap();
    let own =
        |line: &&str| line.starts_with("\u{2014} tieout.local/") && !line.contains("QUJDQUJD");
    let own = signatures.lines().find(own).unwrap();
    let new = match before {
        true => format!("{head}\n\n{lines}{own}\n"),
        false => format!("{head}\n\n{own}\n{lines}"),
    };
    std::fs::write(&path, &new).unwrap();
    for name in ["statement", "intent"] {
        let path = pack.join(format!("proofs/{name}.tlog-proof"));
        let proof = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, proof.replace(&old, &new)).unwrap();
    }
}
