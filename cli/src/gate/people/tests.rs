use super::*;

fn at(day: u32) -> DateTime<Utc> {
    chrono::NaiveDate::from_ymd_opt(2026, 1, day).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc()
}

fn held(from: u32, to: Option<u32>) -> Held {
    Held { from: at(from), to: to.map(at) }
}

fn account(account: &str, person: &str, kind: Kind) -> AccountRow {
    let person = (!person.is_empty()).then(|| person.to_owned());
    AccountRow { account: account.to_owned(), person, kind, held: held(1, Some(20)) }
}

fn directory() -> Directory {
    let accounts = vec![
        account("github:anna", "P1", Kind::Personal),
        account("git:Anna@Example.com", "P1", Kind::Personal),
        account("github:team", "P1", Kind::Shared),
        account("github:team", "P2", Kind::Shared),
        account("github:bot", "", Kind::Service),
        account("github:robot", "P2", Kind::Service),
        account("github:root", "P2", Kind::BreakGlass),
        account("github:two", "P1", Kind::Personal),
        account("github:TWO", "P2", Kind::Personal),
        account("github:nobody", "", Kind::Personal),
        account("github:blank", "  ", Kind::Personal),
        account("github:both", "P3", Kind::Personal),
        account("github:both", "P3", Kind::Service),
        account("github:twice", "P3", Kind::Personal),
        account("github:twice", "P3", Kind::Personal),
    ];
    let grant = |user: &str, role: &str, held| GrantRow {
        user_id: user.to_owned(),
        role: role.to_owned(),
        held,
    };
    let grants = vec![
        grant("P1", "lead", held(1, None)),
        grant("github:robot", "approver", held(1, None)),
        grant("github:team", "approver", held(1, None)),
        grant("P3", "approver", held(5, Some(10))),
    ];
    let role = |role: &str, parent: &str, held| RoleRow {
        role: role.to_owned(),
        parent: parent.to_owned(),
        held,
    };
    let roles = vec![
        role("lead", "member", held(1, None)),
        role("member", "approver", held(3, None)),
        role("approver", "lead", held(3, None)),
    ];
    let delegation = |from: &str, to: &str, held| DelegationRow {
        from: from.to_owned(),
        to: to.to_owned(),
        held,
    };
    let delegations = vec![
        delegation("P1", "P2", held(1, Some(10))),
        delegation("P2", "P3", held(1, None)),
        delegation("P3", "github:anna", held(1, None)),
        delegation("P9", "github:team", held(1, None)),
    ];
    Directory::new(accounts, grants, roles, delegations)
}

#[test]
fn an_account_is_somebody_only_where_one_person_is_certain() {
    let directory = directory();
    let known = |person: &str, kind| Who::Known(person.to_owned(), kind);
    for (account, who) in [
        ("github:anna", known("P1", Kind::Personal)),
        ("github:ANNA", known("P1", Kind::Personal)),
        ("git:anna@example.com", known("P1", Kind::Personal)),
        ("github:team", Who::Unknown(Kind::Shared)),
        ("github:bot", Who::Unknown(Kind::Service)),
        ("github:robot", known("P2", Kind::Service)),
        ("github:root", known("P2", Kind::BreakGlass)),
        ("github:two", Who::Unknown(Kind::Unknown)),
        ("github:nobody", Who::Unknown(Kind::Unknown)),
        ("github:blank", Who::Unknown(Kind::Unknown)),
        ("github:both", Who::Unknown(Kind::Unknown)),
        ("github:twice", known("P3", Kind::Personal)),
        ("github:absent", Who::Unknown(Kind::Unknown)),
        ("git:", Who::Unknown(Kind::Unknown)),
    ] {
        assert_eq!(directory.person(account, at(2)), who, "{account}");
    }
    // Before it was theirs, and from the instant at which it no longer is.
    assert_eq!(directory.person("github:anna", at(20)), Who::Unknown(Kind::Unknown));
}

#[test]
fn roles_are_held_through_roles_while_all_of_them_hold() {
    let directory = directory();
    assert!(directory.holds("P1", "lead", at(2)));
    assert!(directory.holds("P1", "member", at(2)));
    assert!(!directory.holds("P1", "approver", at(2)), "not yet in the hierarchy");
    assert!(directory.holds("P1", "approver", at(3)), "circles end");
    assert!(directory.holds("P2", "approver", at(2)), "by an account of the person");
    assert!(!directory.holds("github:team", "approver", at(2)), "a shared account is nobody");
    assert!(!directory.holds("P3", "approver", at(4)));
    assert!(directory.holds("P3", "approver", at(5)));
    assert!(!directory.holds("P3", "approver", at(10)));
}

#[test]
fn delegations_are_followed_through_others_and_in_circles() {
    let directory = directory();
    let acts =
        |person: &str, day| directory.acts_for(person, at(day)).into_iter().collect::<Vec<_>>();
    assert_eq!(acts("P2", 2), ["P1", "P3"]);
    assert_eq!(acts("P3", 2), ["P1", "P2"]);
    assert_eq!(acts("P1", 2), ["P2", "P3"]);
    assert_eq!(acts("P2", 10), [""; 0], "the first one has ended");
    assert_eq!(acts("P9", 2), [""; 0]);
}
