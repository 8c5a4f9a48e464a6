//! `tieout gate usage`: a usage summary from the records of meters.

use super::super::policy::Uncommitted;
use super::super::remark;
use super::super::rows::{self, RowsFile};
use super::super::run::not_run;
use crate::args::{GateUsage, Global};
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::gate::sealed;
use crate::keys;
use crate::output::{self, Access, Existing};
use crate::plan::{self, Selection};
use crate::progress::Spinner;
use crate::workspace::Workspace;
use tieout_engine::gate::summary::{self, Summary};

/// Writes the summary, and tells what usage isn't in it.
pub(in super::super) fn usage(global: &Global, args: &GateUsage) -> Outcome<Exit> {
    let path = &args.output;
    // A key that can't be read is known before anything long begins.
    let signer = match (&args.account, &args.key) {
        (Some(account), Some(file)) => {
            let key = keys::own(file, args.passphrase.passphrase_file.as_deref())?;
            Some((account, key))
        }
        _ => None,
    };
    rows::extension(path)?;
    output::check_writable(path)?;
    let workspace = Workspace::discover(global.config.as_deref())?;
    let catalogue = Catalogue::of(Some(&workspace))?;
    let mut plan = plan::unlocked(&workspace, &catalogue, &Selection::default())?;
    plan.datasets.retain(|spec| summary::reads(spec.profile.role));
    plan.controls.clear();
    let spinner = Spinner::new(global.quiet);
    let period = (plan.parameters.period_start, plan.parameters.period_end);
    let made = tieout_engine::run::read(&plan, &|_| Box::new(Uncommitted), &spinner)
        .and_then(|datasets| summary::summarise(&datasets, period, &spinner));
    drop(spinner);
    let summary = made.map_err(|e| not_run(e, &catalogue))?;
    if summary.rows.0 == 0 {
        return Err(nothing(&summary));
    }
    output::stream_beside(path, |file| {
        let mut rows = RowsFile::new(path, summary::schema(), file)?;
        summary.batches.iter().try_for_each(|batch| rows.write(batch))?;
        Ok(((), rows.finish()?))
    })?;
    if let Some((account, key)) = &signer {
        let bytes = sealed::seal(path, account, key)?;
        output::write_beside(&sealed::beside(path), &bytes, Existing::Replace, Access::Usual)?;
    }
    let shown = output::shown(path);
    let (rows, counted) = (summary.rows, summary.counted);
    remark(global.quiet, &format!("{rows} rows of {counted} counted intervals are in {shown}"));
    match left_out(&summary) {
        None => Ok(Exit::Success),
        Some(diagnostic) => {
            Err(Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] })
        }
    }
}

/// What usage isn't in the summary, if any.
fn left_out(summary: &Summary) -> Option<Diagnostic> {
    let months = summary.left_out.iter();
    let mut reasons: Vec<String> =
        months.map(|(why, months)| format!("{months} months of resources: {why}")).collect();
    if summary.refused.0 > 0 {
        reasons.push(format!("{} rows of the datasets were refused", summary.refused));
    }
    let untied = summary.untied.iter();
    reasons.extend(untied.map(|name| format!("`{name}` differs from what is expected of it")));
    let help = "correct the records of the meters, the register or the cost centres; a gate that reads \
this file doesn't see that usage";
    let message = format!("the summary can't be relied on: {}", reasons.join("; "));
    (!reasons.is_empty()).then(|| Diagnostic::new("usage-left-out", message).help(help))
}

fn nothing(summary: &Summary) -> Failure {
    let why = left_out(summary);
    let diagnostic =
        Diagnostic::new("no-usage", "no usage lies in a month of the workspace's period")
            .help("a month counts whose first day is in the `period` of `tieout.yaml`");
    let diagnostics = why.into_iter().chain([diagnostic]).collect();
    Failure { exit: Exit::Inconclusive, diagnostics }
}
