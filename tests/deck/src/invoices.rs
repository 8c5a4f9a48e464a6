//! Invoices to customers at home, in other states of the EU and outside, with their VAT.

mod fault;

use crate::Faults;
use crate::calendar::Date;
use crate::company::ENTITIES;
use crate::csv::{Table, cell, maybe};
use crate::fault::Chosen;
use crate::header;
use crate::money::Dec;
use crate::rng::{Rng, at};
use crate::truth::Answers;
use crate::vat::{Buyer, CONSUMER, buyer, place_of_supply, registered, standard_rate, treatment};

/// Issuer, buyer, whether the service is electronic.
type Sale = (&'static str, &'static str, bool);

const SALES: &[Sale] = &[
    ("DE01", "B-DE-1", true),
    ("DE01", "B-DE-1", false),
    ("DE01", "C-DE-1", true),
    ("DE01", "B-FR-1", true),
    ("DE01", "B-FR-1", false),
    ("DE01", "B-AT-1", true),
    ("DE01", "B-NL-1", true),
    ("DE01", "B-NL-1", false),
    ("DE01", "C-LU-1", true),
    ("DE01", "C-LU-1", false),
    ("DE01", "C-IE-1", true),
    ("DE01", "B-US-1", true),
    ("DE01", "C-US-1", true),
    ("DE01", "C-US-1", false),
    ("DE01", "B-IE-1", true),
    ("FR01", "B-FR-1", true),
    ("FR01", "B-DE-1", false),
    ("FR01", "C-AT-1", true),
    ("FR01", "B-GB-1", false),
    ("EE01", "B-EE-1", true),
    ("EE01", "B-EE-1", false),
    ("EE01", "C-EE-1", true),
    ("EE01", "C-NL-1", true),
    ("EE01", "C-DE-1", false),
    ("EE01", "B-DE-1", true),
    ("EE01", "B-CH-1", false),
    ("CH01", "B-CH-1", true),
    ("CH01", "C-CH-1", false),
    ("CH01", "B-DE-1", true),
    ("CH01", "C-FR-1", true),
];
/// Each sale happens so often in the year.
const TIMES: i64 = 4;

struct Line {
    issuer: &'static str,
    country: &'static str,
    currency: &'static str,
    invoice: String,
    line: i64,
    issued: Date,
    tax_point: Date,
    buyer: &'static Buyer,
    electronic: bool,
    net: Dec,
    category: &'static str,
    /// Rate class and rate in percent, where VAT is charged.
    rate: Option<(&'static str, Dec)>,
    vat: Dec,
}

impl Line {
    fn charge(&mut self, class: &'static str, rate: Dec) {
        self.category = "S";
        self.rate = Some((class, rate));
        self.vat = vat(self.net, rate);
    }

    fn exempt(&mut self, category: &'static str) {
        self.category = category;
        self.rate = None;
        self.vat = Dec::cents(0);
    }

    fn exemption(&self) -> Option<&'static str> {
        match self.category {
            "AE" => Some("VATEX-EU-AE"),
            "O" => Some("VATEX-EU-O"),
            _ => None,
        }
    }

    fn is(&self, issuer: &str, buyer: &str) -> bool {
        self.issuer == issuer && self.buyer.id == buyer
    }
}

/// VAT of a line: net × percent, to the cent, ties away from zero.
fn vat(net: Dec, percent: Dec) -> Dec {
    net.times(percent).times(Dec::new(1, 2)).rounded(2)
}

/// The dataset `invoice`.
///
/// # Errors
/// When no line fits a fault; the text names it.
pub(crate) fn table(seed: u64, faults: &Faults, answers: &mut Answers) -> Result<Table, String> {
    let mut lines = clean(seed);
    let mut chosen = Chosen::default();
    for control in ["VAT-01", "VAT-02"] {
        if faults.include(control) {
            let mut rng = Rng::stream(seed, &format!("fault {control}"));
            for fault in fault::FAULTS.iter().filter(|f| f.control == control) {
                fault.plant(&mut rng, &mut lines, &mut chosen, answers)?;
            }
        }
    }
    Ok(written(&lines))
}

fn clean(seed: u64) -> Vec<Line> {
    let mut rng = Rng::stream(seed, "invoices");
    let mut invoices = Vec::new();
    for time in 0..TIMES {
        for (number, sale) in SALES.iter().enumerate() {
            // Quarter by quarter, so that each sale happens before and after the first of July.
            let day = time * 91 + rng.between(0, 80);
            let two = (number + usize::try_from(time).unwrap_or(0)).is_multiple_of(4);
            invoices.push((Date::new(2025, 1, 1).plus_days(day), sale, two));
        }
    }
    invoices.sort_by_key(|(day, _, _)| *day);
    let mut lines = Vec::new();
    for entity in ENTITIES {
        let own = invoices.iter().filter(|(_, sale, _)| sale.0 == entity.id);
        for (number, (day, sale, two)) in own.enumerate() {
            let invoice = format!("{}-2025-{:04}", entity.id, number + 1);
            let issued = day.plus_days(rng.between(0, 5));
            for line in 1..=if *two { 2 } else { 1 } {
                let mut made = Line {
                    issuer: entity.id,
                    country: entity.country,
                    currency: entity.currency,
                    invoice: invoice.clone(),
                    line,
                    issued,
                    tax_point: *day,
                    buyer: buyer(sale.1),
                    electronic: sale.2,
                    net: Dec::cents(rng.between(5_000, 2_500_000)),
                    category: "",
                    rate: None,
                    vat: Dec::ZERO,
                };
                treat(&mut made);
                lines.push(made);
            }
        }
    }
    lines
}

/// Gives a line the category and the VAT that the law wants.
fn treat(line: &mut Line) {
    let valid = registered(line.buyer, line.tax_point);
    match treatment(line.country, line.buyer, valid, line.electronic) {
        "S" => {
            let place = place_of_supply(line.country, line.buyer, valid, line.electronic);
            // Printed handbooks, on a second line to the German customer.
            if line.is("DE01", "B-DE-1") && !line.electronic && line.line == 2 {
                line.charge("reduced", Dec::new(7, 0));
            } else {
                line.charge("standard", standard_rate(place, line.tax_point));
            }
        }
        category => line.exempt(category),
    }
}

fn written(lines: &[Line]) -> Table {
    let row = |(number, line): (usize, &Line)| {
        let business = line.buyer.kind != CONSUMER;
        vec![
            cell(line.issuer),
            cell(&line.invoice),
            cell(line.line),
            cell(line.issued),
            cell(line.tax_point),
            cell(line.buyer.id),
            cell(line.buyer.country),
            cell(line.buyer.kind),
            cell(if line.electronic { "electronic" } else { "other" }),
            cell(line.net),
            cell(line.category),
            maybe(line.rate.map(|(class, _)| class)),
            maybe(line.rate.map(|(_, rate)| rate)),
            cell(line.vat),
            maybe(line.exemption()),
            cell(line.net.plus(line.vat)),
            cell(line.currency),
            maybe(business.then(|| format!("PO-{:05}", 70_000 + number * 3))),
            cell(at(&["paid", "issued"], number / 5)),
        ]
    };
    header::INVOICE.table(lines.iter().enumerate().map(row).collect())
}
