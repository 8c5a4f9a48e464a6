//! Verifiers that others wrote: each accepts every pack of a corpus and refuses a tampered twin of
//! it. Where one isn't installed its
//! test says so and passes; with `TIEOUT_TEST_PEERS=1` it fails. `.ci/run` installs them all.

use crate::fixture::{billed, run_of, violates};
use crate::workspace::{ORIGIN, Workspace, files};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tieout_controls::Decision;

/// A file of `tests/peers/packs`.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/packs").join(name)
}

fn missing(test: &str, install: &str) {
    assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "{test}: {install} is not installed");
    eprintln!("skipped: {test}: no {install} on this machine");
}

/// The folder that an environment variable names, where `.ci/run` put a peer.
pub(crate) fn installed(test: &str, variable: &str, what: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    if found.is_none() {
        missing(test, &format!("{what} ({variable})"));
    }
    found
}

/// Whether the command works at all.
pub(crate) fn works(test: &str, what: &str, command: &mut Command) -> bool {
    let works = command.output().is_ok_and(|output| output.status.success());
    if !works {
        missing(test, what);
    }
    works
}

/// What a command says, line by line.
pub(crate) fn lines(command: &mut Command) -> Vec<String> {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Packs of every kind in one log, and the keys' files.
pub(crate) struct Corpus {
    workspace: Workspace,
    packs: Vec<PathBuf>,
}

impl Corpus {
    pub(crate) fn new() -> Self {
        let workspace = Workspace::new();
        write_keys(&workspace);
        let difference = violates("list-cost-differs", Some("0.05"), None, None);
        let clean = run_of(
            Vec::new(),
            vec![billed(1, Decision::Conforms), billed(2, difference)],
            Vec::new(),
        );
        let empty = run_of(Vec::new(), Vec::new(), Vec::new());
        let mut packs = vec![
            workspace.try_seal(&clean, 0).unwrap().folder,
            workspace.try_seal(&empty, 1).unwrap().folder,
            workspace.seal(2).folder,
        ];
        std::fs::remove_dir_all(packs[2].join("disclosures")).unwrap();
        // The proofs of a complete tree, and of one that isn't.
        packs.extend((3..7).map(|second| workspace.seal(second).folder));
        // A field was erased, the others are disclosed.
        let shown = packs[6].join("disclosures/records.jsonl");
        let text = std::fs::read_to_string(&shown).unwrap();
        std::fs::write(&shown, text.replacen(text.lines().nth(1).unwrap(), "null", 1)).unwrap();
        // One has a proof under a later head that a witness cosigned as well.
        crate::witnessed::renew_second(&workspace);
        for pack in &packs {
            assert_eq!(workspace.verify(pack).verdict, tieout_evidence::verify::Verdict::Valid);
        }
        Self { workspace, packs }
    }

    pub(crate) fn operator(&self) -> PathBuf {
        self.workspace.path("operator.pub")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.workspace.path("log.vkey")
    }

    /// Copies of the packs, in each of which a file was changed.
    pub(crate) fn twins(&self, file: &str, change: impl Fn(&mut Vec<u8>)) -> Vec<PathBuf> {
        let copy = |pack: &PathBuf| {
            let twin = self.workspace.path("twins").join(pack.file_name().unwrap());
            let mut content = files(pack);
            change(content.entry(file.to_owned()).or_default());
            for (path, bytes) in content {
                let path = twin.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            twin
        };
        self.packs.iter().map(copy).collect()
    }

    /// The peer, which says a line for each pack, accepts all and refuses all twins in such words.
    pub(crate) fn hold(
        &self,
        twins: &[PathBuf],
        words: &str,
        peer: impl Fn(&[PathBuf]) -> Vec<String>,
    ) {
        assert_eq!(peer(&self.packs), vec!["accepted"; self.packs.len()]);
        let said = peer(twins);
        assert_eq!(said.len(), self.packs.len());
        for (twin, said) in twins.iter().zip(said) {
            assert!(said.starts_with("refused: ") && said.contains(words), "{twin:?}: {said}");
        }
    }
}

pub(crate) fn write_keys(workspace: &Workspace) {
    std::fs::write(workspace.path("operator.pub"), workspace.operator.public_pem()).unwrap();
    let vkey = workspace.log_key.vkey(ORIGIN).unwrap();
    std::fs::write(workspace.path("log.vkey"), format!("{vkey}\n")).unwrap();
}

#[test]
fn verify_md_verifies_packs() {
    if !works("VERIFY.md", "openssl", Command::new("openssl").arg("version")) {
        return;
    }
    let corpus = Corpus::new();
    let peer = |packs: &[PathBuf]| {
        let judge = |pack: &PathBuf| {
            let mut script = Command::new("sh");
            script.arg("-c").arg(crate::openssl::commands(pack)).current_dir(pack);
            let output = script.env("KEY", corpus.operator()).env("LOGKEY", corpus.log()).output();
            let output = output.unwrap();
            match output.stdout.ends_with(b"VERIFIED\n") && output.status.success() {
                true => "accepted".to_owned(),
                false => format!("refused: {}", String::from_utf8_lossy(&output.stdout)),
            }
        };
        packs.iter().map(judge).collect()
    };
    corpus.hold(&corpus.twins("run.json", |run| run.push(b'\n')), "run.json: FAILED", peer);
}

/// Another letter in the middle of the envelope's payload.
pub(crate) fn other_payload(envelope: &mut [u8]) {
    let at = envelope.len() / 2;
    envelope[at] = if envelope[at] == b'A' { b'B' } else { b'A' };
}

fn python(library: &str, twins: impl Fn(&Corpus) -> Vec<PathBuf>, words: &str) {
    let Some(packages) = installed(library, "TIEOUT_PACK_LIBRARIES", "Python package") else {
        return;
    };
    let corpus = Corpus::new();
    corpus.hold(&twins(&corpus), words, |packs| {
        let mut command = Command::new("python3");
        command.arg(script("libraries.py")).arg(library).arg(corpus.operator()).args(packs);
        lines(command.env("PYTHONPATH", &packages))
    });
}

#[test]
fn securesystemslib_verifies_the_envelope() {
    let twins = |corpus: &Corpus| corpus.twins("statement.dsse.json", |bytes| other_payload(bytes));
    python("securesystemslib", twins, "VerificationError");
}

#[test]
fn in_toto_attestation_reads_the_statement() {
    let twins = |corpus: &Corpus| corpus.twins("SHA256SUMS", |sums| sums[0] ^= 1);
    python("in-toto-attestation", twins, "its subject is another");
}

#[test]
fn pymerkle_makes_the_roots() {
    let more = |lines: &mut Vec<u8>| lines.extend(b"{}\n");
    let twins = |corpus: &Corpus| corpus.twins("records/000000.jsonl", more);
    python("pymerkle", twins, "another size: records");
    let other = |lines: &mut Vec<u8>| match lines.first_mut() {
        Some(byte) => *byte ^= 1,
        None => lines.extend(b"x\n"),
    };
    let twins = |corpus: &Corpus| corpus.twins("population/000000.txt", other);
    python("pymerkle", twins, ": population");
}

#[test]
fn sd_jwt_unpacks_the_record_lines() {
    // Where nothing is disclosed, a name out of nowhere is.
    let forged = |shown: &mut Vec<u8>| match shown.iter().position(|byte| *byte == b'@') {
        Some(at) => shown[at + 1] ^= 1,
        None => shown.extend(b"[\"AAAAAAAAAAAAAAAAAAAAAA\",\"approver\",\"anna@example.com\"]\n"),
    };
    python("sd-jwt", |corpus| corpus.twins("disclosures/records.jsonl", forged), "disclosures");
}

#[test]
fn sigstore_core_verifies_the_envelope() {
    let Some(module) = installed("sigstore", "TIEOUT_SIGSTORE_CORE", "@sigstore/core") else {
        return;
    };
    let corpus = Corpus::new();
    let twins = corpus.twins("statement.dsse.json", |bytes| other_payload(bytes));
    corpus.hold(&twins, "the signature does not hold", |packs| {
        let mut command = Command::new("node");
        command.arg(script("sigstore.cjs")).arg(&module).arg(corpus.operator()).args(packs);
        lines(&mut command)
    });
}

#[test]
fn the_go_checksum_databases_client_verifies_the_log() {
    let corpus = Corpus::new();
    let program = corpus.workspace.path("peer");
    let mut build = Command::new("go");
    build.arg("build").arg("-o").arg(&program).arg(script("log.go"));
    build.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOFLAGS", "");
    if !works("log", "golang-go with golang-golang-x-mod-dev", &mut build) {
        return;
    }
    let peer = |packs: &[PathBuf]| lines(Command::new(&program).arg(corpus.log()).args(packs));
    // A space more in the envelope, and another entry; a head that somebody else signed.
    let twins = corpus.twins("statement.dsse.json", |envelope| envelope.insert(1, b' '));
    corpus.hold(&twins, "invalid transparency proof", peer);
    let twins = corpus.twins("proofs/checkpoint", |note| {
        // In the first line of signatures, which is the log's; a witness may have signed below.
        let lines = note.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
        let at = lines + note[lines..].iter().position(|byte| *byte == b'\n').unwrap() - 8;
        note[at] = if note[at] == b'A' { b'B' } else { b'A' };
    });
    corpus.hold(&twins, "invalid signature", peer);
}
