//! Which exceptions are waived, and what is to be said of the waivers.

use super::{State, Waiver};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::gate::people::Directory;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::{Decimal, Money, Value};

/// An exception, as far as waivers look at it.
#[derive(Debug, Clone)]
pub(crate) struct Exception {
    /// What tells it from all others, and says in which order exposures are used up.
    pub(crate) key: String,
    /// The control.
    pub(crate) control: String,
    /// Key and values of the record, by column.
    pub(crate) record: BTreeMap<String, Value>,
    /// The money in it.
    pub(crate) stake: Stake,
}

/// The money in an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stake {
    /// It is about no money: an approval that is missing, a document.
    None,
    /// It is, and how much isn't known: nothing can say that it is within an exposure.
    Unknown,
    /// So much, whatever its sign.
    Of(Money),
}

/// A waiver whose exposure doesn't cover what is in its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exceeded {
    /// The waiver.
    pub(crate) waiver: String,
    /// What it has waived.
    pub(crate) waived: Decimal,
    /// The key of the first exception for which that left too little.
    pub(crate) first: String,
}

/// What came of waivers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Key of an exception → the waiver that waives it.
    pub(crate) waived: BTreeMap<String, String>,
    /// Waivers that have ended: they waive nothing, and are to be taken out or asked for anew.
    pub(crate) expired: BTreeSet<String>,
    /// Waivers that hold and that nothing was in the scope of.
    pub(crate) unused: BTreeSet<String>,
    /// Waivers that ran out of exposure, in the order of their names.
    pub(crate) exceeded: Vec<Exceeded>,
    /// Exceptions in a scope whose money isn't known or of another currency, with the waiver.
    pub(crate) unmeasured: BTreeSet<(String, String)>,
}

/// Applies waivers to exceptions at an instant; the order of neither matters.
///
/// Exceptions are taken in the order of their keys and waivers in that of their names; the first
/// waiver that covers an exception waives it. A waiver whose exposure an exception would exceed
/// waives that one not, nor any after it.
///
/// # Errors
/// A scope reads a column that an exception of its control doesn't have, or has with another type.
pub(crate) fn apply(
    waivers: &[Waiver],
    exceptions: &[Exception],
    at: DateTime<Utc>,
) -> Outcome<Applied> {
    let mut applied = Applied::default();
    let mut waivers: Vec<&Waiver> = waivers.iter().collect();
    waivers.sort_by(|a, b| a.id.cmp(&b.id));
    let mut exceptions: Vec<&Exception> = exceptions.iter().collect();
    exceptions.sort_by(|a, b| a.key.cmp(&b.key));
    let mut wrong = Vec::new();
    for waiver in waivers {
        let of_control = exceptions.iter().filter(|e| e.control == waiver.control);
        let scoped = of_control.map(|e| Ok((*e, waiver.scope.contains(&e.record)?)));
        // An expired waiver's scope is read all the same: what can't be read is wrong at any time.
        let scoped: Result<Vec<_>, String> = scoped.collect();
        let scoped = match scoped {
            Ok(scoped) => scoped.into_iter().filter(|(_, is)| *is).map(|(e, _)| e).collect(),
            Err(message) => {
                wrong.push(unreadable(waiver, &message));
                continue;
            }
        };
        match waiver.state(at) {
            State::Expired => drop(applied.expired.insert(waiver.id.clone())),
            State::Pending => {}
            State::Active => applied.use_up(waiver, scoped),
        }
    }
    match wrong.is_empty() {
        true => Ok(applied),
        false => Err(Failure { exit: Exit::Usage, diagnostics: wrong }),
    }
}

impl Applied {
    fn use_up(&mut self, waiver: &Waiver, scoped: Vec<&Exception>) {
        if scoped.is_empty() {
            self.unused.insert(waiver.id.clone());
        }
        let mut used = Decimal::zero();
        for exception in scoped {
            if self.waived.contains_key(&exception.key) {
                continue;
            }
            let amount = match &exception.stake {
                Stake::None => Decimal::zero(),
                Stake::Of(money) if money.currency == waiver.exposure.currency => {
                    money.amount.abs()
                }
                _ => {
                    self.unmeasured.insert((exception.key.clone(), waiver.id.clone()));
                    continue;
                }
            };
            // A sum that can't be held is above any exposure.
            let sum = used.add(&amount).ok().filter(|sum| *sum <= waiver.exposure.amount);
            let Some(sum) = sum else {
                let (waiver, first) = (waiver.id.clone(), exception.key.clone());
                self.exceeded.push(Exceeded { waiver, waived: used, first });
                return;
            };
            used = sum;
            self.waived.insert(exception.key.clone(), waiver.id.clone());
        }
    }
}

/// Refuses waivers whose approver or requester is, by the directory, nobody for certain, and those
/// whose approver is the same person as who asked or gains: two accounts of one person are one. Who
/// gains may be a unit that has no account.
///
/// # Errors
/// Everything of that kind, with its place.
pub(crate) fn one_person(
    waivers: &[Waiver],
    directory: &Directory,
    at: DateTime<Utc>,
) -> Outcome<()> {
    let mut wrong = Vec::new();
    for waiver in waivers {
        let refuse = |message: String| {
            let place = waiver.places.approver.clone();
            let help = "somebody else approves it, with an account that the directory knows";
            Diagnostic::new("waiver-approver", message).at(place).help(help)
        };
        let people = [("approver", &waiver.approver), ("requester", &waiver.requester)];
        let nobody = people.iter().find(|(_, who)| directory.person(who, at).person().is_none());
        if let Some((part, _)) = nobody {
            wrong.push(refuse(format!("the account of the {part} is nobody's for certain")));
            continue;
        }
        let who = directory.person(&waiver.approver, at);
        let approver = who.person();
        for (part, account) in
            [("requester", &waiver.requester), ("beneficiary", &waiver.beneficiary)]
        {
            if directory.person(account, at).person() == approver {
                wrong.push(refuse(format!("the approver is the same person as the {part}")));
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure { exit: Exit::Usage, diagnostics: wrong }),
    }
}

fn unreadable(waiver: &Waiver, message: &str) -> Diagnostic {
    let message =
        format!("the scope of `{}` and exceptions of {}: {message}", waiver.id, waiver.control);
    let help = "`tieout control show` tells the columns of a control's records";
    Diagnostic::new("waiver-scope", message).at(waiver.places.scope.clone()).help(help)
}
