//! Keys and their people, sign-offs and dispositions, from the command line.

use crate::harness::{Desk, Ran};
use tieout_evidence::dsse::Envelope;
use tieout_evidence::key::SigningKey;

const PASSPHRASE: [(&str, &str); 1] = [("TIEOUT_PASSPHRASE", "open sesame")];
const AUTHORITY: [&str; 2] = ["--authority-key", "people/authority.pem.pub"];
const ANCHOR: [&str; 4] =
    ["--operator-key", "keys/operator.pem.pub", "--log-key", "keys/log.pem.vkey"];

fn tieout(desk: &Desk, args: &[&str]) -> Ran {
    desk.tieout_in("deck", args, &PASSPHRASE)
}

/// Puts a statement into the log, under the authority.
fn submit(desk: &Desk, files: &[&str]) -> Ran {
    tieout(desk, &[&["submit"], files, &AUTHORITY].concat())
}

/// A sealed run of one control with three exceptions, by own keys, and two people whose keys the authority enrolled.
fn company() -> (Desk, String) {
    let desk = Desk::new();
    desk.tieout("deck generate deck --seed 7 --rows 2000 --faults FOC-R03,RT-01").exits(0);
    for (role, file) in [
        ("operator", "keys/operator.pem"),
        ("log", "keys/log.pem"),
        ("authority", "people/authority.pem"),
        ("reviewer", "people/anna.pem"),
        ("reviewer", "people/ben.pem"),
    ] {
        tieout(&desk, &["key", "new", "--role", role, file]).exits(0);
    }
    tieout(&desk, &["run", "--only", "FOC-R03"]).exits(1);
    for (number, person) in [("1", "anna"), ("2", "ben")] {
        let (public, pseudonym) = (format!("people/{person}.pem.pub"), format!("p-{person}"));
        let told = format!("{person}.json");
        let of = ["key", "enrol", &public, "--role", "reviewer", "--person", &pseudonym];
        let by = ["--number", number, "--sign-with", "people/authority.pem", "-o", &told];
        tieout(&desk, &[&of[..], &by].concat()).exits(0);
    }
    submit(&desk, &["anna.json", "ben.json"]).exits(0).prints(&["log index 2", "log index 3"]);
    let mut packs = std::fs::read_dir(desk.path("deck/out/packs")).unwrap();
    let name = packs.next().unwrap().unwrap().file_name().into_string().unwrap();
    (desk, format!("out/packs/{name}"))
}

fn sign_off(desk: &Desk, pack: &str, role: &str, person: &str, file: &str) -> Ran {
    let key = format!("people/{person}.pem");
    let what = ["sign-off", "review", pack, "--as", role, "--conclusion", "concurs"];
    let by = ["--scope", "all of it", "--sign-with", &key, "-o", file];
    tieout(desk, &[&what[..], &by, &ANCHOR].concat())
}

