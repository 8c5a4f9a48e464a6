//! The log's services: witnesses as processes of their own, a watcher, a public copy.

use crate::harness::{Desk, Ran, commands, copy};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

const PASSPHRASE: (&str, &str) = ("TIEOUT_PASSPHRASE", "correct horse");

/// A company with a pack, and the keys of two witnesses.
static COMPANY: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new();
    desk.tieout("demo --rows 300 --folder co --quiet").exits(0);
    for name in ["w1", "w2"] {
        let (named, file) = (format!("{name}.example"), format!("co/{name}.pem"));
        let args = ["key", "new", "--role", "witness", "--name", &named, &file];
        let told = desk.tieout_in(".", &args, &[PASSPHRASE]);
        assert_eq!(told.exits(0).out, format!("{file}.pub\n{file}.vkey\n"));
    }
    desk
});

/// A witness that runs.
struct Witness {
    child: Child,
    /// Its line in a policy file.
    line: String,
    name: &'static str,
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Witness {
    fn command(desk: &Desk, name: &str, listen: &str) -> Vec<String> {
        let vkey = std::fs::read_to_string(desk.path("co/keys/log.pem.vkey")).unwrap();
        let (key, named) = (format!("{name}.pem"), format!("{name}.example"));
        let (state, log) = (format!("state/{name}"), vkey.trim());
        let args = ["log", "witness", "--listen", listen, "--state", &state, "--log", log];
        args.iter().chain(&["--key", &key, "--name", &named]).map(|a| (*a).to_owned()).collect()
    }

    fn start(desk: &Desk, name: &'static str, listen: &str) -> Self {
        let args = Self::command(desk, name, listen);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Self::of(desk.command("co", &args), desk, name)
    }

    fn of(mut command: Command, desk: &Desk, name: &'static str) -> Self {
        let told = std::fs::File::options()
            .create(true)
            .append(true)
            .open(desk.path(&format!("{name}.told")))
            .unwrap();
        command.env(PASSPHRASE.0, PASSPHRASE.1).stderr(told).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = std::fs::read_to_string(desk.path(&format!("{name}.told"))).unwrap();
        assert!(line.starts_with(&format!("witness {name}.example ")), "{line} {told}");
        Self { child, line, name }
    }

    fn url(&self) -> &str {
        self.line.trim().rsplit(' ').next().unwrap()
    }

    fn address(&self) -> &str {
        self.url().strip_prefix("http://").unwrap()
    }

    /// Stops it as a supervisor does; its exit code.
    fn stop(mut self) -> Option<i32> {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(kill.unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Status, head and body of the answer to a request that the test wrote itself.
    fn post(&self, body: &str) -> (u16, String, String) {
        let head = format!(
            "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        self.raw(&[head.as_bytes(), body.as_bytes()].concat())
    }

    fn raw(&self, request: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    fn status(&self, body: &str) -> u16 {
        self.post(body).0
    }
}

/// A copy of the company whose log asks these witnesses, all of whom must have cosigned.
fn witnessed() -> (Desk, [Witness; 2]) {
    let desk = COMPANY.copy("co");
    let witnesses = witnessed_by(&desk, ["w1", "w2"]);
    (desk, witnesses)
}

fn witnessed_by(desk: &Desk, names: [&'static str; 2]) -> [Witness; 2] {
    let witnesses = names.map(|name| Witness::start(desk, name, "127.0.0.1:0"));
    let vkey = std::fs::read_to_string(desk.path("co/keys/log.pem.vkey")).unwrap();
    let lines = witnesses.each_ref().map(|w| w.line.as_str()).concat();
    let [first, second] = names;
    let quorum = format!("group both all {first}.example {second}.example\nquorum both\n");
    desk.write("co/policy.txt", &format!("log {vkey}{lines}{quorum}"));
    let settings = std::fs::read_to_string(desk.path("co/tieout.yaml")).unwrap();
    desk.write("co/tieout.yaml", &asking(&settings));
    witnesses
}

/// The settings with a policy of witnesses.
fn asking(settings: &str) -> String {
    assert!(settings.contains("\nlog: {"), "{settings}");
    settings.replacen("\nlog: {", "\nlog: {policy: policy.txt, ", 1)
}

fn run(desk: &Desk) -> Ran {
    desk.tieout_in("co", &["run", "--only", "FOC-R03"], &[])
}

fn tieout(desk: &Desk, args: &str) -> Ran {
    desk.tieout_in("co", &args.split_whitespace().collect::<Vec<_>>(), &[])
}

fn packs(desk: &Desk) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(desk.path("co/out/packs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn under_policy(desk: &Desk, pack: &str) -> Ran {
    let key = "--operator-key keys/operator.pem.pub";
    tieout(desk, &format!("verify {pack} {key} --policy policy.txt"))
}

#[test]
fn two_witnesses_cosign_a_run_and_one_is_not_enough() {
    let (desk, [first, second]) = witnessed();
    let ran = run(&desk);
    assert!(!ran.exits(1).err.contains("warning"), "{}", ran.err);
    let known = packs(&desk);
    // The pack that was sealed before there were witnesses has its proof under the new head.
    for pack in &known {
        let verified = under_policy(&desk, pack);
        verified.exits(0).prints(&["cosigned by `w1.example`", "cosigned by `w2.example`"]);
        verified.prints(&["in the log by 20", "VALID"]);
    }
    let url = second.url().to_owned();
    let address = second.address().to_owned();
    assert_eq!(second.stop(), Some(0), "being stopped is no failure");
    let ran = run(&desk);
    ran.exits(1).says(&["warning[witness-refused]", "`w2.example`", &url, "connection refused"]);
    ran.says(&[
        "warning[not-witnessed]",
        "1 of the policy's 2 witnesses",
        "log checkpoint --cosign",
    ]);
    let new = packs(&desk).into_iter().find(|pack| !known.contains(pack)).unwrap();
    under_policy(&desk, &new).exits(4).prints(&["1 of the policy's 2 witnesses", "INVALID"]);
    let keys = "--operator-key keys/operator.pem.pub --log-key keys/log.pem.vkey";
    tieout(&desk, &format!("verify {new} {keys}")).exits(0);
    tieout(&desk, "log checkpoint --cosign").exits(3).says(&["warning[not-witnessed]"]);
    let second = Witness::start(&desk, "w2", &address);
    let head = tieout(&desk, "log checkpoint --cosign");
    head.exits(0).prints(&["\u{2014} w1.example ", "\u{2014} w2.example "]);
    assert_eq!(tieout(&desk, "log checkpoint").out, head.out);
    for pack in packs(&desk) {
        under_policy(&desk, &pack).exits(0);
    }
    tieout(&desk, "log fsck --expect keys/operator.pem.pub").exits(0).prints(&["HOLDS: entries 6"]);
    // One line a request, and who asked for what.
    let told = std::fs::read_to_string(desk.path(&format!("{}.told", first.name))).unwrap();
    assert!(told.contains(" POST /add-checkpoint 200 tieout.local/"), "{told}");
    assert!(told.lines().all(|line| line.contains("127.0.0.1:")), "{told}");
    assert_eq!((first.stop(), second.stop()), (Some(0), Some(0)));
}

/// Makes a key of ML-DSA-44 for a witness of that name.
fn lattice_key(desk: &Desk, name: &str) -> Ran {
    let (named, file) = (format!("{name}.example"), format!("co/{name}.pem"));
    let args = ["key", "new", "--role", "witness", "--algorithm", "ml-dsa-44", "--name", &named];
    desk.tieout_in(".", &[&args[..], &[&file]].concat(), &[PASSPHRASE])
}

#[cfg(feature = "pq")]
#[test]
fn a_hybrid_quorum_is_a_witness_of_each_type() {
    let desk = COMPANY.copy("co");
    lattice_key(&desk, "l1").exits(0).prints(&["co/l1.pem.pub", "co/l1.pem.vkey"]);
    let [edwards, lattice] = witnessed_by(&desk, ["w1", "l1"]);
    let ran = run(&desk);
    assert!(!ran.exits(1).err.contains("warning"), "{}", ran.err);
    for pack in packs(&desk) {
        let verified = under_policy(&desk, &pack);
        verified.exits(0).prints(&["cosigned by `w1.example`", "cosigned by `l1.example`"]);
    }
    assert_eq!((edwards.stop(), lattice.stop()), (Some(0), Some(0)));
    run(&desk).exits(1).says(&["0 of the policy's 2 witnesses"]);
    let args = ["key", "new", "--role", "operator", "--algorithm", "ml-dsa-44", "o.pem"];
    desk.tieout_in("co", &args, &[PASSPHRASE]).exits(2).says(&["error[key-unused]"]);
}

#[cfg(not(feature = "pq"))]
#[test]
fn without_the_feature_no_key_of_ml_dsa_is_made() {
    let desk = COMPANY.copy("co");
    lattice_key(&desk, "l1").exits(2).says(&["error[feature-missing]", "feature `pq`"]);
    assert!(!desk.path("co/l1.pem").exists());
}

fn head(desk: &Desk) -> String {
    tieout(desk, "log checkpoint").exits(0).out.clone()
}

/// By a client of our own and by curl: what the protocol says of each request.
#[test]
fn the_protocol_by_other_clients() {
    let (desk, [witness, _other]) = witnessed();
    let note = head(&desk);
    let ask = format!("old 0\n\n{note}");
    let (status, _, line) = witness.post(&ask);
    assert_eq!(status, 200);
    assert!(line.starts_with("\u{2014} w1.example ") && line.ends_with('\n'), "{line}");
    let (status, head, size) = witness.post(&ask);
    assert_eq!((status, size.as_str()), (409, "2\n"));
    assert!(head.contains("Content-Type: text/x.tlog.size"), "{head}");
    assert_eq!(witness.status(&format!("old 2\n\n{note}")), 200, "the same head once more");
    assert_eq!(witness.status(&format!("old 3\n\n{note}")), 400);
    assert_eq!(witness.status(&format!("old 01\n\n{note}")), 400);
    assert_eq!(witness.status(&ask.replace("tieout.local/", "tieout.other/")), 404);
    assert_eq!(witness.status(&ask.replacen("\n2\n", "\n3\n", 1)), 403);
    for (request, status) in [
        ("GET /add-checkpoint HTTP/1.1\r\n\r\n", 405),
        ("POST /other HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 404),
        ("POST /add-checkpoint HTTP/1.1\r\n\r\n", 411),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n", 413),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 2\r\n\r\n\u{a9}", 400),
        ("nothing\r\n\r\n", 400),
    ] {
        let request = request.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
        assert_eq!(witness.raw(request.as_bytes()).0, status, "{request:?}");
    }
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(9000));
    assert_eq!(witness.raw(long.as_bytes()).0, 431);
    // Two requests of one connection are answered one after the other.
    let one = format!("POST /add-checkpoint HTTP/1.1\r\nContent-Length: {}\r\n", ask.len());
    let both = format!("{one}\r\n{ask}{one}Connection: close\r\n\r\n{ask}");
    let (_, _, rest) = witness.raw(both.as_bytes());
    assert_eq!(rest.matches("HTTP/1.1 409 Conflict").count(), 1, "{rest}");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "-w", "%{http_code} %{content_type}", "--data-binary", "@-"]);
    curl.arg(format!("{}/add-checkpoint", witness.url()));
    match curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
        Err(_) => {
            assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "curl is not installed");
            eprintln!("skipped: no curl on this machine");
        }
        Ok(mut curl) => {
            curl.stdin.take().unwrap().write_all(ask.as_bytes()).unwrap();
            let output = curl.wait_with_output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), "2\n409 text/x.tlog.size");
        }
    }
}

