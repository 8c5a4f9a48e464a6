//! What a changed rule's tests are worth: what `lint`, `test --coverage` and `mutate` say of it.

use super::differing::Differing;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use tieout_policies::bundle::Language;
use tieout_policies::mutate::{self, Fate};
use tieout_policies::unit_test::{Ending, Setting, Suite};
use tieout_policies::{compile, lint};

/// What was found.
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
    let bundle = &item.bundle;
    let control = item.control.as_deref();
    let failed = |found: Vec<compile::Diagnostic>| {
        let told = found.into_iter().map(|found| {
            let source = bundle.files.get(&found.path).map_or("", String::as_str);
            let file = found.path.clone();
            Diagnostic::of_policy(found, &file, source)
        });
        Failure { exit: crate::exit::Exit::Usage, diagnostics: told.collect() }
    };
    let path = format!("{}/{}/rule_test.rego", bundle.name, rule.name);
    let tests = bundle.files.get(&path);
    let setting = Setting::of(bundle, control);
    let remarks = lint::lint(rule, &setting, tests.map(String::as_str)).map_err(failed)?.len();
    let Some(source) = tests else {
        let none =
            Checked { remarks, tests: 0, failed: 0, not_covered: 0, mutants: 0, survivors: 0 };
        return Ok(Some(none));
    };
    let mut suite = Suite::new(rule, &path, source, setting).map_err(failed)?;
    let all = suite.tests().to_vec();
    let fails = all.iter().filter(|test| suite.run(test) != Ending::Passed).count();
    let (covered, parts) = suite.coverage().counts();
    let listed = format!("{}/{}/equivalent.yaml", bundle.name, rule.name);
    let (mutants, survivors) = if fails == 0 {
        let equivalents = bundle.files.get(&listed).map(String::as_str);
        let found = mutate::mutate(&mut suite, equivalents).map_err(|e| {
            let message = format!("`{}`: {e}", rule.path);
            Failure::usage(Diagnostic::new("not-mutated", message))
        })?;
        let survived = found.iter().filter(|(_, fate)| *fate == Fate::Survived).count();
        (found.len(), survived)
    } else {
        // Tests that fail already would notice everything.
        (0, 0)
    };
    Ok(Some(Checked {
        remarks,
        tests: all.len(),
        failed: fails,
        not_covered: parts.saturating_sub(covered),
        mutants,
        survivors,
    }))
}
