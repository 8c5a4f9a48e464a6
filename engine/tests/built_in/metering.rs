//! What charges count, against what was metered.

use super::chain::{Chain, NEXT_RUN, charge, price_plan, provided, usage};

/// Charges of one service at 0.20 EUR, each of a resource of its own; the last run is that of 4 May.
fn chain() -> Chain {
    let late = "ingest_time=2025-04-10T00:00:00Z";
    let next = |rest: &str| format!("{rest} {NEXT_RUN}");
    let (came_late, corrected) = (next("reason=late"), next("reason=correction"));
    let replaces = |id: &str| format!("quality=corrected replaces={id} {late}");
    let usage = vec![
        usage("A", "a1", 1, "46", ""),
        usage("A", "a2", 2, "48", ""),
        // Two meters.
        usage("B", "b1", 1, "46", ""),
        provided("B", "b1", 1, "46.1", ""),
        // Sent again, and sent again under another id.
        usage("C", "c1", 1, "46", ""),
        usage("C", "c1", 1, "46", ""),
        usage("D", "d1", 1, "46", ""),
        usage("D", "d2", 1, "46.1", ""),
        // Late, and charged late; late, and never charged.
        usage("E", "e1", 1, "46", ""),
        usage("E", "e2", 2, "48", late),
        usage("F", "f1", 1, "46", ""),
        usage("F", "f2", 2, "48", late),
        // Corrected from 46 to 40.
        usage("G", "g1", 1, "46", ""),
        usage("G", "g2", 1, "40", &replaces("g1")),
        usage("H", "h1", 1, "46", ""),
        usage("H", "h2", 1, "40", &replaces("h1")),
        // The provider's row is of the whole day, the agent's of its halves.
        usage("J", "j1", 1, "23", "interval_end=2025-03-01T12:00:00Z"),
        usage("J", "j2", 1, "24", "interval_start=2025-03-01T12:00:00Z"),
        provided("J", "j1", 1, "47.5", ""),
        usage("K", "k1", 1, "23", "interval_end=2025-03-01T12:00:00Z"),
        usage("K", "k2", 1, "24", "interval_start=2025-03-01T12:00:00Z"),
        provided("K", "k1", 1, "47.5", ""),
        // What was metered twice and came late.
        usage("L", "l1", 1, "46", ""),
        usage("L", "l2", 2, "48", late),
        provided("L", "l2", 2, "48.2", late),
        usage("M", "m1", 1, "46", ""),
    ];
    let charges = vec![
        charge("A", "A", "94", "18.80", ""),
        charge("B", "B", "92.1", "18.42", ""),
        charge("C", "C", "92", "18.40", ""),
        charge("D", "D", "92.1", "18.42", ""),
        charge("E", "E", "46", "9.20", ""),
        charge("E1", "E", "48", "9.60", &came_late),
        charge("F", "F", "46", "9.20", ""),
        charge("G", "G", "46", "9.20", ""),
        charge("G1", "G", "-46", "-9.20", &corrected),
        charge("G2", "G", "40", "8.00", &corrected),
        charge("H", "H", "46", "9.20", ""),
        charge("H2", "H", "40", "8.00", &corrected),
        // A resource that used nothing.
        charge("I", "I", "10", "2.00", ""),
        charge("I0", "I0", "0", "0.00", ""),
        charge("J", "J", "47", "9.40", ""),
        charge("K", "K", "94.5", "18.90", ""),
        charge("L", "L", "46", "9.20", ""),
        charge("L1", "L", "96.2", "19.24", &came_late),
        charge("M", "M", "50", "10.00", ""),
    ];
    Chain::new(usage, charges)
}

#[test]
fn charges_rest_on_usage() {
    let expected = [
        "A: conforms",
        "B: conforms",
        "C: conforms",
        "D: conforms",
        "E: conforms",
        "E1: conforms",
        "F: conforms",
        "G: conforms",
        "G1: conforms",
        "G2: conforms",
        "H: conforms",
        "H2: conforms",
        "I: violates charge-without-usage 2 [ghost-charge]",
        "I0: conforms",
        "J: conforms",
        "K: conforms",
        "L: conforms",
        "L1: conforms",
        "M: conforms",
    ];
    chain().says("LN-01", &expected);
}

