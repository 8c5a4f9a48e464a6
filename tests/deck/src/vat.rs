//! VAT: customers with their registrations, rates with their dates, and which treatment a sale
//! has by Directive 2006/112/EC (Articles 44, 45, 58, 59 and 196) and by Swiss law.

use crate::calendar::{Date, HOUR};
use crate::company::registrations;
use crate::csv::{Table, cell, maybe};
use crate::header;
use crate::money::Dec;
use crate::rng::at;

pub(crate) const CONSUMER: &str = "consumer";
const BUSINESS: &str = "business";
/// The states of the EU that Meridian sells to or from.
const EU: &[&str] = &["AT", "DE", "EE", "FR", "IE", "LU", "NL"];

/// A customer.
pub(crate) struct Buyer {
    pub(crate) id: &'static str,
    pub(crate) country: &'static str,
    pub(crate) kind: &'static str,
    /// A VAT number, and the day from which it is no longer valid.
    vat: Option<(&'static str, Option<Date>)>,
}

const fn business(id: &'static str, country: &'static str, number: &'static str) -> Buyer {
    Buyer { id, country, kind: BUSINESS, vat: Some((number, None)) }
}

const fn unregistered(id: &'static str, country: &'static str) -> Buyer {
    Buyer { id, country, kind: BUSINESS, vat: None }
}

const fn consumer(id: &'static str, country: &'static str) -> Buyer {
    Buyer { id, country, kind: CONSUMER, vat: None }
}

const BUYERS: &[Buyer] = &[
    business("B-DE-1", "DE", "DE900000101"),
    business("B-FR-1", "FR", "FR90900000102"),
    business("B-AT-1", "AT", "ATU90000103"),
    business("B-EE-1", "EE", "EE900000104"),
    business("B-CH-1", "CH", "CHE-900.000.105 MWST"),
    // Loses its number in the year: from then on it is treated like a consumer.
    Buyer {
        id: "B-NL-1",
        country: "NL",
        kind: BUSINESS,
        vat: Some(("NL900000106B01", Some(Date::new(2025, 6, 1)))),
    },
    unregistered("B-IE-1", "IE"),
    unregistered("B-US-1", "US"),
    unregistered("B-GB-1", "GB"),
    consumer("C-DE-1", "DE"),
    consumer("C-FR-1", "FR"),
    consumer("C-AT-1", "AT"),
    consumer("C-LU-1", "LU"),
    consumer("C-IE-1", "IE"),
    consumer("C-NL-1", "NL"),
    consumer("C-EE-1", "EE"),
    consumer("C-CH-1", "CH"),
    consumer("C-US-1", "US"),
];

/// The customer of that id.
pub(crate) fn buyer(id: &str) -> &'static Buyer {
    let place = BUYERS.iter().position(|b| b.id == id);
    at(BUYERS, place.unwrap_or(0))
}

/// Whether the customer has a valid VAT number on the day.
pub(crate) fn registered(buyer: &Buyer, day: Date) -> bool {
    buyer.vat.is_some_and(|(_, end)| day >= NUMBERS_FROM && end.is_none_or(|end| day < end))
}

const NUMBERS_FROM: Date = Date::new(2021, 1, 1);

/// The category that the invoice must state (UNTDID 5305).
pub(crate) fn treatment(
    seller: &str,
    buyer: &Buyer,
    valid: bool,
    electronic: bool,
) -> &'static str {
    let is_business = buyer.kind == BUSINESS;
    if seller == buyer.country {
        return "S";
    }
    if !EU.contains(&seller) {
        return "O";
    }
    match (EU.contains(&buyer.country), is_business) {
        // Articles 44 and 196: the customer owes the tax.
        (true, true) if valid => "AE",
        (true, _) => "S",
        // Articles 44 and 59: not supplied in the EU.
        (false, true) => "O",
        (false, false) if electronic => "O",
        // Article 45: supplied where the seller is.
        (false, false) => "S",
    }
}

/// The state whose rate applies where VAT is charged (Article 58: electronic services to those
/// who are no taxable persons are supplied where they are).
pub(crate) fn place_of_supply<'a>(
    seller: &'a str,
    buyer: &Buyer,
    valid: bool,
    electronic: bool,
) -> &'a str
where
    'static: 'a,
{
    let abroad = seller != buyer.country && EU.contains(&seller) && EU.contains(&buyer.country);
    let private = buyer.kind == CONSUMER || !valid;
    if abroad && electronic && private { buyer.country } else { seller }
}

