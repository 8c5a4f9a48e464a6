//! Verifiers that others wrote, and `verify.py`, which was written from the format's pages: each
//! accepts every pack of a corpus and refuses a tampered twin of it. Where one isn't installed its
//! test says so and passes; with `TIEOUT_TEST_PEERS=1` it fails. `.ci/run` installs them all.

use crate::fixture::{Fixture, billed, fixture, run_of, violates};
use crate::forge::Forgery;
use crate::workspace::{ORIGIN, Workspace, files};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tieout_controls::Decision;

/// A file of `tests/peers/packs`.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/packs").join(name)
}

fn missing(test: &str, install: &str) {
    assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "{test}: {install} is not installed");
    eprintln!("skipped: {test}: no {install} on this machine");
}

/// The folder that an environment variable names, where `.ci/run` put a peer.
fn installed(test: &str, variable: &str, what: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    if found.is_none() {
        missing(test, &format!("{what} ({variable})"));
    }
    found
}

/// Whether the command works at all.
fn works(test: &str, what: &str, command: &mut Command) -> bool {
    let works = command.output().is_ok_and(|output| output.status.success());
    if !works {
        missing(test, what);
    }
    works
}

/// What a command says, line by line.
fn lines(command: &mut Command) -> Vec<String> {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Packs of every kind in one log, and the keys' files.
struct Corpus {
    workspace: Workspace,
    packs: Vec<PathBuf>,
}

impl Corpus {
    fn new() -> Self {
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
        for pack in &packs {
            assert_eq!(workspace.verify(pack).verdict, tieout_evidence::verify::Verdict::Valid);
        }
        Self { workspace, packs }
    }

    fn operator(&self) -> PathBuf {
        self.workspace.path("operator.pub")
    }

    fn log(&self) -> PathBuf {
        self.workspace.path("log.vkey")
    }

    /// Copies of the packs, in each of which a file was changed.
    fn twins(&self, file: &str, change: impl Fn(&mut Vec<u8>)) -> Vec<PathBuf> {
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
    fn hold(&self, twins: &[PathBuf], words: &str, peer: impl Fn(&[PathBuf]) -> Vec<String>) {
        assert_eq!(peer(&self.packs), vec!["accepted"; self.packs.len()]);
        let said = peer(twins);
        assert_eq!(said.len(), self.packs.len());
        for (twin, said) in twins.iter().zip(said) {
            assert!(said.starts_with("refused: ") && said.contains(words), "{twin:?}: {said}");
        }
    }
}

fn write_keys(workspace: &Workspace) {
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
fn other_payload(envelope: &mut [u8]) {
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
        let at = note.len() - 9;
        note[at] = if note[at] == b'A' { b'B' } else { b'A' };
    });
    corpus.hold(&twins, "invalid signature", peer);
}

#[test]
fn verify_py_verifies_packs() {
    let import = "import cryptography";
    if !works("verify.py", "cryptography", Command::new("python3").args(["-c", import])) {
        return;
    }
    let corpus = Corpus::new();
    let peer = |packs: &[PathBuf]| {
        let judge = |pack: &PathBuf| {
            // The copy in the pack itself, which isolated Python runs without a look at its folder.
            let program = pack.join("verify.py");
            let mut command = Command::new("python3");
            command.arg("-I").arg(program).arg(pack).arg(corpus.operator()).arg(corpus.log());
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stdout.clone()).unwrap();
            match (output.status.code(), said.as_str()) {
                (Some(0), said) if said.ends_with("\nverdict VALID\n") => "accepted".to_owned(),
                (Some(4), said) if said.ends_with("\nverdict INVALID\n") => {
                    format!("refused: {said}")
                }
                other => panic!("{other:?}: {output:?}"),
            }
        };
        packs.iter().map(judge).collect()
    };
    let twins = corpus.twins("statement.dsse.json", |bytes| other_payload(bytes));
    corpus.hold(&twins, "InvalidSignature", peer);
    let twins = corpus.twins("run.json", |run| run.push(b'\n'));
    corpus.hold(&twins, "SHA256SUMS is not the list of these files", peer);
    let twins = corpus.twins("disclosures/records.jsonl", |shown| shown.extend(b"null\n"));
    corpus.hold(&twins, "disclosures of records: too few or too many", peer);
    let twins = corpus.twins("proofs/extra", |extra| extra.push(b'\n'));
    corpus.hold(&twins, "has no place", peer);
}

