//! `tieout policy lint`.

use super::target::{self, Target};
use crate::args::Global;
use crate::diagnostic::{Diagnostic, Failure, Level, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::text::counted;

/// Looks rules over; everything found is told at once.
pub(in crate::commands) fn lint(global: &Global, names: &[String]) -> Outcome<Exit> {
    let targets = target::resolve(global, names)?;
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for target in &targets {
        match looked_over(target) {
            Ok(remarks) => found.extend(remarks),
            Err(errors) => wrong.extend(errors),
        }
    }
    for remark in &found {
        output::tell(&remark.render(Level::Warning));
    }
    if !wrong.is_empty() {
        return Err(Failure { exit: Exit::Usage, diagnostics: wrong });
    }
    let rules = counted(targets.len(), "rule");
    let remarks = counted(found.len(), "remark");
    output::print(&format!("{rules} looked over, {remarks}\n"))?;
    Ok(if found.is_empty() { Exit::Success } else { Exit::Exceptions })
}

/// The remarks on a rule.
///
/// # Errors
/// What is wrong in it or its tests.
pub(crate) fn looked_over(target: &Target) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let tests = target.tests().map(|(_, source)| source.as_str());
    let told = |found: Vec<_>| found.into_iter().map(|d| target.told(d)).collect();
    tieout_policies::lint::lint(&target.rule, &target.setting(), tests).map(told).map_err(told)
}
