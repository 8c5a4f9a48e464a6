//! `tieout policy`.

mod diff;
mod explain;
mod fmt;
mod lint;
mod mutate;
mod schema;
mod target;
mod test;

pub(super) use diff::{Uncommitted, diff};
pub(crate) use diff::{record_line, untested};
pub(super) use explain::explain;
pub(super) use fmt::fmt;
pub(super) use lint::lint;
pub(crate) use lint::looked_over;
pub(crate) use mutate::mutants;
pub(super) use mutate::mutate;
pub(super) use schema::schema;
pub(crate) use target::Target;
pub(super) use test::test;

use super::run;
use crate::args::Global;
use crate::catalogue::Catalogue;
use crate::diagnostic::{Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::plan::{self, Selection};
use crate::progress::Spinner;
use crate::text::table;
use crate::workspace::Workspace;
use tieout_controls::Count;
use tieout_engine::run::{Backends, Compared, PolicyPlan};
use tieout_engine::vectorised::Backend;

/// Says of each rule which backend decides it over the workspace's datasets, and whether both
/// decide the same.
pub(super) fn explain_plan(global: &Global, only: Vec<String>, compare: bool) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let catalogue = Catalogue::of(Some(&workspace))?;
    let selection = Selection::only(only);
    let plan = plan::resolve(&workspace, &catalogue, &selection)?;
    let spinner = Spinner::new(global.quiet);
    let backends = if compare { Backends::Compared } else { Backends::Named };
    let plans =
        tieout_engine::run::explain_plan(&plan, backends, &|_| Box::new(Uncommitted), &spinner);
    drop(spinner);
    let plans = plans.map_err(|e| run::not_run(e, &catalogue))?;
    let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![row(["CONTROL", "RULE", "CODE", "EVALUATED"])];
    let mut differing = Count(0);
    for (id, plan) in &plans {
        match plan {
            PolicyPlan::NotTested(why) => {
                rows.push(row([id.as_str(), "", "", &format!("not tested: {why}")]));
            }
            PolicyPlan::Rules { rules, compared } => {
                rows.extend(rules.iter().map(|rule| {
                    let code = rule.code.as_deref().unwrap_or_default();
                    row([id.as_str(), &place(rule), code, &evaluated(rule)])
                }));
                if let Some(Compared { records, differing: of }) = compared {
                    let told = format!("{records} records by both, {of} decided differently");
                    rows.push(row([id.as_str(), "", "", &told]));
                    differing = [differing, *of].into_iter().sum();
                }
            }
        }
    }
    output::print(&table(&rows))?;
    if differing > Count(0) {
        return Err(Failure::internal(format!("{differing} records are decided differently")));
    }
    Ok(Exit::Success)
}

fn place(backend: &Backend) -> String {
    let place = |rule: &tieout_controls::decision::RuleRef| format!("{}:{}", rule.file, rule.line);
    backend.rule.as_ref().map(place).unwrap_or_default()
}

fn evaluated(backend: &Backend) -> String {
    match &backend.by_rows {
        None => "by columns".to_owned(),
        Some(why) => format!("by rows: {why}"),
    }
}
