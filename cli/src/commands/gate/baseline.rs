//! `tieout gate baseline`: what is wrong with a table today, signed by an approver.

use super::super::{not_run, remark};
use crate::args::{GateBaseline, Global};
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::gate::baseline::{Baseline, Stated};
use crate::gate::sides::Alone;
use crate::keys;
use crate::output;
use crate::text::{counted, visible_line};
use std::fmt::Write as _;
use std::path::Path;
use tieout_engine::gate::integrity::{self, Finding, Identity};
use tieout_engine::gate::table::{self, RateTable};

/// How many findings are told to who signs; the statement has all.
const LINES: usize = 20;

/// Signs the baseline of a table.
pub(in super::super) fn baseline(global: &Global, args: &GateBaseline) -> Outcome<Exit> {
    if args.account.trim().is_empty() || args.reason.trim().is_empty() {
        let message = "a baseline names an account, and a reason";
        return Err(Failure::usage(Diagnostic::new("baseline-invalid", message)));
    }
    let config = global.config.as_deref();
    let found = match (&args.revision, args.table.as_deref()) {
        (Some(revision), dataset) => Alone::of_revision(config, revision, dataset)?,
        (None, Some(file)) => Alone::of_file(config, Path::new(file))?,
        (None, None) => return Err(Failure::internal("a baseline of nothing")),
    };
    let table = read(&found)?;
    let mut findings: Vec<Identity> =
        integrity::findings(&table, &table).iter().map(Finding::identity).collect();
    findings.sort();
    let key = keys::own(&args.key, args.passphrase.passphrase_file.as_deref())?;
    let stated = Stated {
        account: args.account.clone(),
        dataset: found.dataset,
        as_of: args.as_of,
        reason: args.reason.clone(),
        findings,
    };
    let baseline = Baseline { table: table.digest, stated };
    let bytes = baseline.sign(&key)?;
    output::hand_over(&args.output, &bytes)?;
    let at = format!("{} ({} rows)", found.file.shown, table.rates.len());
    remark(global.quiet, &told(&baseline, &at, &key.public_key().id().to_string()));
    Ok(Exit::Success)
}

/// The table, of which every row can be read: else nobody knows what is wrong with it.
fn read(found: &Alone) -> Outcome<RateTable> {
    let catalogue = Catalogue::builtin()?;
    let file = &found.file;
    let table =
        table::read(&file.path, &file.bytes, &found.reading).map_err(|e| not_run(e, &catalogue))?;
    let Some(first) = table.refused.first() else { return Ok(table) };
    let column = first.column.as_ref().map_or_else(String::new, |column| format!(" `{column}`:"));
    let message = format!(
        "{} of `{}` can't be read, the first is row {}:{column} {}",
        counted(table.refused.len(), "row"),
        file.path,
        first.row,
        visible_line(&first.reason)
    );
    let help = "mend the table first: what is wrong with it can't be told otherwise";
    let diagnostic = Diagnostic::new("baseline-unread", message).help(help);
    Err(Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] })
}

/// What is signed, for who signs it.
fn told(baseline: &Baseline, at: &str, key: &str) -> String {
    let stated = &baseline.stated;
    let mut text = format!(
        "`{}` signs {} of `{}`, {at}, as legacy of {}, with the key {key}{}\n",
        stated.account,
        counted(stated.findings.len(), "finding"),
        stated.dataset,
        stated.as_of,
        if stated.findings.is_empty() { "" } else { ":" },
    );
    for finding in stated.findings.iter().take(LINES) {
        let _ = writeln!(text, "  {}", visible_line(&finding.to_string()));
    }
    if let Some(rest) = stated.findings.len().checked_sub(LINES).filter(|rest| *rest > 0) {
        let _ = writeln!(text, "  and {rest} more");
    }
    text.push_str(
        "it counts where the base names the file as `gate: baseline:` and lists the key for the account",
    );
    text
}
