//! `tieout pack`.

mod archive;
mod copy;

pub(super) use copy::{Withheld, copy};

use crate::args::{AnchorFiles, Global, TrustFiles};
use crate::clock;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::packs::{self, Opened};
use crate::people;
use crate::report::reviewed::Reviewed;
use crate::report::{compared, shown};
use crate::text::table;
use crate::vault;
use crate::workspace::Workspace;
use std::fmt::Write as _;
use std::path::Path;
use tieout_controls::{Count, RunResult, TieOut};
use tieout_evidence::line_proof::Tree;
use tieout_evidence::prove::{ProveError, prove as line_of};
use tieout_evidence::verify::VerifiedPack;

/// What a pack says, in a page.
pub(super) fn show(
    global: &Global,
    pack: &Path,
    anchor: &AnchorFiles,
    trust: &TrustFiles,
) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let Opened { anchor, pack, verification } = packs::read(pack, anchor, workspace.as_ref())?;
    let reviews = people::beside(&pack, &anchor, &people::trust(trust)?)?;
    let mut page = page(&pack, packs::vouched(verification.verdict));
    if let Some(reviews) = &reviews {
        let reviewed = Reviewed::of(&pack, reviews, clock::now().date_naive());
        let reviewed = reviewed.map_err(Failure::internal)?;
        page.push_str("\nsign-offs\n");
        page.push_str(&indented(&(reviewed.sign_offs.join("\n") + "\n")));
        if !reviewed.rows.is_empty() {
            let rows =
                [Reviewed::COLUMNS.map(str::to_owned)].into_iter().chain(reviewed.rows.clone());
            let rows: Vec<_> = rows.map(Vec::from).collect();
            page.push_str(&format!("\n{}\n{}", reviewed.title(), indented(&table(&rows))));
        }
    }
    output::print(&page)?;
    packs::exit(verification.verdict);
    Ok(Exit::of_verdict(verification.verdict.with(reviews.as_ref())))
}

/// What differs between two packs. Ends as `diff` does: 1 when something does.
pub(super) fn diff(global: &Global, packs: [&Path; 2], anchor: &AnchorFiles) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let anchor = packs::anchor(anchor, workspace.as_ref())?;
    let vault = vault::reading(workspace.as_ref())?;
    let open = |pack: &Path| {
        packs::open(&packs::named(pack, workspace.as_ref())?, &anchor, vault.as_ref())
    };
    let [before, after] = [open(packs[0])?, open(packs[1])?];
    let compared = compared::compare([(&before.0, &before.1), (&after.0, &after.1)]);
    output::print(compared.text())?;
    let unvouched = [&before, &after].into_iter().map(|(_, verification)| verification.verdict);
    match unvouched.map(packs::exit).find(|exit| *exit != Exit::Success) {
        Some(exit) => Ok(exit),
        None if compared.differ() => Ok(Exit::Exceptions),
        None => Ok(Exit::Success),
    }
}

/// Writes a pack that verifies as one file.
pub(super) fn export(
    global: &Global,
    pack: &Path,
    file: &Path,
    anchor: &AnchorFiles,
) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let folder = packs::named(pack, workspace.as_ref())?;
    let anchor = packs::anchor(anchor, workspace.as_ref())?;
    let (_, verification) = packs::open(&folder, &anchor, None)?;
    archive::write(&folder, file)?;
    output::print(&format!("{}\n", output::shown(file)))?;
    Ok(packs::exit(verification.verdict))
}

/// The proof of one line, to standard output.
pub(super) fn prove(global: &Global, pack: &Path, tree: Tree, line: u64) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let folder = packs::named(pack, workspace.as_ref())?;
    let proof = line_of(&folder, tree, Count(line)).map_err(|e| match e {
        ProveError::Unreadable { path, source } => Failure::file(&path, &source),
        ProveError::NoSuchLine { .. } => {
            Failure::usage(Diagnostic::new("unknown-record", e.to_string()))
        }
        ProveError::Broken(_) => {
            let message = format!("nothing of pack `{}` is proved: {e}", output::shown(&folder));
            let help = "`tieout verify PACK` shows every check";
            let diagnostics = vec![Diagnostic::new("pack-invalid", message).help(help)];
            Failure { exit: Exit::Unproven, diagnostics }
        }
    })?;
    output::print(&proof.to_string())?;
    Ok(Exit::Success)
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
