//! Gaps in what was metered, and what was put into them.

use super::chain::{Chain, charge, resource, usage};

/// A charge of the days of March up to one, which is its end.
fn until(id: &str, day: u8) -> String {
    let end = format!("period_end=2025-03-{day:02}T00:00:00Z");
    charge(id, id, "0", "0", &end)
}

/// An estimate by a method, made when all that was measured had come in.
fn estimate(resource: &str, day: u8, quantity: &str, method: &str) -> String {
    let rest =
        format!("quality=estimated estimate_method={method} ingest_time=2025-04-02T00:00:00Z");
    usage(resource, &format!("{resource}{day}e"), day, quantity, &rest)
}

/// Days that were measured: 45 on the first, one more on each.
fn days(resource: &str, days: impl IntoIterator<Item = u8>) -> Vec<String> {
    let row = |day: u8| {
        let quantity = (44 + u32::from(day)).to_string();
        usage(resource, &format!("{resource}{day}"), day, &quantity, "")
    };
    days.into_iter().map(row).collect()
}

fn all(parts: Vec<Vec<String>>) -> Vec<String> {
    parts.into_iter().flatten().collect()
}

/// Nine days, of which one or some are missing or estimated.
fn chain() -> Chain {
    let usage = all(vec![
        days("A", 1..10),
        // The fifth is missing; it is estimated right; it is estimated at 60.
        days("B", (1..5).chain(6..10)),
        days("C", (1..5).chain(6..10)),
        vec![estimate("C", 5, "49", "linear")],
        days("D", (1..5).chain(6..10)),
        vec![estimate("D", 5, "60", "linear")],
        // The sums agree.
        days("E", (1..5).chain(7..10)),
        vec![estimate("E", 5, "48", "linear"), estimate("E", 6, "51", "linear")],
        // Four days on a line.
        days("F", (1..4).chain(8..10)),
        (4..8)
            .map(|day| estimate("F", day, &(44 + u32::from(day)).to_string(), "linear"))
            .collect(),
        // Seven days.
        days("G", [1, 9]),
        (2..9)
            .map(|day| estimate("G", day, &(44 + u32::from(day)).to_string(), "linear"))
            .collect(),
        days("H", [1, 9]),
        // Six.
        days("I", [1, 8, 9]),
        // The first day has nothing before it.
        days("J", 2..10),
        vec![estimate("J", 1, "45", "linear")],
        days("K", (1..5).chain(6..10)),
        vec![estimate("K", 5, "49", "guess")],
    ]);
    let mut charges: Vec<_> = ('A'..='K').map(|id| until(&id.to_string(), 10)).collect();
    // Nothing of its ten days was metered.
    charges.push(until("L", 10));
    let mut chain = Chain::new(usage, charges);
    chain.resources.extend(('A'..='L').map(|id| resource(&id.to_string(), "")));
    chain
}

#[test]
fn gaps_are_told_with_what_they_would_have_come_to() {
    let weeks = "(there are no three weeks before the gap)";
    let expected = [
        "A/2025-03-01: conforms",
        "B/2025-03-01: conforms",
        // 49 at 0.20 that nobody is charged.
        "B/2025-03-05: violates gap-not-estimated -9.8",
        "B/2025-03-06: conforms",
        "C/2025-03-01: conforms",
        "C/2025-03-05: conforms",
        "C/2025-03-06: conforms",
        "D/2025-03-01: conforms",
        "D/2025-03-05: conforms",
        "D/2025-03-06: conforms",
        "E/2025-03-01: conforms",
        "E/2025-03-05: conforms",
        "E/2025-03-07: conforms",
        "F/2025-03-01: conforms",
        "F/2025-03-04: conforms",
        "F/2025-03-08: conforms",
        "G/2025-03-01: conforms",
        "G/2025-03-02: conforms",
        "G/2025-03-09: conforms",
        "H/2025-03-01: conforms",
        &format!("H/2025-03-02: violates gap-left-open {weeks}"),
        "H/2025-03-09: conforms",
        "I/2025-03-01: conforms",
        // It may be estimated, but not from what there is.
        &format!("I/2025-03-02: violates gap-not-estimated ?amount {weeks}"),
        "I/2025-03-08: conforms",
        "J/2025-03-01: conforms",
        "J/2025-03-02: conforms",
        "K/2025-03-01: conforms",
        "K/2025-03-05: conforms",
        "K/2025-03-06: conforms",
        &format!("L/2025-03-01: violates gap-left-open {weeks}"),
    ];
    chain().says("IM-01", &expected);
}

