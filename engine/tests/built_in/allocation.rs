//! Controls of allocation: pools, keys and what recipients bear.

use super::support::{Folder, running};
use super::{Table, plan, says};
use tieout_controls::EvaluatedRecord;

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

fn stated(recipient: &str, quantity: &str, rest: &str) -> String {
    format!(
        "key_id=K period=2025-03 recipient={recipient} driver=headcount driver_qty={quantity} recorded_at=2025-04-03T23:00:00Z frozen_at=2025-04-04T01:00:00Z {rest}"
    )
}

/// A part with amount and adjustment.
fn bears(pool: &str, recipient: &str, amount: &str, adjustment: &str, rest: &str) -> String {
    part(pool, recipient, &format!("amount={amount} rounding_adj={adjustment} {rest}"))
}

fn divided(pools: &[String], keys: &[String], parts: &[String], expected: &[&str]) {
    let tables: [Table<'_>; 3] = [
        ("allocation-result-1", &texts(parts)),
        ("cost-pool-1", &texts(pools)),
        ("allocation-key-1", &texts(keys)),
    ];
    says("AL-03", &tables, expected);
}

fn thirds() -> Vec<String> {
    ["A", "B", "C"].map(|name| stated(name, "5", "")).to_vec()
}

#[test]
fn a_pool_is_divided_to_the_last_unit() {
    let pools = [
        pool("right", "amount=100"),
        pool("lost", "amount=100"),
        pool("moved", "amount=100"),
        pool("credit", "amount=-100"),
        pool("yen", "amount=100 currency=JPY"),
        pool("key", "amount=100 key_id="),
    ];
    let parts = [
        bears("right", "A", "33.34", "0.01", ""),
        bears("right", "B", "33.33", "0", ""),
        bears("right", "C", "33.33", "0.01", ""),
        bears("lost", "A", "33.33", "0", ""),
        bears("lost", "B", "33.33", "0", ""),
        bears("lost", "C", "33.33", "0", ""),
        bears("moved", "A", "33.33", "0", ""),
        bears("moved", "B", "33.33", "0", ""),
        bears("moved", "C", "33.34", "0.01", ""),
        bears("credit", "A", "-33.34", "-0.01", ""),
        bears("credit", "B", "-33.33", "0", ""),
        bears("credit", "C", "-33.33", "0", "key_id=L"),
        bears("yen", "A", "34", "1", "currency=JPY"),
        bears("yen", "B", "33", "0", "currency=JPY"),
        bears("yen", "C", "33", "0", "currency=JPY"),
        bears("key", "A", "33.34", "0.01", ""),
        bears("key", "B", "33.33", "0", ""),
        bears("key", "C", "33.33", "0", ""),
    ];
    let of = |name: &str, verdicts: [&str; 3]| {
        ["A", "B", "C"]
            .iter()
            .zip(verdicts)
            .map(|(r, v)| format!("{name}/2025-03/{r}: {v}"))
            .collect()
    };
    let all: [Vec<String>; 6] = [
        of("right", ["conforms", "conforms", "violates adjustment-differs"]),
        of("lost", ["violates allocation-differs -0.01", "conforms", "conforms"]),
        of(
            "moved",
            ["violates allocation-differs -0.01", "conforms", "violates allocation-differs 0.01"],
        ),
        of("credit", ["conforms", "conforms", "violates key-differs"]),
        of("yen", ["conforms", "conforms", "conforms"]),
        of("key", ["conforms", "conforms", "conforms"]),
    ];
    let all = all.concat();
    divided(&pools, &thirds(), &parts, &texts(&all));
}

#[test]
fn what_a_pool_received_is_divided_with_its_own_cost() {
    let pools = [
        pool("FIRST", "amount=60 step=1 key_id=F"),
        pool("NEXT", "amount=40 step=2"),
        pool("SAME", "amount=10 step=1"),
        pool("FOREIGN", "amount=10 step=2"),
    ];
    let of_first = |name: &str| stated(name, "1", "key_id=F");
    let mut keys: Vec<_> = ["NEXT", "OTHER", "SAME"].map(of_first).to_vec();
    keys.extend(thirds());
    let parts = [
        bears("FIRST", "NEXT", "20", "0", "recipient_kind=pool key_id=F"),
        bears("FIRST", "OTHER", "20", "0", "recipient_kind=pool key_id=F"),
        bears("FIRST", "SAME", "20", "0", "recipient_kind=pool key_id=F"),
        bears("NEXT", "A", "20", "0", ""),
        bears("NEXT", "B", "20", "0", ""),
        bears("NEXT", "C", "20", "0", ""),
        // Of a pool of the same step.
        bears("SAME", "A", "10", "0", ""),
    ];
    divided(
        &pools,
        &keys,
        &parts,
        &[
            "FIRST/2025-03/NEXT: conforms",
            // It isn't there to pass on what it got.
            "FIRST/2025-03/OTHER: undetermined ?difference ?difference ?expected_adj",
            "FIRST/2025-03/SAME: conforms",
            "NEXT/2025-03/A: conforms",
            "NEXT/2025-03/B: conforms",
            "NEXT/2025-03/C: conforms",
            "SAME/2025-03/A: undetermined ?difference ?difference ?expected_adj ?pool_key ?missing",
        ],
    );
}

