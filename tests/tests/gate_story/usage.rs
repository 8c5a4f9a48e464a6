//! What was used in May and in the first week of June, and what that costs: the sums here are written
//! out, so that nobody has to believe the product's.

use crate::company::{EGRESS, SERVICES};
use std::collections::BTreeMap;

/// Hundredths of a currency's unit.
pub(crate) type Cents = i128;

/// A day's usage of a cost centre.
#[derive(Debug, Clone)]
pub(crate) struct Used {
    service: &'static str,
    region: &'static str,
    segment: &'static str,
    unit: &'static str,
    cost_centre: &'static str,
    entity: &'static str,
    month: u32,
    day: u32,
    quantity: i128,
}

/// Who uses what is sold to customers, and who what is charged within the group.
const RETAIL: [(&str, &str); 2] = [("BU-Retail", "MER-DE"), ("BU-Cloud", "MER-FR")];
const INTERCOMPANY: [(&str, &str); 2] = [("BU-Labs", "MER-US"), ("BU-Public", "MER-NL")];
/// The one rate of the table that nobody uses.
const IDLE: (&str, &str) = ("gpu", "us");

/// Every day of May, and the first seven of June, which are billed by the week.
pub(crate) fn usage() -> Vec<Used> {
    let mut keys = Vec::new();
    for (service, _, unit, ..) in SERVICES {
        for (region, segment) in [("eu", "retail"), ("eu", "intercompany"), ("us", "retail")] {
            if (service, region) != IDLE {
                keys.push((service, unit, region, segment));
            }
        }
    }
    keys.push(("net-egress", "GB", "eu", "retail"));
    let days = (1..=31).map(|day| (5, day)).chain((1..=7).map(|day| (6, day)));
    let mut rows = Vec::new();
    for (month, day) in days {
        for (place, (service, unit, region, segment)) in (0_i128..).zip(&keys) {
            let users = if *segment == "retail" { RETAIL } else { INTERCOMPANY };
            for (user, (cost_centre, entity)) in (0_i128..).zip(users) {
                let quantity = 5 + (7 * place + 13 * user + 3 * i128::from(day)) % 20;
                let (service, unit, region, segment) = (*service, *unit, *region, *segment);
                rows.push(Used {
                    service,
                    region,
                    segment,
                    unit,
                    cost_centre,
                    entity,
                    month,
                    day,
                    quantity,
                });
            }
        }
    }
    rows
}

impl Used {
    fn account(&self) -> &'static str {
        match self.service {
            "vm-small" | "vm-large" | "db-small" | "db-large" | "gpu" => "410000",
            "disk-ssd" | "disk-hdd" | "backup" => "420000",
            _ => "430000",
        }
    }

    fn invoice(&self) -> String {
        match self.month {
            5 => format!("INV-2026-05-{}", self.entity),
            _ => format!("INV-2026-06-W1-{}", self.entity),
        }
    }

    fn is(&self, key: &str) -> bool {
        key == format!("{}/{}/{}", self.service, self.region, self.segment)
    }
}

/// The file, by the profile `usage-summary-1`.
pub(crate) fn csv(usage: &[Used]) -> String {
    let mut text = "period_start,period_end,service_id,region,customer_segment,unit,cost_centre,\
                    entity,gl_account,quantity,invoice_no\n"
        .to_owned();
    for row in usage {
        let end = if (row.month, row.day) == (5, 31) { (6, 1) } else { (row.month, row.day + 1) };
        text.push_str(&format!(
            "2026-{:02}-{:02}T00:00:00Z,2026-{:02}-{:02}T00:00:00Z,{},{},{},{},{},{},{},{},{}\n",
            row.month,
            row.day,
            end.0,
            end.1,
            row.service,
            row.region,
            row.segment,
            row.unit,
            row.cost_centre,
            row.entity,
            row.account(),
            row.quantity,
            row.invoice(),
        ));
    }
    text
}

/// What each cost centre used of `service/region/segment` in May.
pub(crate) fn used_in_may(usage: &[Used], key: &str) -> BTreeMap<&'static str, i128> {
    let mut sums = BTreeMap::new();
    for row in usage.iter().filter(|row| row.month == 5 && row.is(key)) {
        *sums.entry(row.cost_centre).or_insert(0) += row.quantity;
    }
    sums
}

/// A price such as `0.065` in ten-thousandths.
fn ten_thousandths(price: &str) -> i128 {
    let (whole, rest) = price.split_once('.').unwrap_or((price, ""));
    format!("{whole}{rest:0<4}").parse().expect(price)
}

/// The cents of an amount in ten-thousandths, half of a cent up.
fn rounded(ten_thousandths: i128) -> Cents {
    (ten_thousandths + 50).div_euclid(100)
}

/// What May comes to at one price a unit: each cost centre's amount is rounded, then they are added.
pub(crate) fn may_at(usage: &[Used], key: &str, price: &str) -> Cents {
    let amount = |quantity: &i128| rounded(quantity * ten_thousandths(price));
    used_in_may(usage, key).values().map(amount).sum()
}

/// What a price becoming another one comes to.
pub(crate) fn moved(usage: &[Used], key: &str, from: &str, to: &str) -> Cents {
    may_at(usage, key, to) - may_at(usage, key, from)
}

/// What May's net egress comes to in tiers of these bounds and prices, each part by its own.
pub(crate) fn egress_in_tiers(usage: &[Used], tiers: [(i128, &str); 3]) -> Cents {
    let mut sum = 0;
    for quantity in used_in_may(usage, "net-egress/eu/retail").into_values() {
        let mut exact = 0;
        for (place, (from, price)) in tiers.iter().enumerate() {
            let to = tiers.get(place + 1).map_or(i128::MAX, |(to, _)| *to);
            exact += (quantity.min(to) - from).max(0) * ten_thousandths(price);
        }
        sum += rounded(exact);
    }
    sum
}

/// What the whole of May comes to at the company's table, in euros.
pub(crate) fn may_in_euros(usage: &[Used]) -> Cents {
    let mut sum = 0;
    for (service, _, _, [eu, intercompany, _], _) in SERVICES {
        sum += may_at(usage, &format!("{service}/eu/retail"), eu);
        sum += may_at(usage, &format!("{service}/eu/intercompany"), intercompany);
    }
    let tiers = EGRESS.map(|(_, from, _, price)| (from.parse().expect(from), price));
    sum + egress_in_tiers(usage, tiers)
}

/// An amount as outputs for people have it: `-18,420.00 EUR`.
pub(crate) fn shown(cents: Cents, currency: &str) -> String {
    let (units, rest) = (cents.abs() / 100, cents.abs() % 100);
    let digits = units.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{grouped}.{rest:02} {currency}")
}
