//! Faults in invoices.

use super::{Line, vat};
use crate::calendar::Date;
use crate::fault::Chosen;
use crate::money::Dec;
use crate::rng::Rng;
use crate::truth::{Answers, Fact, key};

/// A fault in a line.
pub(super) struct Planted {
    pub(super) control: &'static str,
    name: &'static str,
    code: &'static str,
    fits: fn(&Line) -> bool,
    change: fn(&mut Line),
}

pub(super) const FAULTS: &[Planted] = &[
    Planted {
        control: "VAT-01",
        name: "german-vat-on-reverse-charge-to-france",
        code: "vat-charged-not-due",
        fits: |l| l.is("DE01", "B-FR-1"),
        change: |l| l.charge("standard", Dec::new(19, 0)),
    },
    Planted {
        control: "VAT-01",
        name: "german-vat-on-sale-outside-the-eu",
        code: "vat-charged-not-due",
        fits: |l| l.is("DE01", "B-US-1"),
        change: |l| l.charge("standard", Dec::new(19, 0)),
    },
    Planted {
        control: "VAT-01",
        name: "reverse-charge-shown-as-out-of-scope",
        code: "wrong-category",
        fits: |l| l.is("EE01", "B-DE-1") || l.is("FR01", "B-DE-1"),
        change: |l| l.exempt("O"),
    },
    Planted {
        control: "VAT-01",
        name: "domestic-sale-without-vat",
        code: "wrong-category",
        fits: |l| l.is("FR01", "B-FR-1"),
        change: |l| l.exempt("AE"),
    },
    Planted {
        control: "VAT-02",
        name: "old-estonian-rate-after-july",
        code: "rate-not-in-force",
        fits: |l| l.issuer == "EE01" && l.buyer.country == "EE" && late(l),
        change: |l| l.charge("standard", Dec::new(22, 0)),
    },
    Planted {
        control: "VAT-02",
        name: "new-estonian-rate-before-july",
        code: "rate-not-in-force",
        fits: |l| l.issuer == "EE01" && l.buyer.country == "EE" && !late(l),
        change: |l| l.charge("standard", Dec::new(24, 0)),
    },
    Planted {
        control: "VAT-02",
        name: "seller-rate-on-electronic-sale-to-consumer",
        code: "rate-not-in-force",
        fits: |l| l.is("DE01", "C-LU-1") && l.electronic,
        change: |l| l.charge("standard", Dec::new(19, 0)),
    },
    Planted {
        control: "VAT-02",
        name: "vat-taken-on-net-and-vat",
        code: "vat-amount-differs",
        fits: |l| l.is("DE01", "B-DE-1"),
        change: |l| {
            if let Some((_, rate)) = l.rate {
                l.vat = vat(l.net.plus(l.vat), rate);
            }
        },
    },
];

impl Planted {
    /// Plants it in a line that fits.
    pub(super) fn plant(
        &self,
        rng: &mut Rng,
        lines: &mut [Line],
        chosen: &mut Chosen,
        answers: &mut Answers,
    ) -> Result<(), String> {
        let place = chosen.one(rng, lines, self.name, self.fits)?;
        let Some(line) = lines.get_mut(place) else { return Ok(()) };
        let right = line.vat;
        (self.change)(line);
        let amount = match self.code {
            "vat-charged-not-due" => Some((line.vat, line.currency)),
            "rate-not-in-force" | "vat-amount-differs" => {
                Some((line.vat.minus(right), line.currency))
            }
            _ => None,
        };
        answers.add(Fact {
            control: self.control,
            key: key([
                ("issuer", line.issuer),
                ("invoice_no", &line.invoice),
                ("line_no", &line.line.to_string()),
            ]),
            code: self.code,
            amount,
            fault: self.name,
            consequential: false,
        });
        Ok(())
    }
}

/// Whether Estonia's rate of July 2025 is in force.
fn late(line: &Line) -> bool {
    line.tax_point >= Date::new(2025, 7, 1)
}