#[test]
fn recipients_and_parts_are_missed_both_ways() {
    let pools = [pool("P", "amount=100"), pool("Q", "amount=100")];
    let parts = [
        bears("P", "A", "33.34", "0.01", ""),
        bears("P", "X", "5", "0", ""),
        bears("Q", "A", "33.34", "0.01", ""),
        bears("Q", "B", "20", "0", ""),
        bears("Q", "B", "13.33", "0", ""),
        bears("Q", "C", "33.33", "0", "currency=CHF"),
        bears("GONE", "A", "1", "0", ""),
    ];
    let unknown = "undetermined ?difference ?difference ?expected_adj";
    divided(
        &pools,
        &thirds(),
        &parts,
        &[
            "P/2025-03/A: violates recipient-without-part -66.66",
            "P/2025-03/X: violates allocation-differs 5",
            "Q/2025-03/A: conforms",
            &format!("Q/2025-03/B: {unknown}"),
            &format!("Q/2025-03/B: {unknown}"),
            &format!("Q/2025-03/C: {unknown}"),
            &format!("GONE/2025-03/A: {unknown} ?pool_key ?missing"),
        ],
    );
}

#[test]
fn a_key_is_taken_as_it_was_frozen() {
    let one = [pool("P", "amount=10")];
    let parts = [bears("P", "A", "7.50", "0", ""), bears("P", "B", "2.50", "0", "")];
    let late = "recorded_at=2025-04-05T00:00:00Z";
    let all = "undetermined ?difference ?difference ?expected_adj ?pool_key ?missing";
    let undetermined = [format!("P/2025-03/A: {all}"), format!("P/2025-03/B: {all}")];
    let conforms = ["P/2025-03/A: conforms", "P/2025-03/B: conforms"];
    let (a, b) = (stated("A", "3", ""), stated("B", "1", ""));
    divided(&one, &[a.clone(), b.clone(), stated("B", "9", late)], &parts, &conforms);
    // A single row counts as it is.
    divided(&one, &[a.clone(), stated("B", "1", late)], &parts, &conforms);
    divided(&one, &[a.clone(), b.clone(), b.clone()], &parts, &texts(&undetermined));
    divided(&one, &[a.clone(), stated("B", "-1", "")], &parts, &texts(&undetermined));
    divided(&one, &[], &parts, &texts(&undetermined));
    let twice = [one[0].clone(), one[0].clone()];
    divided(&twice, &[a.clone(), b.clone()], &parts, &texts(&undetermined));
    for wrong in ["amount=10.001", "amount=10 currency=XYZ"] {
        divided(&[pool("P", wrong)], &[a.clone(), b.clone()], &parts, &texts(&undetermined));
    }
    // Zeros divide evenly.
    let halves = [bears("P", "A", "5", "0", ""), bears("P", "B", "5", "0", "")];
    divided(&one, &[stated("A", "0", ""), stated("B", "0", "")], &halves, &conforms);
}

fn usage(id: &str, resource: &str, day: u32, quantity: &str, rest: &str) -> String {
    format!(
        "usage_id={id} meter_id=M resource_id={resource} interval_start=2025-03-{day:02}T00:00:00Z interval_end=2025-03-{:02}T00:00:00Z quantity={quantity} unit=GB source_system=agent source_priority=1 ingest_time=2025-03-31T00:00:00Z quality=measured {rest}",
        day + 1
    )
}

fn resource(id: &str, centre: &str, rest: &str) -> String {
    format!(
        "resource_id={id} valid_from=2025-01-01T00:00:00Z zone=Europe/Berlin cost_centre={centre} {rest}"
    )
}

struct Metered {
    keys: Vec<String>,
    parts: Vec<String>,
    usage: Vec<String>,
    resources: Vec<String>,
    charges: Vec<String>,
}