#[test]
fn charges_count_each_interval_once() {
    let expected = [
        "A: conforms",
        "B: violates quantity-differs 9.22 [duplicate-overlap-billed]",
        "C: violates quantity-differs 9.2 [duplicate-exact]",
        "D: violates quantity-differs 9.22 [near-duplicate-billed]",
        "E: conforms",
        "E1: conforms",
        "F: conforms",
        "G: conforms",
        // Decided with its replacement.
        "G1: not-applicable",
        "G2: conforms",
        "H: conforms",
        // 8.00 on top of 9.20, where 8.00 in its place is right.
        "H2: violates quantity-differs 9.2 [correction-not-netted]",
        "I: not-applicable",
        "I0: not-applicable",
        "J: conforms",
        "K: violates quantity-differs 9.5 [duplicate-overlap-billed]",
        "L: conforms",
        // 96.2 instead of 48.
        "L1: violates quantity-differs 9.64 [duplicate-overlap-billed]",
        "M: violates quantity-differs 0.8 [unexplained]",
    ];
    chain().says("LN-02", &expected);
}

/// Resource, start of the period.
fn periods(of: &[(&str, &str)]) -> Vec<String> {
    of.iter().map(|(resource, rest)| format!("{resource}/2025-03-01: {rest}")).collect()
}

/// What a run tells of a record: of one that conforms, or isn't asked, its verdict alone.
fn kept(told: &str, more: &str) -> String {
    let alone = matches!(told, "conforms" | "not-applicable");
    if alone { told.to_owned() } else { format!("{told}{more}") }
}

fn says(chain: &Chain, id: &str, expected: &[(&str, &str)]) {
    let expected = periods(expected);
    chain.says(id, &super::chain::texts(&expected));
}

#[test]
fn all_usage_that_came_before_the_last_run_is_billed() {
    let chain = chain();
    let expected = [
        ("A", "conforms"),
        // What is charged that wasn't metered is LN-02's.
        ("B", "not-applicable"),
        ("C", "not-applicable"),
        ("D", "not-applicable"),
        ("E", "conforms"),
        ("F", "violates usage-not-billed -9.6 [late-usage-unbilled]"),
        ("G", "conforms"),
        ("H", "not-applicable"),
        ("J", "conforms"),
        ("K", "not-applicable"),
        ("L", "not-applicable"),
        ("M", "not-applicable"),
    ];
    says(&chain, "LN-04", &expected);
}

/// The last run is of 4 May: what came on the 3rd is due, what came at its very cut-off is not.
#[test]
fn usage_is_due_that_came_in_before_the_last_run() {
    let ingest = |at: &str| format!("ingest_time={at}");
    let may = |day: u8| {
        format!(
            "interval_start=2025-05-{day:02}T00:00:00Z interval_end=2025-05-{:02}T00:00:00Z \
             ingest_time=2025-05-03T00:00:00Z",
            day + 1
        )
    };
    let rows = vec![
        usage("A", "a1", 1, "46", ""),
        usage("B", "b1", 1, "46", &ingest("2025-05-03T23:59:59Z")),
        usage("C", "c1", 1, "46", &ingest("2025-05-04T00:00:00Z")),
        // May isn't over.
        usage("D", "d1", 1, "46", &may(1)),
        usage("stranger", "s1", 1, "46", ""),
        usage("unpriced", "u1", 1, "46", ""),
    ];
    let charges = vec![charge("A", "A", "46", "9.20", NEXT_RUN)];
    let mut chain = Chain::new(rows, charges).registered(&["A", "B", "C", "D"]);
    chain.resources.push(super::chain::resource("unpriced", "service_id=none"));
    let expected = [
        "A/2025-03-01: conforms",
        "B/2025-03-01: violates usage-not-billed -9.2 [orphan-usage]",
        "C/2025-03-01: conforms",
        "D/2025-05-01: not-applicable",
        "stranger/2025-03-01: violates usage-not-billed ?unbilled_amount [orphan-usage] (the resource isn't registered at that time)",
        "unpriced/2025-03-01: violates usage-not-billed ?unbilled_amount [orphan-usage] (no price plan is in force)",
    ];
    chain.says("LN-04", &expected);
}

