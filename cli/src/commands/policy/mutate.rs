//! `tieout policy mutate`.

use super::target::{self, Target};
use crate::args::{AuthorFormat, Global, PolicyMutate};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use tieout_policies::mutate::{self, Fate, Mutant, Score};

/// The mutants of a rule.
struct Told<'a> {
    target: &'a Target,
    mutants: Vec<(Mutant, Fate)>,
}

/// Changes rules and tells which changes no test notices.
pub(in crate::commands) fn mutate(global: &Global, args: &PolicyMutate) -> Outcome<Exit> {
    let targets = target::resolve(global, &args.rules)?;
    let mut all = Vec::new();
    let mut wrong = Vec::new();
    for target in &targets {
        match mutants(target) {
            Ok(mutants) => all.push(Told { target, mutants }),
            Err(found) => wrong.extend(found),
        }
    }
    if !wrong.is_empty() {
        return Err(Failure { exit: Exit::Usage, diagnostics: wrong });
    }
    let score = Score::of(all.iter().flat_map(|told| &told.mutants).map(|(_, fate)| fate));
    let text = match args.format {
        AuthorFormat::Text => text(&all, &score),
        AuthorFormat::Json => document(&all, &score)?,
    };
    output::print(&text)?;
    let short = match args.threshold {
        Some(least) => score.percent().is_none_or(|percent| percent < least),
        None => score.survived > 0,
    };
    Ok(if short { Exit::Exceptions } else { Exit::Success })
}

/// The mutants of a rule, and what its tests make of each.
///
/// # Errors
/// It has no tests, they don't pass, or what is wrong in one of both.
pub(crate) fn mutants(target: &Target) -> Result<Vec<(Mutant, Fate)>, Vec<Diagnostic>> {
    let rule = target.shown(&target.rule.path);
    let Some(mut suite) = target.suite()? else {
        let help = "write a `rule_test.rego` beside the rule";
        return Err(vec![
            Diagnostic::new("test-none", format!("`{rule}` has no tests")).help(help),
        ]);
    };
    let listed = format!("{}/{}/equivalent.yaml", target.bundle.name, target.rule.name);
    let equivalents = target.bundle.files.get(&listed).map(String::as_str);
    mutate::mutate(&mut suite, equivalents)
        .map_err(|e| vec![Diagnostic::new("not-mutated", format!("`{rule}`: {e}"))])
}

fn text(all: &[Told<'_>], score: &Score) -> String {
    let mut out = String::new();
    for Told { target, mutants } in all {
        let path = target.shown(&target.rule.path);
        for (mutant, _) in mutants.iter().filter(|(_, fate)| *fate == Fate::Survived) {
            let Mutant { operator, line, column, before, after } = mutant;
            let after = if after.is_empty() { "nothing" } else { after };
            let _ = writeln!(out, "{path}:{line}:{column} {operator} survived");
            let _ = writeln!(out, "  {before}\n  → {after}");
        }
    }
    let Score { killed, survived, refused, equivalent } = score;
    let percent = score.percent().map_or("no mutant".to_owned(), |percent| format!("{percent} %"));
    let _ = writeln!(
        out,
        "{percent} killed: {killed} killed, {survived} survived; {equivalent} equivalent, \
         {refused} refused at load"
    );
    out
}

fn document(all: &[Told<'_>], score: &Score) -> Outcome<String> {
    let rule = |told: &Told<'_>| {
        let target = told.target;
        let mutants: Vec<Json> = told.mutants.iter().map(mutant_json).collect();
        json!({"rule": format!("{}/{}", target.bundle.name, target.rule.name), "mutants": mutants})
    };
    let rules: Vec<Json> = all.iter().map(rule).collect();
    let whole = json!({
        "schema_version": "1",
        "percent": score.percent(),
        "killed": score.killed,
        "survived": score.survived,
        "equivalent": score.equivalent,
        "refused": score.refused,
        "rules": rules,
    });
    let text = serde_json::to_string_pretty(&whole).map_err(Failure::internal)?;
    Ok(text + "\n")
}

fn mutant_json((mutant, fate): &(Mutant, Fate)) -> Json {
    let (word, by) = match fate {
        Fate::Killed(test) => ("killed", Some(test)),
        Fate::Survived => ("survived", None),
        Fate::Refused => ("refused", None),
        Fate::Equivalent(reason) => ("equivalent", Some(reason)),
    };
    let Mutant { operator, line, column, before, after } = mutant;
    json!({
        "operator": operator,
        "line": line,
        "column": column,
        "before": before,
        "after": after,
        "fate": word,
        "by": by,
    })
}