impl Metered {
    /// Of 10.00 A bears three quarters, B one; so it was metered.
    fn new() -> Self {
        let metered = "driver=gb";
        let run = "run_id=RUN";
        Self {
            keys: vec![stated("A", "3", metered), stated("B", "1", metered)],
            parts: vec![
                part("P", "A", &format!("amount=7.50 share=0.75 {run}")),
                part("P", "B", &format!("amount=2.50 share=0.25 {run}")),
            ],
            usage: vec![
                usage("1", "R1", 3, "2", ""),
                usage("2", "R1", 4, "1", ""),
                usage("3", "R2", 3, "1", ""),
            ],
            resources: vec![resource("R1", "A", ""), resource("R2", "B", "")],
            charges: vec!["charge_id=C billing_run=RUN known_at=2025-04-04T00:00:00Z".to_owned()],
        }
    }

    fn says(&self, a: &str, b: &str) {
        let (a, b) = (format!("P/2025-03/A: {a}"), format!("P/2025-03/B: {b}"));
        self.asked(&|tables| says("AL-02", tables, &[&a, &b]));
    }

    /// What is asked of the datasets.
    fn asked<T>(&self, question: &dyn Fn(&[Table<'_>]) -> T) -> T {
        let pool = pool("P", "amount=10");
        let tables: [Table<'_>; 6] = [
            ("allocation-result-1", &texts(&self.parts)),
            ("cost-pool-1", &[&pool]),
            ("allocation-key-1", &texts(&self.keys)),
            ("usage-1", &texts(&self.usage)),
            ("resource-1", &texts(&self.resources)),
            ("charge-1", &texts(&self.charges)),
        ];
        question(&tables)
    }

    /// With more rows of usage.
    fn with(mut self, rows: &[String]) -> Self {
        self.usage.extend_from_slice(rows);
        self
    }
}

#[test]
fn shares_follow_what_was_metered_and_known() {
    Metered::new().says("conforms", "conforms");
    let more = [
        // The same row again, the provider's of the same day, an estimate beside what was measured.
        usage("1", "R1", 3, "2", "ingest_time=2025-04-01T00:00:00Z"),
        usage("p", "R1", 3, "9", "source_system=provider source_priority=2"),
        usage("e", "R1", 3, "9", "quality=estimated"),
        // After the cut-off, at it, in another unit, of nobody, and of another month in Berlin.
        usage("l", "R2", 5, "9", "ingest_time=2025-04-04T00:00:00Z"),
        usage("u", "R3", 5, "9", "unit=vCPU-Hours"),
        usage("n", "R4", 5, "9", ""),
        usage(
            "m",
            "R2",
            5,
            "9",
            "interval_start=2025-03-31T22:00:00Z interval_end=2025-03-31T23:00:00Z",
        ),
    ];
    let mut all = Metered::new().with(&more);
    all.resources.push(resource("R3", "B", ""));
    all.says("conforms", "conforms");
    // What comes in the last second counts; so does a correction.
    let off = |rows: &[String]| {
        let a = "violates share-off-driver 2.5";
        Metered::new().with(rows).says(a, "violates share-off-driver -2.5");
    };
    off(&[usage("l", "R2", 5, "2", "ingest_time=2025-04-03T23:59:59Z")]);
    off(&[usage("c", "R2", 3, "3", "quality=corrected replaces=3")]);
    // The owner at the start of the interval.
    let mut moved = Metered::new();
    moved.resources[0] = resource("R1", "A", "valid_to=2025-03-04T00:00:00Z");
    moved.resources.push(resource("R1", "B", "valid_from=2025-03-04T00:00:00Z"));
    moved.says("violates share-off-driver 2.5", "violates share-off-driver -2.5");
}

#[test]
fn what_cannot_be_counted_is_undetermined() {
    let undetermined = |change: &dyn Fn(&mut Metered)| {
        let mut metered = Metered::new();
        change(&mut metered);
        metered.says("undetermined ?expected_share", "undetermined ?expected_share");
    };
    undetermined(&|m| m.charges.clear());
    undetermined(&|m| {
        m.charges.push("charge_id=D billing_run=RUN known_at=2025-05-04T00:00:00Z".into())
    });
    undetermined(&|m| m.keys[0] += " driver=tickets");
    undetermined(&|m| {
        m.keys = vec![stated("A", "3", "driver=tickets"), stated("B", "1", "driver=tickets")]
    });
    undetermined(&|m| m.resources[0] += " zone=");
    undetermined(&|m| m.resources.push(resource("R1", "B", "valid_from=2025-03-01T00:00:00Z")));
    undetermined(&|m| m.usage.push(usage("x", "R1", 6, "1", "unit=GiB")));
    undetermined(&|m| m.usage.push(usage("x", "R1", 3, "1", "interval_end=2025-03-05T12:00:00Z")));
    undetermined(&|m| m.parts[1] += " recipient_kind=entity");
    undetermined(&|m| m.parts[1] += " run_id=OTHER");
    undetermined(&|m| m.keys.clear());
    // Nothing metered at all divides evenly, and a headcount is what the key says.
    let mut idle = Metered::new();
    idle.usage.clear();
    idle.says("violates share-off-driver 2.5", "violates share-off-driver -2.5");
    let mut heads = Metered::new();
    heads.keys = vec![stated("A", "3", ""), stated("B", "1", "")];
    heads.charges.clear();
    heads.says("conforms", "conforms");
    // Half a digit in the tenth place is a rounding, and more is none.
    let mut near = Metered::new();
    near.parts[0] += " share=0.750000001";
    near.parts[1] += " share=0.2499999989";
    near.says("conforms", "violates share-off-driver 0");
}

/// The records that have a class, by recipient.
fn classes(id: &str, tables: &[Table<'_>]) -> Vec<String> {
    let folder = Folder::new();
    let output = running::go(&plan(&folder, id, tables)).unwrap();
    let class = |record: &EvaluatedRecord| {
        let class = record.values.iter().find(|field| field.name == "class")?;
        let recipient = record.record.key.last()?.value.to_text()?;
        Some(format!("{recipient}: {}", class.value.to_text()?))
    };
    output.records.iter().filter_map(class).collect()
}

#[test]
fn a_class_is_a_mistake_that_gives_all_parts() {
    let names = ["A", "B", "C"];
    let of = |pools: &[String], weights: [&str; 3], amounts: [&str; 3], more: &[String]| {
        let keys: Vec<_> = names.iter().zip(weights).map(|(n, w)| stated(n, w, "")).collect();
        let mut parts: Vec<_> =
            names.iter().zip(amounts).map(|(n, a)| bears("P", n, a, "0", "")).collect();
        parts.extend_from_slice(more);
        let tables: [Table<'_>; 3] = [
            ("allocation-result-1", &texts(&parts)),
            ("cost-pool-1", &texts(pools)),
            ("allocation-key-1", &texts(&keys)),
        ];
        classes("AL-03", &tables)
    };
    let hundred = [pool("P", "amount=100 step=2"), pool("G", "amount=1 step=1")];
    let thirds = |amounts| of(&hundred, ["1", "1", "1"], amounts, &[]);
    // Rounded on its own a third loses the unit too.
    assert_eq!(thirds(["33.33", "33.33", "33.33"]), ["A: parts-rounded-alone | residual-lost"]);
    let last = "residual-to-last";
    assert_eq!(thirds(["33.33", "33.33", "33.34"]), [format!("A: {last}"), format!("C: {last}")]);
    // Right is 14.29, 14.28, 71.43.
    let sevenths = |amounts| of(&hundred, ["1", "1", "5"], amounts, &[]);
    assert_eq!(sevenths(["14.28", "14.28", "71.43"]), ["A: residual-lost"]);
    assert_eq!(sevenths(["14.29", "14.29", "71.43"]), ["B: parts-rounded-alone"]);
    let both = "residual-to-largest | residual-to-last";
    assert_eq!(sevenths(["14.29", "14.29", "71.42"]), [format!("B: {both}"), format!("C: {both}")]);
    // No single mistake, or none that is known.
    assert_eq!(sevenths(["14.28", "14.28", "71.40"]), [""; 0]);
    let given = [bears("G", "P", "20", "0", "recipient_kind=pool")];
    let own = of(&hundred, ["1", "1", "1"], ["33.34", "33.33", "33.33"], &given);
    assert_eq!(
        own,
        [
            "A: received-left-out",
            "B: received-left-out",
            "C: received-left-out",
            "P: recipient-not-in-key"
        ]
    );
}

#[test]
fn a_share_is_off_because_its_key_is() {
    let late = "recorded_at=2025-04-05T00:00:00Z";
    let of = |key: &str, shares: [&str; 2]| {
        let mut metered = Metered::new();
        metered.keys[0] += &format!(" {key}");
        for (part, share) in metered.parts.iter_mut().zip(shares) {
            *part += &format!(" share={share}");
        }
        metered.asked(&|tables| classes("AL-02", tables))
    };
    let both = |class: &str| [format!("A: {class}"), format!("B: {class}")];
    let halves = ["0.5", "0.5"];
    let fifths = ["0.8", "0.2"];
    assert_eq!(of(&format!("driver_qty=1 {late}"), halves), both("key-lowered-after-freeze"));
    assert_eq!(of(&format!("driver_qty=4 {late}"), fifths), both("key-raised-after-freeze"));
    assert_eq!(of("driver_qty=1", halves), both("key-off-metering"));
    // The key is wrong, and the shares aren't the key's.
    assert_eq!(of("driver_qty=1", fifths), both("share-off-key"));
    assert_eq!(of("driver_qty=3", halves), both("share-off-key"));
    assert_eq!(of("driver_qty=3", ["0.75", "0.25"]), [""; 0]);
}