#[test]
fn verify_py_is_read_in_one_sitting() {
    let text = std::fs::read_to_string(Workspace::new().seal(0).folder.join("verify.py")).unwrap();
    assert!(text.lines().count() <= 200 && text.lines().all(|line| line.len() <= 100));
}

#[test]
fn verify_py_exits_by_its_verdict() {
    let import = "import cryptography";
    if !works("verify.py", "cryptography", Command::new("python3").args(["-c", import])) {
        return;
    }
    let workspace = Workspace::new();
    write_keys(&workspace);
    let pack = workspace.seal(0).folder;
    let (operator, log) = (workspace.path("operator.pub"), workspace.path("log.vkey"));
    let run = |arguments: &[&Path]| {
        let output =
            Command::new("python3").arg("-I").arg(pack.join("verify.py")).args(arguments).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), said.lines().last().unwrap_or_default().to_owned())
    };
    let said = |code: i32, verdict: &str| (code, format!("verdict {verdict}"));
    assert_eq!(run(&[&pack, &operator, &log]), said(0, "VALID"));
    assert_eq!(run(&[&pack]), said(3, "INDETERMINATE"));
    assert_eq!(run(&[&pack, &log, &operator]), said(2, "NONE"));
    assert_eq!(run(&[&pack, &operator]), said(2, "NONE"));
    assert_eq!(run(&[]), said(2, "NONE"));
    assert_eq!(run(&[workspace.folder.path(), &operator, &log]), said(2, "NONE"));
    assert_eq!(run(&[&workspace.path("absent"), &operator, &log]), said(2, "NONE"));
    // One key for both roles, and a key of small order.
    let twice = workspace.path("twice.vkey");
    std::fs::write(&twice, workspace.operator.vkey(ORIGIN).unwrap()).unwrap();
    assert_eq!(run(&[&pack, &operator, &twice]), said(2, "NONE"));
    let weak = workspace.path("weak.pub");
    let pem = std::fs::read_to_string(&operator).unwrap();
    let key = pem.lines().nth(1).unwrap();
    let point = format!("{}{}=", &key[..16], "A".repeat(43));
    std::fs::write(&weak, pem.replace(key, &point)).unwrap();
    assert_eq!(run(&[&pack, &weak, &log]), said(2, "NONE"));
    std::fs::remove_file(pack.join("SHA256SUMS")).unwrap();
    assert_eq!(run(&[&pack, &operator, &log]), said(4, "INVALID"));
}

/// Every bit, file and line of a pack of less than 8 KB with every kind of file: of one control,
/// and without what the format leaves to the sealer.
#[test]
fn verify_py_sees_any_change() {
    let import = "import cryptography";
    if !works("sweep", "cryptography", Command::new("python3").args(["-c", import])) {
        return;
    }
    let workspace = Workspace::new();
    write_keys(&workspace);
    let program = workspace.path("verify.py");
    let sealed = workspace.try_seal(&one_control(), 0).unwrap().folder;
    std::fs::copy(sealed.join("verify.py"), &program).unwrap();
    let pack = workspace.path("small");
    small(&sealed).write(&pack);
    assert!(files(&pack).values().map(Vec::len).sum::<usize>() <= 8192);
    let sweep = |pack: &Path, only: &str| {
        let keys = [workspace.path("operator.pub"), workspace.path("log.vkey")];
        let mut sweep = Command::new("python3");
        sweep.arg(script("sweep.py")).arg(&program).arg(pack).args(keys).arg(only);
        let output = sweep.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{said}");
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    };
    sweep(&pack, "");
    // The only pack of a log has no hash in its proof.
    sweep(&workspace.seal(1).folder, "proofs/");
}

/// The control with personal columns alone.
fn one_control() -> Fixture {
    let mut fixture = fixture();
    fixture.result.tests.truncate(1);
    fixture.result.datasets.truncate(1);
    fixture.result.refused_rows.clear();
    fixture.records.truncate(2);
    fixture
}

/// The pack with texts as short as the format allows.
fn small(pack: &Path) -> Forgery {
    let mut forgery = Forgery::of(pack);
    for name in ["VERIFY.md", "verify.py"] {
        forgery.files.insert(name.to_owned(), b"\n".to_vec());
    }
    for name in ["run.json", "datasets.json"] {
        let document: serde_json::Value = serde_json::from_slice(&forgery.files[name]).unwrap();
        forgery.files.insert(name.to_owned(), document.to_string().into_bytes());
    }
    forgery
}
