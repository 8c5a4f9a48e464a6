//! The credits of disputes, and what they post: a provisional one becomes final or is taken back, so that
//! the account of provisional credits comes to zero.

use super::case::{Case, Outcome};
use super::columns::CREDIT;
use crate::calendar::{Date, HOUR};
use crate::csv::{Cell, Table, cell, maybe};
use crate::metering::group::{MONTHS, invoice_day, period};
use crate::metering::journal::{GRANTED, OWED, PROVISIONAL, Posting};
use crate::money::Dec;

/// A credit of a case.
struct Credit<'a> {
    case: &'a Case,
    kind: &'static str,
    /// What was granted or taken back, in hundredths.
    units: i128,
    day: Date,
    debit: &'static str,
    credit: &'static str,
}

impl Case {
    /// What is contested, in hundredths.
    pub(super) fn contested(&self) -> i128 {
        self.billed.amount.units_at(2)
    }

    /// What the decision grants.
    pub(super) fn due_credit(&self) -> i128 {
        match self.outcome {
            Outcome::Upheld => self.contested(),
            Outcome::Partly => self.contested() / 2,
            Outcome::Denied => 0,
        }
    }

    pub(super) fn credit_id(&self, kind: &str) -> String {
        let letter = kind.chars().next().unwrap_or('x').to_ascii_uppercase();
        format!("CR-{}-{letter}", self.id())
    }

    fn credits(&self) -> Vec<Credit<'_>> {
        let (contested, due) = (self.contested(), self.due_credit());
        let credit = |kind, units, day, debit, credit| Credit {
            case: self,
            kind,
            units,
            day,
            debit,
            credit,
        };
        let from = if self.provisional { PROVISIONAL } else { OWED };
        let mut credits = Vec::new();
        if self.provisional {
            credits.push(credit("provisional", contested, self.granted(), PROVISIONAL, OWED));
        }
        if due > 0 {
            credits.push(credit("final", due, self.settled(), GRANTED, from));
        }
        if self.provisional && contested > due {
            credits.push(credit("reversal", contested - due, self.settled(), OWED, PROVISIONAL));
        }
        credits
    }
}

/// The run with whose postings what happens on a day is posted.
fn posted_with(day: Date) -> i64 {
    (0..MONTHS).find(|month| day <= invoice_day(*month)).unwrap_or(MONTHS - 1)
}

impl Credit<'_> {
    fn row(&self) -> Vec<Cell> {
        let id = self.case.credit_id(self.kind);
        let back = self.kind == "reversal";
        let edited = if self.kind == "final" { self.case.edited } else { 0 };
        let units = if back { -self.units } else { self.units + edited };
        vec![
            cell(&id),
            cell(self.kind),
            cell(self.case.id()),
            None,
            cell(period(posted_with(self.day))),
            cell(Dec::new(units, 2)),
            cell(self.case.currency()),
            cell(self.day.start().plus(if back { 17 } else { 16 } * HOUR)),
            cell(self.case.staff().finance),
            maybe(back.then(|| self.case.credit_id("provisional"))),
            cell(format!("JE-{id}")),
        ]
    }

    fn posting(&self) -> Posting {
        Posting {
            id: self.case.credit_id(self.kind),
            provider: self.case.provider,
            month: posted_with(self.day),
            units: self.units,
            debit: self.debit,
            credit: self.credit,
        }
    }
}

/// The rows of the dataset `credit`, and what they post.
pub(super) fn credits(cases: &[Case]) -> (Table, Vec<Posting>) {
    let all: Vec<Credit<'_>> = cases.iter().flat_map(Case::credits).collect();
    (CREDIT.table(all.iter().map(Credit::row).collect()), all.iter().map(Credit::posting).collect())
}
