//! What vendors invoice, against contracts and meters.

use super::says;

#[test]
fn a_vendor_bills_the_price_of_the_contract() {
    let contracts: &[&str] = &[
        "contract_id=N line_no=1 vendor=V service_id=vm unit_price=0.20 currency=EUR term_start=2025-01-01 term_end=2025-07-01",
        "contract_id=N line_no=2 vendor=V service_id=vm unit_price=0.18 currency=EUR term_start=2025-07-01",
        "contract_id=N line_no=3 vendor=V service_id=db unit_price=1 currency=EUR term_start=2025-01-01 discount=0.1",
        "contract_id=N line_no=4 vendor=V service_id=two unit_price=1 currency=EUR term_start=2025-01-01",
        "contract_id=N line_no=5 vendor=V service_id=two unit_price=1 currency=EUR term_start=2025-01-01",
        "contract_id=N line_no=6 vendor=W service_id=vm unit_price=9 currency=EUR term_start=2025-01-01",
    ];
    let line = |number: u8, rest: &str| {
        format!(
            "vendor=V invoice_no=I line_no={number} contract_id=N service_id=vm quantity=9800.5 currency=EUR \
             service_start=2025-06-01 {rest}"
        )
    };
    let lines = [
        line(1, "unit_price=0.20"),
        // The price in force on the first of the month, whatever line the invoice names.
        line(2, "unit_price=0.20 service_start=2025-07-01 contract_line=1"),
        line(3, "unit_price=0.18 service_start=2025-07-31"),
        line(4, "unit_price=0.206"),
        line(5, "unit_price=0.20 contract_id="),
        line(6, "unit_price=0.20 contract_id=M"),
        line(7, "unit_price=0.20 service_start=2024-12-31"),
        line(8, "unit_price=1 service_id=db"),
        line(9, "unit_price=1 service_id=two"),
        line(10, "unit_price=0.20 currency=CHF"),
        line(11, "unit_price=0.20 vendor=X"),
        // Of two in force the one that the invoice names.
        line(12, "unit_price=1 service_id=two contract_line=5"),
        line(13, "unit_price=1 service_id=two contract_line=1"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    says(
        "PR-03",
        &[("vendor-invoice-1", &lines), ("contract-1", contracts)],
        &[
            "V/I/1: conforms",
            "V/I/2: violates vendor-price-off-contract 196.01",
            "V/I/3: conforms",
            "V/I/4: violates vendor-price-off-contract 58.8",
            "V/I/5: undetermined ?contract_price",
            "V/I/6: undetermined ?contract_price",
            "V/I/7: undetermined ?contract_price",
            "V/I/8: undetermined ?contract_price",
            "V/I/9: undetermined ?contract_price",
            "V/I/10: undetermined ?contract_price",
            "X/I/11: undetermined ?contract_price",
            "V/I/12: conforms",
            "V/I/13: undetermined ?contract_price",
        ],
    );
}

/// 240 units by two meters; the second resource is in a zone whose March begins an hour earlier.
fn usage() -> Vec<String> {
    let row = |id: &str, resource: &str, day: &str, rest: &str| {
        format!(
            "usage_id={id} resource_id={resource} interval_start=2025-{day}T00:00:00Z \
             interval_end=2025-{day}T01:00:00Z unit=h source_system=agent source_priority=1 \
             ingest_time=2025-{day}T02:00:00Z quality=measured {rest}"
        )
    };
    vec![
        row("a", "R1", "03-01", "quantity=100"),
        row("b", "R1", "03-31", "quantity=100"),
        row("c", "R1", "04-01", "quantity=7"),
        // Measured by another source too, and late: 25 counts, 26 doesn't, nor does 900.
        row("d", "R2", "03-10", "quantity=25"),
        row("e", "R2", "03-10", "quantity=26 source_system=provider source_priority=2"),
        row("f", "R2", "03-11", "quantity=900 ingest_time=2025-04-04T00:00:00Z"),
        row("g", "R2", "03-12", "quantity=15 ingest_time=2025-04-03T23:59:59Z"),
        row("h", "R9", "03-12", "quantity=1000"),
        // Half an hour before and after March in Berlin.
        row(
            "i",
            "R2",
            "02-28",
            "quantity=1 interval_start=2025-02-28T22:59:00Z interval_end=2025-02-28T23:00:00Z",
        ),
        row(
            "j",
            "R2",
            "03-31",
            "quantity=2 interval_start=2025-03-31T22:00:00Z interval_end=2025-03-31T23:00:00Z",
        ),
        row("k", "R3", "03-05", "quantity=10"),
        row("l", "R4", "03-05", "quantity=10 unit=GB"),
        row("m", "R5", "03-05", "quantity=10"),
        row("n", "R6", "03-05", "quantity=10 unit=GB"),
    ]
}

#[test]
fn a_vendor_bills_what_was_metered() {
    let usage = usage();
    let usage: Vec<&str> = usage.iter().map(String::as_str).collect();
    let resources: &[&str] = &[
        "resource_id=R1 service_id=vm zone=UTC valid_from=2024-01-01T00:00:00Z",
        "resource_id=R2 service_id=vm zone=Europe/Berlin valid_from=2024-01-01T00:00:00Z",
        "resource_id=R3 service_id=odd zone=Nowhere valid_from=2024-01-01T00:00:00Z",
        "resource_id=R4 service_id=gb zone=UTC valid_from=2024-01-01T00:00:00Z",
        "resource_id=R5 service_id=mixed zone=UTC valid_from=2024-01-01T00:00:00Z",
        "resource_id=R6 service_id=mixed zone=UTC valid_from=2024-01-01T00:00:00Z",
    ];
    let contract = |number: u8, service: &str, rest: &str| {
        format!(
            "contract_id=N line_no={number} vendor=V service_id={service} unit_price=2 currency=EUR \
             term_start=2025-01-01 {rest}"
        )
    };
    let contracts = [
        contract(1, "vm", ""),
        contract(2, "odd", ""),
        contract(3, "gb", ""),
        contract(4, "mixed", ""),
        contract(5, "idle", ""),
        contract(6, "cut", "discount=0.1"),
        contract(7, "jpy", "currency=JPY"),
    ];
    let contracts: Vec<&str> = contracts.iter().map(String::as_str).collect();
    let line = |rest: &str| {
        format!(
            "vendor=V invoice_no=I line_no=1 contract_id=N service_id=vm service_start=2025-03-01 \
             service_end=2025-04-01 quantity=240 unit=h unit_price=2 net=480 currency=EUR {rest}"
        )
    };
    let of = |rest: &str, expected: &str| {
        let lines = [line(rest)];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let tables = [
            ("vendor-invoice-1", lines.as_slice()),
            ("contract-1", contracts.as_slice()),
            ("usage-1", usage.as_slice()),
            ("resource-1", resources),
        ];
        says("RC-02", &tables, &[&format!("V/I/1: {expected}")]);
    };
    of("", "conforms");
    // A hundred minor units either way are within, one more is not.
    of("net=481", "conforms");
    of("net=479", "conforms");
    of("net=481.01", "violates vendor-amount-off-meter 1.01");
    of("net=478.99", "violates vendor-amount-off-meter -1.01");
    of("quantity=257 net=514", "violates vendor-amount-off-meter 34");
    of("unit_price=2.06 net=494.40", "violates vendor-amount-off-meter 14.4");
    of("service_id=idle net=5", "violates vendor-amount-off-meter 5");
    of("service_id=gb unit=GB net=20", "conforms");
    of("service_id=gb net=20", "undetermined ?within");
    of("service_id=odd net=20", "undetermined ?within");
    of("service_id=mixed net=40", "undetermined ?within");
    of("service_id=cut net=0", "undetermined ?within");
    of("service_id=jpy net=0", "undetermined ?within");
    of("service_id=jpy net=100 currency=JPY", "conforms");
    of("service_id=jpy net=101 currency=JPY", "violates vendor-amount-off-meter 101");
    of("contract_id=", "undetermined ?within");
    of("service_end=2025-03-01", "undetermined ?within");
}

/// Two lines for the same days are not each the whole.
#[test]
fn lines_for_the_same_days_are_not_compared() {
    let line = |number: u8, start: &str, end: &str| {
        format!(
            "vendor=V invoice_no=I line_no={number} contract_id=N service_id=vm service_start={start} \
             service_end={end} quantity=0 unit=h unit_price=2 net=0 currency=EUR"
        )
    };
    let lines = [
        line(1, "2025-03-01", "2025-04-01"),
        line(2, "2025-03-31", "2025-04-02"),
        line(3, "2025-04-02", "2025-05-01"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let contract = "contract_id=N line_no=1 vendor=V service_id=vm unit_price=2 currency=EUR term_start=2025-01-01";
    says(
        "RC-02",
        &[
            ("vendor-invoice-1", &lines),
            ("contract-1", &[contract]),
            ("usage-1", &[]),
            ("resource-1", &[]),
        ],
        &["V/I/1: undetermined ?within", "V/I/2: undetermined ?within", "V/I/3: conforms"],
    );
}
