//! What a copy of a pack does not disclose, and why.

use super::Report;
use crate::erasure::Receipts;
use tieout_controls::{Count, Digest};

/// A tree of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// The record lines.
    Records,
    /// The population.
    Population,
}

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

/// Holds what is withheld against the receipts, and tells of it.
pub(super) fn explain(
    withheld: &mut [Withheld],
    pack: (Digest, Count),
    receipts: Option<&Receipts>,
    report: &mut Report,
) {
    for one in &mut *withheld {
        let place = (one.tree, one.leaf.0, one.digest.as_str());
        if receipts.is_some_and(|receipts| receipts.explain(pack, place)) {
            one.why = Why::Erased;
        }
    }
    let number = |tree: Option<Tree>, why| {
        let of = |one: &&Withheld| tree.is_none_or(|tree| one.tree == tree) && one.why == why;
        withheld.iter().filter(of).count()
    };
    let unexplained = number(None, Why::Unexplained);
    match number(Some(Tree::Records), Why::Unexplained) {
        0 => {}
        left => {
            let fields = if left == 1 { "field is" } else { "fields are" };
            report.note(format!(
                "{left} personal {fields} not disclosed in this copy: erased or held back"
            ));
        }
    }
    match number(Some(Tree::Population), Why::Unexplained) {
        0 => {}
        left => {
            let rows = if left == 1 { "record is" } else { "records are" };
            report.note(format!(
                "{left} evaluated {rows} not disclosed in this copy, only committed to: \
                 the counts by verdict rest on the operator's word"
            ));
        }
    }
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
    for (why, what) in [
        (Why::Sealed, "sealed under the keys of the persons, which the operator has"),
        (Why::Erased, "erased, as receipts in the log say that two signed"),
    ] {
        let found = number(None, why);
        if found > 0 {
            let disclosures = if found == 1 { "disclosure is" } else { "disclosures are" };
            report.note(format!("{found} {disclosures} {what}"));
        }
    }
    for unfit in receipts.iter().flat_map(|receipts| &receipts.unfit) {
        report.note(unfit.clone());
    }
}
