//! Document policies: the whole of Rego v1 over one JSON document, such as a change of rates, a
//! dispute or a configuration.
//!
//! Not for records: those have the record profile ([`crate::compile`]), in which missing values
//! and money have their own semantics. Here Rego's semantics hold, what is missing is undefined,
//! and amounts are strings that only the exact `decimal.*` functions compute with: a source that
//! would compute with anything else is refused when it is loaded, and so is a document with a
//! number that is no integer. A comparison that would go by how an amount is written has no answer.
//! What depends on clock, chance or network is refused by name.
//!
//! Everything that runs a policy runs in a thread of its own with a budget of time ([`Limits`]).

mod bounded;
mod capability;
mod check;
mod decimal;
mod foreign;
mod graph;
mod guard;
mod isolated;
mod json;
mod names;
mod order;
mod shape;
mod walk;

use crate::compile::Diagnostic;
use guard::Guard;
use regorus::Engine;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A source of a policy.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path that diagnostics name.
    pub path: String,
    /// The text.
    pub text: String,
}

/// How much a policy may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The budget of loading and of an evaluation. The evaluator stops itself there; where it
    /// can't, within one long call, the answer comes at twice the budget and the thread is left
    /// behind. A caller that must have its processor back then ends the process.
    pub time: Duration,
    /// The bytes of a source.
    pub source_bytes: usize,
    /// The bytes of a document, and of its data.
    pub document_bytes: usize,
    /// The nodes and bytes of text of a result.
    pub result_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(5),
            source_bytes: 256 * 1024,
            document_bytes: 16 * 1024 * 1024,
            result_size: 4 * 1024 * 1024,
        }
    }
}

/// What a policy says of one document.
pub trait DocumentPolicy {
    /// The value of a rule: of `data.a.b` by its path, of `violation` in the package of the first
    /// source. `None` when the rule is undefined. `document` and `data` are JSON texts.
    ///
    /// # Errors
    /// [`Failure::Document`] when a text is not JSON, or has a number that would be rounded;
    /// [`Failure::Evaluation`] when the rule has no answer, for which reason the code says.
    fn evaluate(
        &self,
        rule: &str,
        document: &str,
        data: Option<&str>,
    ) -> Result<Option<serde_json::Value>, Failure>;
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The document or the data can't be read.
    Document(Box<Diagnostic>),
    /// The policy could not be evaluated.
    Evaluation(Box<Diagnostic>),
}

impl Failure {
    /// What went wrong, and where.
    pub fn diagnostic(&self) -> &Diagnostic {
        match self {
            Self::Document(found) | Self::Evaluation(found) => found,
        }
    }
}

/// Reads and checks a policy.
///
/// # Errors
/// At least one diagnostic, with a code of [`crate::compile::CODES`].
///
/// ```
/// use tieout_policies::document::{DocumentPolicy as _, Limits, Source, compile};
/// let source = |text: &str| [Source { path: "p.rego".into(), text: text.into() }];
/// let rises = source(
///     "package p\nviolation contains {\"code\": \"dearer\"} if decimal.cmp(input.new, input.old) > 0",
/// );
/// let policy = compile(&rises, Limits::default()).unwrap();
/// let found = policy.evaluate("violation", r#"{"old": "9.90", "new": "10.10"}"#, None).unwrap();
/// assert_eq!(found.unwrap().to_string(), r#"[{"code":"dearer"}]"#);
///
/// let adds = source("package p\nviolation contains x if x := input.new - input.old");
/// assert_eq!(compile(&adds, Limits::default()).err().unwrap()[0].code, "rego-inexact");
/// ```
pub fn compile(
    sources: &[Source],
    limits: Limits,
) -> Result<impl DocumentPolicy + use<>, Vec<Diagnostic>> {
    let found: Vec<_> = sources.iter().flat_map(|s| shape::check(s, limits)).collect();
    if !found.is_empty() {
        return Err(found);
    }
    let sources: Arc<[Source]> = sources.into();
    let work = Arc::clone(&sources);
    let loaded = isolated::isolated(limits.time, move || load(&work, limits));
    let (engine, rules, guard) =
        loaded.unwrap_or_else(|stopped| Err(vec![foreign::stopped(&sources, stopped)]))?;
    Ok(Loaded { engine, rules, guard, sources, limits })
}

/// Each rule's path as the engine knows it, by its plain path.
type Rules = BTreeMap<String, String>;

/// The engine with what it evaluates: the modules as they are written are checked, and those with
/// guarded comparisons are kept.
fn load(sources: &[Source], limits: Limits) -> Result<(Engine, Rules, Guard), Vec<Diagnostic>> {
    let mut engine = foreign::read(&Guard::none(sources), sources, limits)?;
    let modules = engine.get_modules().clone();
    let names = names::Names::of(&modules);
    let found = check::check(&modules, &names, sources);
    if !found.is_empty() {
        return Err(found);
    }
    let guard = Guard::of(&modules, sources).map_err(|defect| vec![*defect])?;
    let mut engine = foreign::read(&guard, sources, limits)?;
    foreign::prepare(&mut engine, &names)
        .map_err(|e| vec![guard.back(foreign::refused(sources, &e), sources)])?;
    Ok((engine, names.rules(), guard))
}

/// A policy that was read and checked, with regorus behind it.
struct Loaded {
    engine: Engine,
    rules: Rules,
    guard: Guard,
    sources: Arc<[Source]>,
    limits: Limits,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("rules", &self.rules).finish_non_exhaustive()
    }
}
