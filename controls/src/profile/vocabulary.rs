//! Closed vocabularies: the values that a column may have, where its standard or its profile closes
//! the list. What is spelled otherwise is refused at the wall: a rule that compares with `approved`
//! would never see `Approved`, and nobody would miss it.

/// The values that a column may have. Spelling counts, case included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// These words.
    Words(&'static [&'static str]),
    /// The countries of ISO 3166-1, by their alpha-2 code; and `XK` for Kosovo, which the standard
    /// leaves to users and the Union's institutions use.
    Countries,
    /// As [`Vocabulary::Countries`], and their subdivisions as ISO 3166-2 writes them (`US-CA`);
    /// whether a country has such a subdivision is not asked.
    Jurisdictions,
}

/// More words than these are not listed in a message.
const SHORT: usize = 10;

impl Vocabulary {
    /// Whether the value is in it.
    pub fn contains(self, value: &str) -> bool {
        match self {
            Self::Words(words) => words.contains(&value),
            Self::Countries => COUNTRIES.binary_search(&value).is_ok(),
            Self::Jurisdictions => match value.split_once('-') {
                Some((country, part)) => {
                    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
                    let fits = (1..=3).contains(&part.len()) && part.bytes().all(plain);
                    fits && Self::Countries.contains(country)
                }
                None => Self::Countries.contains(value),
            },
        }
    }

    /// What is wanted, in words that follow "not".
    pub fn wanted(self) -> String {
        match self {
            Self::Words(words) if words.len() <= SHORT => {
                let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                match quoted.as_slice() {
                    [only] => only.clone(),
                    several => format!("one of {}", several.join(", ")),
                }
            }
            Self::Words(words) => {
                format!("one of the {} values that the profile's page lists", words.len())
            }
            Self::Countries => {
                "a country code of ISO 3166-1 alpha-2, such as `DE`; Greece is `GR`, the United Kingdom `GB`".to_owned()
            }
            Self::Jurisdictions => {
                "a country code of ISO 3166-1 alpha-2, such as `DE`, nor one with a subdivision, such as `US-CA`; Greece is `GR`, the United Kingdom `GB`".to_owned()
            }
        }
    }
}

/// ISO 3166-1 alpha-2, officially assigned codes, as of 2025 (249), and `XK`; in order.
const COUNTRIES: [&str; 250] = [
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ",
    "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS",
    "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN",
    "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE",
    "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF",
    "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM",
    "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM",
    "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC",
    "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA",
    "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG",
    "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW",
    "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS",
    "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO",
    "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI",
    "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_in_order_and_of_two_letters() {
        assert!(COUNTRIES.is_sorted());
        let fits = |code: &&str| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        assert!(COUNTRIES.iter().all(fits));
    }

    #[test]
    fn spelling_counts() {
        let words = Vocabulary::Words(&["AR", "AP"]);
        let cases = [
            (words, "AR", true),
            (words, "ar", false),
            (words, "AR ", false),
            (words, "", false),
            (Vocabulary::Countries, "GR", true),
            (Vocabulary::Countries, "EL", false),
            (Vocabulary::Countries, "GB", true),
            (Vocabulary::Countries, "UK", false),
            (Vocabulary::Countries, "fr", false),
            (Vocabulary::Countries, "EU", false),
            (Vocabulary::Countries, "XI", false),
            (Vocabulary::Countries, "XK", true),
            (Vocabulary::Countries, "US-CA", false),
            (Vocabulary::Jurisdictions, "DE", true),
            (Vocabulary::Jurisdictions, "US-CA", true),
            (Vocabulary::Jurisdictions, "UK-ENG", false),
            (Vocabulary::Jurisdictions, "US-", false),
            (Vocabulary::Jurisdictions, "Germany", false),
        ];
        for (vocabulary, value, fits) in cases {
            assert_eq!(vocabulary.contains(value), fits, "{value}");
        }
    }

    #[test]
    fn what_is_wanted_is_told_without_a_value() {
        assert_eq!(Vocabulary::Words(&["Correction"]).wanted(), "`Correction`");
        assert_eq!(Vocabulary::Words(&["AR", "AP"]).wanted(), "one of `AR`, `AP`");
        assert!(Vocabulary::Countries.wanted().contains("Greece is `GR`"));
        let many = Vocabulary::Words(&["a"; 11]).wanted();
        assert_eq!(many, "one of the 11 values that the profile's page lists");
    }
}
