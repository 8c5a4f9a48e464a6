//! Controls of allocation: pools, keys and what recipients bear.

use super::{Table, says};

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

fn pool(id: &str, rest: &str) -> String {
    format!("pool_id={id} period=2025-03 currency=EUR pass_through=0 key_id=K {rest}")
}

fn part(pool: &str, recipient: &str, rest: &str) -> String {
    format!(
        "pool_id={pool} period=2025-03 recipient={recipient} recipient_kind=cost-centre key_id=K currency=EUR {rest}"
    )
}

#[test]
fn shares_add_up_to_one() {
    let pools = [
        pool("whole", "amount=100"),
        pool("less", "amount=100"),
        pool("none", "amount=100"),
        pool("twice", "amount=40"),
        pool("twice", "amount=60"),
        pool("keyless", "amount=100 key_id="),
        pool("month", "amount=100 period=2025-04"),
    ];
    let third = "share=0.333333333333333333";
    let parts = [
        part("whole", "A", third),
        part("whole", "B", third),
        part("whole", "C", third),
        part("less", "A", "share=0.4"),
        part("less", "B", "share=0.599999999999999997"),
        part("twice", "A", "share=1"),
        part("month", "A", "share=1 period=2025-05"),
    ];
    says(
        "AL-01",
        &[("cost-pool-1", &texts(&pools)), ("allocation-result-1", &texts(&parts))],
        &[
            "less/2025-03: violates shares-off-one",
            "month/2025-04: violates not-divided -100",
            "none/2025-03: violates not-divided -100",
            "twice/2025-03: conforms",
            "whole/2025-03: conforms",
        ],
    );
}

/// A row of results that can't be read may be the part that is missing.
#[test]
fn a_refused_part_is_no_missing_one() {
    let pools = [pool("less", "amount=100"), pool("none", "amount=100")];
    let parts =
        [part("less", "A", "share=0.4"), part("less", "B", "share=0.6 recipient_kind=department")];
    says(
        "AL-01",
        &[("cost-pool-1", &texts(&pools)), ("allocation-result-1", &texts(&parts))],
        &[
            "refused allocation-result:recipient_kind:not-in-vocabulary",
            "less/2025-03: undetermined ?allocation-result",
            "none/2025-03: violates not-divided -100",
        ],
    );
}

#[test]
fn a_key_is_recorded_before_it_is_frozen() {
    let row = |recipient: &str, recorded: &str, frozen: &str| {
        format!(
            "key_id=K period=2025-03 recipient={recipient} recorded_at={recorded} frozen_at={frozen}"
        )
    };
    let rows = [
        row("A", "2025-04-03T23:00:00Z", "2025-04-04T01:00:00Z"),
        row("B", "2025-04-04T01:00:00Z", "2025-04-04T01:00:00Z"),
        row("C", "2025-04-04T01:00:01Z", "2025-04-04T01:00:00Z"),
        row("D", "2025-04-03T23:00:00Z", ""),
    ];
    // Borne by the recipient in two currencies: a row still is one record.
    let parts = [part("P", "C", "amount=10"), part("Q", "C", "amount=20 currency=CHF")];
    says(
        "AL-06",
        &[("allocation-key-1", &texts(&rows)), ("allocation-result-1", &texts(&parts))],
        &[
            "K/2025-03/A: conforms",
            "K/2025-03/B: conforms",
            "K/2025-03/C: violates recorded-after-freeze",
            "K/2025-03/D: undetermined ?frozen_at",
        ],
    );
}

fn entry(id: &str, buyer: &str, rest: &str) -> String {
    format!(
        "entry_id={id} seller=DE01 buyer={buyer} txn_date=2025-04-05 category=it-services pool_id=X-{buyer} period=2025-03 txn_amount=1 txn_ccy=EUR side=AR {rest}"
    )
}

fn centre(id: &str, entity: &str, from: &str, to: &str) -> String {
    format!("cc_id={id} entity={entity} valid_from={from} valid_to={to}")
}

