//! `tieout reperform infer`: which rounding rules explain all invoices of a biller.

mod document;
mod told;
mod words;

use super::policy::Uncommitted;
use crate::args::{AuthorFormat, Global, Infer};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::interrupt;
use crate::output;
use crate::plan;
use crate::progress::Spinner;
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tieout_controls::profile;
use tieout_engine::bills::{self, Biller, Bills, PROFILE};
use tieout_engine::dataset::{DatasetSpec, Reading, SourceFile};
use tieout_engine::progress::Progress as _;
use tieout_engine::reperform::infer::{
    BilledInvoice, Contradiction, Grid, Inference, Survivors, infer as search,
};
use tieout_engine::run::RunError;

/// What follows for a biller, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// One rule explains all its invoices.
    Rule,
    /// Several do.
    Candidates,
    /// Something was left out, so nothing may be concluded.
    Undetermined,
    /// None does.
    Contradiction,
}

/// What the search found for the invoices of a biller in one currency.
struct Finding<'a> {
    currency: &'a str,
    invoices: usize,
    found: Found,
}

enum Found {
    /// The candidates that make different numbers of the invoices; at least one.
    Survivors(Survivors),
    /// None explains all.
    Nothing(Nothing),
}

impl Found {
    /// Whether the invoices had any occasion to tell.
    fn tells(&self) -> bool {
        !matches!(self, Self::Survivors(survivors) if rounds_nothing(survivors))
    }
}

struct Nothing {
    /// For each part of the search without a candidate, the first invoice that shows it.
    counterexamples: Vec<Counterexample>,
    /// For each of these invoices what explains all others, if anything does.
    without: BTreeMap<String, Option<Survivors>>,
}

struct Counterexample {
    contradiction: Contradiction,
    /// How many invoices stand before it in the order of their numbers.
    before: usize,
}

/// What is said of a biller.
struct Told<'a> {
    issuer: &'a str,
    biller: &'a Biller,
    findings: Vec<Finding<'a>>,
    standing: Standing,
}

/// Prints for each biller the rule, the candidates or the counter-example.
pub(super) fn infer(global: &Global, args: &Infer) -> Outcome<Exit> {
    let specs = specs(global, &args.files)?;
    let spinner = Spinner::new(global.quiet);
    let bills = bills::read(&specs, &|_| Box::new(Uncommitted), &spinner).map_err(not_read)?;
    if bills.rows.0 == 0 {
        let diagnostic =
            Diagnostic::new("no-invoices", "the files have no rows, so nothing follows")
                .help("name files with at least one invoice");
        return Err(Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] });
    }
    let told = bills.billers.iter().map(|(issuer, biller)| {
        spinner.step(&format!("searching the rules of `{issuer}`"));
        tell(issuer, biller, &bills)
    });
    let told = told.collect::<Outcome<Vec<_>>>()?;
    drop(spinner);
    output::print(&match args.format {
        AuthorFormat::Text => told::text(&bills, &told),
        AuthorFormat::Json => document::document(&bills, &told)?,
    })?;
    Ok(exit(&bills, &told))
}

