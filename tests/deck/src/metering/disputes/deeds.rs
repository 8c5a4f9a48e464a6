//! What the log has of disputes: that they were opened and decided, their tickets, and the rules that
//! they changed.

use super::case::Case;
use super::change::Change;
use super::rows::Ticket;
use crate::calendar::Instant;
use crate::metering::people::Deed;

/// All of that, in no order.
pub(super) fn deeds(cases: &[Case], changes: &[Change]) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = cases.iter().flat_map(of_case).collect();
    deeds.extend(cases.iter().filter_map(Ticket::of).flat_map(|ticket| of_ticket(&ticket)));
    deeds.extend(changes.iter().flat_map(of_change));
    deeds
}

fn deed(at: Instant, actor: &str, action: &'static str, object: (&'static str, String)) -> Deed {
    let (hashes, change, ticket) = ([None, None], None, None);
    Deed { at, actor: actor.to_owned(), action, object, hashes, change, ticket }
}

fn of_case(case: &Case) -> Vec<Deed> {
    let steps = case.steps().into_iter().filter_map(|step| {
        let action = match step.to {
            "opened" => "dispute.open",
            "resolved" => "dispute.resolve",
            _ => return None,
        };
        Some(deed(step.at, &step.actor, action, ("dispute", case.id())))
    });
    steps.collect()
}

fn of_ticket(ticket: &Ticket) -> Vec<Deed> {
    let with = |at, actor, action| Deed {
        ticket: Some(ticket.id.clone()),
        ..deed(at, actor, action, ("ticket", ticket.id.clone()))
    };
    let opened = with(ticket.opened, ticket.staff.agent, "ticket.open");
    let analysed = ticket.analysed.map(|at| with(at, ticket.staff.engineer, "ticket.analyse"));
    [opened].into_iter().chain(analysed).collect()
}

fn of_change(change: &Change) -> [Deed; 2] {
    let [created, deployed, _] = change.instants();
    let with = |at, actor, action| Deed {
        hashes: change.hashes().map(Some),
        change: Some(change.id.clone()),
        ..deed(at, actor, action, ("billing-rule", change.artefact.clone()))
    };
    [
        with(created, change.staff.engineer, "rule.edit"),
        with(deployed, change.staff.agent, "rule.deploy"),
    ]
}
