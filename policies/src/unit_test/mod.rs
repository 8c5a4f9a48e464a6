//! Tests of rules, by OPA's conventions: `test_` rules in `rule_test.rego`.
//!
//! The test module is whole Rego, which regorus evaluates: it makes records, calls the rule under
//! `with` and compares. The rule itself is not regorus' affair. In its package stands a module with
//! `violation`, `undetermined` and `applicable` that ask the reference evaluator, so that what a
//! test sees is what a run would say, decimals and missing values included.
//!
//! - `violation` has the facts of the decision; a number of more than 15 digits is a string there.
//! - `undetermined` has a `{"column": …, "reason": …}` for each cause; the column may be null.
//! - `applicable` is true unless the record isn't, or that can't be told.

mod coverage;
mod given;
mod reads;
mod setting;
mod stub;

pub use coverage::{Coverage, Part};
pub use setting::Setting;

use crate::bundle::Rule;
use crate::compile::{Compiled, Diagnostic, Environment, compile};
use crate::evaluate::{Trace, decide_cells};
use crate::rego::{self, Kind, Token};
use crate::tree::ColumnUse;
use given::Given;
use reads::Reads;
use regorus::Engine;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use tieout_controls::{ColumnType, Value};

/// The tests of a rule, ready to be run.
pub struct Suite {
    engine: Engine,
    tests: Vec<Test>,
    package: String,
    shared: Shared,
    rule: Rule,
    environment: Environment,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Its name, such as `test_conforms`.
    pub name: String,
    /// Its line in the test file, from 1.
    pub line: u32,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It is true.
    Passed,
    /// It is false or has no value.
    Failed,
    /// It could not be run, and why.
    Erred(String),
}

/// What the stub asks, which is swapped while the engine stays.
type Shared = Arc<Mutex<Asked>>;

/// What is made of a value.
pub(crate) type Alteration = fn(Value) -> Value;

struct Asked {
    compiled: Compiled,
    /// What is made of a column's value before the rule sees it.
    altered: Option<(String, Alteration)>,
    kinds: BTreeMap<String, ColumnType>,
    setting: Setting,
    run: BTreeSet<String>,
    trace: Trace,
    error: Option<String>,
}

/// The tests whose names match a regular expression.
///
/// # Errors
/// What is wrong with the expression.
pub fn matching(tests: &[Test], pattern: &str) -> Result<Vec<Test>, String> {
    let regex = regex::Regex::new(pattern).map_err(|e| last_line(&e.to_string()))?;
    Ok(tests.iter().filter(|test| regex.is_match(&test.name)).cloned().collect())
}

impl Suite {
    /// Reads the tests of a rule.
    ///
    /// # Errors
    /// Everything that is wrong with the rule or the tests.
    pub fn new(
        rule: &Rule,
        path: &str,
        source: &str,
        setting: Setting,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (rule_tokens, tokens) = (rego::tokens(&rule.source), rego::tokens(source));
        let environment = setting.environment(&rule_tokens, &tokens);
        let compiled = compile(rule, &environment)?;
        let tests = tests(&tokens);
        check(path, &tokens, &tests)?;
        let reads = Reads::of(&rule_tokens);
        let stub = stub::package(&rule_tokens).map(|package| stub::module(&package, &reads));
        let (trace, run, error) = (Trace::default(), reads.run, None);
        let kinds = environment.input.columns.iter().map(|c| (c.name.clone(), c.kind)).collect();
        let altered = None;
        let asked = Asked { compiled, altered, kinds, setting, run, trace, error };
        let shared = Arc::new(Mutex::new(asked));
        let package = stub::package(&tokens).unwrap_or_default();
        let engine = engine(path, source, stub, &shared)
            .map_err(|e| vec![diagnostic("test-unreadable", path, 1, e)])?;
        Ok(Self { engine, tests, package, shared, rule: rule.clone(), environment })
    }

    /// The tests in the order of the source.
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// The rule that they test.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Runs one test.
    pub fn run(&mut self, test: &Test) -> Ending {
        self.asked(|asked| asked.error = None);
        let told = self.engine.eval_rule(format!("data.{}.{}", self.package, test.name));
        let error = self.asked(|asked| asked.error.take());
        match (error, told) {
            (Some(error), _) => Ending::Erred(error),
            (None, Err(e)) => Ending::Erred(last_line(&e.to_string())),
            (None, Ok(regorus::Value::Bool(true))) => Ending::Passed,
            (None, Ok(_)) => Ending::Failed,
        }
    }

    /// What was evaluated of the rule by the tests that were run.
    pub fn coverage(&self) -> Coverage {
        let empty = Coverage::default();
        self.asked(|asked| {
            let program = asked.compiled.program();
            program.map_or(empty, |p| coverage::of(&self.rule.source, p, &asked.trace))
        })
    }

