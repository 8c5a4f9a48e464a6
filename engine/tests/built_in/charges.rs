//! What a charge should have come to, and what a rate should be.

use super::chain::{NEXT_RUN, charge, price_plan, rate, resource, tells, texts};
use super::{Folder, Table, complaint, plan, running};
use tieout_engine::plan::Plan;

/// Charges, price plans, tiers, rates, resources.
type Priced<'a> = (&'a [String], &'a [String], &'a [String], &'a [String], &'a [String]);

fn priced(folder: &Folder, (charges, plans, tiers, rates, resources): Priced<'_>) -> Plan {
    let tables: [Table<'_>; 5] = [
        ("charge-1", &texts(charges)),
        ("price-plan-1", &texts(plans)),
        ("price-tier-1", &texts(tiers)),
        ("rate-table-1", &texts(rates)),
        ("resource-1", &texts(resources)),
    ];
    plan(folder, "PT-02", &tables)
}

fn tier(service: &str, number: u8, rest: &str) -> String {
    format!(
        "service_id={service} version=1 tier_no={number} from_qty=0 unit_price=0 currency=EUR {rest}"
    )
}

/// 100 GB are free, 1000 more cost 0.05, what is beyond 0.045; at least 5 EUR, less 10 %.
#[test]
fn tiers_minimum_and_discount_are_made_again() {
    let egress = |id: &str, quantity: &str, amount: &str, rest: &str| {
        charge(id, &format!("R{id}"), quantity, amount, &format!("service_id=egress {rest}"))
    };
    let charges = [
        // 1000 × 0.05 + 200 × 0.045 = 59.
        egress("01", "1300", "53.10", ""),
        egress("02", "1300", "48.60", ""),
        // 50 × 0.05 = 2.50: the minimum of 5 and then the discount.
        egress("03", "150", "4.50", ""),
        egress("04", "150", "2.25", ""),
        egress("05", "150", "5.00", ""),
        egress("06", "1300", "57.15", ""),
        egress("07", "1300", "53.11", ""),
        // No usage, the minimum all the same.
        egress("08", "0", "4.50", ""),
    ];
    let plans = [price_plan(
        "egress",
        "mode=graduated free_units=100 minimum=5 discount_percent=10 rounding_mode=half-up",
    )];
    let tiers = [
        tier("egress", 1, "to_qty=1000 unit_price=0.05 mode=graduated"),
        tier("egress", 2, "from_qty=1000 unit_price=0.045 mode=graduated"),
    ];
    let folder = Folder::new();
    tells(
        &priced(&folder, (&charges, &plans, &tiers, &[], &[])),
        &[
            "01: conforms",
            "02: violates charge-differs -4.5 [volume-for-graduated]",
            "03: conforms",
            "04: violates charge-differs -2.25 [minimum-ignored]",
            "05: violates charge-differs 0.5 [discount-ignored | discount-order-swapped]",
            // 1000 × 0.05 + 300 × 0.045 = 63.50, less 10 %.
            "06: violates charge-differs 4.05 [free-units-ignored]",
            "07: violates charge-differs 0.01 [unexplained]",
            "08: conforms",
        ],
    );
}

/// What comes late is the whole anew less what was charged; a reversal turns the signs.
#[test]
fn what_comes_late_and_what_is_reversed() {
    let egress = |id: &str, resource: &str, quantity: &str, amount: &str, rest: &str| {
        charge(id, resource, quantity, amount, &format!("service_id=egress {rest}"))
    };
    let late = format!("reason=late {NEXT_RUN}");
    let correction = format!("reason=correction {NEXT_RUN}");
    let charges = [
        egress("1", "A", "1300", "58.50", ""),
        egress("1L", "A", "20", "0.90", &late),
        egress("2", "B", "1300", "58.50", ""),
        // As if nothing had been charged before: the first tier, and 100 of them free.
        egress("2L", "B", "20", "0.00", &late),
        egress("3", "C", "1300", "58.50", ""),
        egress("3R", "C", "-1300", "-58.50", &correction),
        egress("3N", "C", "1200", "54.50", &correction),
    ];
    let plans = [price_plan("egress", "mode=graduated free_units=100")];
    let tiers = [
        tier("egress", 1, "to_qty=1000 unit_price=0.05 mode=graduated"),
        tier("egress", 2, "from_qty=1000 unit_price=0.0425 mode=graduated"),
    ];
    let folder = Folder::new();
    // 1000 × 0.05 + 200 × 0.0425 = 58.50; 20 more are 0.85.
    tells(
        &priced(&folder, (&charges, &plans, &tiers, &[], &[])),
        &[
            "1: conforms",
            "1L: violates charge-differs 0.05 [unexplained]",
            "2: conforms",
            "2L: violates charge-differs -0.85 [unexplained]",
            "3: conforms",
            "3R: conforms",
            // 1000 × 0.05 + 100 × 0.0425 = 54.25.
            "3N: violates charge-differs 0.25 [unexplained]",
        ],
    );
}

