//! Exceptions gross and net of what people decided about them.

use crate::fixture::{billed, run_of, violates};
use crate::story::{ANNA, BRUNO, Story};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use tieout_controls::{Count, Decimal, Totals};
use tieout_evidence::people::disposition::Decision;
use tieout_evidence::people::net::Figure;
use tieout_evidence::people::{Disposition, Kind, Net, NetError, net_of};
use tieout_evidence::verify::VerifiedPack;

/// Lines 0 to 4: exceptions of 0.05 EUR and −1.25 EUR, an undetermined record, one of 0.10 EUR, and one
/// without an amount.
fn pack() -> VerifiedPack {
    let workspace = Workspace::new();
    let billing = vec![
        billed(1, violates("differs", Some("0.05"), None, None)),
        billed(2, violates("differs", Some("-1.25"), None, None)),
        billed(3, undetermined()),
        billed(4, violates("differs", Some("0.10"), None, None)),
        billed(5, violates("differs", None, None, None)),
    ];
    let sealed = workspace.try_seal(&run_of(Vec::new(), billing, Vec::new()), 0).unwrap();
    workspace.verify(&sealed.folder).pack.unwrap()
}

fn undetermined() -> tieout_controls::Decision {
    let fixture = crate::fixture::fixture();
    let one = fixture.records.into_iter().map(|record| record.decision);
    one.into_iter().find(|d| matches!(d, tieout_controls::Decision::Undetermined { .. })).unwrap()
}

fn euros(amount: &str) -> Totals {
    Totals(BTreeMap::from([("EUR".to_owned(), Decimal::parse(amount).unwrap())]))
}

fn about(records: &[u64], kind: Kind, amounts: Totals) -> Disposition {
    Disposition {
        control: "FOC-R03".parse().unwrap(),
        records: Some(records.iter().map(|record| Count(*record)).collect()),
        kind,
        amounts,
        reason: "looked at".to_owned(),
        date: "2026-02-11".parse().unwrap(),
        expires: None,
    }
}

fn on(pack: &VerifiedPack, made: &[(&Disposition, bool)], day: &str) -> Result<Net, NetError> {
    let nets = net_of(&pack.result, &pack.records, made, day.parse().unwrap())?;
    Ok(nets.into_iter().find(|net| net.control.to_string() == "FOC-R03").unwrap())
}

fn net(pack: &VerifiedPack, made: &[(&Disposition, bool)]) -> (u64, Totals) {
    let net = on(pack, made, "2026-06-01").unwrap();
    let whole = Figure { count: Count(4), amounts: euros("-1.10") };
    assert_eq!(net.gross, whole, "gross never changes");
    let cleared: u64 = net.cleared.values().map(|figure| figure.count.0).sum();
    assert_eq!(net.net.count.0 + cleared, 4);
    (net.net.count.0, net.net.amounts)
}

#[test]
fn net_is_gross_less_what_was_cleared() {
    let pack = pack();
    assert_eq!(net(&pack, &[]), (4, euros("-1.10")));
    for (kind, left) in [
        (Kind::FalsePositive, (2, euros("-1.25"))),
        (Kind::Remediated, (2, euros("-1.25"))),
        (Kind::AcceptedRisk, (2, euros("-1.25"))),
        (Kind::TrueException, (4, euros("-1.10"))),
    ] {
        let made = about(&[0, 3], kind, euros("0.15"));
        assert_eq!(net(&pack, &[(&made, true)]), left, "{kind}");
        // Without a reviewer it counts nothing.
        assert_eq!(net(&pack, &[(&made, false)]), (4, euros("-1.10")), "{kind}");
    }
    let whole = Disposition { records: None, ..about(&[0], Kind::Remediated, euros("-1.10")) };
    assert_eq!(net(&pack, &[(&whole, true)]), (0, euros("0")));
    let by_kind = on(&pack, &[(&whole, true)], "2026-06-01").unwrap().cleared;
    assert_eq!(by_kind.keys().copied().collect::<Vec<_>>(), [Kind::Remediated]);
    // One without an amount takes its count away, and no amount.
    let no_amount = about(&[4], Kind::FalsePositive, Totals::default());
    assert_eq!(net(&pack, &[(&no_amount, true)]), (3, euros("-1.10")));
}

#[test]
fn an_expired_disposition_counts_nothing() {
    let pack = pack();
    let until = Some("2026-06-30".parse().unwrap());
    let risk = Disposition { expires: until, ..about(&[1], Kind::AcceptedRisk, euros("-1.25")) };
    for (day, left) in [("2026-06-30", 3), ("2026-07-01", 4)] {
        assert_eq!(on(&pack, &[(&risk, true)], day).unwrap().net.count, Count(left), "{day}");
    }
    // A later one decides alone: where it expired, the earlier one doesn't come back.
    let first = about(&[1], Kind::FalsePositive, euros("-1.25"));
    let both = [(&first, true), (&risk, true)];
    assert_eq!(on(&pack, &both, "2026-07-01").unwrap().net.count, Count(4));
    let refused = [(&first, true), (&risk, false)];
    assert_eq!(on(&pack, &refused, "2026-07-01").unwrap().net.count, Count(3));
    // And a record that two are about is cleared once.
    let again = about(&[0, 1], Kind::FalsePositive, euros("-1.20"));
    assert_eq!(net(&pack, &[(&first, true), (&again, true)]), (2, euros("0.10")));
}

#[test]
fn what_is_no_exception_is_not_disposed_of() {
    let pack = pack();
    let fine = about(&[0], Kind::FalsePositive, euros("0.05"));
    let one = |made: &Disposition| on(&pack, &[(made, false)], "2026-06-01").map(drop);
    assert_eq!(one(&fine), Ok(()));
    let of = |control: &str| Disposition { control: control.parse().unwrap(), ..fine.clone() };
    for (made, error) in [
        (about(&[2], Kind::FalsePositive, Totals::default()), NetError::NoException(Count(2))),
        (about(&[0, 9], Kind::FalsePositive, euros("0.05")), NetError::NoException(Count(9))),
        (about(&[0], Kind::FalsePositive, euros("0.06")), NetError::Amounts),
        (about(&[0], Kind::FalsePositive, Totals::default()), NetError::Amounts),
        (of("CM-02"), NetError::NoException(Count(0))),
        (of("RT-01"), NetError::Control("RT-01".parse().unwrap())),
        (
            Disposition { records: None, ..of("CM-02") },
            NetError::NoExceptions("CM-02".parse().unwrap()),
        ),
    ] {
        assert_eq!(one(&made), Err(error));
    }
}

/// From the log to the figure: the disposition stands, its clearance counts, and one that states another
/// amount than the pack is a finding.
#[test]
fn what_the_log_clears_is_what_is_net() {
    let pack = pack();
    for (amount, left) in [("0.05", 3), ("0.04", 4)] {
        let mut story = Story::new();
        let made = story.of_pack(ANNA, &about(&[0], Kind::FalsePositive, euros(amount)));
        story.clear(BRUNO, made, Decision::Cleared);
        let mut file = story.file();
        file.hold_against(&pack.result, &pack.records);
        assert_eq!(file.findings.is_empty(), left == 3, "{:?}", file.findings);
        assert_eq!(net(&pack, &file.dispositions()).0, left);
    }
}