    /// What the rule may read.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The first test that doesn't pass with this in the rule's place, and with this made of a
    /// column's values.
    pub(crate) fn killer(
        &mut self,
        compiled: Compiled,
        altered: Option<(String, Alteration)>,
    ) -> Option<String> {
        let whole = self.asked(|asked| {
            asked.altered = altered;
            // The parts of another program may lie where those of this one lay.
            asked.trace = Trace::default();
            std::mem::replace(&mut asked.compiled, compiled)
        });
        let killer = self.tests.clone().into_iter().find(|t| self.run(t) != Ending::Passed);
        self.asked(|asked| {
            asked.altered = None;
            asked.trace = Trace::default();
            asked.compiled = whole;
        });
        killer.map(|test| test.name)
    }

    fn asked<T>(&self, of: impl FnOnce(&mut Asked) -> T) -> T {
        of(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The `test_` rules that begin in the first column.
fn tests(tokens: &[Token]) -> Vec<Test> {
    let test = |token: &Token| match &token.kind {
        Kind::Word(name) if token.span.column == 1 && name.starts_with("test_") => {
            Some(Test { name: name.clone(), line: token.span.line })
        }
        _ => None,
    };
    tokens.iter().filter_map(test).collect()
}

fn check(path: &str, tokens: &[Token], tests: &[Test]) -> Result<(), Vec<Diagnostic>> {
    let mut found = Vec::new();
    for token in tokens {
        let Kind::Number(lexeme) = &token.kind else { continue };
        let number = tieout_controls::Decimal::parse(lexeme).map(|n| n.normalized().digits());
        if number.is_ok_and(|digits| digits <= given::EXACT_DIGITS) {
            continue;
        }
        let message = format!("`{lexeme}` would be rounded");
        let mut wrong = diagnostic("test-number", path, token.span.line, message);
        (wrong.column, wrong.length) = (token.span.column, token.span.length);
        wrong.help = Some("write it as a string".to_owned());
        found.push(wrong);
    }
    let mut names = BTreeSet::new();
    for test in tests {
        if !names.insert(&test.name) {
            let message = format!("`{}` is defined twice", test.name);
            found.push(diagnostic("test-name-taken", path, test.line, message));
        }
    }
    if tests.is_empty() {
        let message = "the file has no rule whose name begins with `test_`";
        found.push(diagnostic("test-none", path, 1, message.to_owned()));
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn diagnostic(code: &'static str, path: &str, line: u32, message: String) -> Diagnostic {
    let path = path.to_owned();
    Diagnostic { code, path, line, column: 1, length: 1, message, help: None }
}

/// regorus tells a place over several lines, and what is wrong in the last one.
fn last_line(text: &str) -> String {
    let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    last.unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn engine(
    path: &str,
    source: &str,
    stub: Option<String>,
    shared: &Shared,
) -> Result<Engine, String> {
    let mut engine = Engine::new();
    let failed = |e: &dyn std::fmt::Display| last_line(&e.to_string());
    let stub = stub.unwrap_or_default();
    engine.add_policy("rule.rego".to_owned(), stub).map_err(|e| failed(&e))?;
    engine.add_policy(path.to_owned(), source.to_owned()).map_err(|e| failed(&e))?;
    let shared = Arc::clone(shared);
    let decide = move |arguments: Vec<regorus::Value>| {
        let mut asked = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let given = arguments.first().map_or(Ok(String::new()), regorus::Value::to_json_str)?;
        let told = asked.decide(&serde_json::from_str(&given)?);
        match told {
            Ok(told) => regorus::Value::from_json_str(&told.to_string()),
            Err(error) => {
                asked.error.get_or_insert(error);
                Ok(regorus::Value::Undefined)
            }
        }
    };
    let (name, arguments) = stub::FUNCTION;
    let added = engine.add_extension(name.to_owned(), arguments, Box::new(decide));
    added.map_err(|e| failed(&e))?;
    Ok(engine)
}

impl Asked {
    fn cell(&self, column: &ColumnUse, given: &Given<'_>) -> Result<Value, String> {
        let kind = self.kinds.get(&column.name).copied().unwrap_or(column.kind);
        let value = given.cell(&column.name, kind)?;
        Ok(match &self.altered {
            Some((name, alteration)) if *name == column.name => alteration(value),
            _ => value,
        })
    }

    fn decide(&self, given: &serde_json::Value) -> Result<serde_json::Value, String> {
        let given = Given(given);
        let none = || "only rules in Rego are asked".to_owned();
        let program = self.compiled.program().ok_or_else(none)?;
        let data = given.data(program, &self.run, &self.setting)?;
        let cell = |column: &ColumnUse| self.cell(column, &given);
        let cells = program.columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?;
        let decision = decide_cells(program, &cells, &data, &self.trace);
        Ok(given::told(&decision.map_err(|e| e.to_string())?, program))
    }
}
