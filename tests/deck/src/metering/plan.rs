//! Where the faults are planted: in an order of the seed's, and only where they show.

use super::fault::{CLASSES, Class, UNIT_CLASSES};
use super::{Dose, MeteringFaults, World, unit};
use crate::fault::no_record;
use crate::money::Dec;
use crate::rng::Rng;
use std::collections::BTreeMap;

/// Which faults are planted where.
pub(crate) struct Plan {
    /// The faults of resources' months.
    pub(crate) units: BTreeMap<u64, Class>,
    doses: BTreeMap<Class, Dose>,
}

impl Plan {
    pub(crate) fn new(faults: &MeteringFaults) -> Result<Self, String> {
        let classes = CLASSES.iter().map(|(class, name, ..)| (*class, *name));
        let doses = match faults {
            MeteringFaults::None => BTreeMap::new(),
            MeteringFaults::All(dose) => classes.map(|(class, _)| (class, *dose)).collect(),
            MeteringFaults::Only(asked) => {
                let known: BTreeMap<&str, Class> = classes.map(|(c, name)| (name, c)).collect();
                let find = |(name, dose): &(String, Dose)| {
                    let class = known.get(name.as_str());
                    let class = class.ok_or_else(|| {
                        let names: Vec<&str> = known.keys().copied().collect();
                        format!("there is no fault `{name}`; there are {}", names.join(", "))
                    })?;
                    Ok((*class, *dose))
                };
                asked.iter().map(find).collect::<Result<_, String>>()?
            }
        };
        Ok(Self { units: BTreeMap::new(), doses })
    }

    /// Chooses the resources' months that carry a fault: those in which it shows.
    pub(crate) fn draw(&mut self, world: &World) -> Result<(), String> {
        for (class, name, ..) in CLASSES.iter().take(UNIT_CLASSES) {
            let Some(dose) = self.doses.get(class) else { continue };
            let fitting = match dose {
                Dose::Count(_) => 0,
                Dose::PerMille(_) => {
                    let fits = (0..world.units()).filter(|n| unit::fits(world, *n, *class)).count();
                    u64::try_from(fits).unwrap_or(0)
                }
            };
            let wanted = dose.of(fitting);
            let mut planted = 0;
            for number in order(world.seed, name, world.units()) {
                if planted == wanted {
                    break;
                }
                if !self.units.contains_key(&number)
                    && unit::fits(world, number, *class)
                    && shows(world, number, *class)
                {
                    self.units.insert(number, *class);
                    planted += 1;
                }
            }
            if planted == 0 && wanted > 0 {
                return Err(no_record(name));
            }
        }
        Ok(())
    }

    /// The places of the records of a table that carry the fault; none where it isn't asked for.
    pub(crate) fn choose<T>(
        &self,
        seed: u64,
        class: Class,
        records: &[T],
        fits: impl Fn(&T) -> bool,
    ) -> Result<Vec<usize>, String> {
        let Some(dose) = self.doses.get(&class) else { return Ok(Vec::new()) };
        let name = class.about().0;
        let count = u64::try_from(records.len()).unwrap_or(0);
        let places = order(seed, name, count).filter_map(|n| usize::try_from(n).ok());
        let fitting: Vec<usize> =
            places.filter(|place| records.get(*place).is_some_and(&fits)).collect();
        let wanted = dose.of(u64::try_from(fitting.len()).unwrap_or(0));
        if fitting.is_empty() && wanted > 0 {
            return Err(no_record(name));
        }
        Ok(fitting.into_iter().take(usize::try_from(wanted).unwrap_or(usize::MAX)).collect())
    }
}

/// Whether the fault changes an amount in that resource's month.
fn shows(world: &World, number: u64, class: Class) -> bool {
    let made = unit::unit(world, number, Some(class));
    made.is_some_and(|unit| {
        // Some faults have no amount, and always show.
        if !unit.facts.is_empty() && unit.facts.iter().all(|f| f.amount.is_none()) {
            return true;
        }
        let amounts = unit.facts.iter().filter_map(|f| Dec::parse(f.amount.as_deref()?));
        amounts.into_iter().any(|amount| amount.parts().0 != 0)
    })
}

/// All numbers below a count, each once, in an order of the seed's.
fn order(seed: u64, purpose: &str, count: u64) -> impl Iterator<Item = u64> {
    let mut rng = Rng::stream(seed, &format!("metering fault {purpose}"));
    let first = rng.below(count.max(1));
    let mut step = rng.below(count.max(1)).max(1);
    while divisor(step, count) > 1 {
        step += 1;
    }
    let wide = u128::from(count.max(1));
    (0..count).map(move |n| {
        let place = (u128::from(first) + u128::from(n) * u128::from(step)) % wide;
        u64::try_from(place).unwrap_or(0)
    })
}

fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
