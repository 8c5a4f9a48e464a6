//! `tieout why`: the derivation of a charge or an invoice line.
//!
//! All derivations are made once, into a file of the workspace, so that one is found at once whatever
//! their number. They are made anew when a file of the datasets was touched, except where the question
//! is whether something was changed.

mod prepare;
mod told;

use super::remark;
use super::run::not_run;
use crate::args::{Global, Why, WhyFormat};
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::plan::{self, Selection};
use crate::progress::Spinner;
use crate::workspace::Workspace;
use prepare::{Derivations, prepare};
use tieout_engine::lineage::{Derivation, Lineage, change};
use tieout_engine::plan::Plan;
use tieout_engine::run::Datasets;

/// Tells why.
pub(super) fn why(global: &Global, args: &Why) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let catalogue = Catalogue::of(Some(&workspace))?;
    let mut plan = plan::unlocked(&workspace, &catalogue, &Selection::default())?;
    plan.datasets.retain(|spec| tieout_engine::lineage::reads(spec.profile.role));
    plan.controls.clear();
    let asked = Asked { global, args, workspace, catalogue, plan };
    let found = asked.derivations()?;
    let (Some(key), mut found) = (&args.what, found) else { return Ok(Exit::Success) };
    let derivation = found.find(key)?.ok_or_else(|| unknown(key, &found))?;
    if let Some(month) = &args.diff {
        return asked.diff(key, month);
    }
    let differing = if args.verify { asked.differing(&derivation)? } else { Vec::new() };
    let text = match args.format {
        WhyFormat::Text => told::text(&derivation, found.header()),
        WhyFormat::Json => told::json(&derivation, found.header())?,
        WhyFormat::Html => told::html(&derivation, found.header())?,
    };
    output::print(&text)?;
    if let [first, ..] = differing.as_slice() {
        return Err(changed(key, first, &differing));
    }
    if args.verify {
        remark(
            global.quiet,
            &format!("`{key}`: derived anew from the files, every node as before"),
        );
    }
    Ok(match derivation.difference.as_deref() {
        Some("0") => Exit::Success,
        Some(_) => Exit::Exceptions,
        None => Exit::Inconclusive,
    })
}

struct Asked<'a> {
    global: &'a Global,
    args: &'a Why,
    workspace: Workspace,
    catalogue: Catalogue,
    plan: Plan,
}

impl Asked<'_> {
    /// The derivations, made where they are wanted anew, missing or of other files than these.
    fn derivations(&self) -> Outcome<Derivations> {
        let existing = Derivations::open(&self.workspace)?;
        let files = prepare::files(&self.plan)?;
        match existing {
            Some(found) if self.args.verify => Ok(found),
            Some(found) if !self.args.prepare && found.header().files == files => Ok(found),
            None if self.args.verify => {
                let message = "nothing was derived yet that could be verified";
                let help = "`tieout why --prepare` derives every charge and line of the workspace";
                Err(Failure::usage(Diagnostic::new("no-derivations", message).help(help)))
            }
            _ => {
                let spinner = Spinner::new(self.global.quiet);
                let count = self.with_datasets(&spinner, |lineage| {
                    prepare(&self.workspace, lineage, files, &spinner)
                })?;
                drop(spinner);
                remark(self.global.quiet, &format!("derived {count} charges and lines"));
                let made = Derivations::open(&self.workspace)?;
                made.ok_or_else(|| Failure::internal("derivations that were just made"))
            }
        }
    }

    fn with_datasets<T>(
        &self,
        spinner: &Spinner,
        then: impl FnOnce(&Lineage<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        let secret = crate::secret::of(&self.workspace.root)?;
        let commitments =
            |dataset: &str| tieout_evidence::commitment::dataset_commitment(&secret, dataset);
        let told = |e| not_run(e, &self.catalogue);
        let datasets: Datasets =
            tieout_engine::run::read(&self.plan, &commitments, spinner).map_err(told)?;
        let lineage = Lineage::new(&datasets).map_err(|e| not_run(e, &self.catalogue))?;
        then(&lineage)
    }

    /// The nodes that come out otherwise from the files as they are.
    fn differing(&self, before: &Derivation) -> Outcome<Vec<String>> {
        let spinner = Spinner::new(self.global.quiet);
        self.with_datasets(&spinner, |lineage| {
            let now = lineage.derive(&before.key).map_err(|e| not_run(e, &self.catalogue))?;
            Ok(match now {
                Some(now) => before.differing(&now).into_iter().map(str::to_owned).collect(),
                None => before.nodes.iter().take(1).map(|node| node.id.clone()).collect(),
            })
        })
    }

    fn diff(&self, key: &str, month: &str) -> Outcome<Exit> {
        let spinner = Spinner::new(self.global.quiet);
        let (items, currency) = self.with_datasets(&spinner, |lineage| {
            Ok((lineage.items(key, month), lineage.currency(key).unwrap_or_default().to_owned()))
        })?;
        drop(spinner);
        let Some((now, then)) = items else {
            let message = format!("`{key}` has no charges that could be compared");
            let help = "name a charge, or an invoice line that consists of charges";
            return Err(Failure::usage(Diagnostic::new("nothing-to-compare", message).help(help)));
        };
        if then.is_empty() {
            let message =
                format!("there is nothing in `{month}` that `{key}` could be compared with");
            let help = "name another month, such as `2025-03`, by the issue of its invoice";
            return Err(Failure::usage(Diagnostic::new("nothing-to-compare", message).help(help)));
        }
        let change = change(&then, &now);
        output::print(&match self.args.format {
            WhyFormat::Json => told::change_json((key, month, &currency), &change)?,
            WhyFormat::Text | WhyFormat::Html => {
                told::change_text((key, month, &currency), &change)
            }
        })?;
        Ok(Exit::Success)
    }
}

fn unknown(key: &str, found: &Derivations) -> Failure {
    let message = format!("there is no charge and no invoice line `{key}`");
    let example = found.first_key().unwrap_or("INV-1#1");
    let help =
        format!("name an invoice line as INVOICE#LINE, or a charge's id, such as `{example}`");
    Failure::usage(Diagnostic::new("unknown-charge", message).help(help))
}

fn changed(key: &str, first: &str, differing: &[String]) -> Failure {
    let more = match differing.len() {
        1 => String::new(),
        count => format!(", and {} that rest on it", count - 1),
    };
    let message =
        format!("`{key}` comes out otherwise from the files as they are: `{first}`{more}");
    let help = "a cell that it was derived from was changed; the digests above say in which rows";
    let diagnostic = Diagnostic::new("derivation-changed", message).help(help);
    Failure { exit: Exit::Unproven, diagnostics: vec![diagnostic] }
}
