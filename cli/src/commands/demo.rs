//! `tieout demo`: a generated company, and the whole path from its files to a search hit.

mod compare;

use super::{deck, key, report, run, search};
use crate::args::{AnchorFiles, Demo, Global, OutputSpec};
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::index;
use crate::keys::{DEMO_PASSPHRASE, Keys};
use crate::output::{self, Access, Existing};
use crate::plan::{self, Selection};
use crate::progress::Spinner;
use crate::report::Format;
use crate::secret;
use crate::text::{counted, money, table};
use crate::workspace::Workspace;
use compare::Comparison;
use run::Done;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Outcome as Conclusion, RunResult};
use tieout_deck::{Faults, Options, Truth};
use tieout_engine::progress::Progress as _;

/// A folder with this file in it is a previous demo, and may be replaced.
const MARK: &str = ".tieout/demo";

/// How many differences from the truth are listed.
const LISTED: usize = 20;

/// Generates a company, tests it, and compares what was found with what was planted.
pub(super) fn demo(global: &Global, args: &Demo) -> Outcome<Exit> {
    let folder = output::absolute(&args.folder);
    let spinner = Spinner::new(global.quiet);
    spinner.step("generating a company");
    let (truth, workspace) = company(args, &folder)?;
    let catalogue = Catalogue::of(Some(&workspace))?;
    let selection = Selection::only(args.only.clone());
    let plan = plan::resolve(&workspace, &catalogue, &selection)?;
    let keys = keys(&workspace)?;
    let done =
        run::execute(&workspace, &catalogue, &plan, &keys, (&spinner, global.quiet), |_| ())?;
    spinner.step("reporting");
    let reports = reports(&workspace, &done)?;
    let comparison = Comparison::of(&done.output.records, &truth);
    let screen = Screen { args, workspace: &workspace, done: &done, reports, comparison };
    let shown = screen.render(&truth)?;
    drop(spinner);
    output::print(&shown)?;
    Ok(if screen.comparison.is_equal() { Exit::Success } else { Exit::Exceptions })
}

/// Writes the company; a previous demo in its place is removed, anything else stays.
fn company(args: &Demo, folder: &Path) -> Outcome<(Truth, Workspace)> {
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !folder.join(MARK).is_file() {
        let message = format!("`{}` is not empty, and not a previous demo", output::shown(folder));
        let help = "name another folder: `tieout demo --folder DIR`";
        return Err(Failure::usage(Diagnostic::new("folder-not-empty", message).help(help)));
    }
    if occupied {
        std::fs::remove_dir_all(folder).map_err(|e| Failure::file(folder, &e))?;
    }
    let faults = if args.clean { Faults::None } else { Faults::All };
    let options = Options { seed: args.seed, focus_rows: args.rows, faults };
    let truth = deck::write(&options, folder)?;
    let mark = b"a generated company; `tieout demo` may replace this folder\n";
    output::write_beside(&folder.join(MARK), mark, Existing::Replace, Access::Usual)?;
    // The same everywhere, so that the same demo gives the same pack.
    secret::write(folder, Sha256::digest(b"tieout demo secret, not for evidence").into())?;
    Ok((truth, Workspace::read(folder)?))
}

/// Puts the demo keys where the workspace expects its keys.
fn keys(workspace: &Workspace) -> Outcome<Keys> {
    let keys = Keys::demo();
    if let Some(files) = &workspace.settings.keys {
        let origin = workspace.origin();
        let write = |signing, file: &str, vkey| {
            key::write(signing, &workspace.path(file), DEMO_PASSPHRASE, vkey)
        };
        write(&keys.operator, &files.operator.value, None)?;
        write(&keys.log, &files.log.value, keys.log.vkey(&origin).as_deref())?;
    }
    Ok(keys)
}

fn reports(workspace: &Workspace, done: &Done) -> Outcome<Vec<PathBuf>> {
    let name = done.pack.folder.file_name().unwrap_or_default();
    let folder = workspace.reports().join(name);
    let spec = |format: Format| OutputSpec {
        format,
        target: Some(crate::args::Target::File(
            folder.join(format!("report.{}", format.extension())),
        )),
    };
    let specs = [Format::Text, Format::Html, Format::Xlsx, Format::Json].map(spec);
    let reports = report::of_run(&specs, &folder, &done.pack, &done.verification);
    reports.failure.map_or(Ok(reports.written), Err)
}

