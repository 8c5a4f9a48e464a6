//! ISO 4217: the currency codes, their minor units, and when a code came or went.
//!
//! Funds codes are in; precious metals, bond units and test codes (`XAU`, `XBA`, `XTS`, `XXX`, …)
//! are not, since they have no minor unit and nobody is billed in them.
//! Source: ISO 4217 lists one (current) and three (historic), maintained by SIX; dates of change
//! from the standard's amendments. Known to professional practice, not read from the lists here.

use chrono::NaiveDate;

/// The number of digits behind the point of a currency's amounts; `None` for an unknown code.
pub fn minor_units(code: &str) -> Option<u32> {
    entry(code).map(|(_, units, _, _)| *units)
}

/// Whether the code is a currency of ISO 4217 on that day. A withdrawn code stays valid until its
/// withdrawal date.
pub fn valid_on(code: &str, day: NaiveDate) -> bool {
    let day = day.format("%Y-%m-%d").to_string();
    let in_force =
        |(_, _, from, to): &Entry| *from <= day.as_str() && (to.is_empty() || day.as_str() < *to);
    entry(code).is_some_and(in_force)
}

type Entry = (&'static str, u32, &'static str, &'static str);

fn entry(code: &str) -> Option<&'static Entry> {
    let found = CURRENCIES.binary_search_by(|(c, _, _, _)| (*c).cmp(code));
    found.ok().and_then(|i| CURRENCIES.get(i))
}