const CENTRES: [(&str, &str, &str, &str); 6] = [
    ("A", "FR01", "2024-01-01", ""),
    // Another entity's from April on, in which the charge is booked.
    ("B", "FR01", "2024-01-01", "2025-04-01"),
    ("B", "IE01", "2025-04-01", ""),
    // Closed in March.
    ("C", "GB01", "2024-01-01", "2025-03-15"),
    ("M", "US01", "2024-01-01", "2025-03-10"),
    ("M", "US02", "2025-03-10", ""),
];

fn behind_charges(pools: &[String], parts: &[String], entries: &[String], expected: &[&str]) {
    let centres: Vec<_> = CENTRES.iter().map(|(id, e, from, to)| centre(id, e, from, to)).collect();
    let tables: [Table<'_>; 4] = [
        ("intercompany-1", &texts(entries)),
        ("cost-pool-1", &texts(pools)),
        ("allocation-result-1", &texts(parts)),
        ("cost-centre-1", &texts(&centres)),
    ];
    says("TP-04", &tables, expected);
}

#[test]
fn a_charge_rests_on_what_was_allocated() {
    let pools = [
        pool("P", "amount=1 entity=DE01"),
        pool("Q", "amount=1 entity=DE01"),
        pool("OTHER", "amount=1 entity=CH01"),
        pool("X-FR01", "amount=30 entity=DE01"),
        pool("X-GB01", "amount=7.01 entity=DE01"),
        pool("X-IE01", "amount=0 entity=DE01"),
        pool("X-NL01", "amount=4 entity=DE01"),
        pool("X-US01", "amount=5 entity=DE01"),
        pool("X-CHF", "amount=30 entity=DE01 currency=CHF"),
    ];
    let parts = [
        part("P", "A", "amount=10"),
        part("P", "B", "amount=12"),
        part("Q", "A", "amount=8"),
        part("P", "Q", "amount=99 recipient_kind=pool"),
        part("OTHER", "A", "amount=1000"),
        part("P", "A", "amount=1000 period=2025-02"),
        part("P", "C", "amount=7"),
        part("P", "M", "amount=5"),
        part("P", "NL01", "amount=4 recipient_kind=entity"),
    ];
    let entries = [
        entry("1", "FR01", ""),
        entry("2", "GB01", ""),
        entry("3", "IE01", ""),
        entry("4", "NL01", ""),
        entry("5", "US01", ""),
        entry("6", "FR02", "pool_id="),
        entry("7", "FR03", "pool_id=X-CHF"),
        entry("8", "FR01", "side=AP"),
        entry("9", "FR01", "category=recharge"),
    ];
    behind_charges(
        &pools,
        &parts,
        &entries,
        &[
            "1: conforms",
            "2: violates pool-off-allocation 0.01",
            "3: conforms",
            "4: conforms",
            "5: undetermined ?allocated",
            "6: undetermined ?pool_amount",
            "7: undetermined ?pool_amount",
        ],
    );
}

#[test]
fn what_nobody_is_charged_for_stands_at_the_first_entry() {
    let pools = [pool("P", "amount=1 entity=DE01"), pool("X-GB01", "amount=7 entity=DE01")];
    let parts = [
        part("P", "A", "amount=10"),
        part("P", "C", "amount=7"),
        part("P", "unknown", "amount=2"),
        part("P", "DE01", "amount=50 recipient_kind=entity"),
    ];
    let entries = [entry("1", "GB01", ""), entry("2", "IE01", "pool_id=X-GB01 txn_ccy=EUR")];
    behind_charges(
        &pools,
        &parts,
        &entries,
        &["1: violates allocation-uncharged -12", "2: violates pool-off-allocation 7"],
    );
    // Of two entries of a buyer and period either could be for all.
    let twice = [entry("1", "GB01", ""), entry("2", "GB01", "")];
    behind_charges(
        &pools,
        &parts[1..2],
        &twice,
        &["1: undetermined ?allocated", "2: undetermined ?allocated"],
    );
    // A pool without an owner could be anybody's.
    let nobody = [pool("P", "amount=1"), pools[1].clone()];
    behind_charges(&nobody, &parts[1..2], &twice[..1], &["1: undetermined ?allocated"]);
}
