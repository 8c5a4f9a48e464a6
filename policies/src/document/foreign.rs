//! The edge to regorus: how it is set up, asked, and what its messages say in our words.

use super::bounded::{self, GUARDED, Refused};
use super::guard::Guard;
use super::isolated::{self, Stopped, isolated};
use super::names::Names;
use super::{DocumentPolicy, Failure, Limits, Loaded, Source, decimal, json};
use crate::compile::Diagnostic;
use crate::rego::report::did_you_mean;
use regorus::unstable::{BUILTINS, Expr, Ref, Span};
use regorus::utils::limits::{ExecutionTimerConfig, PolicyLengthConfig};
use regorus::{Engine, Value};
use std::num::{NonZeroU8, NonZeroU32, NonZeroUsize};

/// An engine with the sources as they are guarded; what is told of them is told of the author's.
///
/// # Errors
/// They can't be parsed.
pub(super) fn read(
    guard: &Guard,
    sources: &[Source],
    limits: Limits,
) -> Result<Engine, Vec<Diagnostic>> {
    let mut engine = Engine::new();
    set_up(&mut engine, limits, guard);
    let mut found = Vec::new();
    for Source { path, text } in &guard.sources {
        if let Err(error) = engine.add_policy(path.clone(), text.clone()) {
            found.push(guard.back(unreadable(sources, &error.to_string()), sources));
        }
    }
    if found.is_empty() { Ok(engine) } else { Err(found) }
}

/// Gives the engine its limits and our functions. A function of ours goes before one of the same
/// name that it has.
fn set_up(engine: &mut Engine, limits: Limits, guard: &Guard) {
    isolated::give_clock();
    // An argument that a function can't take is told, and never makes a condition untrue.
    engine.set_strict_builtin_errors(true);
    let check_interval = NonZeroU32::MIN.saturating_add(99);
    engine.set_execution_timer_config(ExecutionTimerConfig { limit: limits.time, check_interval });
    let longer = if guard.name.is_empty() { NonZeroU8::MIN } else { GUARDED_TEXT };
    let bytes = limits.source_bytes.saturating_mul(longer.get().into());
    let lengths = PolicyLengthConfig {
        max_col: MAX_COLUMN.saturating_mul(NonZeroU32::from(longer)),
        max_file_bytes: NonZeroUsize::new(bytes).unwrap_or(NonZeroUsize::MIN),
        ..PolicyLengthConfig::default()
    };
    engine.set_policy_length_config(lengths);
    if !guard.name.is_empty() {
        let ops = guard.ops();
        let call = move |values: Vec<Value>| {
            Guard::compare(&ops, &values).map_err(|said| Told(said).into())
        };
        let _ = engine.add_extension(guard.name.clone(), 3, Box::new(call));
    }
    for (name, arity) in decimal::ARITIES {
        let call = move |arguments: Vec<Value>| match decimal::call(name, &arguments) {
            Ok(value) => Ok(value),
            Err(reason) => Err(Told(format!("`{name}`: {reason}")).into()),
        };
        // The names are distinct.
        let _ = engine.add_extension((*name).to_owned(), *arity, Box::new(call));
    }
    for (name, arity) in GUARDED {
        let Some((builtin, _)) = BUILTINS.get(name) else { continue };
        let call = move |arguments: Vec<Value>| match bounded::check(name, &arguments) {
            Ok(()) => match (bounded::answer(name, &arguments), nowhere(arguments.len())) {
                (Some(answer), _) => Ok(answer),
                (None, Some((span, operands))) => builtin(&span, &operands, &arguments, true),
                (None, None) => Err(Told("it can't be called".to_owned()).into()),
            },
            Err(Refused::Limit(reason)) => Err(Told(format!("{LIMIT}{reason}")).into()),
            Err(Refused::Argument(reason)) => Err(Told(format!("`{name}`: {reason}")).into()),
        };
        let _ = engine.add_extension((*name).to_owned(), *arity, Box::new(call));
    }
}

