//! Faults in charges within the group.

use super::{Charge, DEVELOPMENT_ENDS, Relation, currency, entry_id};
use crate::fault::Chosen;
use crate::money::Dec;
use crate::rng::Rng;
use crate::truth::{Answers, Fact, key};

/// A fault in a charge.
pub(super) struct Planted {
    pub(super) control: &'static str,
    name: &'static str,
    code: &'static str,
    fits: fn(&Charge) -> bool,
    change: fn(&mut Charge),
}

fn low_value(charge: &Charge) -> bool {
    charge.relation.method == "LVAIGS"
}

pub(super) const FAULTS: &[Planted] = &[
    Planted {
        control: "TP-01",
        name: "charge-after-the-agreement-ended",
        code: "no-agreement",
        fits: |c| c.relation.category == "development" && c.date() >= DEVELOPMENT_ENDS,
        change: |_| {},
    },
    Planted {
        control: "TP-01",
        name: "category-without-agreement",
        code: "no-agreement",
        fits: |c| c.relation.category != "development",
        change: |c| c.seller_category = "marketing",
    },
    Planted {
        control: "TP-02",
        name: "eight-percent-for-low-value-services",
        code: "mark-up-differs",
        fits: low_value,
        change: |c| c.amount = c.with_markup(8),
    },
    Planted {
        control: "TP-02",
        name: "mark-up-on-pass-through-cost",
        code: "mark-up-differs",
        fits: low_value,
        change: |c| c.amount = c.pool.times(Dec::new(105, 2)).rounded(2),
    },
    Planted {
        control: "IC-04",
        name: "buyer-books-nothing",
        code: "one-sided",
        fits: |_| true,
        change: |c| c.buyer_books = false,
    },
    Planted {
        control: "IC-04",
        name: "seller-books-nothing",
        code: "one-sided",
        fits: |_| true,
        change: |c| c.seller_books = false,
    },
];

impl Planted {
    /// Plants it in a charge that fits.
    pub(super) fn plant(
        &self,
        rng: &mut Rng,
        charges: &mut [Charge],
        chosen: &mut Chosen,
        answers: &mut Answers,
    ) -> Result<(), String> {
        let place = chosen.one(rng, charges, self.name, self.fits)?;
        let Some(charge) = charges.get_mut(place) else { return Ok(()) };
        let right = charge.amount;
        (self.change)(charge);
        let Relation { seller, buyer, .. } = charge.relation;
        let (key, amount) = match self.control {
            "IC-04" => {
                let reference = charge.reference();
                let pair = [("seller", *seller), ("buyer", *buyer), ("ic_ref", &reference)];
                (key(pair), charge.amount)
            }
            "TP-02" => (entry_key(place), charge.amount.minus(right)),
            _ => (entry_key(place), charge.amount),
        };
        answers.add(Fact {
            control: self.control,
            key,
            code: self.code,
            amount: Some((amount, currency(seller))),
            fault: self.name,
            consequential: false,
        });
        Ok(())
    }
}

/// The key of the seller's entry.
fn entry_key(charge: usize) -> Vec<(String, String)> {
    key([("entry_id", &entry_id(charge, "AR"))])
}