/// Yesterday's log and packs are put back and continued otherwise, with all keys of the operator.
#[test]
fn a_log_that_was_put_back_and_forked_finds_no_witness() {
    let (desk, [witness, _other]) = witnessed();
    let seen = |name: &str| desk.write(name, &head(&desk));
    for folder in ["log", "out/packs"] {
        copy(&desk.path(&format!("co/{folder}")), &desk.path(&folder.replace('/', "-")));
    }
    seen("co/before");
    run(&desk).exits(1);
    seen("co/seen");
    tieout(&desk, "log fsck --seen before").exits(0).prints(&[
        "HOLDS",
        "  new     entry ",
        ": pack `",
    ]);
    tieout(&desk, "log fsck --seen seen").exits(0).prints(&["HOLDS"]);
    for folder in ["log", "out/packs"] {
        std::fs::remove_dir_all(desk.path(&format!("co/{folder}"))).unwrap();
        copy(&desk.path(&folder.replace('/', "-")), &desk.path(&format!("co/{folder}")));
    }
    tieout(&desk, "log fsck").exits(0);
    let cut = tieout(&desk, "log fsck --seen seen");
    cut.exits(4).prints(&["had 4 entries and has 2", "an older copy was put back", "BROKEN"]);
    let put_back = tieout(&desk, "log checkpoint --cosign");
    put_back.exits(3).says(&["has cosigned 4 entries and the log has 2", "warning[not-witnessed]"]);
    assert_eq!(witness.status(&format!("old 0\n\n{}", head(&desk))), 409);
    // As long as the other history is, it is another one.
    let ran = desk.tieout_in("co", &["run", "--only", "RET-01"], &[]);
    ran.says(&["another log of 4 entries: there are two histories"]);
    assert_eq!(witness.status(&format!("old 4\n\n{}", head(&desk))), 409);
    let rewritten = tieout(&desk, "log fsck --seen seen");
    rewritten.exits(4).prints(&["its first 4 entries are others than were seen"]);
    let ran = desk.tieout_in("co", &["run", "--only", "RET-01"], &[]);
    ran.says(&["does not continue what it has cosigned: there are two histories"]);
    let newest = packs(&desk).pop().unwrap();
    under_policy(&desk, &newest).exits(4).prints(&["0 of the policy's 2 witnesses"]);
    let hash = "A".repeat(43) + "=";
    assert_eq!(witness.status(&format!("old 4\n{hash}\n\n{}", head(&desk))), 422);
}