/// The engine's columns of a line.
const MAX_COLUMN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9_999);
/// How much more a source may be once its comparisons are guarded: a comparison of three characters
/// becomes one of about twenty.
const GUARDED_TEXT: NonZeroU8 = NonZeroU8::MIN.saturating_add(7);

/// Before the message of a limit of ours.
const LIMIT: &str = "limit: ";

/// What a function of ours says.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Told(String);

/// A place for a function that points at its operands; the call's own is told instead.
fn nowhere(operands: usize) -> Option<(Span, Vec<Ref<Expr>>)> {
    let source = regorus::Source::from_contents(String::new(), "\n".to_owned()).ok()?;
    let span = Span { source, line: 1, col: 1, start: 0, end: 0 };
    let operand = || Ref::new(Expr::Null { span: span.clone(), value: Value::Null, eidx: 0 });
    let operands = (0..operands).map(|_| operand()).collect();
    Some((span, operands))
}

/// Has the engine look at how rules and variables depend on each other.
pub(super) fn prepare(engine: &mut Engine, names: &Names) -> Result<(), String> {
    match names.rules().into_values().next() {
        Some(rule) => {
            engine.compile_with_entrypoint(&rule.into()).map(drop).map_err(|e| e.to_string())
        }
        None => Ok(()),
    }
}

impl DocumentPolicy for Loaded {
    fn evaluate(
        &self,
        rule: &str,
        document: &str,
        data: Option<&str>,
    ) -> Result<Option<serde_json::Value>, Failure> {
        let path = self.rules.get(rule).ok_or_else(|| self.no_rule(rule))?.clone();
        let most = self.limits.document_bytes;
        let input = json::read("document", document, most).map_err(Failure::Document)?;
        let data = data.map(|data| json::read("data", data, most)).transpose();
        let data = data.map_err(Failure::Document)?;
        let mut engine = self.engine.clone();
        let result_size = self.limits.result_size;
        let answer = isolated(self.limits.time, move || {
            if let Some(data) = data {
                engine.add_data(data).map_err(|_| Wrong::Data)?;
            }
            engine.set_input(input);
            let value = engine.eval_rule(path).map_err(|e| {
                let out_of_time = e.downcast_ref::<regorus::LimitError>().is_some();
                if out_of_time { Wrong::Limit(e.to_string()) } else { Wrong::Failed(e.to_string()) }
            })?;
            match value {
                Value::Undefined => Ok(None),
                value => json::write(&value, result_size).map(Some).map_err(Wrong::Result),
            }
        });
        answer
            .unwrap_or_else(|stopped| Err(Wrong::Stopped(stopped)))
            .map_err(|wrong| self.failure(rule, wrong))
    }
}

/// Why the engine gave no value.
enum Wrong {
    Data,
    Limit(String),
    Failed(String),
    Result(&'static str),
    Stopped(Stopped),
}

impl Loaded {
    fn no_rule(&self, rule: &str) -> Failure {
        let message = format!("the policy has no rule `{rule}`");
        let names = self.rules.keys().map(String::as_str);
        let mut found = first(&self.sources, "document-no-rule", message);
        found.help = did_you_mean(rule, names);
        Failure::Evaluation(Box::new(found))
    }

