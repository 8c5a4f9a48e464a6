//! What a copy of a pack does not disclose, and why.

use super::{Report, Tree};
use crate::encoding::base64_url;
use crate::erasure::Receipts;
use std::sync::Arc;
use tieout_controls::{Count, Digest};

/// A digest whose disclosure can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The tree in which it stands.
    pub tree: Tree,
    /// The leaf.
    pub leaf: Count,
    /// The digest.
    pub digest: String,
    /// What the keys are called in this pack under which it is sealed; empty where it is not.
    pub keys: Vec<String>,
    /// Why.
    pub why: Why,
}

/// Why something is not disclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is there, sealed under the keys of persons: by the pack's word, since only who has them can tell.
    Sealed,
    /// A receipt says that it was erased.
    Erased,
    /// Nothing says why.
    Unexplained,
}

/// Opens what is sealed.
pub trait Unseal {
    /// For the pack of that id.
    fn of_pack(&self, pack: &str) -> Unsealing<'_>;
}

/// Opens what is sealed under the keys of these names; `None` where one of them is not there.
pub type Unsealing<'a> = Box<dyn Fn(&[String], &[u8]) -> Option<Vec<u8>> + 'a>;

/// What of a tree is not disclosed.
pub(super) struct Left {
    tree: Tree,
    /// Whether each is told: else they are only counted, so that memory does not grow with them.
    pub(super) told: bool,
    sealed: u64,
    unexplained: u64,
    erased: u64,
    list: Vec<Withheld>,
}

impl Left {
    /// Nothing yet.
    pub(super) fn of(tree: Tree, told: bool) -> Self {
        Self { tree, told, sealed: 0, unexplained: 0, erased: 0, list: Vec::new() }
    }

    /// Adds a digest, and under whose keys it is sealed, if it is.
    pub(super) fn add(&mut self, leaf: u64, digest: &Digest, keys: Option<&Arc<[String]>>) {
        let why = if keys.is_some() { Why::Sealed } else { Why::Unexplained };
        self.count(why, 1);
        if self.told {
            let keys = keys.map(|keys| keys.to_vec()).unwrap_or_default();
            let digest = base64_url(&digest.0);
            self.list.push(Withheld { tree: self.tree, leaf: Count(leaf), digest, keys, why });
        }
    }

    /// So many more.
    pub(super) fn count(&mut self, why: Why, more: u64) {
        let number = match why {
            Why::Sealed => &mut self.sealed,
            Why::Erased => &mut self.erased,
            Why::Unexplained => &mut self.unexplained,
        };
        *number = number.saturating_add(more);
    }

    /// Adds what comes behind it in the tree.
    pub(super) fn append(&mut self, other: Self) {
        self.count(Why::Sealed, other.sealed);
        self.count(Why::Erased, other.erased);
        self.count(Why::Unexplained, other.unexplained);
        self.list.extend(other.list);
    }

    /// Holds it against the receipts: those of a pack by its digest and index.
    fn explain(&mut self, pack: (Digest, Count), receipts: &Receipts) {
        let mut list = std::mem::take(&mut self.list);
        for one in &mut list {
            let place = (one.tree, one.leaf.0, one.digest.as_str());
            if receipts.explain(pack, place) {
                let number = match one.why {
                    Why::Sealed => &mut self.sealed,
                    Why::Erased | Why::Unexplained => &mut self.unexplained,
                };
                *number = number.saturating_sub(1);
                self.count(Why::Erased, 1);
                one.why = Why::Erased;
            }
        }
        self.list = list;
    }
}

/// Holds what is withheld against the receipts, tells of it, and lists it where each is told.
pub(super) fn explain(
    [mut records, mut population]: [Left; 2],
    pack: (Digest, Count),
    receipts: Option<&Receipts>,
    report: &mut Report,
) -> Vec<Withheld> {
    if let Some(receipts) = receipts {
        records.explain(pack, receipts);
        population.explain(pack, receipts);
    }
    match records.unexplained {
        0 => {}
        left => {
            let fields = if left == 1 { "field is" } else { "fields are" };
            report.note(format!(
                "{left} personal {fields} not disclosed in this copy: erased or held back"
            ));
        }
    }
    match population.unexplained {
        0 => {}
        left => {
            let rows = if left == 1 { "record is" } else { "records are" };
            report.note(format!(
                "{left} evaluated {rows} not disclosed in this copy, only committed to: \
                 the counts by verdict rest on the operator's word"
            ));
        }
    }
    let unexplained = records.unexplained.saturating_add(population.unexplained);
    if unexplained > 0 {
        let digests = if unexplained == 1 { "digest stands" } else { "digests stand" };
        let without = match receipts {
            Some(_) => "no receipt says that it was erased",
            None => "no receipts of erasures were given",
        };
        report.note(format!(
            "UNEXPLAINED-REDACTION: {unexplained} {digests} for something that this copy neither discloses \
             nor has sealed, and {without}"
        ));
    }
    for (found, what) in [
        (
            records.sealed.saturating_add(population.sealed),
            "sealed under the keys of the persons, which the operator has",
        ),
        (
            records.erased.saturating_add(population.erased),
            "erased, as receipts in the log say that two signed",
        ),
    ] {
        if found > 0 {
            let disclosures = if found == 1 { "disclosure is" } else { "disclosures are" };
            report.note(format!("{found} {disclosures} {what}"));
        }
    }
    for unfit in receipts.iter().flat_map(|receipts| &receipts.unfit) {
        report.note(unfit.clone());
    }
    let mut list = records.list;
    list.append(&mut population.list);
    list
}