/// Code, minor units, first day (empty: before 2010), first day after withdrawal (empty: current).
const CURRENCIES: &[Entry] = &[
    ("AED", 2, "", ""),
    ("AFN", 2, "", ""),
    ("ALL", 2, "", ""),
    ("AMD", 2, "", ""),
    ("ANG", 2, "", "2025-07-01"),
    ("AOA", 2, "", ""),
    ("ARS", 2, "", ""),
    ("AUD", 2, "", ""),
    ("AWG", 2, "", ""),
    ("AZN", 2, "", ""),
    ("BAM", 2, "", ""),
    ("BBD", 2, "", ""),
    ("BDT", 2, "", ""),
    ("BGN", 2, "", "2026-01-01"),
    ("BHD", 3, "", ""),
    ("BIF", 0, "", ""),
    ("BMD", 2, "", ""),
    ("BND", 2, "", ""),
    ("BOB", 2, "", ""),
    ("BOV", 2, "", ""),
    ("BRL", 2, "", ""),
    ("BSD", 2, "", ""),
    ("BTN", 2, "", ""),
    ("BWP", 2, "", ""),
    ("BYN", 2, "2016-07-01", ""),
    ("BYR", 0, "", "2017-01-01"),
    ("BZD", 2, "", ""),
    ("CAD", 2, "", ""),
    ("CDF", 2, "", ""),
    ("CHE", 2, "", ""),
    ("CHF", 2, "", ""),
    ("CHW", 2, "", ""),
    ("CLF", 4, "", ""),
    ("CLP", 0, "", ""),
    ("CNY", 2, "", ""),
    ("COP", 2, "", ""),
    ("COU", 2, "", ""),
    ("CRC", 2, "", ""),
    ("CUC", 2, "", "2021-07-01"),
    ("CUP", 2, "", ""),
    ("CVE", 2, "", ""),
    ("CZK", 2, "", ""),
    ("DJF", 0, "", ""),
    ("DKK", 2, "", ""),
    ("DOP", 2, "", ""),
    ("DZD", 2, "", ""),
    ("EEK", 2, "", "2011-01-15"),
    ("EGP", 2, "", ""),
    ("ERN", 2, "", ""),
    ("ETB", 2, "", ""),
    ("EUR", 2, "", ""),
    ("FJD", 2, "", ""),
    ("FKP", 2, "", ""),
    ("GBP", 2, "", ""),
    ("GEL", 2, "", ""),
    ("GHS", 2, "", ""),
    ("GIP", 2, "", ""),
    ("GMD", 2, "", ""),
    ("GNF", 0, "", ""),
    ("GTQ", 2, "", ""),
    ("GYD", 2, "", ""),
    ("HKD", 2, "", ""),
    ("HNL", 2, "", ""),
    ("HRK", 2, "", "2023-01-15"),
    ("HTG", 2, "", ""),
    ("HUF", 2, "", ""),
    ("IDR", 2, "", ""),
    ("ILS", 2, "", ""),
    ("INR", 2, "", ""),
    ("IQD", 3, "", ""),
    ("IRR", 2, "", ""),
    ("ISK", 0, "", ""),
    ("JMD", 2, "", ""),
    ("JOD", 3, "", ""),
    ("JPY", 0, "", ""),
    ("KES", 2, "", ""),
    ("KGS", 2, "", ""),
    ("KHR", 2, "", ""),
    ("KMF", 0, "", ""),
    ("KPW", 2, "", ""),
    ("KRW", 0, "", ""),
    ("KWD", 3, "", ""),
    ("KYD", 2, "", ""),
    ("KZT", 2, "", ""),
    ("LAK", 2, "", ""),
    ("LBP", 2, "", ""),
    ("LKR", 2, "", ""),
    ("LRD", 2, "", ""),
    ("LSL", 2, "", ""),
    ("LTL", 2, "", "2015-01-16"),
    ("LVL", 2, "", "2014-01-15"),
    ("LYD", 3, "", ""),
    ("MAD", 2, "", ""),
    ("MDL", 2, "", ""),
    ("MGA", 2, "", ""),
    ("MKD", 2, "", ""),
    ("MMK", 2, "", ""),
    ("MNT", 2, "", ""),
    ("MOP", 2, "", ""),
    ("MRO", 2, "", "2018-07-01"),
    ("MRU", 2, "2018-01-01", ""),
    ("MUR", 2, "", ""),
    ("MVR", 2, "", ""),
    ("MWK", 2, "", ""),
    ("MXN", 2, "", ""),
    ("MXV", 2, "", ""),
    ("MYR", 2, "", ""),
    ("MZN", 2, "", ""),
    ("NAD", 2, "", ""),
    ("NGN", 2, "", ""),
    ("NIO", 2, "", ""),
    ("NOK", 2, "", ""),
    ("NPR", 2, "", ""),
    ("NZD", 2, "", ""),
    ("OMR", 3, "", ""),
    ("PAB", 2, "", ""),
    ("PEN", 2, "", ""),
    ("PGK", 2, "", ""),
    ("PHP", 2, "", ""),
    ("PKR", 2, "", ""),
    ("PLN", 2, "", ""),
    ("PYG", 0, "", ""),
    ("QAR", 2, "", ""),
    ("RON", 2, "", ""),
    ("RSD", 2, "", ""),
    ("RUB", 2, "", ""),
    ("RWF", 0, "", ""),
    ("SAR", 2, "", ""),
    ("SBD", 2, "", ""),
    ("SCR", 2, "", ""),
    ("SDG", 2, "", ""),
    ("SEK", 2, "", ""),
    ("SGD", 2, "", ""),
    ("SHP", 2, "", ""),
    ("SLE", 2, "2022-04-01", ""),
    ("SLL", 2, "", "2024-04-01"),
    ("SOS", 2, "", ""),
    ("SRD", 2, "", ""),
    ("SSP", 2, "", ""),
    ("STD", 2, "", "2018-04-01"),
    ("STN", 2, "2018-01-01", ""),
    ("SVC", 2, "", ""),
    ("SYP", 2, "", ""),
    ("SZL", 2, "", ""),
    ("THB", 2, "", ""),
    ("TJS", 2, "", ""),
    ("TMT", 2, "", ""),
    ("TND", 3, "", ""),
    ("TOP", 2, "", ""),
    ("TRY", 2, "", ""),
    ("TTD", 2, "", ""),
    ("TWD", 2, "", ""),
    ("TZS", 2, "", ""),
    ("UAH", 2, "", ""),
    ("UGX", 0, "", ""),
    ("USD", 2, "", ""),
    ("USN", 2, "", ""),
    ("UYI", 0, "", ""),
    ("UYU", 2, "", ""),
    ("UYW", 4, "2018-08-01", ""),
    ("UZS", 2, "", ""),
    ("VED", 2, "2021-10-01", ""),
    ("VEF", 2, "", "2018-08-20"),
    ("VES", 2, "2018-08-20", ""),
    ("VND", 0, "", ""),
    ("VUV", 0, "", ""),
    ("WST", 2, "", ""),
    ("XAD", 2, "2025-05-12", ""),
    ("XAF", 0, "", ""),
    ("XCD", 2, "", ""),
    ("XCG", 2, "2025-03-31", ""),
    ("XOF", 0, "", ""),
    ("XPF", 0, "", ""),
    ("YER", 2, "", ""),
    ("ZAR", 2, "", ""),
    ("ZMK", 2, "", "2013-01-01"),
    ("ZMW", 2, "2013-01-01", ""),
    ("ZWG", 2, "2024-06-25", ""),
    ("ZWL", 2, "", "2024-09-01"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn codes_come_and_go() {
        assert!(CURRENCIES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(
            (minor_units("EUR"), minor_units("JPY"), minor_units("KWD")),
            (Some(2), Some(0), Some(3))
        );
        assert!(valid_on("BGN", day("2025-12-31")));
        assert!(!valid_on("BGN", day("2026-01-01")));
        assert!(!valid_on("XCG", day("2024-12-31")));
        for unknown in ["", "eur", "EUX", "XXX"] {
            assert!(!valid_on(unknown, day("2025-01-01")), "{unknown}");
        }
    }
}
