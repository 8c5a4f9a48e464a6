//! What a changed rule's tests are worth: what `lint`, `test --coverage` and `mutate` say of it.

use super::differing::Differing;
use crate::commands::{Target, looked_over, mutants};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use tieout_policies::bundle::Language;
use tieout_policies::mutate::Fate;
use tieout_policies::unit_test::Ending;

/// What was found.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) remarks: usize,
    pub(super) tests: usize,
    pub(super) failed: usize,
    pub(super) not_covered: usize,
    pub(super) mutants: usize,
    pub(super) survivors: usize,
}

/// Looks over the rule of the head; nothing of one in Cedar, one that is gone, or one that is the same with
/// the same tests.
///
/// # Errors
/// What is wrong in the rule or its tests.
pub(super) fn checked(of: &Differing) -> Outcome<Option<Checked>> {
    let Some(item) = of.new.as_ref().filter(|_| of.rule_changed || of.tests_changed) else {
        return Ok(None);
    };
    let Some(rule) = item.source().filter(|rule| rule.language == Language::Rego) else {
        return Ok(None);
    };
    let failed = |diagnostics: Vec<Diagnostic>| Failure { exit: Exit::Usage, diagnostics };
    let target = Target::of(&item.bundle, rule, item.control.as_deref());
    let remarks = looked_over(&target).map_err(failed)?.len();
    let Some(mut suite) = target.suite().map_err(failed)? else {
        return Ok(Some(Checked { remarks, ..Checked::default() }));
    };
    let tests = suite.tests().to_vec();
    let fails = tests.iter().filter(|test| suite.run(test) != Ending::Passed).count();
    let (covered, parts) = suite.coverage().counts();
    // Tests that fail already would notice everything.
    let mutants = if fails == 0 { mutants(&target).map_err(failed)? } else { Vec::new() };
    Ok(Some(Checked {
        remarks,
        tests: tests.len(),
        failed: fails,
        not_covered: parts.saturating_sub(covered),
        survivors: mutants.iter().filter(|(_, fate)| *fate == Fate::Survived).count(),
        mutants: mutants.len(),
    }))
}