/// The witness dies between writing what it cosigned and saying so: as it would by kill -9 at its first write to
/// a connection.
#[cfg(target_os = "linux")]
#[test]
fn a_witness_killed_before_its_answer_remembers_what_it_cosigned() {
    let (desk, [witness, _other]) = witnessed();
    let address = witness.address().to_owned();
    witness.stop();
    let args = Witness::command(&desk, "w1", &address);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=sendto"]);
    strace.args(["-e", "inject=sendto:signal=KILL:when=1"]).arg(env!("CARGO_BIN_EXE_tieout"));
    strace.args(&args).current_dir(desk.path("co")).env_clear().env("PATH", "/usr/bin:/bin");
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "strace is not installed");
        eprintln!("skipped: no strace on this machine");
        return;
    }
    let note = head(&desk);
    let ask = |old: usize| format!("old {old}\n\n{note}");
    {
        let mut dying = Witness::of(strace, &desk, "w1");
        let mut stream = TcpStream::connect(dying.address()).unwrap();
        let body = ask(0);
        let head =
            format!("POST /add-checkpoint HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = Vec::new();
        // It ends, by an end or by a reset, and without an answer.
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
        assert!(!dying.child.wait().unwrap().success());
    }
    let witness = Witness::start(&desk, "w1", &address);
    assert_eq!(witness.post(&ask(0)).2, "2\n", "it was cosigned, and nothing begins anew");
    assert_eq!(witness.status(&ask(2)), 200, "whoever did not hear asks again");
}

