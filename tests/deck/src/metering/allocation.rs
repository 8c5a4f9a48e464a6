//! Pools of cost and how they are divided: the facilities' pool first, then the network's, then the
//! platform's, each passing on what it got. A key is what was metered, frozen at the run.

mod fault;

use super::group::{Centre, MONTHS, PROVIDERS, cut_off, period, run_id};
use super::plan::Plan;
use super::ratio::{Mode, Ratio, shares};
use super::summary::Summary;
use super::truth::Planted;
use super::unit::quantity;
use crate::calendar::HOUR;
use crate::csv::{Cell, Format, Table, cell};
use crate::money::Dec;
use crate::rng::{Rng, at};

/// Name, driver and unit of the pools, in their order.
const KINDS: &[(&str, &str, &str)] = &[
    ("FACILITIES", "headcount", ""),
    ("NETWORK", "gb", "GB"),
    ("PLATFORM", "cpu_hours", "vCPU-Hours"),
];

/// Who bears a part of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipient {
    Centre(usize),
    /// The pool of that kind, of the same provider.
    Pool(usize),
}

/// A part of a pool.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) recipient: Recipient,
    weight: i128,
    /// In hundredths.
    pub(crate) units: i128,
    extra: i128,
    /// Whether the key was recorded after it was frozen.
    tampered: bool,
}

/// A pool of a month.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) provider: usize,
    pub(crate) month: i64,
    kind: usize,
    /// Its own cost, in hundredths.
    own: i128,
    /// That, and what it got.
    total: i128,
    pub(crate) shares: Vec<Share>,
}

impl Pool {
    fn id_of(&self, kind: usize) -> String {
        format!("P-{}-{}", at(PROVIDERS, self.provider).id(), at(KINDS, kind).0)
    }

    fn key_id(&self) -> String {
        format!("K-{}-{}", at(PROVIDERS, self.provider).id(), at(KINDS, self.kind).1)
    }

    fn currency(&self) -> &'static str {
        at(PROVIDERS, self.provider).currency
    }

    fn name(&self, recipient: Recipient) -> String {
        match recipient {
            Recipient::Centre(centre) => Centre::at(centre).id(),
            Recipient::Pool(kind) => self.id_of(kind),
        }
    }

    /// What the facilities of a provider cost in the month, if the pool is theirs.
    pub(crate) fn facilities(&self) -> Option<(String, i128)> {
        (self.kind == 0).then(|| (self.id_of(self.kind), self.own))
    }

    fn divide(&mut self) {
        let weights: Vec<i128> = self.shares.iter().map(|s| s.weight).collect();
        for (share, part) in self.shares.iter_mut().zip(shares(self.total, &weights)) {
            (share.units, share.extra) = (part.units, part.extra);
        }
    }

    fn exact_share(&self, share: &Share) -> Ratio {
        let sum: i128 = self.shares.iter().map(|s| s.weight).sum();
        let count = i128::try_from(self.shares.len()).unwrap_or(1);
        if sum == 0 { Ratio::new(1, count) } else { Ratio::new(share.weight, sum) }
    }

    /// Key columns of a recipient's row.
    fn row_key(&self, first: (&'static str, String), share: &Share) -> [(&'static str, String); 3] {
        [first, ("period", period(self.month)), ("recipient", self.name(share.recipient))]
    }
}

