use super::*;
use crate::gate::people::{AccountRow, Directory, Held, Kind};
use std::collections::BTreeMap;
use tieout_controls::Value;

const GOOD: [(&str, &str); 13] = [
    ("id", "W-1"),
    ("control", "RT-01"),
    ("scope", "service_id = 'S-1'"),
    ("reason", "migration"),
    ("ticket", "CHG-1"),
    ("requester", "anna"),
    ("approver", "ben"),
    ("beneficiary", "carla"),
    ("start", "2026-03-01"),
    ("expiry", "2026-04-01"),
    ("zone", "Europe/Berlin"),
    ("amount", "100.00"),
    ("currency", "EUR"),
];

fn with(changes: &[(&str, &str)]) -> String {
    let value = |name: &'static str, old: &'static str| {
        changes.iter().find(|(n, _)| *n == name).map_or(old, |(_, new)| *new)
    };
    item(&GOOD.map(|(name, old)| (name, value(name, old))))
}

fn one(changes: &[(&str, &str)]) -> Waiver {
    read("w.yaml", &with(changes)).unwrap().remove(0)
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

#[test]
fn a_waiver_holds_from_its_first_day_to_its_expiry_in_its_zone() {
    let waiver = one(&[]);
    for (instant, state) in [
        ("2026-02-28T22:59:59Z", State::Pending),
        ("2026-02-28T23:00:00Z", State::Active),
        ("2026-03-31T21:59:59Z", State::Active),
        // Summer time has begun meanwhile.
        ("2026-03-31T22:00:00Z", State::Expired),
    ] {
        assert_eq!(waiver.state(at(instant)), state, "{instant}");
    }
    let plain = "- {id: W, control: C, scope: a = 1, reason: r, ticket: 17, requester: a, \
                 approver: b, beneficiary: c, start: 2026-01-01, expiry: 2027-01-01, zone: UTC, \
                 exposure: {amount: 1000.10, currency: EUR}}\n";
    let waiver = read("w.yaml", plain).unwrap().remove(0);
    assert_eq!(waiver.exposure.amount.to_string(), "1000.10");
    assert_eq!(waiver.ticket, "17");
}

#[test]
fn everything_that_is_wrong_is_told_with_its_place() {
    for (name, value, code, line) in [
        ("id", " ", "waiver-incomplete", 1),
        ("control", "", "waiver-incomplete", 2),
        ("scope", "", "waiver-incomplete", 3),
        ("scope", "delta < x", "waiver-scope", 3),
        ("reason", "", "waiver-incomplete", 4),
        ("ticket", "", "waiver-incomplete", 5),
        ("requester", "", "waiver-incomplete", 6),
        ("requester", "Ben ", "waiver-approver", 7),
        ("approver", "", "waiver-incomplete", 7),
        ("beneficiary", "BEN", "waiver-approver", 7),
        ("start", "", "waiver-incomplete", 9),
        ("start", "2026-3-1", "waiver-dates", 9),
        ("start", "2026-02-30", "waiver-dates", 9),
        ("start", "2026-04-01", "waiver-dates", 10),
        ("expiry", "", "waiver-incomplete", 10),
        ("expiry", "never", "waiver-dates", 10),
        ("expiry", "2027-03-02", "waiver-dates", 10),
        ("zone", "CEST", "waiver-dates", 11),
        ("amount", "", "waiver-incomplete", 13),
        ("amount", "-1", "waiver-exposure", 13),
        ("amount", "1,000", "waiver-exposure", 13),
        ("currency", "EURO", "waiver-exposure", 14),
    ] {
        let failed = read("w.yaml", &with(&[(name, value)])).unwrap_err();
        let found: Vec<_> =
            failed.diagnostics.iter().map(|d| (d.code, d.place.as_ref().unwrap().line)).collect();
        assert_eq!(found, [(code, line)], "{name}: {value:?}");
    }
    assert!(read("w.yaml", &with(&[("expiry", "2027-03-01")])).is_ok(), "a year");
    let twice = with(&[("approver", "")]) + &with(&[("zone", "x")]);
    let codes: Vec<_> =
        read("w.yaml", &twice).unwrap_err().diagnostics.into_iter().map(|d| d.code).collect();
    assert_eq!(codes, ["waiver-incomplete", "waiver-incomplete", "waiver-dates"]);
    for form in ["approver: a\n", "- approver: a\n", "- {zz: 1}\n"] {
        assert_eq!(read("w.yaml", form).unwrap_err().diagnostics[0].code, "yaml-invalid");
    }
    let without = with(&[]).replace("  expiry: \"2026-04-01\"\n", "");
    assert!(read("w.yaml", &without).unwrap_err().diagnostics[0].message.contains("expiry"));
}

fn exception(key: &str, service: &str, stake: Stake) -> Exception {
    let record = BTreeMap::from([("service_id".to_owned(), Value::String(service.to_owned()))]);
    Exception { key: key.to_owned(), control: "RT-01".to_owned(), record, stake }
}

fn of(amount: &str, currency: &str) -> Stake {
    let amount = Decimal::parse(amount).unwrap();
    Stake::Of(Money { amount, currency: currency.to_owned() })
}

fn waived(applied: &Applied) -> Vec<(&str, &str)> {
    applied.waived.iter().map(|(key, waiver)| (key.as_str(), waiver.as_str())).collect()
}

#[test]
fn what_is_in_scope_is_waived_up_to_the_exposure() {
    let waivers = [one(&[])];
    let mut exceptions = vec![
        exception("a", "S-1", of("-60.00", "EUR")),
        exception("b", "S-2", of("1", "EUR")),
        exception("c", "S-1", of("40.00", "EUR")),
        exception("d", "S-1", of("0.01", "EUR")),
        exception("e", "S-1", of("0", "EUR")),
    ];
    let now = at("2026-03-10T00:00:00Z");
    let applied = apply(&waivers, &exceptions[..3], now).unwrap();
    assert_eq!(waived(&applied), [("a", "W-1"), ("c", "W-1")]);
    assert_eq!(applied.exceeded, []);
    // What is above waives nothing more, not even what would be free.
    let applied = apply(&waivers, &exceptions, now).unwrap();
    assert_eq!(waived(&applied), [("a", "W-1"), ("c", "W-1")]);
    let exceeded = applied.exceeded.first().unwrap();
    assert_eq!((exceeded.waiver.as_str(), exceeded.first.as_str()), ("W-1", "d"));
    assert_eq!(exceeded.waived, Decimal::parse("100").unwrap());
    exceptions.reverse();
    assert_eq!(apply(&waivers, &exceptions, now).unwrap(), applied, "in any order");
}

#[test]
fn money_that_cannot_be_measured_is_not_waived() {
    let exceptions = [
        exception("a", "S-1", Stake::Unknown),
        exception("b", "S-1", of("1", "USD")),
        exception("c", "S-1", Stake::None),
    ];
    let applied = apply(&[one(&[])], &exceptions, at("2026-03-10T00:00:00Z")).unwrap();
    assert_eq!(waived(&applied), [("c", "W-1")]);
    let unmeasured: Vec<_> = applied.unmeasured.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(unmeasured, ["a", "b"]);
}

#[test]
fn expired_pending_and_unused_waivers_waive_nothing() {
    let waivers = [
        one(&[]),
        one(&[("id", "W-2"), ("scope", "service_id = 'S-9'")]),
        one(&[("id", "W-3"), ("control", "RT-02")]),
        one(&[("id", "W-0"), ("start", "2026-04-01"), ("expiry", "2026-05-01")]),
    ];
    let exceptions = [exception("a", "S-1", Stake::None)];
    let applied = apply(&waivers, &exceptions, at("2026-03-10T00:00:00Z")).unwrap();
    assert_eq!(waived(&applied), [("a", "W-1")]);
    assert_eq!(applied.unused, ["W-2", "W-3"].map(str::to_owned).into());
    assert!(applied.expired.is_empty());
    let applied = apply(&waivers, &exceptions, at("2026-04-10T00:00:00Z")).unwrap();
    assert_eq!(waived(&applied), [("a", "W-0")]);
    assert_eq!(applied.expired, ["W-1", "W-2", "W-3"].map(str::to_owned).into());
}

#[test]
fn an_exception_is_waived_once_by_the_first_that_covers_it() {
    let waivers = [one(&[("id", "W-2")]), one(&[("amount", "1")])];
    let exceptions =
        [exception("a", "S-1", of("1", "EUR")), exception("b", "S-1", of("100", "EUR"))];
    let applied = apply(&waivers, &exceptions, at("2026-03-10T00:00:00Z")).unwrap();
    assert_eq!(waived(&applied), [("a", "W-1"), ("b", "W-2")]);
    assert_eq!(applied.exceeded.len(), 1);
}

#[test]
fn a_scope_of_an_unknown_column_is_an_error() {
    let exceptions = [exception("a", "S-1", Stake::None)];
    let waivers = [one(&[("scope", "service = 'S-1'")])];
    for now in ["2026-03-10T00:00:00Z", "2026-08-10T00:00:00Z"] {
        let failed = apply(&waivers, &exceptions, at(now)).unwrap_err();
        assert_eq!(failed.diagnostics[0].code, "waiver-scope");
        assert_eq!(failed.diagnostics[0].place.as_ref().unwrap().line, 3);
    }
}

#[test]
fn two_accounts_of_one_person_are_one() {
    let from = at("2026-01-01T00:00:00Z");
    let account = |account: &str, person: &str| AccountRow {
        account: account.to_owned(),
        person: Some(person.to_owned()),
        kind: Kind::Personal,
        held: Held { from, to: None },
    };
    let accounts = vec![
        account("anna", "P1"),
        account("ben", "P2"),
        account("b.adm", "P2"),
        account("x", "P3"),
    ];
    let directory = Directory::new(accounts, Vec::new(), Vec::new(), Vec::new());
    let check = |changes: &[(&str, &str)]| one_person(&[one(changes)], &directory, from);
    assert!(check(&[]).is_ok());
    assert!(check(&[("requester", "b.adm")]).is_err());
    assert!(check(&[("beneficiary", "b.adm")]).is_err());
    assert!(check(&[("approver", "stranger")]).is_err());
    assert!(check(&[("requester", "stranger")]).is_err());
    assert!(one_person(&[one(&[])], &Directory::default(), from).is_err());
}

/// The example of InSpec's own page.
#[test]
fn a_file_of_inspec_is_read_and_nothing_invented() {
    let source = "waiver_control_1_2_3:\n  expiration_date: 2019-10-15\n  justification: Not needed \
                  until Q3. @secteam\n\nxccdf_org.cisecurity.benchmarks_rule_1.1.1.4_Ensure:\n  \
                  expiration_date: 2020-03-01\n  justification: \"This might be a bug in the test. \
                  @qateam\"\n  run: false\n\nforever:\n  run: yes\n  justification: \"a: 'b' \\\"c\\\"\"\n";
    let (text, number, permanent) = import("i.yaml", source, "Europe/Berlin").unwrap();
    assert_eq!((number, permanent), (3, 1));
    let failed = read("w.yaml", &text).unwrap_err();
    assert!(failed.diagnostics.iter().all(|d| d.code == "waiver-incomplete"));
    let named = |name: &str| {
        let of = |d: &&Diagnostic| d.message.starts_with(&format!("`{name}`"));
        failed.diagnostics.iter().filter(of).count()
    };
    assert_eq!(["approver", "requester", "scope", "start", "amount"].map(named), [3; 5]);
    assert_eq!(["reason", "control", "id", "zone"].map(named), [0; 4]);
    assert_eq!(named("expiry"), 1);
    for wrong in ["- a\n", "a: b\n", "a:\n  expires: 2020-01-01\n"] {
        assert!(import("i.yaml", wrong, "UTC").is_err(), "{wrong}");
    }
}
