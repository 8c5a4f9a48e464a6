//! `tieout dispose`: what exceptions of a pack are, and that a reviewer cleared it.

use super::sign_off;
use crate::args::{Dispose, DispositionKind, Global};
use crate::clock;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::packs;
use crate::people;
use tieout_controls::{Count, Totals};
use tieout_evidence::people::disposition::Decision;
use tieout_evidence::people::net::{NetError, about};
use tieout_evidence::people::{Clearance, Disposition, Kind};

/// Signs a disposition or a clearance.
pub(super) fn dispose(global: &Global, args: &Dispose) -> Outcome<Exit> {
    match args {
        Dispose::Of { about: of, control, records, kind, reason, expires } => {
            let mut records: Vec<_> = records.iter().map(|record| Count(*record)).collect();
            records.sort_unstable();
            records.dedup();
            let control = control.parse().map_err(|_| {
                let message = format!("no control is called `{control}`");
                Failure::usage(Diagnostic::new("unknown-control", message))
            })?;
            let disposition = Disposition {
                control,
                records: (!records.is_empty()).then_some(records),
                kind: kind_of(*kind),
                amounts: Totals::default(),
                reason: reason.clone(),
                date: sign_off::day(of),
                expires: *expires,
            };
            sign_off::state(global, of, |pack, _| {
                let found = about(&pack.result, &pack.records, &disposition);
                let (_, amounts) = found.map_err(|e| refused(&e))?;
                Ok(Disposition { amounts, ..disposition })
            })
        }
        Dispose::Clear { disposition, refuse, signing } => {
            let digest = packs::digest(&people::read(disposition)?);
            let decision = if *refuse { Decision::Refused } else { Decision::Cleared };
            let clearance = Clearance { decision, date: clock::now().date_naive() };
            people::state(signing, digest, &clearance)?;
            Ok(Exit::Success)
        }
    }
}

fn refused(error: &NetError) -> Failure {
    let help = "`tieout explain PACK#RECORD` shows an exception, by its number";
    Failure::usage(Diagnostic::new("statement-refused", error.to_string()).help(help))
}

fn kind_of(kind: DispositionKind) -> Kind {
    match kind {
        DispositionKind::TrueException => Kind::TrueException,
        DispositionKind::FalsePositive => Kind::FalsePositive,
        DispositionKind::AcceptedRisk => Kind::AcceptedRisk,
        DispositionKind::Remediated => Kind::Remediated,
    }
}
