//! Changes of rates, policies, configuration and programs, and who approved them.

use crate::Faults;
use crate::calendar::{DAY, Date, HOUR, Instant};
use crate::csv::{Format, Table, cell, maybe};
use crate::fault::Chosen;
use crate::header;
use crate::people::some_people;
use crate::rates::PRICE_CHANGE;
use crate::rng::{Rng, at};
use crate::truth::{Answers, Fact, key};

const CHANGES: i64 = 40;
/// The change of July's prices is number 21.
const PRICES: i64 = 20;

struct Change {
    id: String,
    kind: &'static str,
    author: String,
    deployer: String,
    created: Instant,
    effective: Instant,
    emergency: bool,
    hash: u64,
    approvals: Vec<Approval>,
}

struct Approval {
    approver: String,
    approved: bool,
    decided: Instant,
}

/// The datasets `change` and `approval`.
///
/// # Errors
/// When no change fits a fault; the text names it.
pub(crate) fn tables(
    seed: u64,
    faults: &Faults,
    answers: &mut Answers,
) -> Result<Vec<Table>, String> {
    let mut rng = Rng::stream(seed, "changes");
    let mut changes: Vec<_> = (0..CHANGES).map(|number| clean(&mut rng, number)).collect();
    let mut chosen = Chosen::default();
    if faults.include("CM-01") {
        let mut rng = Rng::stream(seed, "fault CM-01");
        plant_approval(&mut rng, &mut changes, &mut chosen, answers)?;
    }
    if faults.include("CM-02") {
        let mut rng = Rng::stream(seed, "fault CM-02");
        plant_duties(&mut rng, &mut changes, &mut chosen, answers)?;
    }
    Ok(vec![change_table(&changes), approval_table(&changes)])
}

fn clean(rng: &mut Rng, number: i64) -> Change {
    let created = Date::new(2025, 1, 6).plus_days(number * 8).start().plus(10 * HOUR);
    let wait = rng.between(5, 9);
    let mut effective = created.date().plus_days(wait).start();
    if number == PRICES {
        effective = PRICE_CHANGE;
    }
    let emergency = number % 10 == 7;
    let [author, deployer, first, second] = some_people(rng);
    let decided = created.plus(rng.between(1, 3) * DAY + rng.between(0, 7) * HOUR);
    let yes = |approver: &String, decided| Approval {
        approver: approver.clone(),
        approved: true,
        decided,
    };
    let approvals = match number {
        // An emergency is approved afterwards.
        _ if emergency => vec![yes(&first, effective.plus(2 * DAY))],
        _ if number % 4 == 0 => vec![yes(&first, decided), yes(&second, decided.plus(5 * HOUR))],
        _ if number % 8 == 5 => {
            let no = Approval { approver: second, approved: false, decided };
            vec![no, yes(&first, decided.plus(20 * HOUR))]
        }
        // The last moment is in time.
        _ if number % 13 == 6 => vec![yes(&first, effective)],
        _ => vec![yes(&first, decided)],
    };
    let kinds: &[&str] = &["rate", "policy", "config", "rate", "program"];
    Change {
        id: format!("CHG-{:04}", number + 1),
        kind: at::<&str>(kinds, usize::try_from(number).unwrap_or(0)),
        author,
        deployer,
        created,
        effective,
        emergency,
        hash: rng.number(),
        approvals,
    }
}

/// A change that one person approved, alone.
fn plain(change: &Change) -> bool {
    let single = change.approvals.len() == 1 && change.approvals.iter().all(|a| a.approved);
    single && !change.emergency && change.effective != PRICE_CHANGE
}

fn plant_approval(
    rng: &mut Rng,
    changes: &mut [Change],
    chosen: &mut Chosen,
    answers: &mut Answers,
) -> Result<(), String> {
    let faults = [
        ("approval-missing", "not-approved"),
        ("approval-refused", "not-approved"),
        ("approval-late", "approved-late"),
    ];
    for (fault, code) in faults {
        let place = chosen.one(rng, changes, fault, plain)?;
        let Some(change) = changes.get_mut(place) else { continue };
        let late = change.effective.plus(rng.between(1, 90) * HOUR);
        match fault {
            "approval-missing" => change.approvals.clear(),
            "approval-refused" => change.approvals.iter_mut().for_each(|a| a.approved = false),
            _ => change.approvals.iter_mut().for_each(|a| a.decided = late),
        }
        let key = key([("change_id", &change.id)]);
        let amount = None;
        answers.add(Fact { control: "CM-01", key, code, amount, fault, consequential: false });
    }
    Ok(())
}

fn plant_duties(
    rng: &mut Rng,
    changes: &mut [Change],
    chosen: &mut Chosen,
    answers: &mut Answers,
) -> Result<(), String> {
    let faults = [
        ("author-approves-own-change", "author-approves"),
        ("deployer-approves-own-change", "deployer-approves"),
    ];
    for (fault, code) in faults {
        let place = chosen.one(rng, changes, fault, plain)?;
        let Some(change) = changes.get_mut(place) else { continue };
        let person = if code == "author-approves" { &change.author } else { &change.deployer };
        let person = person.clone();
        change.approvals.iter_mut().for_each(|a| a.approver.clone_from(&person));
        let key = key([("change_id", &change.id), ("step", "1")]);
        let amount = None;
        answers.add(Fact { control: "CM-02", key, code, amount, fault, consequential: false });
    }
    Ok(())
}

fn change_table(changes: &[Change]) -> Table {
    let row = |change: &Change| {
        vec![
            cell(&change.id),
            cell(change.kind),
            cell(format!("{}/{}", change.kind, change.id.to_lowercase())),
            cell(format!("{:016x}", !change.hash)),
            cell(format!("{:016x}", change.hash)),
            cell(&change.author),
            cell(change.created),
            cell(&change.deployer),
            cell(change.effective.plus(-2 * HOUR)),
            cell(change.effective),
            cell(change.emergency),
            maybe((change.kind == "program").then(|| format!("TEST-{}", change.id))),
        ]
    };
    let rows = changes.iter().map(row).collect();
    Table { format: Format::Ndjson, ..header::CHANGE.table(rows) }
}

fn approval_table(changes: &[Change]) -> Table {
    let mut rows = Vec::new();
    for change in changes {
        for (step, approval) in (1..).zip(&change.approvals) {
            rows.push(vec![
                cell(&change.id),
                cell(step),
                cell(&approval.approver),
                cell(if step == 1 { "owner" } else { "board" }),
                cell(if approval.approved { "approved" } else { "rejected" }),
                cell(approval.decided),
                cell(format!("minutes of {}", approval.decided.date())),
            ]);
        }
    }
    header::APPROVAL.table(rows)
}
