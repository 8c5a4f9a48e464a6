//! Timestamps of heads of the log, by an authority of openssl's: P-256, and its certificate by a root's.

use crate::peers::{installed, lines, script, works, write_keys};
use crate::workspace::{ORIGIN, Workspace, failures, files};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tieout_controls::Count;
use tieout_evidence::key::SigningKey;
use tieout_evidence::log::{self, LogEntries};
use tieout_evidence::note::NoteKey;
use tieout_evidence::proof::LogProof;
use tieout_evidence::seal::{Request, SealError, Timestamped, append, keep_timestamp};
use tieout_evidence::timestamp::Token;
use tieout_evidence::verify::{Anchor, Verdict, Verification, verify};

const PROOF: &str = "proofs/timestamp.tlog-proof";
const TOKEN: &str = "proofs/timestamp.tsr";

/// A time-stamp authority.
struct Authority(tempfile::TempDir);

impl Authority {
    /// `None` where there is no openssl.
    fn new() -> Option<Self> {
        if !works("timestamp", "openssl", Command::new("openssl").arg("version")) {
            return None;
        }
        let own = Self(tempfile::tempdir().unwrap());
        own.sh(include_str!("tsa.sh"));
        Some(own)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn sh(&self, script: &str) {
        let mut command = Command::new("sh");
        let output = command.args(["-euc", script]).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The response to a request, by that section of the configuration.
    fn reply(&self, request: &[u8], section: &str) -> Vec<u8> {
        std::fs::write(self.path("tsq"), request).unwrap();
        let options = format!("-config ts.cnf -section {section} -queryfile tsq -out tsr");
        self.sh(&format!("openssl ts -reply {options}"));
        std::fs::read(self.path("tsr")).unwrap()
    }
}

fn key(workspace: &Workspace) -> NoteKey {
    NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap()
}

fn head(workspace: &Workspace) -> LogEntries {
    log::read(&workspace.path("log"), &key(workspace)).unwrap()
}

fn keep(
    workspace: &Workspace,
    head: &LogEntries,
    request: &Request,
    response: &[u8],
) -> Result<Timestamped, SealError> {
    let (log, packs) = (workspace.path("log"), workspace.path("packs"));
    keep_timestamp((&log, &packs), &key(workspace), (&head.note, request), response)
}

/// Asks about the head and puts the answer beside the packs.
fn stamp(workspace: &Workspace, authority: &Authority, random: u8) -> Timestamped {
    let head = head(workspace);
    let request = Request::new(&head.checkpoint, [random; 8]);
    let response = authority.reply(&request.to_der(), "grants");
    keep(workspace, &head, &request, &response).unwrap()
}

fn name(pack: &Path) -> String {
    pack.file_name().unwrap().to_str().unwrap().to_owned()
}

/// What the commands of a pack's VERIFY.md say, with that certificate for the token.
fn by_hand(workspace: &Workspace, pack: &Path, authority: Option<&Path>) -> (bool, String) {
    write_keys(workspace);
    let mut script = Command::new("sh");
    script.arg("-c").arg(crate::openssl::commands(pack)).current_dir(pack);
    script.env("KEY", workspace.path("operator.pub")).env("LOGKEY", workspace.path("log.vkey"));
    script.env_remove("TSA").envs(authority.map(|path| ("TSA", path)));
    let Output { status, stdout, stderr } = script.output().unwrap();
    let said = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert_eq!(status.success(), said[0].ends_with("VERIFIED\n"), "{said:?}");
    (status.success(), said.concat())
}

fn told(verification: &Verification) -> Option<&String> {
    verification.notes.iter().find(|note| note.starts_with("timestamp: "))
}

#[test]
fn a_timestamp_goes_to_every_pack_that_its_head_covers() {
    let Some(authority) = Authority::new() else { return };
    let workspace = Workspace::new();
    let first: Vec<_> = (0..3).map(|second| workspace.seal(second).folder).collect();
    let asked = head(&workspace);
    let request = Request::new(&asked.checkpoint, [200; 8]);
    assert_eq!(Request::parse(&request.to_der()), Some(request));
    let response = authority.reply(&request.to_der(), "grants");
    // The log goes on before the answer is there.
    let later = workspace.seal(3).folder;
    let done = keep(&workspace, &asked, &request, &response).unwrap();
    assert_eq!(done.packs, first.iter().map(|pack| name(pack)).collect::<Vec<_>>());
    assert_eq!((done.had.len(), &done.head), (0, &asked.checkpoint));
    assert_eq!(Token::parse(&response).unwrap(), done.token);
    for pack in &first {
        let verification = workspace.verify(pack);
        assert_eq!(verification.verdict, Verdict::Valid, "{:?}", failures(&verification));
        let time = &done.token.time;
        let note = format!(
            "timestamp: {time} by the token in `{TOKEN}`, whose signature was not verified: \
             openssl does that (VERIFY.md)"
        );
        assert_eq!(told(&verification), Some(&note));
        assert_eq!(std::fs::read(pack.join(TOKEN)).unwrap(), response);
        let (verified, said) = by_hand(&workspace, pack, Some(&authority.path("root.pem")));
        assert!(verified && said.contains("Verification: OK"), "{said}");
        // Nobody's certificate vouches for it.
        let (verified, said) = by_hand(&workspace, pack, None);
        assert!(verified && said.contains("timestamp not verified"), "{said}");
        let other = Authority::new().unwrap();
        assert!(!by_hand(&workspace, pack, Some(&other.path("root.pem"))).0);
    }
    assert!(!later.join(TOKEN).exists());
    assert_eq!(told(&workspace.verify(&later)), None);
    assert!(!by_hand(&workspace, &later, None).1.contains("timestamp"));
    // Who has one keeps it.
    let before = files(&first[0]);
    let again = stamp(&workspace, &authority, 201);
    assert_eq!((again.packs, again.had), (vec![name(&later)], done.packs));
    assert_eq!(files(&first[0]), before);
    assert_eq!(workspace.verify(&later).verdict, Verdict::Valid);
    // Under a policy the log's key vouches for the head.
    let policy = Some(format!("log {}\nquorum none\n", key(&workspace)));
    let anchor = Anchor { log: None, policy, ..workspace.anchor() };
    assert_eq!(verify(&later, &anchor).unwrap().verdict, Verdict::Valid);
    // Another proof, under a head that a witness cosigned, leaves the timestamp where it is.
    let stamped = std::fs::read(first[1].join(PROOF)).unwrap();
    crate::witnessed::renew_second(&workspace);
    assert_ne!(
        std::fs::read(first[0].join("proofs/checkpoint")).unwrap(),
        before["proofs/checkpoint"]
    );
    assert_eq!(std::fs::read(first[1].join(PROOF)).unwrap(), stamped);
    for pack in &first {
        assert!(told(&workspace.verify(pack)).is_some());
    }
    // And what was timestamped is sealed on.
    let next = workspace.seal(4).folder;
    assert_eq!(workspace.verify(&next).verdict, Verdict::Valid);
}

#[test]
fn what_is_no_token_over_the_head_is_not_added() {
    let Some(authority) = Authority::new() else { return };
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let older = head(&workspace);
    workspace.seal(1);
    let asked = head(&workspace);
    let request = Request::new(&asked.checkpoint, [1; 8]);
    let of = |head: &LogEntries, random: u8| {
        authority.reply(&Request::new(&head.checkpoint, [random; 8]).to_der(), "grants")
    };
    let good = of(&asked, 1);
    let before = files(&workspace.path("packs"));
    let refused = |words: &str, head: &LogEntries, request: &Request, response: &[u8]| {
        let error = keep(&workspace, head, request, response).unwrap_err();
        assert!(error.reason.contains(words), "{words}: {}", error.reason);
        assert_eq!(files(&workspace.path("packs")), before, "{words}");
    };
    refused("the token is over another text", &asked, &request, &of(&older, 1));
    refused("its nonce differs", &asked, &request, &of(&asked, 2));
    refused(
        "refused the request",
        &asked,
        &request,
        &authority.reply(&request.to_der(), "refuses"),
    );
    refused("the request is about another head", &older, &request, &good);
    for end in [0, 1, good.len() / 2, good.len() - 1] {
        refused("not a time-stamp response", &asked, &request, &good[..end]);
    }
    refused("something follows it", &asked, &request, &[&good[..], b"\n"].concat());
    // A head of another log with this log's key, and one of which the end was cut off.
    let other = Workspace::new();
    other.seal(50);
    let foreign = head(&other);
    let request_of = |head: &LogEntries| Request::new(&head.checkpoint, [1; 8]);
    let response = of(&foreign, 1);
    refused("the log was rewritten", &foreign, &request_of(&foreign), &response);
    let unsigned =
        LogEntries { note: asked.note.replace("\n\n\u{2014} ", "\n\n\u{2014} x"), ..asked.clone() };
    refused("not signed", &unsigned, &request, &good);
    keep(&workspace, &asked, &request, &good).unwrap();
    assert!(told(&workspace.verify(&pack)).is_some());
}

/// An envelope file that no pack has.
fn other_statement(workspace: &Workspace) -> Vec<u8> {
    workspace.operator.envelope(b"{\"other\":\"history\"}".to_vec()).to_bytes()
}

/// A pack's files with those changed, in a folder of their own.
fn with(workspace: &Workspace, pack: &Path, changed: &[(&str, Option<Vec<u8>>)]) -> PathBuf {
    let to = workspace.path("changed");
    let _ = std::fs::remove_dir_all(&to);
    let mut all: BTreeMap<String, Vec<u8>> = files(pack);
    for (name, bytes) in changed {
        match bytes {
            Some(bytes) => drop(all.insert((*name).to_owned(), bytes.clone())),
            None => drop(all.remove(*name)),
        }
    }
    for (name, bytes) in all {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    to
}

#[test]
fn a_timestamp_of_something_else_makes_the_pack_invalid() {
    let Some(authority) = Authority::new() else { return };
    let workspace = Workspace::in_memory();
    let packs: Vec<_> = (0..2).map(|second| workspace.seal(second).folder).collect();
    stamp(&workspace, &authority, 1);
    let pack = &packs[0];
    let [proof, token] = [PROOF, TOKEN].map(|name| std::fs::read(pack.join(name)).unwrap());
    let python = works(
        "verify.py",
        "cryptography",
        Command::new("python3").args(["-c", "import cryptography"]),
    );
    write_keys(&workspace);
    let verify_py = |folder: &Path| {
        let mut command = Command::new("python3");
        command.arg("-I").arg(pack.join("verify.py")).arg(folder);
        command.arg(workspace.path("operator.pub")).arg(workspace.path("log.vkey"));
        command.output().unwrap().status.code()
    };
    let seen = |words: &str, changed: &[(&str, Option<Vec<u8>>)]| {
        let folder = with(&workspace, pack, changed);
        let verification = workspace.verify(&folder);
        assert_eq!(verification.verdict, Verdict::Invalid, "{words}");
        let failure = failures(&verification)[0];
        assert!(failure.contains(words), "{words}: {failure}");
        assert_eq!(told(&verification), None);
        assert!(!by_hand(&workspace, &folder, Some(&authority.path("root.pem"))).0, "{words}");
        if python {
            assert_eq!(verify_py(&folder), Some(4), "{words}");
        }
    };
    let folder = with(&workspace, pack, &[]);
    assert_eq!(workspace.verify(&folder).verdict, Verdict::Valid);
    assert!(!python || verify_py(&folder) == Some(0));
    seen("`proofs/timestamp.tsr` is missing", &[(TOKEN, None)]);
    seen("`proofs/timestamp.tlog-proof` is missing", &[(PROOF, None)]);
    let others = std::fs::read(packs[1].join(PROOF)).unwrap();
    seen("the entry is not in the log at that index", &[(PROOF, Some(others))]);
    // The proof of the same pack under another head, which has the token of the first.
    let own = std::fs::read(pack.join("proofs/statement.tlog-proof")).unwrap();
    seen("the token is over another text", &[(PROOF, Some(own))]);
    // Another log by another key, with a token over its head.
    let mallory = SigningKey::from_seed([66; 32], false);
    let forger = Workspace { log_key: mallory, ..Workspace::new() };
    let entry = std::fs::read(pack.join("statement.dsse.json")).unwrap();
    let statements = [other_statement(&forger), entry];
    let (log, apart) = (forger.path("log"), forger.path("packs"));
    append(&log, &apart, ORIGIN, &forger.log_key, &statements).unwrap();
    let forged = head(&forger);
    let forged_proof = LogProof::of(&forged, Count(1));
    let forged_token =
        authority.reply(&Request::new(&forged.checkpoint, [9; 8]).to_der(), "grants");
    let forged_proof = Some(forged_proof.unwrap().to_string().into_bytes());
    seen("`proofs/timestamp.tlog-proof`: ", &[(PROOF, forged_proof), (TOKEN, Some(forged_token))]);

    // Every bit of the proof, of the token's status and of its imprint; every length of the token.
    let invalid = |name: &str, bytes: &[u8], what: &str| {
        std::fs::write(folder.join(name), bytes).unwrap();
        let verification = workspace.verify(&folder);
        assert_eq!(verification.verdict, Verdict::Invalid, "{name}: {what}");
        let failure = failures(&verification)[0];
        assert!(failure.starts_with("`proofs/timestamp.t"), "{name}: {what}: {failure}");
    };
    let folder = with(&workspace, pack, &[]);
    assert_eq!(folder, workspace.path("changed"));
    let flips = |name: &str, bytes: &[u8], from: usize, to: usize| {
        for bit in from * 8..to * 8 {
            let mut changed = bytes.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            // Granted with modifications is granted, too.
            if name == TOKEN && changed[8] == 1 {
                continue;
            }
            invalid(name, &changed, &format!("bit {bit}"));
        }
        std::fs::write(folder.join(name), bytes).unwrap();
    };
    flips(PROOF, &proof, 0, proof.len());
    let imprint = Token::parse(&token).unwrap().imprint;
    let at = token.windows(32).position(|own| own == imprint.0).unwrap();
    flips(TOKEN, &token, 0, 9);
    flips(TOKEN, &token, at, at + 32);
    for end in 0..token.len() {
        invalid(TOKEN, &token[..end], "cut");
    }
    invalid(TOKEN, &[&token[..], b"\n"].concat(), "more");
    invalid(TOKEN, &[&token[..], &token[..]].concat(), "twice");
    std::fs::write(folder.join(TOKEN), &token).unwrap();
    assert_eq!(workspace.verify(&folder).verdict, Verdict::Valid);
}

/// What `tieout-verify` doesn't look at it says, and others see it.
#[test]
fn a_token_whose_signature_is_broken_is_for_openssl_to_see() {
    let Some(authority) = Authority::new() else { return };
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    stamp(&workspace, &authority, 1);
    let root = authority.path("root.pem");
    assert!(by_hand(&workspace, &pack, Some(&root)).0);
    let mut token = std::fs::read(pack.join(TOKEN)).unwrap();
    *token.last_mut().unwrap() ^= 1;
    let broken = with(&workspace, &pack, &[(TOKEN, Some(token))]);
    let verification = workspace.verify(&broken);
    assert_eq!(verification.verdict, Verdict::Valid);
    assert!(told(&verification).unwrap().contains("whose signature was not verified"));
    let (verified, said) = by_hand(&workspace, &broken, Some(&root));
    assert!(!verified && said.contains("Verification: FAILED"), "{said}");
}

#[test]
fn rfc3161_client_verifies_the_token() {
    let Some(authority) = Authority::new() else { return };
    let variable = "TIEOUT_PACK_LIBRARIES";
    let Some(packages) = installed("timestamp", variable, "rfc3161-client") else { return };
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    stamp(&workspace, &authority, 1);
    let says = |pack: &Path| {
        let mut command = Command::new("python3");
        command.arg(script("libraries.py")).arg("rfc3161-client").arg(authority.path("root.pem"));
        lines(command.arg(pack).env("PYTHONPATH", &packages)).concat()
    };
    assert_eq!(says(&pack), "accepted");
    // Another size of the log, a broken signature, and nobody's root.
    let proof = std::fs::read_to_string(pack.join(PROOF)).unwrap();
    let other = proof.replace(&format!("\n{ORIGIN}\n2\n"), &format!("\n{ORIGIN}\n3\n"));
    assert_ne!(proof, other);
    let said = says(&with(&workspace, &pack, &[(PROOF, Some(other.into_bytes()))]));
    assert!(said.starts_with("refused: ") && said.contains("Mismatch between messages"), "{said}");
    let mut token = std::fs::read(pack.join(TOKEN)).unwrap();
    *token.last_mut().unwrap() ^= 1;
    let said = says(&with(&workspace, &pack, &[(TOKEN, Some(token))]));
    assert!(said.starts_with("refused: "), "{said}");
    std::fs::copy(Authority::new().unwrap().path("root.pem"), authority.path("root.pem")).unwrap();
    assert!(says(&pack).starts_with("refused: "));
}

/// What the log's watcher sees of a pack's timestamp.
#[test]
fn a_timestamp_of_a_head_that_the_log_does_not_continue_is_told() {
    use tieout_evidence::fsck::{Watch, fsck};
    let Some(authority) = Authority::new() else { return };
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    stamp(&workspace, &authority, 1);
    let wrong = || {
        let (key, packs) = (key(&workspace), workspace.path("packs"));
        let watch = Watch { key: &key, packs: &packs, seen: None, expected: &[] };
        fsck(&head(&workspace), &workspace.path("log"), &watch).unwrap().wrong
    };
    assert_eq!(wrong(), Vec::<String>::new());
    // The same key signed another history that begins the same, and had it timestamped.
    let fork = Workspace::new();
    crate::watched::copy(&workspace.path("log"), &fork.path("log"));
    let (log, apart) = (fork.path("log"), fork.path("packs"));
    crate::watched::copy(&workspace.path("packs"), &apart);
    append(&log, &apart, ORIGIN, &fork.log_key, &[other_statement(&fork)]).unwrap();
    workspace.seal(1);
    let proof = LogProof::of(&head(&fork), Count(1));
    std::fs::write(pack.join(PROOF), proof.unwrap().to_string()).unwrap();
    let wrong = wrong();
    assert!(wrong.len() == 1 && wrong[0].contains("the log was rewritten"), "{wrong:?}");
}
