//! Price plans, tiers and rates of the deck's files, and what they make of a quantity.

use std::collections::BTreeMap;
use std::path::Path;

/// A fraction in lowest terms, its denominator positive.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    pub(crate) fn of(over: i128, under: i128) -> Self {
        let (mut a, mut b) = (over.abs(), under);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self { over: over / a.max(1), under: under / a.max(1) }
    }

    fn text(text: &str) -> Self {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let under = 10_i128.pow(u32::try_from(rest.len()).unwrap());
        Self::of(format!("{whole}{rest}").parse().unwrap(), under)
    }

    fn plus(self, other: Self) -> Self {
        Self::of(self.over * other.under + other.over * self.under, self.under * other.under)
    }

    fn minus(self, other: Self) -> Self {
        self.plus(Self { over: -other.over, ..other })
    }

    fn times(self, other: Self) -> Self {
        Self::of(self.over * other.over, self.under * other.under)
    }

    fn over(self, other: Self) -> Self {
        Self::of(self.over * other.under, self.under * other.over)
    }

    fn above(self, other: Self) -> bool {
        self.over * other.under > other.over * self.under
    }
}

/// What a biller does wrong.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mistake {
    None,
    MinimumIgnored,
    DiscountIgnored,
    ProrationIgnored,
    RoundedDown,
}

impl Mistake {
    pub(crate) const ALL: [(Self, &'static str); 4] = [
        (Self::MinimumIgnored, "minimum-ignored"),
        (Self::DiscountIgnored, "discount-ignored"),
        (Self::ProrationIgnored, "proration-ignored"),
        (Self::RoundedDown, "rounding-mode"),
    ];
}

#[derive(Clone)]
struct Tier {
    from: Fraction,
    to: Option<Fraction>,
    price: Fraction,
    fee: Fraction,
    block: Option<Fraction>,
}

/// A version of a price plan, with its rate where it has one.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) service: String,
    pub(crate) version: String,
    pub(crate) currency: String,
    pub(crate) free_units: String,
    pub(crate) minimum_text: String,
    validity: [i64; 3],
    mode: String,
    upper_inclusive: bool,
    minimum: Option<Fraction>,
    free: Fraction,
    discount: Fraction,
    discount_first: bool,
    prorated: bool,
    half_even: bool,
    tiers: Vec<Tier>,
    rate: Option<Fraction>,
}

/// All plans and rates, by service.
pub(crate) struct Book {
    plans: Vec<Vec<Plan>>,
    rates: BTreeMap<String, Vec<([i64; 3], Fraction)>>,
    names: Vec<String>,
}

impl Book {
    pub(crate) fn read(data: &Path) -> Self {
        let mut tiers: BTreeMap<(String, String), Vec<Tier>> = BTreeMap::new();
        for row in rows(&data.join("price_tier.csv")) {
            let optional = |name: &str| Some(&row[name]).filter(|t| !t.is_empty());
            let burst =
                optional("burst_multiplier").map_or(Fraction::of(1, 1), |t| Fraction::text(t));
            let tier = Tier {
                from: Fraction::text(&row["from_qty"]),
                to: optional("to_qty").map(|t| Fraction::text(t)),
                price: Fraction::text(&row["unit_price"]).times(burst),
                fee: optional("fixed_fee").map_or(Fraction::of(0, 1), |t| Fraction::text(t)),
                block: optional("block_size").map(|t| Fraction::text(t)),
            };
            tiers
                .entry((row["service_id"].clone(), row["version"].clone()))
                .or_default()
                .push(tier);
        }
        let mut rates: BTreeMap<String, Vec<([i64; 3], Fraction)>> = BTreeMap::new();
        for row in rows(&data.join("rate_table.csv")) {
            let price = Fraction::text(&row["unit_price"]);
            rates.entry(row["service_id"].clone()).or_default().push((validity(&row), price));
        }
        let mut plans: BTreeMap<String, Vec<Plan>> = BTreeMap::new();
        for row in rows(&data.join("price_plan.csv")) {
            let key = (row["service_id"].clone(), row["version"].clone());
            let minimum = Some(&row["minimum"]).filter(|t| !t.is_empty());
            plans.entry(key.0.clone()).or_default().push(Plan {
                service: key.0.clone(),
                version: key.1.clone(),
                currency: row["currency"].clone(),
                free_units: row["free_units"].clone(),
                minimum_text: row["minimum"].clone(),
                validity: validity(&row),
                mode: row["mode"].clone(),
                upper_inclusive: row["bound"] == "upper-inclusive",
                minimum: minimum.map(|t| Fraction::text(t)),
                free: Fraction::text(&row["free_units"]),
                discount: Fraction::text(&row["discount_percent"]).times(Fraction::of(1, 100)),
                discount_first: row["discount_order"] == "before-minimum",
                prorated: row["prorated"] == "true",
                half_even: row["rounding_mode"] == "half-even",
                tiers: tiers.get(&key).cloned().unwrap_or_default(),
                rate: None,
            });
        }
        let names = plans.keys().cloned().collect();
        Self { plans: plans.into_values().collect(), rates, names }
    }

