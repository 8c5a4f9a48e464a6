//! `tieout policy test`.

use super::target::{self, Target};
use crate::args::{AuthorFormat, Global, PolicyTest};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::text::counted;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use tieout_policies::unit_test::{self, Coverage, Ending, Test};

/// What came of a rule's tests.
struct Told<'a> {
    target: &'a Target,
    tests: Vec<(Test, Ending)>,
    coverage: Coverage,
}

/// Runs the tests of rules.
pub(in crate::commands) fn test(global: &Global, args: &PolicyTest) -> Outcome<Exit> {
    let targets = target::resolve(global, &args.rules)?;
    let mut all = Vec::new();
    let mut wrong = Vec::new();
    for target in &targets {
        match run(target, args.run.as_deref())? {
            Ok(told) => all.push(told),
            Err(found) => wrong.extend(found),
        }
    }
    if !wrong.is_empty() {
        return Err(Failure { exit: Exit::Usage, diagnostics: wrong });
    }
    let endings = || all.iter().flat_map(|told| &told.tests);
    if args.run.is_some() && endings().next().is_none() {
        let message = "no test has a name that matches";
        return Err(Failure::usage(Diagnostic::new("test-none", message)));
    }
    let failed = endings().filter(|(_, ending)| *ending != Ending::Passed).count();
    let untested = all.iter().filter(|told| told.target.tests().is_none()).count();
    let shown = args.coverage || args.threshold.is_some();
    let text = match args.format {
        AuthorFormat::Text => text(&all, shown),
        AuthorFormat::Json => document(&all, shown)?,
    };
    output::print(&text)?;
    let short = args.threshold.is_some_and(|least| percent(&all) < least);
    let found = failed > 0 || short || untested > 0 && args.run.is_none();
    Ok(if found { Exit::Exceptions } else { Exit::Success })
}

fn run<'a>(
    target: &'a Target,
    pattern: Option<&str>,
) -> Outcome<Result<Told<'a>, Vec<Diagnostic>>> {
    let mut suite = match target.suite() {
        Ok(Some(suite)) => suite,
        Ok(None) => {
            let (tests, coverage) = (Vec::new(), Coverage::default());
            return Ok(Ok(Told { target, tests, coverage }));
        }
        Err(found) => return Ok(Err(found)),
    };
    let chosen = unit_test::matching(suite.tests(), pattern.unwrap_or_default()).map_err(|e| {
        let message = format!("`-r`: {e}");
        Failure::usage(Diagnostic::new("test-pattern", message))
    })?;
    let tests = chosen.into_iter().map(|test| {
        let ending = suite.run(&test);
        (test, ending)
    });
    let tests = tests.collect();
    Ok(Ok(Told { target, tests, coverage: suite.coverage() }))
}

/// The share of the rules' parts that a test reached, in whole percent, rounded down.
fn percent(all: &[Told<'_>]) -> usize {
    let counts = all.iter().map(|told| told.coverage.counts());
    let (covered, parts) = counts
        .fold((0_usize, 0_usize), |(a, b), (c, d)| (a.saturating_add(c), b.saturating_add(d)));
    covered.saturating_mul(100).checked_div(parts).unwrap_or(0)
}

fn text(all: &[Told<'_>], coverage: bool) -> String {
    let mut out = String::new();
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for told in all {
        let Some((path, _)) = told.target.tests() else {
            let _ = writeln!(out, "{}: no tests", told.target.shown(&told.target.rule.path));
            continue;
        };
        let path = told.target.shown(path);
        for (test, ending) in &told.tests {
            let place = format!("{path}:{} {}", test.line, test.name);
            match ending {
                Ending::Passed => passed = passed.saturating_add(1),
                Ending::Failed => drop(writeln!(out, "{place}: failed")),
                Ending::Erred(why) => drop(writeln!(out, "{place}: error: {why}")),
            }
            failed = failed.saturating_add(usize::from(*ending != Ending::Passed));
        }
        if coverage {
            covered(told, &mut out);
        }
    }
    let _ = writeln!(out, "{} passed, {failed} failed", counted(passed, "test"));
    if coverage {
        let _ = writeln!(out, "{} % covered", percent(all));
    }
    out
}

fn covered(told: &Told<'_>, out: &mut String) {
    let rule = &told.target.rule.path;
    let path = told.target.shown(rule);
    let (covered, parts) = told.coverage.counts();
    let _ = writeln!(out, "{path}: {covered} of {parts} parts covered");
    for part in told.coverage.parts.iter().filter(|part| !part.covered()) {
        let _ = writeln!(out, "  {path}:{}:{} never evaluated", part.line, part.column);
    }
}

fn document(all: &[Told<'_>], coverage: bool) -> Outcome<String> {
    let rules: Vec<Json> = all.iter().map(|told| rule_json(told, coverage)).collect();
    let mut whole = json!({"schema_version": "1", "rules": rules});
    if coverage && let Some(object) = whole.as_object_mut() {
        object.insert("coverage_percent".to_owned(), percent(all).into());
    }
    let text = serde_json::to_string_pretty(&whole).map_err(Failure::internal)?;
    Ok(text + "\n")
}

fn rule_json(told: &Told<'_>, coverage: bool) -> Json {
    let test = |(test, ending): &(Test, Ending)| {
        let (result, message) = match ending {
            Ending::Passed => ("passed", None),
            Ending::Failed => ("failed", None),
            Ending::Erred(why) => ("error", Some(why)),
        };
        json!({"name": test.name, "line": test.line, "result": result, "message": message})
    };
    let tests: Vec<Json> = told.tests.iter().map(test).collect();
    let target = told.target;
    let rule = format!("{}/{}", target.bundle.name, target.rule.name);
    let mut object = serde_json::Map::new();
    object.insert("rule".to_owned(), rule.into());
    object.insert("tests".to_owned(), tests.into());
    if coverage {
        let parts = told.coverage.parts.iter().map(|part| {
            json!({
                "line": part.line,
                "column": part.column,
                "true": part.held,
                "false": part.failed,
                "undetermined": part.undetermined,
            })
        });
        object.insert("coverage".to_owned(), parts.collect());
    }
    Json::Object(object)
}
