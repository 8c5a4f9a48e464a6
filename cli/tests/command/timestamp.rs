//! The log's head, timestamped by an authority of openssl's.

use crate::harness::{Desk, Ran};
use std::process::Command;

/// Makes an authority under a root of its own: the root's certificate is `root.pem`.
const AUTHORITY: &str =
    concat!("mkdir tsa; cd tsa\n", include_str!("../../../evidence/tests/evidence/tsa.sh"));
const REPLY: &str = "cd tsa; openssl ts -reply -config ts.cnf -section grants -queryfile ../co/head.tsq \
                     -out ../co/head.tsr";
const KEYS: &str = "--operator-key keys/operator.pem.pub --log-key keys/log.pem.vkey";

fn there() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok();
    assert!(there || std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "openssl is not installed");
    if !there {
        eprintln!("skipped: no openssl on this machine");
    }
    there
}

fn tieout(desk: &Desk, args: &str) -> Ran {
    desk.tieout_in("co", &args.split_whitespace().collect::<Vec<_>>(), &[])
}

fn packs(desk: &Desk) -> Vec<String> {
    let names = std::fs::read_dir(desk.path("co/out/packs")).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn shell(desk: &Desk, script: &str) -> String {
    let (done, out, err) = desk.shell("-euc", script);
    assert!(done, "{out}{err}");
    out
}

#[test]
fn an_authoritys_answer_goes_to_every_pack_that_has_none() {
    if !there() {
        return;
    }
    let desk = Desk::new();
    desk.tieout("demo --rows 300 --folder co --quiet").exits(0);
    shell(&desk, AUTHORITY);
    let asked = tieout(&desk, "log timestamp request --out head.tsq");
    assert_eq!(asked.exits(0).out, "head.tsq\nhead.tsq.checkpoint\n");
    asked.says(&["Content-Type: application/timestamp-query"]);
    assert_eq!(
        std::fs::read_to_string(desk.path("co/head.tsq.checkpoint")).unwrap(),
        tieout(&desk, "log checkpoint").exits(0).out
    );
    shell(&desk, REPLY);
    // The log goes on before the answer is there.
    desk.tieout_in("co", &["run", "--only", "FOC-R03"], &[]).exits(1);
    let known = packs(&desk);
    let add = "log timestamp add --request head.tsq head.tsr";
    let added = tieout(&desk, add);
    assert_eq!(added.exits(0).out.lines().count(), 1);
    added.says(&["timestamp: 20", "over a head of 2 entries", "its signature was not verified"]);
    added.says(&["packs that got it: 1; that have one already, and keep it: 0"]);
    let first = added.out.trim();
    assert!(known.iter().any(|name| name == first), "{first}");
    let again = tieout(&desk, add);
    assert_eq!(again.exits(0).out, "");
    again.says(&["packs that got it: 0; that have one already, and keep it: 1"]);
    let verified = tieout(&desk, &format!("verify {first} {KEYS}"));
    verified.exits(0).prints(&["timestamp: 20", "whose signature was not verified", "VALID"]);
    tieout(&desk, "log fsck").exits(0).prints(&["HOLDS: entries 4"]);

    // By the pack's own commands, under the authority's root and under nobody's.
    let script = format!(
        "cd 'co/out/packs/{first}'; sed -n '/^```sh$/,/^```$/p' VERIFY.md | sed '1d;$d' > ../commands\n\
         KEY=../../../keys/operator.pem.pub LOGKEY=../../../keys/log.pem.vkey"
    );
    let by_hand =
        shell(&desk, &format!("{script} TSA=../../../../tsa/root.pem sh ../commands 2>&1"));
    assert!(by_hand.contains("Verification: OK") && by_hand.ends_with("VERIFIED\n"), "{by_hand}");
    let without = shell(&desk, &format!("{script} sh ../commands 2>&1"));
    assert!(without.contains("timestamp not verified"), "{without}");
    std::fs::remove_file(desk.path("co/out/packs/commands")).unwrap();

    // The other pack gets the next one.
    tieout(&desk, "log timestamp request --out head.tsq --quiet").exits(0);
    let old = tieout(&desk, add);
    old.exits(2).says(&["error[timestamp-not-added]", "the token is over another text"]);
    shell(&desk, REPLY);
    let added = tieout(&desk, add);
    let second = known.iter().find(|name| *name != first).unwrap();
    assert_eq!(added.exits(0).out, format!("{second}\n"));
    tieout(&desk, &format!("verify {second} {KEYS}")).exits(0).prints(&["timestamp: 20"]);
    std::fs::remove_file(desk.path(&format!("co/out/packs/{second}/proofs/timestamp.tsr")))
        .unwrap();
    let half = tieout(&desk, &format!("verify {second} {KEYS}"));
    half.exits(4).prints(&["`proofs/timestamp.tsr` is missing", "INVALID"]);
}

#[test]
fn what_is_no_answer_is_not_added() {
    if !there() {
        return;
    }
    let desk = Desk::new();
    desk.tieout("demo --rows 300 --folder co --quiet").exits(0);
    shell(&desk, AUTHORITY);
    tieout(&desk, "log timestamp request --out head.tsq").exits(0);
    shell(&desk, REPLY);
    let add =
        |response: &str| tieout(&desk, &format!("log timestamp add --request head.tsq {response}"));
    add("absent.tsr").exits(2).says(&["error[file-access]", "absent.tsr"]);
    add("tieout.yaml").exits(2).says(&["error[timestamp-not-added]", "not a time-stamp response"]);
    let swapped = tieout(&desk, "log timestamp add --request head.tsr head.tsq");
    swapped.exits(2).says(&["error[timestamp-not-added]", "`head.tsr` is no request of ours"]);
    // The same head, asked about again.
    shell(&desk, "cp co/head.tsr co/older.tsr");
    tieout(&desk, "log timestamp request --out head.tsq").exits(0);
    add("older.tsr").exits(2).says(&["error[timestamp-not-added]", "its nonce differs"]);
    std::fs::remove_file(desk.path("co/head.tsq.checkpoint")).unwrap();
    add("head.tsr").exits(2).says(&["error[file-access]", "head.tsq.checkpoint"]);
    let [name] = &packs(&desk)[..] else { panic!() };
    assert!(!desk.path(&format!("co/out/packs/{name}/proofs/timestamp.tsr")).exists());
}
