//! The faults of what the vendor invoices: another price than the contract's, another quantity than was
//! metered.

use super::{Line, VENDOR};
use crate::metering::World;
use crate::metering::fault::Class;
use crate::metering::plan::Plan;
use crate::metering::ratio::Ratio;
use crate::metering::truth::Planted;
use crate::metering::unit::quantity;
use crate::money::Dec;
use crate::rng::at;

impl Line {
    /// The line with three percent more to pay.
    fn dearer(&self) -> Self {
        Self { price: self.price.times(Dec::new(103, 2)), ..*self }
    }

    /// The line for seven percent more than was metered.
    fn longer(&self) -> Self {
        Self { quantity: self.quantity * 107 / 100, ..*self }
    }

    /// Whether its net amount lies further from that of the right line than rounding explains: by more
    /// than max(100·s, 0.5·√n·s), where s is a hundredth and n the rows that were rounded.
    fn shows(&self, right: &Self) -> bool {
        let metered = Ratio::of(quantity(right.quantity)).times(Ratio::of(right.price));
        let off = Ratio::of(self.net()).minus(metered).magnitude();
        // off > √n/200, squared.
        let squared = off.times(off).times(Ratio::new(40_000, 1));
        off.exceeds(Ratio::new(1, 1)) && squared.exceeds(Ratio::new(i128::from(self.rows), 1))
    }

    fn key(&self) -> [(&'static str, String); 3] {
        [("vendor", VENDOR.to_owned()), ("invoice_no", self.number()), ("line_no", "1".to_owned())]
    }
}

/// Plants the faults of invoice lines.
///
/// # Errors
/// When no line fits a fault; the text names it.
pub(super) fn spoil(
    world: &World,
    plan: &Plan,
    lines: &mut [Line],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let dearer = plan.choose(world.seed, Class::VendorPriceOff, lines, |_| true)?;
    let free: Vec<bool> = (0..lines.len()).map(|place| !dearer.contains(&place)).collect();
    let fits: Vec<bool> =
        lines.iter().zip(free).map(|(l, free)| free && l.longer().shows(l)).collect();
    let longer = plan.choose(world.seed, Class::VendorQuantityOff, &fits, |fits| *fits)?;
    let change = |l: &Line, class| match class {
        Class::VendorPriceOff => l.dearer(),
        _ => l.longer(),
    };
    let of = |class, places: Vec<usize>| places.into_iter().map(move |place| (place, class));
    let all = of(Class::VendorPriceOff, dearer).chain(of(Class::VendorQuantityOff, longer));
    for (place, class) in all {
        let Some(line) = lines.get_mut(place) else { continue };
        let wrong = change(line, class);
        let off = wrong.net().minus(line.net());
        let currency = at(&world.services, line.service).currency();
        let fact = Planted::of(class, &line.key(), Some((off, currency)));
        if class == Class::VendorPriceOff && wrong.shows(line) {
            facts.push(fact.also("RC-02", "vendor-invoice", &line.key()));
        }
        facts.push(fact);
        *line = wrong;
    }
    Ok(())
}
