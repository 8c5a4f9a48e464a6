//! What changed between two periods, as effects that add up to the change exactly.
//!
//! Items (a resource of a service) are compared by service. Of the items that are in both periods, with
//! quantities q and amounts a before and after, Q = Σq, A = Σa, p = a ∕ q and P = A₀ ∕ Q₀:
//!
//! ```text
//! volume = (Q₁ − Q₀) · P
//! mix    = Σ q₁·p₀ − Q₁ · P
//! price  = A₁ − Σ q₁·p₀
//! ```
//!
//! An item that is in one period alone is new or ended with its whole amount. One that cost something
//! and used nothing before has no price: its change is one of price. Tiers, minima and discounts make a
//! price of an item depend on its quantity; that too is in the effect of price.

use crate::reperform::exact::{Exact, Increment};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Rounding;

/// What an effect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// As much of everything costs another amount.
    Price,
    /// More or less is used.
    Volume,
    /// More of the dearer or of the cheaper is used.
    Mix,
    /// It wasn't there before.
    New,
    /// It isn't there any more.
    Ended,
}

impl Effect {
    /// In the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Price, Self::Volume, Self::Mix, Self::New, Self::Ended];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Volume => "volume",
            Self::Mix => "mix",
            Self::New => "new",
            Self::Ended => "ended",
        }
    }
}

/// What was used of a service, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The service.
    pub service: String,
    /// The resource.
    pub resource: String,
    /// How much.
    pub quantity: Exact,
    /// What it cost.
    pub amount: Exact,
}

/// A change, and its effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Σ of amounts before.
    pub before: Exact,
    /// Σ of amounts after.
    pub after: Exact,
    /// By service and effect; those that are zero are left out. They add up to after − before.
    pub effects: BTreeMap<(String, Effect), Exact>,
}

impl Change {
    /// The effects on the grid of amounts. Each is rounded down, and the steps that are left go to the
    /// greatest remainders, of equal ones in the effects' order: they still add up to the change, which
    /// is on the grid as the amounts are.
    pub fn rounded(&self, increment: Increment) -> BTreeMap<(String, Effect), Exact> {
        let step = Exact::from_scaled(i128::from(increment.units()), increment.scale());
        let floor = |amount: &Exact| amount.rounded(increment, Rounding::Floor);
        let mut rounded: BTreeMap<_, _> =
            self.effects.iter().map(|(key, amount)| (key.clone(), floor(amount))).collect();
        let sum = rounded.values().fold(Exact::zero(), |sum, amount| sum.plus(amount));
        let mut left = self.after.minus(&self.before).minus(&sum);
        let mut remainders: Vec<_> =
            self.effects.iter().map(|(key, amount)| (amount.minus(&floor(amount)), key)).collect();
        remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        for (_, key) in remainders {
            if left < step {
                break;
            }
            left = left.minus(&step);
            if let Some(amount) = rounded.get_mut(key) {
                *amount = amount.plus(&step);
            }
        }
        rounded.retain(|_, amount| !amount.is_zero());
        rounded
    }
}

/// Takes a change apart.
///
/// ```
/// use tieout_engine::lineage::{Effect, Item, change};
/// use tieout_engine::reperform::exact::Exact;
/// let item = |resource: &str, quantity, amount| Item {
///     service: "vm".to_owned(),
///     resource: resource.to_owned(),
///     quantity: Exact::integer(quantity),
///     amount: Exact::integer(amount),
/// };
/// let change = change(&[item("a", 10, 20), item("b", 5, 5)], &[item("a", 20, 40)]);
/// let effect = |effect| change.effects[&("vm".to_owned(), effect)].to_string();
/// assert_eq!((effect(Effect::Volume), effect(Effect::Ended)), ("20".into(), "-5".into()));
/// ```
pub fn change(before: &[Item], after: &[Item]) -> Change {
    let sum = |items: &[Item]| items.iter().fold(Exact::zero(), |sum, item| sum.plus(&item.amount));
    let (earlier, later) = (by_service(before), by_service(after));
    let services: BTreeSet<&str> = earlier.keys().chain(later.keys()).copied().collect();
    let mut effects = BTreeMap::new();
    for service in services {
        let none = Items::new();
        let (old, new) =
            (earlier.get(service).unwrap_or(&none), later.get(service).unwrap_or(&none));
        for (effect, amount) in of_service(old, new) {
            if !amount.is_zero() {
                effects.insert((service.to_owned(), effect), amount);
            }
        }
    }
    Change { before: sum(before), after: sum(after), effects }
}