#[test]
fn what_is_wrong_with_a_witness_is_told_before_it_runs() {
    let desk = COMPANY.copy("co");
    let args = Witness::command(&desk, "w1", "127.0.0.1:0");
    let with = |from: &str, to: &str, passphrase: &str| {
        let args: Vec<String> =
            args.iter().map(|arg| if arg == from { to.to_owned() } else { arg.clone() }).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        desk.tieout_in("co", &args, &[(PASSPHRASE.0, passphrase)])
    };
    with("w1.pem", "keys/log.pem", "demo").exits(2).says(&["error[key-unfit]"]);
    with("w1.example", "a b", PASSPHRASE.1).exits(2).says(&["error[origin-invalid]"]);
    let vkey = std::fs::read_to_string(desk.path("co/w1.pem.vkey")).unwrap();
    let log = std::fs::read_to_string(desk.path("co/keys/log.pem.vkey")).unwrap();
    let wrong = with(log.trim(), vkey.trim(), PASSPHRASE.1);
    wrong.exits(2).says(&["error[key-unreadable]", "it is a witness's, not a log's"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    with("127.0.0.1:0", &address, PASSPHRASE.1).exits(2).says(&["error[address-unavailable]"]);
}

#[test]
fn a_policy_that_cannot_be_followed_is_told_before_anything_is_sealed() {
    let desk = COMPANY.copy("co");
    let settings = std::fs::read_to_string(desk.path("co/tieout.yaml")).unwrap();
    desk.write("co/tieout.yaml", &asking(&settings));
    run(&desk).exits(2).says(&["error[file-access]", "policy.txt"]);
    desk.write("co/policy.txt", "quorum\n");
    run(&desk).exits(2).says(&["error[policy-file-unreadable]", "policy.txt:1:1"]);
    desk.write("co/policy.txt", "quorum none\n");
    let told = run(&desk);
    told.exits(2).says(&["error[policy-of-another-log]", "tieout.yaml", "`log tieout.local/"]);
    assert_eq!(packs(&desk).len(), 1);
    desk.write("co/tieout.yaml", &settings);
    tieout(&desk, "log checkpoint --cosign").exits(2).says(&["error[witnesses-missing]"]);
}

#[test]
fn a_log_is_begun_once_and_its_key_with_it() {
    let desk = Desk::new();
    desk.tieout("deck generate co --rows 300 --faults none -q");
    let init = || desk.tieout_in("co", &["log", "init"], &[PASSPHRASE]);
    desk.tieout_in("co", &["log", "init"], &[]).exits(2).says(&["error[passphrase-missing]"]);
    let begun = init();
    begun.exits(0).prints(&["keys/log.pem.vkey\n", "log/checkpoint\n"]);
    let note = head(&desk);
    assert!(note.contains("\n0\n"), "{note}");
    assert_eq!(init().exits(0).out, "log/checkpoint\n");
    assert_eq!(head(&desk), note);
    tieout(&desk, "log fsck").exits(0).prints(&["HOLDS: entries 0"]);
    std::fs::remove_file(desk.path("co/keys/log.pem")).unwrap();
    init().exits(2).says(&["error[keys-missing]", "restore the key from its backup"]);
    assert_eq!(head(&desk), note);
}

#[test]
fn what_is_not_in_order_in_a_log_is_told() {
    let desk = COMPANY.copy("co");
    let fsck = |args: &str| tieout(&desk, &format!("log fsck {args}"));
    fsck("--expect keys/operator.pem.pub").exits(0);
    let told = fsck("--expect w1.pem.pub w2.pem.pub");
    told.exits(4).prints(&["FAILED  pack `", "signed by a key that was not expected", "BROKEN"]);
    fsck("--seen tieout.yaml").exits(2).says(&["error[head-unreadable]"]);
    let [name] = &packs(&desk)[..] else { panic!() };
    std::fs::rename(desk.path(&format!("co/out/packs/{name}")), desk.path("pack")).unwrap();
    fsck("").exits(0).prints(&["note    entry 1 has no pack"]);
    fsck("--expect keys/operator.pem.pub").exits(4).prints(&["nobody can tell who signed it"]);
    std::fs::write(desk.path("co/log/entries"), [7; 32]).unwrap();
    fsck("").exits(4).says(&["error[log-damaged]"]);
    std::fs::remove_dir_all(desk.path("co/log")).unwrap();
    fsck("").exits(2).says(&["error[file-access]", "log/checkpoint"]);
}

#[test]
fn an_entry_is_proved_by_its_index_and_by_its_pack() {
    let desk = COMPANY.copy("co");
    run(&desk).exits(1);
    let known = packs(&desk);
    let first = tieout(&desk, "log proof 1");
    first.exits(0).prints(&["c2sp.org/tlog-proof@v1\nindex 1\n", "\n4\n"]);
    let by_pack = tieout(&desk, &format!("log proof {}", known[0]));
    assert_eq!(by_pack.exits(0).out, first.out);
    let proofs = format!("co/out/packs/{}/proofs", known[0]);
    desk.write(&format!("{proofs}/statement.tlog-proof"), &first.out);
    let announced = tieout(&desk, "log proof 0");
    desk.write(&format!("{proofs}/intent.tlog-proof"), &announced.exits(0).out);
    desk.write(&format!("{proofs}/checkpoint"), &head(&desk));
    let keys = "--operator-key keys/operator.pem.pub --log-key keys/log.pem.vkey";
    tieout(&desk, &format!("verify {} {keys}", known[0])).exits(0);
    tieout(&desk, "log proof 4").exits(2).says(&["error[unknown-entry]", "it has 4 entries"]);
}

#[test]
fn a_log_is_published_once_and_no_other_in_its_place() {
    let desk = COMPANY.copy("co");
    copy(&desk.path("co/log"), &desk.path("older"));
    run(&desk).exits(1);
    let publish = || tieout(&desk, "log publish public");
    publish().exits(0).says(&["published: entries 4, new files 2"]);
    publish().exits(0).says(&["published: entries 4, new files 0"]);
    let served = std::fs::read_to_string(desk.path("co/public/checkpoint")).unwrap();
    assert_eq!(served, head(&desk));
    let bundle = std::fs::read(desk.path("co/public/tile/entries/000.p/4")).unwrap();
    let entries = std::fs::read(desk.path("co/log/entries")).unwrap();
    let bare: Vec<u8> = bundle.chunks(34).flat_map(|entry| &entry[2..]).copied().collect();
    assert_eq!(bare, entries);
    std::fs::remove_dir_all(desk.path("co/log")).unwrap();
    copy(&desk.path("older"), &desk.path("co/log"));
    publish().exits(4).says(&["error[log-not-published]", "an older copy was put back"]);
    assert_eq!(std::fs::read_to_string(desk.path("co/public/checkpoint")).unwrap(), served);
}

/// The guide, followed word for word, but for the port.
#[test]
fn the_guide_for_witnesses_can_be_followed_word_for_word() {
    let guide = include_str!("../../../docs/guide/witness.md");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let script = commands(guide).replace("127.0.0.1:8080", &free.to_string());
    let desk = Desk::new();
    // The runs have exceptions or none; either is an answer.
    let script =
        script.replace("tieout run --only RET-01", "tieout run --only RET-01 || [ $? = 1 ]");
    let (done, out, err) = desk.shell("-euc", &script);
    assert!(done && !err.contains("warning"), "{out}\n{err}");
    assert_eq!(out.matches("VALID: everything holds").count(), 2, "{out}");
    assert_eq!(out.matches("cosigned by `auditor.example/w1`").count(), 2, "{out}");
    assert!(out.contains("HOLDS: entries 6"), "{out}");
    assert!(desk.path("public/checkpoint").exists());
}
