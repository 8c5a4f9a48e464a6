//! What a finding is, whoever finds it: the entry of a baseline, and which findings it lets pass.

use super::Finding;
use crate::gate::RateKey;
use crate::gate::diff::line;
use crate::gate::table::{digest, instant, plain};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use tieout_controls::Digest;

/// A finding by what, of what, when and which rows; every value is text in its one form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The service.
    pub service_id: String,
    /// The region; `None` where the rates leave it open.
    pub region: Option<String>,
    /// The customer segment; likewise.
    pub customer_segment: Option<String>,
    /// The first instant, in UTC.
    pub effective_from: String,
    /// The first one after it; `None` for further notice.
    pub effective_to: Option<String>,
    /// Where the tier begins.
    pub tier_from: Option<String>,
    /// `gap`, `overlap` or `two-prices`.
    pub kind: String,
    /// SHA-256 over what the rows charge: another price in the same place is another finding.
    pub rows: Digest,
}

impl Identity {
    /// Of what the rates are.
    pub fn key(&self) -> RateKey {
        RateKey {
            service_id: self.service_id.clone(),
            region: self.region.clone(),
            segment: self.customer_segment.clone(),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.effective_to.as_deref().unwrap_or("further notice");
        write!(f, "{} {}", self.kind, self.key())?;
        if let Some(tier) = &self.tier_from {
            write!(f, " from {tier}")?;
        }
        write!(f, ", from {} until {until}", self.effective_from)
    }
}

impl Finding {
    /// What it is.
    pub fn identity(&self) -> Identity {
        let change = &self.change;
        Identity {
            service_id: change.key.service_id.clone(),
            region: change.key.region.clone(),
            customer_segment: change.key.segment.clone(),
            effective_from: instant(change.from),
            effective_to: change.to.map(instant),
            tier_from: change.tier_from.as_ref().map(plain),
            kind: change.kind.word().to_owned(),
            rows: digest(&line(change)),
        }
    }
}

/// Lets pass only what the baseline lists of the findings that the earlier table has, each entry once;
/// gives the entries that no longer stand.
pub fn only_listed(findings: &mut [Finding], baseline: &[Identity]) -> Vec<Identity> {
    let mut left: BTreeMap<&Identity, u64> = BTreeMap::new();
    for entry in baseline {
        *left.entry(entry).or_default() += 1;
    }
    for finding in findings {
        let entry = left.get_mut(&finding.identity()).filter(|left| **left > 0);
        finding.legacy = finding.in_base && entry.is_some();
        entry.into_iter().for_each(|left| *left -= 1);
    }
    let stale = left.into_iter().flat_map(|(entry, left)| (0..left).map(move |_| entry.clone()));
    stale.collect()
}