/// Resource → quantity and amount.
type Items<'a> = BTreeMap<&'a str, (Exact, Exact)>;

fn by_service(items: &[Item]) -> BTreeMap<&str, Items<'_>> {
    let mut found: BTreeMap<&str, Items<'_>> = BTreeMap::new();
    for item in items {
        let of_one = found.entry(item.service.as_str()).or_default();
        let sums = of_one.entry(&item.resource).or_insert_with(|| (Exact::zero(), Exact::zero()));
        *sums = (sums.0.plus(&item.quantity), sums.1.plus(&item.amount));
    }
    found
}

fn of_service(old: &Items<'_>, new: &Items<'_>) -> BTreeMap<Effect, Exact> {
    let mut effects: BTreeMap<Effect, Exact> = BTreeMap::new();
    let mut add = |effect, amount: Exact| {
        let sum = effects.entry(effect).or_insert_with(Exact::zero);
        *sum = sum.plus(&amount);
    };
    let zero = Exact::zero;
    let (mut q0, mut q1, mut a0, mut a1, mut at_old) = (zero(), zero(), zero(), zero(), zero());
    for (resource, (quantity, amount)) in old {
        let Some((then, cost)) = new.get(resource) else {
            add(Effect::Ended, amount.negated());
            continue;
        };
        match then.times(amount).over(quantity) {
            Ok(at) => {
                (q0, q1) = (q0.plus(quantity), q1.plus(then));
                (a0, a1, at_old) = (a0.plus(amount), a1.plus(cost), at_old.plus(&at));
            }
            Err(_) => add(Effect::Price, cost.minus(amount)),
        }
    }
    for (_, (_, amount)) in new.iter().filter(|(resource, _)| !old.contains_key(*resource)) {
        add(Effect::New, amount.clone());
    }
    match q1.times(&a0).over(&q0) {
        Ok(at_mean) => {
            add(Effect::Volume, at_mean.minus(&a0));
            add(Effect::Mix, at_old.minus(&at_mean));
            add(Effect::Price, a1.minus(&at_old));
        }
        // Quantities that cancel each other have no mean price.
        Err(_) => add(Effect::Price, a1.minus(&a0)),
    }
    effects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(resource: &str, quantity: i128, amount: i128) -> Item {
        let (service, resource) = ("vm".to_owned(), resource.to_owned());
        let (quantity, amount) = (Exact::integer(quantity), Exact::from_scaled(amount, 2));
        Item { service, resource, quantity, amount }
    }

    /// Two machines: 100 h at 1.00 and 100 h at 3.00; then 150 h at 1.00 and 150 h at 3.30.
    #[test]
    fn effects_by_hand() {
        let before = [item("a", 100, 10_000), item("b", 100, 30_000)];
        let after = [item("a", 150, 15_000), item("b", 150, 49_500)];
        let change = change(&before, &after);
        let of = |effect| change.effects.get(&("vm".to_owned(), effect)).map(Exact::to_string);
        assert_eq!(of(Effect::Volume).as_deref(), Some("200"));
        assert_eq!(of(Effect::Price).as_deref(), Some("45"));
        assert_eq!(of(Effect::Mix), None);
    }

    #[test]
    fn effects_add_up_whatever_happens() {
        let mut seed = 7_u64;
        let mut draw = |bound: i128| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            i128::from(seed >> 33) % bound
        };
        for _ in 0..2_000 {
            let mut items = |count: i128| -> Vec<Item> {
                let named = |name: i128| format!("r{}", name);
                (0..count).map(|_| item(&named(draw(6)), draw(40) - 5, draw(9_000) - 500)).collect()
            };
            let (before, after) = (items(5), items(4));
            let change = change(&before, &after);
            let sum = change.effects.values().fold(Exact::zero(), |sum, effect| sum.plus(effect));
            assert_eq!(sum, change.after.minus(&change.before));
            let rounded = change.rounded(Increment::digits(2).unwrap());
            let sum = rounded.values().fold(Exact::zero(), |sum, effect| sum.plus(effect));
            assert_eq!(sum, change.after.minus(&change.before));
            let one = Exact::from_scaled(1, 2);
            for (key, exact) in &change.effects {
                let near = rounded.get(key).cloned().unwrap_or_else(Exact::zero);
                assert!(near.minus(exact).magnitude() < one);
            }
        }
    }
}
