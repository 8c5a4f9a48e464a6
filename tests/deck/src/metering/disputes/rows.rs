//! The datasets of disputes.

use super::case::{Case, Step};
use super::columns::{DISPUTE, DISPUTE_EVENT, DISPUTE_EVIDENCE, OUTBOX, TICKET};
use super::fault::Silent;
use super::staff::Staff;
use crate::calendar::{HOUR, Instant, MINUTE};
use crate::csv::{Cell, Table, cell, maybe};
use crate::money::Dec;
use crate::rng::{Rng, at};

const EVIDENCE: [(&str, &str); 3] = [
    ("invoice-copy", "application/pdf"),
    ("usage-export", "text/csv"),
    ("correspondence", "message/rfc822"),
];

/// What stands for a digest: 64 hexadecimal digits.
pub(crate) fn digest(text: &str) -> String {
    let mut rng = Rng::stream(0, text);
    (0..4).map(|_| format!("{:016x}", rng.number())).collect()
}

/// The datasets `dispute`, `dispute-event`, `dispute-evidence`, `ticket` and `outbox`.
pub(super) fn tables(cases: &[Case], silent: &Silent) -> Vec<Table> {
    let messages = cases.iter().enumerate().flat_map(|(place, case)| {
        let steps = (1..).zip(case.steps());
        let told = steps.filter(move |(seq, _)| !silent.contains(&(place, *seq)));
        told.map(|(seq, step)| message(case, seq, &step))
    });
    vec![
        DISPUTE.table(cases.iter().map(dispute).collect()),
        DISPUTE_EVENT.table(cases.iter().flat_map(events).collect()),
        DISPUTE_EVIDENCE.table(cases.iter().flat_map(evidence).collect()),
        TICKET.table(cases.iter().filter_map(Ticket::of).map(|ticket| ticket.row()).collect()),
        OUTBOX.table(messages.collect()),
    ]
}

fn evidence_id(case: &Case, number: i64) -> String {
    format!("EV-{:04}-{number}", case.number + 1)
}

fn service(case: &Case) -> String {
    format!("S-{:04}", case.service)
}

fn dispute(case: &Case) -> Vec<Cell> {
    let steps = case.steps();
    let reached = |state: &str| steps.iter().find(|s| s.to == state).map(|s| s.at);
    let (invoice, line) = case.line();
    let evidence: Vec<String> = (1..=case.evidence).map(|n| evidence_id(case, n)).collect();
    let resolved = steps.iter().find(|s| s.to == "resolved");
    vec![
        cell(case.id()),
        maybe(reached("opened")),
        cell(case.opener()),
        cell(case.issuer()),
        cell(invoice),
        cell(line),
        cell(case.centre()),
        cell(service(case)),
        cell(&case.billed.charge),
        cell(Dec::new(case.contested(), 2)),
        cell(case.currency()),
        cell(case.cause),
        cell("closed"),
        cell(case.level()),
        maybe(resolved.map(|s| &s.actor)),
        cell(case.due().start().plus(18 * HOUR)),
        maybe(reached("resolved")),
        cell(case.outcome.name()),
        maybe((!evidence.is_empty()).then(|| evidence.join(" "))),
        maybe(case.change.as_ref()),
    ]
}

fn events(case: &Case) -> Vec<Vec<Cell>> {
    let row = |(seq, step): (i64, Step)| {
        vec![
            cell(case.id()),
            cell(seq),
            cell(step.at),
            maybe(step.from),
            cell(step.to),
            cell(step.level),
            cell(step.actor),
            cell(digest(&format!("note {} {seq}", case.id()))),
        ]
    };
    (1..).zip(case.steps()).map(row).collect()
}

fn evidence(case: &Case) -> Vec<Vec<Cell>> {
    let Some(opened) = case.steps().into_iter().next() else { return Vec::new() };
    let row = |number: i64| {
        let place = case.number + usize::try_from(number).unwrap_or(0);
        let (kind, media) = *at(&EVIDENCE, place);
        vec![
            cell(evidence_id(case, number)),
            cell(case.id()),
            cell(kind),
            cell(media),
            cell(format!("evidence/{}/{number}", case.id())),
            cell(digest(&evidence_id(case, number))),
            cell(opened.at.plus(number * MINUTE)),
            cell(case.opener()),
        ]
    };
    (1..=case.evidence).map(row).collect()
}

/// The ticket of a case with a technical cause.
pub(super) struct Ticket<'a> {
    case: &'a Case,
    pub(super) id: String,
    pub(super) opened: Instant,
    pub(super) analysed: Option<Instant>,
    pub(super) staff: &'static Staff,
}

impl<'a> Ticket<'a> {
    /// It is opened when the case is classified, and analysed on the day that it is resolved.
    pub(super) fn of(case: &'a Case) -> Option<Self> {
        let classified = case.steps().into_iter().find(|s| s.to == "classified")?;
        case.ticket.then(|| Self {
            case,
            id: format!("TK-{:04}", case.number + 1),
            opened: classified.at.plus(HOUR),
            analysed: case.analysed.then(|| case.resolved().start().plus(8 * HOUR)),
            staff: case.staff(),
        })
    }

    fn row(&self) -> Vec<Cell> {
        let analysed = self.analysed;
        vec![
            cell(&self.id),
            cell(self.case.id()),
            cell(service(self.case)),
            cell(self.opened),
            cell(self.staff.agent),
            cell(self.staff.engineer),
            cell(*at(&["low", "medium", "high"], self.case.number)),
            cell(if analysed.is_some() { "closed" } else { "open" }),
            maybe(analysed.map(|_| format!("RCA-{:04}", self.case.number + 1))),
            maybe(analysed),
            maybe(analysed.map(|_| self.staff.engineer)),
            maybe(analysed.map(|at| at.plus(HOUR))),
        ]
    }
}

fn message(case: &Case, seq: i64, step: &Step) -> Vec<Cell> {
    let number = i64::try_from(case.number).unwrap_or(0);
    vec![
        cell(format!("M-{}-{seq}", case.id())),
        cell(case.id()),
        cell(seq),
        cell(case.opener()),
        cell("mail"),
        cell(step.at.plus(5)),
        // The last moment of the five minutes is in time.
        cell(step.at.plus(30 + (number * 45 + seq * 90) % 271)),
        cell("sent"),
    ]
}