    pub(crate) fn services(&self) -> usize {
        self.plans.len()
    }

    pub(crate) fn name(&self, service: usize) -> &str {
        &self.names[service]
    }

    /// The plan in force at an instant, as known at another, the last known of several.
    pub(crate) fn plan(&self, service: usize, at: i64, known: i64) -> Plan {
        let holds = |[from, to, since]: [i64; 3]| from <= at && at < to && since <= known;
        let plans = self.plans[service].iter().filter(|plan| holds(plan.validity));
        let mut plan = plans.max_by_key(|plan| plan.validity[2]).unwrap().clone();
        if plan.mode == "per-unit" {
            let rates = self.rates[&plan.service].iter().filter(|(validity, _)| holds(*validity));
            plan.rate = rates.max_by_key(|(validity, _)| validity[2]).map(|(_, price)| *price);
        }
        plan
    }
}

impl Plan {
    /// What it makes of so many thousandths, in cents.
    pub(crate) fn cents(&self, thousandths: i128, share: Fraction, mistake: Mistake) -> i128 {
        let zero = Fraction::of(0, 1);
        let quantity = Fraction::of(thousandths, 1000).minus(self.free);
        let quantity = if quantity.above(zero) { quantity } else { zero };
        let mut amount = self.list(quantity);
        let raised = |amount: Fraction| match self.minimum {
            Some(minimum) if minimum.above(amount) && mistake != Mistake::MinimumIgnored => minimum,
            _ => amount,
        };
        let off = if mistake == Mistake::DiscountIgnored { zero } else { self.discount };
        let reduced = |amount: Fraction| amount.times(Fraction::of(1, 1).minus(off));
        amount =
            if self.discount_first { raised(reduced(amount)) } else { reduced(raised(amount)) };
        if self.prorated && mistake != Mistake::ProrationIgnored {
            amount = amount.times(share);
        }
        let Fraction { over, under } = amount.times(Fraction::of(100, 1));
        let (down, rest) = (over / under, over % under);
        let up = match (2 * rest).cmp(&under) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => !self.half_even || down % 2 == 1,
            std::cmp::Ordering::Greater => true,
        };
        down + i128::from(up && mistake != Mistake::RoundedDown)
    }

    fn list(&self, quantity: Fraction) -> Fraction {
        let entered = |tier: &&Tier| {
            let beyond =
                quantity.above(tier.from) || (!self.upper_inclusive && quantity == tier.from);
            beyond || tier.from == Fraction::of(0, 1)
        };
        let last = || self.tiers.iter().rfind(entered).unwrap();
        match self.mode.as_str() {
            "per-unit" => quantity.times(self.rate.unwrap()),
            "flat" => self.tiers[0].fee,
            "stairstep" => last().fee,
            "volume" => quantity.times(last().price).plus(last().fee),
            "package" => {
                let packages = quantity.over(self.tiers[0].block.unwrap());
                let started = (packages.over + packages.under - 1) / packages.under;
                Fraction::of(started, 1).times(self.tiers[0].price)
            }
            _ => self.tiers.iter().filter(entered).fold(Fraction::of(0, 1), |sum, tier| {
                let to = tier.to.filter(|to| quantity.above(*to)).unwrap_or(quantity);
                sum.plus(to.minus(tier.from).times(tier.price)).plus(tier.fee)
            }),
        }
    }
}

fn validity(row: &BTreeMap<String, String>) -> [i64; 3] {
    let instant = |name: &str, otherwise: i64| match row[name].as_str() {
        "" => otherwise,
        text => chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros(),
    };
    [
        instant("effective_from", i64::MIN),
        instant("effective_to", i64::MAX),
        instant("known_from", i64::MIN),
    ]
}

/// The rows of a CSV file without quotes.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let cells = line.split(',').map(str::to_owned);
        header.iter().map(|name| (*name).to_owned()).zip(cells).collect()
    };
    lines.map(row).collect()
}