fn exit(bills: &Bills, told: &[Told<'_>]) -> Exit {
    match told.iter().map(|told| told.standing).max() {
        Some(Standing::Contradiction) => Exit::Exceptions,
        Some(Standing::Rule) if bills.stray.is_empty() => Exit::Success,
        _ => Exit::Inconclusive,
    }
}

/// The files that are named, else the workspace's datasets of the profile.
fn specs(global: &Global, files: &[PathBuf]) -> Outcome<Vec<DatasetSpec>> {
    if files.is_empty() {
        return of_workspace(global);
    }
    let mut diagnostics = Vec::new();
    for file in files.iter().filter(|file| !file.is_file()) {
        let shown = file.display();
        let found = if file.is_dir() {
            let help = format!("name the files in it, such as `{shown}/*.csv`");
            let message = format!("`{shown}` is a folder");
            vec![Diagnostic::new("file-access", message).help(help)]
        } else {
            Failure::file(file, &std::io::ErrorKind::NotFound.into()).diagnostics
        };
        diagnostics.extend(found);
    }
    if !diagnostics.is_empty() {
        return Err(Failure { exit: Exit::Usage, diagnostics });
    }
    let Some(profile) = profile::named(PROFILE) else {
        return Err(Failure::internal(format!("no schema profile is called `{PROFILE}`")));
    };
    let source =
        |path: &PathBuf| SourceFile { shown: path.display().to_string(), path: path.clone() };
    Ok(vec![DatasetSpec {
        name: "invoices".to_owned(),
        profile,
        files: files.iter().map(source).collect(),
        reading: Reading::default(),
        expected: None,
    }])
}

fn of_workspace(global: &Global) -> Outcome<Vec<DatasetSpec>> {
    let help = "name files: `tieout reperform infer INVOICES…`; the page of the profile, \
`docs/reference/profiles/bill-line.md`, has their columns";
    let Some(workspace) = Workspace::find(global.config.as_deref())? else {
        let message = "no files are named, and there is no workspace here";
        return Err(Failure::usage(Diagnostic::new("no-invoices", message).help(help)));
    };
    let mut datasets = plan::datasets(&workspace)?;
    datasets.retain(|dataset| dataset.profile.name == PROFILE);
    if datasets.is_empty() {
        let message = format!("no dataset of the workspace has the profile `{PROFILE}`");
        return Err(Failure::usage(Diagnostic::new("no-invoices", message).help(help)));
    }
    Ok(datasets)
}

fn not_read(error: RunError) -> Failure {
    match error {
        RunError::Input { code, message, help } => {
            let failure = Failure::usage(Diagnostic::new(code, message).maybe_help(help));
            if code == "missing-column" { failure.with_help(COLUMNS) } else { failure }
        }
        RunError::Interrupted => Failure::interrupted(NOTHING_LEFT),
        RunError::Internal(what) => Failure::internal(what),
        other => Failure::usage(Diagnostic::new("outside", other.to_string())),
    }
}

const COLUMNS: &str = "the page of the profile, `docs/reference/profiles/bill-line.md`, has the columns; \
where yours have other names, make the files a dataset of a workspace with `rename`, and name no files";

const NOTHING_LEFT: &str = "nothing was written";

fn tell<'a>(issuer: &'a str, biller: &'a Biller, bills: &Bills) -> Outcome<Told<'a>> {
    let findings = biller.invoices.iter().map(|(currency, invoices)| {
        interrupt::check(NOTHING_LEFT)?;
        let found = found(currency, invoices)?;
        Ok(Finding { currency, invoices: invoices.len(), found })
    });
    let findings = findings.collect::<Outcome<Vec<_>>>()?;
    let astray = !biller.stray.is_empty() || !bills.stray.is_empty();
    let worst = findings.iter().map(|finding| match &finding.found {
        // The lines that couldn't be read may be missing in the counter-example.
        Found::Nothing(_) if astray => Standing::Undetermined,
        Found::Nothing(_) => Standing::Contradiction,
        Found::Survivors(survivors) if rounds_nothing(survivors) => Standing::Undetermined,
        Found::Survivors(survivors) if survivors.count() == 1 => Standing::Rule,
        Found::Survivors(_) => Standing::Candidates,
    });
    let worst = worst.max().unwrap_or(Standing::Undetermined);
    let partial = astray || !biller.left_out.is_empty();
    let standing = if partial { worst.max(Standing::Undetermined) } else { worst };
    Ok(Told { issuer, biller, findings, standing })
}

/// Whether the invoices had no occasion to round anything: every rule explains them.
fn rounds_nothing(survivors: &Survivors) -> bool {
    survivors.parts().iter().flatten().flat_map(|rules| rules.values()).all(Option::is_none)
}

fn found(currency: &str, invoices: &[BilledInvoice]) -> Outcome<Found> {
    let grid = Grid::usual(currency).map_err(Failure::internal)?;
    let contradictions = match searched(&grid, invoices)? {
        Ok(survivors) => return Ok(Found::Survivors(survivors)),
        Err(contradictions) => contradictions,
    };
    let mut without = BTreeMap::new();
    for Contradiction { invoice, .. } in &contradictions {
        interrupt::check(NOTHING_LEFT)?;
        let others = invoices.iter().filter(|other| other.id != *invoice);
        let others: Vec<BilledInvoice> = others.cloned().collect();
        if !others.is_empty() && !without.contains_key(invoice) {
            without.insert(invoice.clone(), searched(&grid, &others)?.ok());
        }
    }
    let counterexample = |contradiction: Contradiction| {
        let before = invoices.iter().filter(|other| other.id < contradiction.invoice).count();
        Counterexample { contradiction, before }
    };
    let counterexamples = contradictions.into_iter().map(counterexample).collect();
    Ok(Found::Nothing(Nothing { counterexamples, without }))
}

type Searched = Result<Survivors, Vec<Contradiction>>;

fn searched(grid: &Grid, invoices: &[BilledInvoice]) -> Outcome<Searched> {
    // What can't be searched was left out when the rows were put together.
    let survivors = match search(grid, invoices).map_err(Failure::internal)? {
        Inference::Contradiction(contradictions) => return Ok(Err(contradictions)),
        Inference::Unique(spec) => Survivors::from(&spec),
        Inference::Equivalent(survivors) => survivors,
    };
    Ok(Ok(survivors.exercised(invoices)))
}