#[test]
fn a_pack_is_signed_off_by_two_and_its_exceptions_are_shown_gross_and_net() {
    let (desk, pack) = company();
    let listed = tieout(&desk, &[&["key", "list"][..], &AUTHORITY].concat());
    listed.exits(0).prints(&["p-anna  from index 3 on", "p-ben   from index 4 on"]);
    sign_off(&desk, &pack, "preparer", "ben", "prepared.json").exits(0);
    submit(&desk, &["prepared.json"]).exits(0);
    // Who prepared does not review, and what breaks a rule doesn't get into the log.
    sign_off(&desk, &pack, "reviewer", "ben", "own.json").exits(0);
    submit(&desk, &["own.json"]).exits(4).says(&["error[statement-refused]", "preparer"]);
    sign_off(&desk, &pack, "reviewer", "anna", "reviewed.json").exits(0);
    submit(&desk, &["reviewed.json"]).exits(0);
    let what = ["dispose", "of", &pack, "--control", "FOC-R03", "--records", "0,1"];
    let how = ["--kind", "false-positive", "--reason", "the supplier's rounding"];
    let by = ["--sign-with", "people/ben.pem", "-o", "disposed.json"];
    tieout(&desk, &[&what[..], &how, &by, &ANCHOR].concat()).exits(0);
    submit(&desk, &["disposed.json"]).exits(0);
    let show = |desk: &Desk| {
        tieout(desk, &[&["pack", "show", pack.as_str()][..], &ANCHOR, &AUTHORITY].concat())
    };
    // Until a reviewer cleared it, a disposition counts nothing.
    let ran = show(&desk);
    let net = |ran: &Ran| ran.out.lines().last().unwrap().trim().to_owned();
    assert!(net(ran.exits(0)).ends_with("3 exceptions 17.24 EUR"), "{}", ran.out);
    let clear = ["dispose", "clear", "disposed.json", "-o", "cleared.json", "--sign-with"];
    tieout(&desk, &[&clear[..], &["people/anna.pem"]].concat()).exits(0);
    submit(&desk, &["cleared.json"]).exits(0);
    let ran = show(&desk);
    ran.exits(0).prints(&["`p-anna` as reviewer concurs", "3 exceptions 17.24 EUR"]);
    ran.prints(&["2 false positive  1 exception -0.01 EUR"]);
    // So do reports that people read; to who knows no authority nothing is cleared.
    for format in ["text", "html"] {
        let report = ["report", &pack, "-o", format];
        let told = tieout(&desk, &[&report[..], &ANCHOR, &AUTHORITY].concat());
        told.exits(0).prints(&["Exceptions gross and net on", "`p-anna` as reviewer concurs"]);
        told.prints(&["3 exceptions 17.24 EUR", "2 false positive", "1 exception -0.01 EUR"]);
        let told = tieout(&desk, &[&report[..], &ANCHOR].concat());
        told.exits(3).prints(&["unknown key"]);
        assert!(!told.out.contains("2 false positive"), "{}", told.out);
    }
    // With the pack go the sign-offs: to whoever has the authority's key they are valid.
    let verify = ["verify", &pack];
    tieout(&desk, &[&verify[..], &ANCHOR, &AUTHORITY].concat()).exits(0).prints(&["VALID"]);
    tieout(&desk, &[&verify[..], &ANCHOR].concat()).exits(3).prints(&["unknown key"]);
    let folder = desk.path("deck").join(&pack).join("reviews");
    let mut names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let envelope = names.find(|path| path.extension().is_some_and(|e| e == "json")).unwrap();
    let text = std::fs::read_to_string(&envelope).unwrap();
    let sig = text.find("\"sig\":\"").unwrap() + 7;
    let other = if text[sig..].starts_with('A') { "B" } else { "A" };
    std::fs::write(&envelope, [&text[..sig], other, &text[sig + 1..]].concat()).unwrap();
    tieout(&desk, &[&verify[..], &ANCHOR, &AUTHORITY].concat()).exits(4).prints(&["INVALID"]);
}

/// What a stolen key signs after the theft does not count, however it is dated.
#[test]
fn a_revoked_key_signs_nothing_off() {
    let (desk, pack) = company();
    let revoke = ["key", "revoke", "people/ben.pem.pub", "--compromised-since", "4"];
    let by = ["--reason", "lost", "--number", "3", "--sign-with", "people/authority.pem"];
    tieout(&desk, &[&revoke[..], &by, &["-o", "revoked.json"]].concat()).exits(0);
    submit(&desk, &["revoked.json"]).exits(0);
    sign_off(&desk, &pack, "preparer", "ben", "late.json").exits(0);
    submit(&desk, &["late.json"]).exits(4).says(&["error[statement-refused]"]);
    sign_off(&desk, &pack, "preparer", "anna", "prepared.json").exits(0);
    submit(&desk, &["prepared.json"]).exits(0);
}

/// What somebody signs with another tool is held against the pack's lines as well, before it is in the log.
#[test]
fn a_disposition_of_what_the_pack_does_not_have_stays_out_of_the_log() {
    let (desk, pack) = company();
    let what = ["dispose", "of", &pack, "--control", "FOC-R03", "--records", "0,1"];
    let how = ["--kind", "false-positive", "--reason", "the supplier's rounding"];
    let by = ["--sign-with", "people/ben.pem", "-o", "disposed.json"];
    tieout(&desk, &[&what[..], &how, &by, &ANCHOR].concat()).exits(0);
    let key = SigningKey::read(&desk.path("deck/people/ben.pem"), "open sesame", false).unwrap();
    let signed = std::fs::read(desk.path("deck/disposed.json")).unwrap();
    let text = String::from_utf8(Envelope::parse(&signed).unwrap().payload).unwrap();
    let before = std::fs::read(desk.path("deck/log/checkpoint")).unwrap();
    for (from, to, told) in [
        (r#""records":["0","1"]"#, r#""records":["0","99"]"#, "the record 99 of the pack is no"),
        (r#""control":"FOC-R03""#, r#""control":"FOC-R04""#, "the pack has no control"),
        (r#""records":["0","1"]"#, r#""records":["0","2"]"#, "other amounts"),
    ] {
        assert!(text.contains(from), "{text}");
        let wrong = key.envelope(text.replace(from, to).into_bytes()).to_bytes();
        std::fs::write(desk.path("deck/wrong.json"), wrong).unwrap();
        submit(&desk, &["wrong.json"]).exits(4).says(&["error[statement-refused]", told]);
        assert_eq!(std::fs::read(desk.path("deck/log/checkpoint")).unwrap(), before);
    }
    submit(&desk, &["disposed.json"]).exits(0);
}