#[test]
fn a_bound_belongs_to_the_tier_that_the_plan_says() {
    let charges = [
        charge("1", "A", "1000", "50", "service_id=upper"),
        charge("2", "B", "1000", "45", "service_id=upper"),
        charge("3", "C", "1000", "45", "service_id=lower"),
        charge("4", "D", "1000.0000000001", "45", "service_id=upper"),
        charge("5", "E", "1001", "50.05", "service_id=capped"),
        charge("6", "F", "1000", "50", "service_id=capped"),
    ];
    let plans = [
        price_plan("upper", "mode=volume"),
        price_plan("lower", "mode=volume bound=lower-inclusive"),
        price_plan("capped", "mode=volume"),
    ];
    let tiers: Vec<_> = ["upper", "lower"]
        .iter()
        .flat_map(|service| {
            [
                tier(service, 1, "to_qty=1000 unit_price=0.05 mode=volume"),
                tier(service, 2, "from_qty=1000 unit_price=0.045 mode=volume"),
            ]
        })
        .chain([tier("capped", 1, "to_qty=1000 unit_price=0.05 mode=volume")])
        .collect();
    let folder = Folder::new();
    tells(
        &priced(&folder, (&charges, &plans, &tiers, &[], &[])),
        &[
            "1: conforms",
            "2: violates charge-differs -5 [bound-off-by-one]",
            "3: conforms",
            "4: conforms",
            "5: undetermined ?expected (the quantity is above the last tier)",
            "6: conforms",
        ],
    );
}

#[test]
fn a_part_of_a_month_is_an_exact_share_of_the_resources_own_month() {
    let part = "service_id=support period_end=2025-03-17T00:00:00Z";
    let sydney = "service_id=support period_start=2025-02-28T13:00:00Z \
                  period_end=2025-03-16T13:00:00Z";
    let charges = [
        charge("1", "A", "1", "51.61", part),
        charge("2", "A2", "1", "100", part),
        // 16/31 rounded to 0.5, and to 0.52.
        charge("3", "A3", "1", "50", part),
        charge("4", "A4", "1", "52", part),
        charge("5", "sydney", "1", "51.61", sydney),
        charge("6", "nowhere", "1", "51.61", part),
        charge("7", "unzoned", "1", "51.61", part),
    ];
    let plans = [price_plan("support", "mode=flat prorated=true")];
    let tiers = [tier("support", 1, "fixed_fee=100 mode=flat")];
    let mut resources: Vec<_> = ["A", "A2", "A3", "A4"].iter().map(|id| resource(id, "")).collect();
    resources.push(resource("sydney", "zone=Australia/Sydney"));
    resources.push(resource("unzoned", "zone="));
    let folder = Folder::new();
    let unknown = "undetermined ?expected (the zone of the resource isn't known)";
    tells(
        &priced(&folder, (&charges, &plans, &tiers, &[], &resources)),
        &[
            "1: conforms",
            "2: violates charge-differs 48.39 [proration-ignored | proration-rounded]",
            "3: violates charge-differs -1.61 [proration-rounded]",
            "4: violates charge-differs 0.39 [proration-rounded]",
            "5: conforms",
            &format!("6: {unknown}"),
            &format!("7: {unknown}"),
        ],
    );
}

