//! The changes of rules that disputes lead to: once a cause came back often enough, and once a service
//! was contested most for three quarters.

use super::case::Case;
use super::choice::Part;
use super::days::after;
use super::staff::Staff;
use crate::calendar::{Date, HOUR, Instant};
use crate::csv::{Cell, Table, cell};
use crate::header;
use crate::metering::board::meeting_after;
use crate::rng::Rng;
use std::collections::BTreeMap;

/// A change.
pub(crate) struct Change {
    pub(crate) id: String,
    pub(super) artefact: String,
    created: Date,
    /// The day of the meeting that decided it.
    pub(crate) decided: Date,
    pub(super) staff: &'static Staff,
}

fn id(part: Part) -> Option<String> {
    match part {
        Part::Pattern(group) => Some(format!("CHG-DP-{:02}", group + 1)),
        Part::Most(group) => Some(format!("CHG-DM-{:02}", group + 1)),
        _ => None,
    }
}

/// Links the cases that came again and again with the change that they led to.
pub(super) fn link(cases: &mut [Case]) {
    for case in cases {
        case.change = id(case.part);
    }
}

/// The changes that cases are linked with.
pub(super) fn changes(cases: &[Case]) -> Vec<Change> {
    let mut linked: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        if let Some(id) = &case.change {
            linked.entry(id).or_default().push(case);
        }
    }
    let of = |(id, cases): (&str, Vec<&Case>)| {
        let last = cases.iter().max_by_key(|c| c.resolved())?;
        let created = after(last.resolved(), 3);
        let artefact = match last.part {
            Part::Pattern(_) => format!("billing-rule/{}/S-{:04}", last.cause, last.service),
            _ => format!("charge-text/S-{:04}", last.service),
        };
        let decided = meeting_after(created);
        Some(Change { id: id.to_owned(), artefact, created, decided, staff: last.staff() })
    };
    linked.into_iter().filter_map(of).collect()
}

/// The rows of the datasets `change` and `approval`.
pub(super) fn tables(changes: &[Change]) -> [Table; 2] {
    [
        header::CHANGE.table(changes.iter().map(Change::row).collect()),
        header::APPROVAL.table(changes.iter().map(Change::approval).collect()),
    ]
}

impl Change {
    /// The digests of what it is about, before and after.
    pub(super) fn hashes(&self) -> [String; 2] {
        let mut rng = Rng::stream(0, &self.id);
        [(); 2].map(|()| format!("{:016x}", rng.number()))
    }

    /// When it was written, deployed, and took effect.
    pub(super) fn instants(&self) -> [Instant; 3] {
        let effective = after(self.decided, 5).start();
        [self.created.start().plus(10 * HOUR), effective.plus(-2 * HOUR), effective]
    }

    /// Its row in the dataset `change`.
    fn row(&self) -> Vec<Cell> {
        let [old, new] = self.hashes();
        let [created, deployed, effective] = self.instants();
        vec![
            cell(&self.id),
            cell("policy"),
            cell(&self.artefact),
            cell(old),
            cell(new),
            cell(self.staff.engineer),
            cell(created),
            cell(self.staff.agent),
            cell(deployed),
            cell(effective),
            cell(false),
            None,
        ]
    }

    /// Its row in the dataset `approval`.
    fn approval(&self) -> Vec<Cell> {
        vec![
            cell(&self.id),
            cell(1),
            cell(self.staff.head),
            cell("owner"),
            cell("approved"),
            cell(self.decided.start().plus(15 * HOUR)),
            cell(format!("minutes of {}", self.decided)),
        ]
    }
}
