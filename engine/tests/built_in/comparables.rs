//! What providers earn, against what independent ones do.

use super::says;

/// 0.03, 0.05, 0.06, 0.09: exactly a quarter is at or below 0.03, so that the range goes from 0.04 to
/// 0.075; the median is 0.055.
#[test]
fn a_provider_earns_what_independent_ones_do() {
    let study = |entity: &str, year: &str| {
        let result = |name: &str, value: &str| {
            format!(
                "benchmark_id=B entity={entity} period={year} comparable={name} net_cost_plus={value}"
            )
        };
        [result("c1", "0.05"), result("c2", "0.03"), result("c3", "0.09"), result("c4", "0.06")]
    };
    let mut studies: Vec<String> = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "PA"]
        .iter()
        .flat_map(|e| study(e, "2025"))
        .collect();
    // Two studies; a comparable twice.
    studies.extend(study("P8", "2025"));
    studies
        .push("benchmark_id=C entity=P8 period=2025 comparable=c5 net_cost_plus=0.05".to_owned());
    studies.extend(study("P9", "2025"));
    studies
        .push("benchmark_id=B entity=P9 period=2025 comparable=c1 net_cost_plus=0.05".to_owned());
    let charge = |seller: &str, amount: &str, rest: &str| {
        format!(
            "entry_id=x seller={seller} buyer=B category=it-services side=AR period=2025-03 \
             pool_id={seller} txn_amount={amount} txn_ccy=EUR {rest}"
        )
    };
    let charges = [
        // 104 on 100 is the lower bound, 107.50 the upper.
        charge("P1", "104", ""),
        charge("P1", "104", "side=AP"),
        charge("P1", "99999", "category=licence"),
        charge("P1", "103.99", "period=2024-12 pool_id=Q"),
        charge("P2", "107.50", ""),
        charge("P3", "103.99", ""),
        charge("P4", "107.51", ""),
        charge("P5", "104", "pool_id="),
        charge("P6", "104", "pool_id=nowhere"),
        charge("P7", "104", "txn_ccy=CHF"),
        charge("P8", "104", ""),
        charge("P9", "104", ""),
        // 100 of 150 are passed through: 54 on 50, and 50 on 50, is the lower bound again.
        charge("PA", "154", ""),
        charge("PA", "50", "period=2025-04"),
        charge("PB", "104", ""),
        charge("PC", "104", "category=licence"),
        charge("PD", "104", ""),
        charge("PE", "5", ""),
    ];
    let charges: Vec<&str> = charges.iter().map(String::as_str).collect();
    let pool = |id: &str, rest: &str| {
        format!("pool_id={id} period=2025-03 amount=100 pass_through=0 currency=EUR {rest}")
    };
    let mut pools: Vec<String> = ["P1", "P2", "P3", "P4", "P7", "P8", "P9", "PB", "PC", "PD", "PD"]
        .map(|id| pool(id, ""))
        .into();
    pools.extend([
        pool("Q", "period=2024-12"),
        pool("PA", "amount=150 pass_through=100"),
        pool("PA", "amount=50 period=2025-04"),
        pool("PE", "amount=0"),
    ]);
    let mut more = study("PE", "2025").to_vec();
    more.extend(study("PD", "2025"));
    studies.extend(more);
    let pools: Vec<&str> = pools.iter().map(String::as_str).collect();
    let studies: Vec<&str> = studies.iter().map(String::as_str).collect();
    says(
        "TP-07",
        &[("intercompany-1", &charges), ("cost-pool-1", &pools), ("benchmark-1", &studies)],
        &[
            "P1/2024: undetermined ?in_range",
            "P1/2025: conforms",
            "P2/2025: conforms",
            "P3/2025: violates ncp-outside-range -1.51",
            "P4/2025: violates ncp-outside-range 2.01",
            "P5/2025: undetermined ?in_range",
            "P6/2025: undetermined ?in_range",
            "P7/2025: undetermined ?in_range",
            "P8/2025: undetermined ?in_range",
            "P9/2025: undetermined ?in_range",
            "PA/2025: conforms",
            "PB/2025: undetermined ?in_range",
            "PC/2025: not-applicable",
            "PD/2025: undetermined ?in_range",
            "PE/2025: undetermined ?in_range",
        ],
    );
}
