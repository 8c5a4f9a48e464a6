//! `tieout pack`.

use crate::args::{AnchorFiles, Global};
use crate::diagnostic::Outcome;
use crate::exit::Exit;
use crate::output;
use crate::packs;
use crate::report::shown;
use crate::text::table;
use crate::vault;
use crate::workspace::Workspace;
use std::fmt::Write as _;
use std::path::Path;
use tieout_controls::{RunResult, TieOut};
use tieout_evidence::verify::VerifiedPack;

/// What a pack says, in a page.
pub(super) fn show(global: &Global, pack: &Path, anchor: &AnchorFiles) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let folder = packs::named(pack, workspace.as_ref())?;
    let anchor = packs::anchor(anchor, workspace.as_ref())?;
    let vault = vault::reading(workspace.as_ref())?;
    let (pack, verification) = packs::open(&folder, &anchor, vault.as_ref())?;
    output::print(&page(&pack, packs::vouched(verification.verdict)))?;
    Ok(packs::exit(verification.verdict))
}

fn page(pack: &VerifiedPack, vouched: &str) -> String {
    let run = &pack.result.run;
    let facts = [
        ("pack", output::shown(&pack.folder)),
        ("verification", vouched.to_owned()),
        ("digest", format!("sha256:{}", pack.digest)),
        ("log index", pack.log_index.to_string()),
        ("sealed at", pack.sealed_at.clone()),
        ("workspace", run.workspace.clone()),
        ("period", format!("{} to before {}", run.period_start, run.period_end)),
        ("as of", run.as_of.to_string()),
        ("configuration", format!("sha256:{}", run.configuration)),
        ("engine", run.engine.clone()),
        (
            "records",
            format!("{} kept of {} evaluated", pack.records.len(), evaluated(&pack.result)),
        ),
    ];
    let rows: Vec<_> = facts.into_iter().map(|(k, v)| vec![k.to_owned(), v]).collect();
    let mut out = table(&rows);
    for (what, told) in &run.overrides {
        let word = shown::setting(what, "override", "resolved");
        let _ = writeln!(out, "{word}       {what}: {told}");
    }
    out.push_str("\ndatasets\n");
    out.push_str(&indented(&datasets(&pack.result)));
    out.push_str("\ncontrols\n");
    out.push_str(&indented(&controls(&pack.result)));
    out
}

fn evaluated(result: &RunResult) -> String {
    result.tests.iter().map(|t| t.counts.evaluated()).sum::<tieout_controls::Count>().to_string()
}

fn datasets(result: &RunResult) -> String {
    let rows = result.datasets.iter().map(|dataset| {
        let tie_out = match &dataset.tie_out {
            TieOut::NoExpectation => "no expectation",
            TieOut::Agrees { .. } => "ties out",
            TieOut::Differs { .. } => "DIFFERS",
        };
        let counts =
            format!("{}, {} refused", shown::counted(dataset.rows, "row"), dataset.refused);
        vec![dataset.name.clone(), dataset.profile.clone(), counts, tie_out.to_owned()]
    });
    table(&rows.collect::<Vec<_>>())
}

fn controls(result: &RunResult) -> String {
    let rows = result.tests.iter().map(|test| {
        let counts = test.counts;
        let told = [
            shown::counted(counts.violates, "exception"),
            format!("{} undetermined", shown::count(counts.undetermined)),
            format!("{} conforming", shown::count(counts.conforms)),
        ];
        let outcome = test.outcome.word().to_owned();
        let money = crate::text::money(&test.exception_amounts);
        vec![test.control.id.to_string(), outcome, told.join(", "), money]
    });
    table(&rows.collect::<Vec<_>>())
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |out, line| out + "  " + line + "\n")
}
