//! Choosing the records that a fault is planted in.

use crate::Faults;
use crate::rng::Rng;
use std::collections::BTreeSet;

/// The controls that the deck has faults for.
pub(crate) const CONTROLS: &[&str] = &[
    "CM-01", "CM-02", "FOC-R01", "FOC-R02", "FOC-R03", "FOC-R08", "GL-01", "IC-04", "RET-01",
    "RET-02", "RET-04", "RT-01", "SOD-01", "TP-01", "TP-02", "VAT-01", "VAT-02",
];

impl Faults {
    /// Whether faults of that control are planted.
    pub(crate) fn include(&self, control: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(controls) => controls.iter().any(|c| c == control),
        }
    }

    /// The first control asked for that the deck has no fault for.
    pub(crate) fn unknown(&self) -> Option<&str> {
        let Self::Only(controls) = self else { return None };
        controls.iter().map(String::as_str).find(|c| !CONTROLS.contains(c))
    }
}

/// The records of one dataset that already carry a fault: none gets a second.
#[derive(Default)]
pub(crate) struct Chosen(BTreeSet<usize>);

impl Chosen {
    /// A record that fits and is still free, by the stream's choice.
    ///
    /// # Errors
    /// When there is none; the text names the fault.
    pub(crate) fn one<T>(
        &mut self,
        rng: &mut Rng,
        records: &[T],
        fault: &str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<usize, String> {
        let free = records.iter().enumerate().filter(|(at, r)| !self.0.contains(at) && fits(r));
        let free: Vec<usize> = free.map(|(at, _)| at).collect();
        if free.is_empty() {
            return Err(no_record(fault));
        }
        let at = *rng.pick(&free);
        self.0.insert(at);
        Ok(at)
    }
}

/// Why a fault can't be planted.
pub(crate) fn no_record(fault: &str) -> String {
    format!("no record fits the fault `{fault}`; more rows or another seed may have one")
}