/// Rows that can't be counted, and charges that can't be priced.
fn unclear() -> Chain {
    let rows = vec![
        // Two units.
        usage("units", "u1", 1, "46", ""),
        usage("units", "u2", 2, "48", "unit=MB"),
        // From noon to noon, over two days of the agent's.
        usage("part", "p1", 1, "46", ""),
        provided(
            "part",
            "p2",
            1,
            "47",
            "interval_start=2025-03-01T12:00:00Z interval_end=2025-03-02T12:00:00Z",
        ),
        usage("plan", "p1", 1, "46", ""),
        provided("plan", "p1", 1, "46.1", ""),
        usage("twice", "t1", 1, "46", ""),
        usage("twice", "t1", 1, "46", ""),
        usage("francs", "f1", 1, "46", ""),
        usage("even", "e1", 1, "46", ""),
    ];
    let charges = vec![
        charge("1", "units", "94", "18.80", ""),
        charge("2", "part", "46", "9.20", ""),
        charge("3", "plan", "92.1", "18.42", "service_id=none"),
        charge("4", "twice", "92", "18.40", "service_id=none"),
        charge("5", "francs", "50", "10.00", "currency=CHF"),
        charge("6", "even", "46", "9.20", "service_id=none"),
    ];
    Chain::new(rows, charges)
}

#[test]
fn what_cannot_be_counted_is_undetermined_and_what_cannot_be_priced_has_no_amount() {
    let chain = unclear();
    let units = "undetermined ?expected ?quantity (usage is in several units)";
    let part = "undetermined ?expected ?quantity (intervals of usage overlap in part)";
    chain.says(
        "LN-02",
        &[
            &format!("1: {units}"),
            &format!("2: {part}"),
            "3: violates quantity-differs ?amount [duplicate-overlap-billed] (no price plan is in force)",
            "4: violates quantity-differs ?amount [duplicate-exact] (no price plan is in force)",
            "5: violates quantity-differs ?amount [unexplained] (the charge is in another currency than its price)",
            "6: conforms",
        ],
    );
    let uncounted = |cause: &str, reason: &str| format!("undetermined ?{cause} ({reason})");
    let (units, part) = ("usage is in several units", "intervals of usage overlap in part");
    let (unpriced, foreign) =
        ("no price plan is in force", "the charge is in another currency than its price");
    let of = |id: &str, cause: &str, decided: [&str; 4]| {
        let [even, francs, plan, twice] = decided;
        let expected = [
            ("even", kept(even, &format!(" ({unpriced})"))),
            ("francs", kept(francs, &format!(" ({foreign})"))),
            ("part", uncounted(cause, part)),
            ("plan", kept(plan, &format!(" [duplicate-overlap-billed] ({unpriced})"))),
            ("twice", kept(twice, &format!(" [duplicate-exact] ({unpriced})"))),
            ("units", uncounted(cause, units)),
        ];
        let expected: Vec<_> = expected.iter().map(|(r, told)| (*r, told.as_str())).collect();
        says(&chain, id, &expected);
    };
    of(
        "LN-04",
        "charged_as_metered",
        ["conforms", "not-applicable", "not-applicable", "not-applicable"],
    );
    of(
        "DD-02",
        "billed_twice",
        ["conforms", "conforms", "violates overlap-billed-twice ?excess_amount", "conforms"],
    );
    of("DD-03", "billed_twice", ["conforms"; 4]);
}

#[test]
fn rows_that_are_there_twice_are_told_and_what_they_cost() {
    let mut chain = chain();
    // There twice and counted once; the second came after the run.
    chain.usage.extend([
        usage("N", "n1", 1, "46", ""),
        usage("N", "n1", 1, "46", ""),
        usage("O", "o1", 1, "46", ""),
        usage("O", "o1", 1, "46", "ingest_time=2025-06-01T00:00:00Z"),
    ]);
    chain.charges.extend(["N", "O"].map(|id| charge(id, id, "46", "9.20", "")));
    let mut expected: Vec<_> = ["A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M"]
        .map(|id| {
            let told = match id {
                "C" => "violates duplicate-rows 9.2 [duplicate-exact]",
                _ => "conforms",
            };
            (id, told)
        })
        .to_vec();
    expected.extend(["N", "O"].map(|id| (id, "violates duplicate-rows 0 [duplicate-exact]")));
    says(&chain, "DD-01", &expected);
    let folder = super::Folder::new();
    let twice = unclear();
    let output = super::running::go(&twice.plan(&folder, "DD-01")).unwrap();
    let told: Vec<_> = output.records.iter().map(super::told).collect();
    let start = "2025-03-01T00:00:00Z";
    assert!(
        told.contains(&format!("twice/{start}: violates duplicate-rows ?excess_amount")),
        "{told:?}"
    );
}