/// The first screen that a newcomer sees.
struct Screen<'a> {
    args: &'a Demo,
    workspace: &'a Workspace,
    done: &'a Done,
    reports: Vec<PathBuf>,
    comparison: Comparison,
}

impl Screen<'_> {
    fn render(&self, truth: &Truth) -> Outcome<String> {
        let root = output::shown(&self.workspace.root);
        let name = &self.workspace.settings.workspace.value;
        let (seed, rows) = (self.args.seed, self.args.rows);
        let mut out = format!(
            "`{name}`, a generated company in {root} (seed {seed}, {rows} cost-and-usage rows)\n\n"
        );
        out.push_str(&findings(&self.done.output.result));
        out.push('\n');
        out.push_str(&self.comparison.render(LISTED));
        out.push('\n');
        let query = query(truth, &self.done.output.result);
        let parsed = search::parse(&query)?;
        let hits = search::find(self.workspace, &AnchorFiles::default(), (&query, &parsed), 1)?;
        index::doubtful(&hits.reservations);
        let total = usize::try_from(hits.total).unwrap_or(usize::MAX);
        let checks = self.done.verification.checks.len();
        let pack = &self.done.pack;
        let rows = [
            ("pack", output::shown(&pack.folder)),
            (
                "",
                format!(
                    "sealed with demo keys, which vouch for nothing; log index {}",
                    pack.log_index
                ),
            ),
            ("verified", format!("{} hold", counted(checks, "check"))),
            ("search", format!("{query}: {}", counted(total, "hit"))),
            (
                "reports",
                self.reports
                    .iter()
                    .map(|p| output::shown(p))
                    .collect::<Vec<_>>()
                    .join("\n         "),
            ),
        ];
        for (what, told) in rows {
            let _ = writeln!(out, "{what:8} {told}");
        }
        out.push_str(&self.next(&root, &query));
        Ok(out)
    }

    /// Three commands to go on with: understand, search, verify.
    fn next(&self, root: &str, query: &str) -> String {
        let pack = self.done.pack.folder.strip_prefix(&self.workspace.root);
        let pack = pack.unwrap_or(&self.done.pack.folder).display();
        let explain = match self.done.pack.records.is_empty() {
            false => format!("'{pack}#0'"),
            true => "FOC-R03".to_owned(),
        };
        let quoted = format!("'{query}'");
        let mut out = format!("\nnext: cd {}\n", output::shell_word(root));
        let _ = writeln!(out, "  tieout explain {explain}");
        let _ = writeln!(out, "  tieout search {quoted}");
        let _ = write!(out, "  tieout verify {pack}");
        if let Some(files) = &self.workspace.settings.keys {
            let (operator, log) = (&files.operator.value, &files.log.value);
            let _ = write!(out, " --operator-key {operator}.pub --log-key {log}.vkey");
        }
        out.push('\n');
        out
    }
}

fn findings(result: &RunResult) -> String {
    let cells = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![cells(["CONTROL", "OUTCOME", "EXCEPTIONS", "TITLE", "AMOUNT"])];
    for test in &result.tests {
        let exceptions = test.counts.violates.to_string();
        let id = test.control.id.as_str();
        let amount = money(&test.exception_amounts);
        rows.push(cells([id, test.outcome.word(), &exceptions, &test.control.title, &amount]));
    }
    let mut out = table(&rows);
    for test in &result.tests {
        match &test.outcome {
            Conclusion::Inconclusive { why } => {
                let _ = writeln!(out, "{}: {}", test.control.id, why.join("; "));
            }
            Conclusion::NotTested { why } => {
                let _ = writeln!(out, "{}: {why}", test.control.id);
            }
            _ => {}
        }
    }
    let evaluated: Count = result.tests.iter().map(|t| t.counts.evaluated()).sum();
    let controls = counted(result.tests.len(), "control");
    let _ = writeln!(out, "{evaluated} records evaluated by {controls}");
    out
}

/// An invoice with an exception; a control's id where there is none.
fn query(truth: &Truth, result: &RunResult) -> String {
    let invoice = truth.exceptions.iter().flat_map(|e| &e.key).find_map(|(column, value)| {
        let names_one = matches!(column.as_str(), "InvoiceId" | "invoice_no") && !value.is_empty();
        names_one.then(|| format!("\"{value}\""))
    });
    let control = || result.tests.first().map(|t| format!("\"{}\"", t.control.id));
    invoice.or_else(control).unwrap_or_default()
}
