//! From a quantity to an amount, step by step as the page of the profile `price-plan` has it; and the
//! ways in which a biller gets it wrong.

use super::ratio::{Mode, Ratio};
use crate::money::Dec;

/// The digits behind the point of a quantity.
pub(crate) const QUANTITY_SCALE: u32 = 4;

/// How the tiers of a price are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tiers {
    PerUnit,
    Graduated,
    Volume,
    Package,
    Stairstep,
    Flat,
    Burst,
}

impl Tiers {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PerUnit => "per-unit",
            Self::Graduated => "graduated",
            Self::Volume => "volume",
            Self::Package => "package",
            Self::Stairstep => "stairstep",
            Self::Flat => "flat",
            Self::Burst => "burst",
        }
    }
}

/// A tier: units from a bound to the next, in `10^-QUANTITY_SCALE`.
#[derive(Debug, Clone)]
pub(crate) struct Tier {
    pub(crate) from: i128,
    pub(crate) to: Option<i128>,
    pub(crate) price: Dec,
    pub(crate) fee: Option<Dec>,
    pub(crate) burst: Option<Dec>,
    pub(crate) block: Option<i128>,
}

/// The declared rule of a service.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) mode: Tiers,
    /// Whether a quantity that equals a bound lies below it.
    pub(crate) upper_inclusive: bool,
    pub(crate) free: i128,
    pub(crate) minimum: Option<Dec>,
    pub(crate) discount: i128,
    pub(crate) discount_first: bool,
    pub(crate) prorated: bool,
    pub(crate) rounding: Mode,
}

/// A wrong way to make an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twist {
    None,
    VolumeForGraduated,
    OtherBound,
    RoundedDown,
    NoMinimum,
    RoundedRatio,
    OtherOrder,
}

/// What a quantity costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rated {
    pub(crate) list: Dec,
    pub(crate) discount: Dec,
    pub(crate) amount: Dec,
}

/// The amount of a quantity. `live` are the days of the period that are charged, and all its days.
pub(crate) fn rate(
    plan: &Plan,
    tiers: &[Tier],
    quantity: i128,
    live: (i64, i64),
    twist: Twist,
) -> Rated {
    let billable = (quantity - plan.free).max(0);
    let list = list_amount(plan, tiers, billable, twist);
    let minimum = match (plan.minimum, twist) {
        (Some(minimum), t) if t != Twist::NoMinimum => Ratio::of(minimum),
        _ => Ratio::ZERO,
    };
    let first = plan.discount_first != (twist == Twist::OtherOrder);
    let (discount, net) = if first {
        let discount = list.percent(plan.discount);
        (discount, list.minus(discount).at_least(minimum))
    } else {
        let raised = list.at_least(minimum);
        let discount = raised.percent(plan.discount);
        (discount, raised.minus(discount))
    };
    let ratio = proration(plan, live, twist);
    let mode = if twist == Twist::RoundedDown { Mode::Down } else { plan.rounding };
    Rated {
        list: list.rounded(10, Mode::HalfUp),
        discount: discount.rounded(10, Mode::HalfUp),
        amount: net.times(ratio).rounded(2, mode),
    }
}

/// The days that are charged, of the days of the period.
pub(crate) fn days(plan: &Plan, live: (i64, i64)) -> (i64, i64) {
    if plan.prorated && live.0 != live.1 { live } else { (1, 1) }
}

fn proration(plan: &Plan, live: (i64, i64), twist: Twist) -> Ratio {
    let (some, all) = days(plan, live);
    let ratio = Ratio::new(i128::from(some), i128::from(all));
    if twist == Twist::RoundedRatio { Ratio::of(ratio.rounded(3, Mode::HalfUp)) } else { ratio }
}

fn list_amount(plan: &Plan, tiers: &[Tier], units: i128, twist: Twist) -> Ratio {
    let inclusive = plan.upper_inclusive != (twist == Twist::OtherBound);
    let reached = tiers.iter().find(|t| match t.to {
        Some(to) => units < to || (inclusive && units == to),
        None => true,
    });
    let fee = |tier: &Tier| tier.fee.map_or(Ratio::ZERO, Ratio::of);
    let priced = |tier: &Tier, units: i128| {
        let factor = tier.burst.map_or(Ratio::new(1, 1), Ratio::of);
        let quantity = Ratio::of(Dec::new(units, QUANTITY_SCALE));
        quantity.times(Ratio::of(tier.price)).times(factor)
    };
    match plan.mode {
        Tiers::Graduated if twist != Twist::VolumeForGraduated => climb(tiers, units, fee, priced),
        Tiers::Burst => climb(tiers, units, fee, priced),
        Tiers::Stairstep => reached.map_or(Ratio::ZERO, fee),
        Tiers::Flat => tiers.first().map_or(Ratio::ZERO, fee),
        Tiers::Package => tiers.first().map_or(Ratio::ZERO, |tier| {
            let blocks = Ratio::new(units, tier.block.unwrap_or(1)).ceiling();
            Ratio::of(tier.price).times(Ratio::new(blocks, 1))
        }),
        Tiers::PerUnit | Tiers::Volume | Tiers::Graduated => {
            reached.map_or(Ratio::ZERO, |tier| priced(tier, units).plus(fee(tier)))
        }
    }
}

