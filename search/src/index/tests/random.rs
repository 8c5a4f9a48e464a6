//! Random corpora and queries, from a seed.

use serde_json::{Value, json};

/// SplitMix64 (Steele, Lea, Flood 2014): enough for test data, the same everywhere.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

pub(super) const WORDS: [&str; 10] =
    ["storage", "Compute", "dispute", "disputed", "credit", "Größe", "réseau", "EU", "not", "a1"];
pub(super) const INVOICES: [&str; 6] =
    ["INV-0042", "inv-0042", "INV-0042-B", "INV-0043", "0042", "storage compute"];
pub(super) const CONTROLS: [&str; 4] = ["FOC-R01", "FOC-R03", "GL-01", "VAT-02"];
pub(super) const CODES: [&str; 3] = ["list-cost-differs", "account-missing", "rate-differs"];
pub(super) const AMOUNTS: [&str; 12] = [
    "-100",
    "-0.01",
    "0.00",
    "0.001",
    "1",
    "1.0000",
    "99.99",
    "1000.005",
    "1000.0050001",
    "2000",
    "1e3",
    "123456789012345678901234567890.12345678",
];
pub(super) const CURRENCIES: [&str; 3] = ["EUR", "CHF", "JPY"];
pub(super) const DAYS: [&str; 5] =
    ["2024-12-31", "2025-01-01", "2025-01-31", "2025-02-01", "2025-03-31"];
pub(super) const INSTANTS: [&str; 5] = [
    "2024-12-31T23:59:59.999999Z",
    "2025-01-01T00:00:00Z",
    "2025-01-31T12:00:00Z",
    "2025-02-01T00:00:00Z",
    "2025-03-31T23:00:00Z",
];
pub(super) const DECISIONS: [&str; 3] = ["violates", "undetermined", "conforms"];

pub(super) fn sentence(random: &mut Random) -> String {
    let joints = [" ", " ", "-", ", ", "/"];
    let mut text = random.pick(&WORDS).to_owned();
    for _ in 0..random.below(5) {
        text.push_str(random.pick(&joints));
        text.push_str(random.pick(&WORDS));
    }
    text
}

pub(super) fn line(random: &mut Random) -> Value {
    let mut line = json!({
        "v": "1", "kind": "record",
        "control": random.pick(&CONTROLS),
        "decision": random.pick(&DECISIONS),
        "dataset": random.pick(&["aws", "azure"]),
        "row": "1", "population": "2",
        "key": {
            "InvoiceId": random.pick(&INVOICES),
            "ChargePeriodStart": random.pick(&INSTANTS),
        },
        "facts": [],
        "values": {
            "ChargeDescription": sentence(random),
            "BilledCost": random.pick(&AMOUNTS),
            "BillingCurrency": random.pick(&CURRENCIES),
            "tax_point": random.pick(&DAYS),
            "own": random.pick(&AMOUNTS),
        },
    });
    for _ in 0..random.below(3) {
        let fact = json!({
            "code": random.pick(&CODES),
            "amount": random.pick(&AMOUNTS),
            "message": sentence(random),
        });
        line["facts"].as_array_mut().unwrap().push(fact);
    }
    if random.chance(80) {
        let (amount, currency) = (random.pick(&AMOUNTS), random.pick(&CURRENCIES));
        line["exposure"] = json!({"amount": amount, "currency": currency});
    }
    if random.chance(20) {
        line["values"]["content_digest"] = json!(format!("{:064x}", random.below(4)));
    }
    line
}

pub(super) fn population(random: &mut Random) -> Value {
    json!({
        "control": random.pick(&CONTROLS),
        "dataset": random.pick(&["aws", "azure"]),
        "row": "1",
        "key": {"InvoiceId": random.pick(&INVOICES), "ChargePeriodStart": random.pick(&INSTANTS)},
        "decision": random.pick(&DECISIONS),
    })
}