/// Country, class, from, to, percent in tenths.
type Rate = (&'static str, &'static str, Date, Option<Date>, i128);

/// Rates in force from 2024 to 2026, as the Commission publishes them (TEDB, Taxes in Europe
/// Database), and of Switzerland (MWSTG Article 25).
const RATES: &[Rate] = &[
    ("AT", "standard", Date::new(2016, 1, 1), None, 200),
    ("CH", "standard", Date::new(2018, 1, 1), Some(Date::new(2024, 1, 1)), 77),
    ("CH", "standard", Date::new(2024, 1, 1), None, 81),
    ("DE", "standard", Date::new(2021, 1, 1), None, 190),
    ("DE", "reduced", Date::new(2021, 1, 1), None, 70),
    ("EE", "standard", Date::new(2009, 7, 1), Some(Date::new(2024, 1, 1)), 200),
    ("EE", "standard", Date::new(2024, 1, 1), Some(Date::new(2025, 7, 1)), 220),
    ("EE", "standard", Date::new(2025, 7, 1), None, 240),
    ("FR", "standard", Date::new(2014, 1, 1), None, 200),
    ("IE", "standard", Date::new(2021, 3, 1), None, 230),
    ("LU", "standard", Date::new(2023, 1, 1), Some(Date::new(2024, 1, 1)), 160),
    ("LU", "standard", Date::new(2024, 1, 1), None, 170),
    ("NL", "standard", Date::new(2012, 10, 1), None, 210),
];

/// The standard rate in percent on that day; zero for a country without one in the table.
pub(crate) fn standard_rate(country: &str, day: Date) -> Dec {
    let in_force = |r: &&Rate| {
        r.0 == country && r.1 == "standard" && r.2 <= day && r.3.is_none_or(|end| day < end)
    };
    RATES.iter().find(in_force).map_or(Dec::ZERO, |r| Dec::new(r.4, 1))
}

/// The datasets `vat-rate` and `vat-registration`.
pub(crate) fn tables() -> Vec<Table> {
    let rate = |(country, class, from, to, tenths): &Rate| {
        let source = if *country == "CH" { "MWSTG Art. 25" } else { "TEDB" };
        let rate = Dec::new(*tenths, 1);
        vec![cell(country), cell(class), cell(from), maybe(*to), cell(rate), cell(source)]
    };
    let checked = Date::new(2025, 1, 2).start().plus(7 * HOUR);
    let number = |party: &str, country: &str, number: &str, end: Option<Date>| {
        let proof = (country != "CH").then(|| format!("VIES-{party}"));
        let (from, checked) = (cell(NUMBERS_FROM), cell(checked));
        vec![cell(party), cell(country), cell(number), from, maybe(end), checked, maybe(proof)]
    };
    let own = registrations().map(|(party, country, id)| number(party, country, id, None));
    let customers = BUYERS.iter().filter_map(|b| {
        let (id, end) = b.vat?;
        Some(number(b.id, b.country, id, end))
    });
    vec![
        header::VAT_RATE.table(RATES.iter().map(rate).collect()),
        header::VAT_REGISTRATION.table(own.chain(customers).collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EE 22 → 24 on 2025-07-01: both sides of the change.
    #[test]
    fn rates_begin_on_their_day() {
        let rate = |country, day| standard_rate(country, day).to_string();
        assert_eq!(rate("EE", Date::new(2025, 6, 30)), "22.0");
        assert_eq!(rate("EE", Date::new(2025, 7, 1)), "24.0");
        assert_eq!(rate("CH", Date::new(2024, 1, 1)), "8.1");
    }

    #[test]
    fn treatment_follows_the_decision_table() {
        let treat = |seller, id, valid, electronic| {
            let buyer = buyer(id);
            let place = place_of_supply(seller, buyer, valid, electronic);
            (treatment(seller, buyer, valid, electronic), place)
        };
        assert_eq!(treat("DE", "B-FR-1", true, true), ("AE", "DE"));
        assert_eq!(treat("DE", "B-NL-1", false, true), ("S", "NL"));
        assert_eq!(treat("DE", "B-NL-1", false, false), ("S", "DE"));
        assert_eq!(treat("DE", "C-LU-1", false, true), ("S", "LU"));
        assert_eq!(treat("DE", "C-US-1", false, false), ("S", "DE"));
        assert_eq!(treat("DE", "C-US-1", false, true).0, "O");
        assert_eq!(treat("CH", "B-DE-1", true, true).0, "O");
        assert_eq!(treat("CH", "C-CH-1", false, true), ("S", "CH"));
    }
}