#[test]
fn without_one_price_in_force_nothing_is_said() {
    let of = |id: &str, service: &str| {
        charge(id, &format!("R{id}"), "100", "20", &format!("service_id={service}"))
    };
    let charges = [
        of("1", "vm"),
        of("2", "none"),
        of("3", "ended"),
        of("4", "plans"),
        of("5", "rates"),
        of("6", "unrated"),
        charge("7", "R7", "100", "20", "currency=CHF"),
        of("8", "mixed"),
        of("9", "gap"),
        of("91", "begins"),
    ];
    let gap = "mode=graduated";
    let plans = [
        price_plan("vm", ""),
        price_plan("ended", "effective_to=2025-03-01T00:00:00Z"),
        price_plan("plans", ""),
        price_plan("plans", "version=2"),
        price_plan("rates", ""),
        price_plan("unrated", ""),
        price_plan("mixed", ""),
        price_plan("gap", gap),
        price_plan("begins", "effective_from=2025-03-01T00:00:00Z"),
    ];
    let tiers = [
        tier("gap", 1, "to_qty=10 unit_price=0.2 mode=graduated"),
        tier("gap", 2, "from_qty=11 unit_price=0.2 mode=graduated"),
    ];
    let rates = [
        rate("vm", "0.20", ""),
        rate("plans", "0.20", ""),
        rate("rates", "0.20", ""),
        rate("rates", "0.20", ""),
        rate("mixed", "0.20", "currency=CHF"),
        rate("begins", "0.20", "effective_from=2025-03-01T00:00:00Z"),
    ];
    let folder = Folder::new();
    let why = |id: &str, reason: &str| format!("{id}: undetermined ?expected ({reason})");
    let expected = [
        "1: conforms".to_owned(),
        why("2", "no price plan is in force"),
        // It ends at the very instant at which the period begins.
        why("3", "no price plan is in force"),
        why("4", "two price plans are in force"),
        why("5", "two rates are in force"),
        why("6", "no rate is in force"),
        why("7", "the charge is in another currency than its price"),
        why("8", "the price plan and its prices are in several currencies"),
        why("9", "the tiers have a gap or an overlap"),
        "91: conforms".to_owned(),
    ];
    tells(&priced(&folder, (&charges, &plans, &tiers, &rates, &[])), &texts(&expected));
}

/// The price went up for March, which was entered in June: what April's run billed stands.
#[test]
fn a_price_that_became_known_afterwards_is_no_error() {
    let known = "version=1r known_from=2025-06-01T00:00:00Z";
    let july = "known_at=2025-07-04T00:00:00Z billing_run=RUN-2025-06";
    let charges = [
        charge("1", "A", "100", "20", ""),
        charge("2", "B", "100", "25", ""),
        charge("3", "C", "100", "25", july),
        charge("4", "D", "100", "20", july),
        charge("5", "E", "0", "0", ""),
    ];
    let plans = [price_plan("vm", ""), price_plan("vm", known)];
    let rates = [
        rate("vm", "0.20", ""),
        rate("vm", "0.25", "rate_id=vm-r known_from=2025-06-01T00:00:00Z"),
    ];
    let folder = Folder::new();
    tells(
        &priced(&folder, (&charges, &plans, &[], &rates, &[])),
        &[
            "1: conforms",
            "2: violates charge-differs 5 [wrong-rate-version]",
            "3: conforms",
            "4: violates charge-differs -5 [wrong-rate-version]",
            "5: conforms",
        ],
    );
}

#[test]
fn a_tie_is_rounded_as_the_plan_says() {
    let charges = [
        charge("1", "A", "0.625", "0.13", "service_id=up"),
        charge("2", "B", "0.625", "0.12", "service_id=up"),
        charge("3", "C", "0.625", "0.12", ""),
        charge("4", "D", "0.625", "0.125", ""),
    ];
    let plans = [price_plan("up", "rounding_mode=half-up"), price_plan("vm", "")];
    let rates = [rate("up", "0.20", ""), rate("vm", "0.20", "")];
    let folder = Folder::new();
    tells(
        &priced(&folder, (&charges, &plans, &[], &rates, &[])),
        &[
            "1: conforms",
            "2: violates charge-differs -0.01 [rounding-mode]",
            "3: conforms",
            "4: violates charge-differs 0.005 [unexplained]",
        ],
    );
}