/// Each tier that is reached, for the units in it; the first is always reached.
fn climb(
    tiers: &[Tier],
    units: i128,
    fee: impl Fn(&Tier) -> Ratio,
    priced: impl Fn(&Tier, i128) -> Ratio,
) -> Ratio {
    let mut sum = Ratio::ZERO;
    for tier in tiers.iter().filter(|t| t.from == 0 || units > t.from) {
        let top = tier.to.map_or(units, |to| to.min(units));
        sum = sum.plus(priced(tier, top - tier.from)).plus(fee(tier));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(mode: Tiers) -> Plan {
        Plan {
            mode,
            upper_inclusive: true,
            free: 0,
            minimum: None,
            discount: 0,
            discount_first: false,
            prorated: false,
            rounding: Mode::HalfUp,
        }
    }

    fn tier(from: i128, to: Option<i128>, price: &str, fee: Option<&str>) -> Tier {
        let dec = |text| Dec::parse(text).unwrap();
        let units = |n: i128| n * 10_000;
        let (from, to, price, fee) = (units(from), to.map(units), dec(price), fee.map(dec));
        Tier { from, to, price, fee, burst: None, block: None }
    }

    fn amount(plan: &Plan, tiers: &[Tier], units: i128, twist: Twist) -> String {
        rate(plan, tiers, units * 10_000, (1, 1), twist).amount.to_string()
    }

    #[test]
    fn tiers_by_hand() {
        let two = [tier(0, Some(1000), "0.05", None), tier(1000, None, "0.04", None)];
        let cases = [
            (Tiers::Graduated, 1500, "70.00"),
            (Tiers::Graduated, 1000, "50.00"),
            (Tiers::Graduated, 0, "0.00"),
            (Tiers::Volume, 1500, "60.00"),
            (Tiers::Volume, 1000, "50.00"),
        ];
        for (mode, units, expected) in cases {
            assert_eq!(amount(&plan(mode), &two, units, Twist::None), expected, "{mode:?} {units}");
        }
        assert_eq!(amount(&plan(Tiers::Volume), &two, 1000, Twist::OtherBound), "40.00");
        let volume = Twist::VolumeForGraduated;
        assert_eq!(amount(&plan(Tiers::Graduated), &two, 1500, volume), "60.00");
        let steps = [tier(0, Some(10), "0", Some("5")), tier(10, None, "0", Some("9"))];
        assert_eq!(amount(&plan(Tiers::Stairstep), &steps, 10, Twist::None), "5.00");
        assert_eq!(amount(&plan(Tiers::Stairstep), &steps, 11, Twist::None), "9.00");
        let block = Tier { block: Some(100 * 10_000), ..tier(0, None, "7.5", None) };
        assert_eq!(amount(&plan(Tiers::Package), &[block], 101, Twist::None), "15.00");
        let burst = Tier { burst: Dec::parse("1.5"), ..tier(1000, None, "0.05", None) };
        let bursts = [tier(0, Some(1000), "0.05", None), burst];
        assert_eq!(amount(&plan(Tiers::Burst), &bursts, 1200, Twist::None), "65.00");
    }

    #[test]
    fn minimum_discount_and_days_by_hand() {
        let one = [tier(0, None, "0.05", None)];
        let minimum = Dec::parse("90");
        let after = Plan { minimum, discount: 10, free: 10_000_000, ..plan(Tiers::PerUnit) };
        // 0.05 × 1000 = 50, raised to 90, less 10 %.
        assert_eq!(amount(&after, &one, 2000, Twist::None), "81.00");
        assert_eq!(amount(&after, &one, 2000, Twist::OtherOrder), "90.00");
        assert_eq!(amount(&after, &one, 2000, Twist::NoMinimum), "45.00");
        let flat = Plan { prorated: true, ..plan(Tiers::Flat) };
        let fee = [tier(0, None, "0", Some("100"))];
        let part = |twist| rate(&flat, &fee, 0, (16, 31), twist).amount.to_string();
        // 51.6129…
        assert_eq!(part(Twist::None), "51.61");
        assert_eq!(part(Twist::RoundedRatio), "51.60");
    }
}