/// What the controls of estimates say of those: the rest is not applicable.
fn of_estimates(id: &str, chain: &Chain, expected: &[&str]) {
    let folder = super::Folder::new();
    let output = super::running::go(&chain.plan(&folder, id)).unwrap();
    let told = output.records.iter().map(super::told).filter(|told| !told.ends_with("applicable"));
    let found: Vec<_> = told.map(|told| told.replace("T00:00:00Z", "")).collect();
    assert_eq!(found, expected, "{id}: {found:#?}");
}

#[test]
fn estimates_are_made_again() {
    of_estimates(
        "IM-02",
        &chain(),
        &[
            "C/2025-03-05: conforms",
            // 11 too many at 0.20.
            "D/2025-03-05: violates estimate-differs 2.2",
            "E/2025-03-05: violates estimate-differs 0",
            "F/2025-03-04: violates method-differs",
            "G/2025-03-02: conforms",
            "J/2025-03-01: undetermined ?intervals_off",
            "K/2025-03-05: violates method-differs ?intervals_off",
        ],
    );
    // 46 + … + 52 = 343.
    let short = "conforms";
    let expected = ["C/2025-03-05", "D/2025-03-05", "E/2025-03-05", "F/2025-03-04"]
        .map(|key| format!("{key}: {short}"));
    let mut expected = expected.to_vec();
    expected.push("G/2025-03-02: violates gap-over-maximum 68.6".to_owned());
    expected.extend(["J/2025-03-01", "K/2025-03-05"].map(|key| format!("{key}: {short}")));
    of_estimates("IM-04", &chain(), &super::chain::texts(&expected));
}

/// The mean of the same weekday one, two and three weeks before: the week in the middle.
#[test]
fn longer_gaps_follow_the_weeks_before() {
    let mean = |day: u8| (44 + u32::from(day) - 14).to_string();
    let row = |resource: &str, day: u8, quantity: &str| {
        estimate(resource, day, quantity, "same-weekday-mean")
    };
    let measured = || (1..22).chain(26..31);
    let usage = all(vec![
        days("A", measured()),
        (22..26).map(|day| row("A", day, &mean(day))).collect(),
        days("B", measured()),
        (22..26).map(|day| row("B", day, &mean(day + 1))).collect(),
        // Three days are short enough for a line.
        days("C", (1..22).chain(25..31)),
        (22..25).map(|day| row("C", day, &mean(day))).collect(),
        days("D", measured()),
    ]);
    let charges = ["A", "B", "C", "D"].map(|id| until(id, 31)).to_vec();
    let chain = Chain::new(usage, charges).registered(&["A", "B", "C", "D"]);
    of_estimates(
        "IM-02",
        &chain,
        &[
            "A/2025-03-22: conforms",
            // One too many on each of four days.
            "B/2025-03-22: violates estimate-differs 0.8",
            "C/2025-03-22: violates method-differs",
        ],
    );
    let expected: Vec<_> = ["A", "B", "C"]
        .iter()
        .flat_map(|id| {
            let end = if *id == "C" { 25 } else { 26 };
            [1, 22, end].map(|day| format!("{id}/2025-03-{day:02}: conforms"))
        })
        .chain([
            "D/2025-03-01: conforms".to_owned(),
            // 52 + 53 + 54 + 55 = 214.
            "D/2025-03-22: violates gap-not-estimated -42.8".to_owned(),
            "D/2025-03-26: conforms".to_owned(),
        ])
        .collect();
    chain.says("IM-01", &super::chain::texts(&expected));
}

/// The neighbour was corrected after the estimate was made: it was right then.
#[test]
fn an_estimate_is_judged_by_what_had_come_in() {
    let corrected = "quality=corrected replaces=A6 ingest_time=2025-04-03T00:00:00Z";
    let before = "quality=corrected replaces=B6 ingest_time=2025-04-01T00:00:00Z";
    let usage = all(vec![
        days("A", (1..5).chain(6..10)),
        vec![usage("A", "A6c", 6, "60", corrected), estimate("A", 5, "49", "linear")],
        days("B", (1..5).chain(6..10)),
        vec![usage("B", "B6c", 6, "60", before), estimate("B", 5, "49", "linear")],
    ]);
    let chain = Chain::new(usage, vec![until("A", 10), until("B", 10)]).registered(&["A", "B"]);
    of_estimates(
        "IM-02",
        &chain,
        // (48 + 60) ÷ 2 = 54: five too few.
        &["A/2025-03-05: conforms", "B/2025-03-05: violates estimate-differs -1"],
    );
}