/// A widened column is read, as far as what is computed from it has ten digits behind the point.
#[test]
fn a_widened_amount_counts_to_the_last_digit_or_is_refused() {
    let folder = Folder::new();
    let go = |amount: &str| {
        let charges = [charge("1", "A", "100", amount, "")];
        let tables = (&charges[..], &[price_plan("vm", "")][..], &[][..]);
        let rates = [rate("vm", "0.20", "")];
        let mut plan = priced(&folder, (tables.0, tables.1, tables.2, &rates, &[]));
        plan.datasets[0].reading.widen = vec!["amount".into()];
        plan
    };
    tells(&go("20.0000000001"), &["1: violates charge-differs 0.0000000001 [unexplained]"]);
    let (code, message, help) = complaint(running::go(&go("20.000000000001")));
    assert_eq!(code, "population-number");
    assert_eq!(message, "a record's `amount` has more than 38 digits, 10 of them behind the point");
    assert!(help.contains("round it in the source"), "{help}");
}

fn contracted(folder: &Folder, rates: &[String], lines: &[&str], charges: &[String]) -> Plan {
    let services: Vec<_> = ["vm", "b"].iter().map(|service| price_plan(service, "")).collect();
    let tables: [Table<'_>; 6] = [
        ("rate-table-1", &texts(rates)),
        ("contract-1", lines),
        ("charge-1", &texts(charges)),
        ("price-plan-1", &texts(&services)),
        ("price-tier-1", &[]),
        ("resource-1", &[]),
    ];
    plan(folder, "PR-01", &tables)
}

/// 12 % on top of the contract price.
#[test]
fn a_rate_is_the_contract_price_and_the_overhead() {
    let of = |service: &str, price: &str, line: &str| {
        rate(service, price, &format!("source_contract_line={line}"))
    };
    let rates = [
        of("vm", "0.28", "K-1/1"),
        of("b", "0.28", "K-1/2"),
        // It charged nothing.
        of("c", "0.2800000001", "K-1/1"),
        rate("d", "7", ""),
    ];
    let lines = [
        "contract_id=K-1 line_no=1 unit_price=0.25 currency=EUR",
        // It was 0.25 until the day on which the rate begins.
        "contract_id=K-1 line_no=2 unit_price=0.25 currency=EUR term_start=2024-01-01 \
         term_end=2025-01-01",
        "contract_id=K-1 line_no=2 unit_price=0.20 currency=EUR term_start=2025-01-01",
    ];
    let charges = [
        charge("1", "A", "1000", "280", ""),
        charge("2", "B", "1000", "280", "service_id=b"),
        charge("3", "C", "10", "2.80", "service_id=b"),
    ];
    let folder = Folder::new();
    tells(
        &contracted(&folder, &rates, &lines, &charges),
        &[
            "vm/2025-01-01: conforms",
            // 280 − 224 and 2.80 − 2.24.
            "b/2025-01-01: violates rate-differs 56.56 [rate-off-contract]",
            "c/2025-01-01: violates rate-differs 0 [rate-off-contract]",
            "d/2025-01-01: not-applicable",
        ],
    );
}

#[test]
fn a_contract_that_does_not_say_the_price_leaves_the_rate_open() {
    let of = |id: &str, line: &str| rate(id, "0.28", &format!("source_contract_line={line}"));
    let rates =
        [of("a", "K-9/1"), of("b", "K-1/2"), of("c", "K-1/3"), of("d", "K-1/4"), of("e", "K-1/5")];
    let lines = [
        "contract_id=K-1 line_no=2 unit_price=0.25 currency=EUR",
        "contract_id=K-1 line_no=2 unit_price=0.25 currency=EUR",
        "contract_id=K-1 line_no=3 unit_price=0.25 currency=EUR term_end=2025-01-01 \
         term_start=2024-01-01",
        "contract_id=K-1 line_no=4 unit_price=0.25 currency=USD",
        "contract_id=K-1 line_no=5 unit_price=0.25 currency=EUR discount=0.1",
    ];
    let folder = Folder::new();
    let why =
        |id: &str, reason: &str| format!("{id}/2025-01-01: undetermined ?expected ({reason})");
    let expected = [
        why("a", "the contract's line isn't there"),
        why("b", "two lines of the contract are in force"),
        why("c", "the contract isn't in force when the rate begins"),
        why("d", "the contract is in another currency than the rate"),
        why("e", "the contract bears a discount of which nothing says what is left"),
    ];
    tells(&contracted(&folder, &rates, &lines, &[]), &texts(&expected));
}