    fn failure(&self, rule: &str, wrong: Wrong) -> Failure {
        let sources = &self.sources;
        let found = match wrong {
            Wrong::Data => {
                let message = "the data is no object, or has what the policy defines";
                let found = Diagnostic {
                    path: "data".to_owned(),
                    ..first(sources, "document-json", message.to_owned())
                };
                return Failure::Document(Box::new(found));
            }
            Wrong::Limit(said) if said.contains("regex") => {
                let found = told(sources, "document-limit", "a pattern that is too large", &said);
                self.guard.back(found, sources)
            }
            Wrong::Limit(said) => {
                self.guard.back(told(sources, "document-time", OUT_OF_TIME, &said), sources)
            }
            Wrong::Failed(said) => match self.guard.refused(parts(&said).1) {
                Some(refused) => refused,
                None => self.guard.back(failed(sources, &said), sources),
            },
            Wrong::Result(what) => {
                let code =
                    if what == json::TOO_LARGE { "document-limit" } else { "document-result" };
                first(sources, code, format!("`{rule}` gives {what}"))
            }
            Wrong::Stopped(stopped) => self::stopped(sources, stopped),
        };
        Failure::Evaluation(Box::new(found))
    }
}

const OUT_OF_TIME: &str = "the policy takes more time than it has";

/// What a policy failed of while it was evaluated.
fn failed(sources: &[Source], said: &str) -> Diagnostic {
    let (_, message) = parts(said);
    if let Some(limit) = message.strip_prefix(LIMIT) {
        return told(sources, "document-limit", limit, said);
    }
    if message.contains("recursion detected") {
        return told(sources, "document-failed", "a rule depends on itself", said);
    }
    told(sources, "document-failed", message, said)
}

/// A piece of work that ended without an answer.
pub(super) fn stopped(sources: &[Source], stopped: Stopped) -> Diagnostic {
    let (code, message) = match stopped {
        Stopped::Time => ("document-time", OUT_OF_TIME),
        Stopped::Panic => ("document-defect", "the evaluator of document policies broke down"),
        Stopped::NoThread => ("document-defect", "the system gives no thread to evaluate in"),
    };
    first(sources, code, message.to_owned())
}

/// A source that can't be parsed.
pub(super) fn unreadable(sources: &[Source], said: &str) -> Diagnostic {
    let (_, message) = parts(said);
    if message.contains("nesting too deep") {
        return told(sources, "rego-too-deep", "nested too deeply", said);
    }
    if message.contains("maximum") {
        return told(sources, "rego-too-large", message, said);
    }
    told(sources, "rego-syntax", message, said)
}

/// A policy that can be parsed and yet doesn't hold together.
pub(super) fn refused(sources: &[Source], said: &str) -> Diagnostic {
    told(sources, "rego-refused-policy", parts(said).1, said)
}

/// A diagnostic at a place in a module.
pub(super) fn at(
    sources: &[Source],
    span: &Span,
    code: &'static str,
    message: String,
    help: Option<String>,
) -> Diagnostic {
    let path = span.source.get_path().as_str();
    let text = sources.iter().find(|s| s.path == path).map_or("", |s| s.text.as_str());
    let start = usize::try_from(span.start).unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    let line_before = before.rsplit('\n').next().unwrap_or_default();
    let shown = span.text().lines().next().unwrap_or_default();
    Diagnostic {
        code,
        path: path.to_owned(),
        line: narrow(before.matches('\n').count().saturating_add(1)),
        column: narrow(line_before.chars().count().saturating_add(1)),
        length: narrow(shown.chars().count().max(1)),
        message,
        help,
    }
}

/// A diagnostic at the place that a message of regorus names.
fn told(sources: &[Source], code: &'static str, message: &str, said: &str) -> Diagnostic {
    let mut found = first(sources, code, lower(message));
    if let Some((path, line, column)) = parts(said).0 {
        (found.path, found.line, found.column) = (path.to_owned(), line, column);
    }
    found
}

/// A diagnostic about a policy as a whole.
fn first(sources: &[Source], code: &'static str, message: String) -> Diagnostic {
    let path = sources.first().map(|s| s.path.clone()).unwrap_or_default();
    Diagnostic { code, path, line: 1, column: 1, length: 1, message, help: None }
}

/// The place of a message, `--> path:line:column`, and what stands behind its last `error:`.
fn parts(said: &str) -> (Option<(&str, u32, u32)>, &str) {
    let place = said.split("--> ").nth(1).and_then(|rest| rest.lines().next());
    let place = place.and_then(|place| {
        let (rest, column) = place.rsplit_once(':')?;
        let (path, line) = rest.rsplit_once(':')?;
        Some((path, line.parse().ok()?, column.parse().ok()?))
    });
    let message = said.rsplit("\nerror: ").next().unwrap_or(said);
    (place, message.lines().next().unwrap_or_default())
}

/// A message in our manner: it begins small and has no final stop.
fn lower(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut chars = message.chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