#[test]
fn what_two_meters_counted_and_what_one_sent_twice_are_told_apart() {
    let of = |id: &str, found: &[(&str, &str)]| {
        let expected =
            ["A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M"].map(|resource| {
                let class = match resource {
                    "B" | "K" | "L" => " [duplicate-overlap-billed]",
                    "D" => " [near-duplicate-billed]",
                    _ => "",
                };
                let told = found.iter().find(|(named, _)| *named == resource);
                (resource, kept(told.map_or("conforms", |(_, told)| told), class))
            });
        let expected: Vec<_> = expected.iter().map(|(r, told)| (*r, told.as_str())).collect();
        says(&chain(), id, &expected);
    };
    // The provider's 46.1; its whole day of 47.5; its 48.2 that came late and were charged late.
    of(
        "DD-02",
        &[
            ("B", "violates overlap-billed-twice 9.22"),
            ("K", "violates overlap-billed-twice 9.5"),
            ("L", "violates overlap-billed-twice 9.64"),
        ],
    );
    of("DD-03", &[("D", "violates near-duplicate-billed 9.22")]);
}

/// By service and run. What two resources are off may cancel, and is told.
#[test]
fn a_run_charges_what_came_in_for_it() {
    let late = "ingest_time=2025-04-10T00:00:00Z";
    let rows = vec![
        usage("A", "a1", 1, "46", ""),
        usage("B1", "b1", 1, "46", ""),
        usage("B2", "b2", 1, "46", ""),
        usage("C", "c1", 1, "46", ""),
        usage("C", "c2", 2, "48", late),
        usage("D", "d1", 1, "46", ""),
        usage("E", "e1", 1, "46", ""),
        usage("F", "f1", 1, "46", ""),
        usage("F", "f2", 2, "46", "unit=MB"),
        usage("G", "g1", 1, "46", ""),
    ];
    let of = |id: &str, service: &str, quantity: &str, amount: &str| {
        charge(id, id, quantity, amount, &format!("service_id={service}"))
    };
    let charges = vec![
        of("A", "a", "46", "9.20"),
        charge("A1", "A", "0", "0", &format!("service_id=a reason=late {NEXT_RUN}")),
        of("B1", "b", "50", "10.00"),
        of("B2", "b", "42", "8.40"),
        of("C", "c", "46", "9.20"),
        of("D", "none-off", "50", "10.00"),
        of("E", "none-even", "46", "9.20"),
        of("F", "f", "92", "18.40"),
        // Nothing was metered.
        of("I", "i", "10", "2.00"),
    ];
    let mut chain = Chain::new(rows, charges);
    for service in ["a", "b", "c", "f", "i"] {
        chain.plans.push(price_plan(service, ""));
        chain.rates.push(super::chain::rate(service, "0.20", ""));
    }
    // Never charged: due in the first run after the month.
    chain.resources.push(super::chain::resource("G", "service_id=g"));
    chain.plans.push(price_plan("g", ""));
    chain.rates.push(super::chain::rate("g", "0.20", ""));
    let expected = [
        "a/RUN-2025-03: conforms",
        "a/RUN-2025-04: conforms",
        "b/RUN-2025-03: violates run-differs 0",
        "c/RUN-2025-03: conforms",
        "c/RUN-2025-04: violates run-differs -9.6",
        "f/RUN-2025-03: undetermined ?periods_off (usage is in several units)",
        "g/RUN-2025-03: violates run-differs -9.2",
        "i/RUN-2025-03: violates run-differs 2",
        "none-even/RUN-2025-03: conforms",
        "none-off/RUN-2025-03: undetermined ?periods_off (no price plan is in force)",
    ];
    chain.says("RC-01", &expected);
}