/// All pools, divided.
///
/// # Errors
/// When no pool fits a fault; the text names it.
pub(crate) fn pools(
    seed: u64,
    summary: &Summary,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Pool>, String> {
    let mut all: Vec<Pool> = Vec::new();
    let mut rng = Rng::stream(seed, "metering pools");
    for provider in 0..PROVIDERS.len() {
        for month in 0..MONTHS {
            let facilities = i128::from(rng.between(2_000_000, 3_000_000));
            let mut got = [0; 3];
            for kind in 0..KINDS.len() {
                let mut pool = undivided(summary, provider, month, kind);
                if kind == 0 {
                    pool.own = facilities;
                }
                pool.total = pool.own + at(&got, kind);
                pool.divide();
                for share in &pool.shares {
                    if let Recipient::Pool(next) = share.recipient
                        && let Some(sum) = got.get_mut(next)
                    {
                        *sum += share.units;
                    }
                }
                all.push(pool);
            }
        }
    }
    fault::lower_keys(seed, plan, &mut all, facts)?;
    fault::lose_residuals(seed, plan, &mut all, facts)?;
    Ok(all)
}

fn undivided(summary: &Summary, provider: usize, month: i64, kind: usize) -> Pool {
    let who = at(PROVIDERS, provider);
    let pooled = who.pooled();
    let own_centre = (kind > 0).then(|| *at(&pooled, kind - 1));
    let charges = summary.direct.iter().filter(|((run, p, centre, _), _)| {
        (*run, *p, Some(*centre)) == (month, provider, own_centre)
    });
    let own: i128 = charges.map(|(_, sum)| sum.units_at(2)).sum();
    let unit = at(KINDS, kind).2;
    let metered = |centre: usize| {
        if kind == 0 {
            return i128::try_from(5 + centre * 7 % 40).unwrap_or(1) * 10_000;
        }
        summary.drivers.get(&(month, centre, unit)).copied().unwrap_or(0)
    };
    let mut shares = Vec::new();
    let mut recipient = |recipient, weight| {
        shares.push(Share { recipient, weight, units: 0, extra: 0, tampered: false });
    };
    for centre in who.charged(month) {
        recipient(Recipient::Centre(centre), metered(centre));
    }
    // By name, so that the order is that of the ids.
    for next in kind + 1..KINDS.len() {
        recipient(Recipient::Pool(next), metered(*at(&pooled, next - 1)));
    }
    Pool { provider, month, kind, own, total: own, shares }
}

/// The rows of `cost-pool` for these pools.
pub(crate) fn pool_rows(pools: &[Pool]) -> Vec<Vec<Cell>> {
    let row = |pool: &Pool| {
        let provider = at(PROVIDERS, pool.provider);
        let centre = (pool.kind > 0).then(|| *at(&provider.pooled(), pool.kind - 1));
        vec![
            cell(pool.id_of(pool.kind)),
            cell(period(pool.month)),
            cell(at(KINDS, pool.kind).0.to_lowercase()),
            cell("619000"),
            cell(Dec::new(pool.own, 2)),
            cell(pool.currency()),
            cell(if pool.kind == 0 { "fixed" } else { "variable" }),
            cell(Dec::cents(0)),
            cell(false),
            cell(provider.id()),
            centre.map(|c| Centre::at(c).id()),
            cell(pool.key_id()),
            cell(pool.kind + 1),
        ]
    };
    pools.iter().map(row).collect()
}

/// The datasets `allocation-key` and `allocation-result`.
pub(crate) fn tables(pools: &[Pool]) -> Vec<Table> {
    let (mut keys, mut results) = (Vec::new(), Vec::new());
    for pool in pools {
        let frozen = cut_off(pool.month).plus(HOUR);
        for share in &pool.shares {
            let recorded = frozen.plus(if share.tampered { 30 * HOUR } else { -HOUR });
            keys.push(vec![
                cell(pool.key_id()),
                cell(period(pool.month)),
                cell(pool.name(share.recipient)),
                cell(at(KINDS, pool.kind).1),
                cell(quantity(share.weight)),
                cell(recorded),
                cell(frozen),
                None,
            ]);
            let kind = match share.recipient {
                Recipient::Centre(_) => "cost-centre",
                Recipient::Pool(_) => "pool",
            };
            results.push(vec![
                cell(pool.id_of(pool.kind)),
                cell(period(pool.month)),
                cell(pool.name(share.recipient)),
                cell(kind),
                cell(pool.key_id()),
                cell(pool.exact_share(share).rounded(18, Mode::HalfEven)),
                cell(Dec::new(share.units, 2)),
                cell(Dec::new(share.extra, 2)),
                cell(pool.currency()),
                cell(run_id(pool.month)),
            ]);
        }
    }
    let key = Table {
        role: "allocation-key",
        format: Format::Csv,
        columns: &[
            "key_id",
            "period",
            "recipient",
            "driver",
            "driver_qty",
            "recorded_at",
            "frozen_at",
            "source_query_hash",
        ],
        money: &[],
        rows: keys,
    };
    let result = Table {
        role: "allocation-result",
        format: Format::Csv,
        columns: &[
            "pool_id",
            "period",
            "recipient",
            "recipient_kind",
            "key_id",
            "share",
            "amount",
            "rounding_adj",
            "currency",
            "run_id",
        ],
        money: &[("amount", "currency"), ("rounding_adj", "currency")],
        rows: results,
    };
    vec![key, result]
}
