//! From a rule's source to a checked policy.

use crate::bundle::{Language, Rule};
use crate::cedar;
use crate::data::{Schema, TableSchema};
use crate::rego;
use crate::tree::Program;
use std::collections::BTreeMap;
use tieout_controls::control::ParameterType;

/// What a rule may read.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `input`: the population's columns.
    pub input: Schema,
    /// `data.<name>`: reference tables, the bundle's own dated tables included.
    pub tables: BTreeMap<String, TableSchema>,
    /// `data.parameters.<name>`.
    pub parameters: BTreeMap<String, ParameterType>,
    /// Column of an amount → the column that states its currency, by the name that the schema
    /// profile gives it; such a column states its own. Of other columns nothing is known.
    pub currencies: BTreeMap<String, String>,
}

/// A rule that was checked against its environment.
#[derive(Debug)]
pub struct Compiled {
    columns: Vec<String>,
    metadata: Vec<Metadata>,
    pub(crate) policy: Policy,
}

/// What evaluators run.
#[derive(Debug)]
pub(crate) enum Policy {
    Rego(Program),
    Cedar(Box<cedar::Policies>),
}

impl Compiled {
    /// The columns of the population that the rule reads, in the population's order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The typed tree of a Rego rule; `None` for Cedar policies.
    pub fn program(&self) -> Option<&Program> {
        match &self.policy {
            Policy::Rego(program) => Some(program),
            Policy::Cedar(_) => None,
        }
    }

    /// The `# METADATA` blocks of a Rego source, in their order.
    pub fn metadata(&self) -> &[Metadata] {
        &self.metadata
    }
}

/// What a `# METADATA` block says of the rule (or package) that follows it. OPA's other keys are
/// read and not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// The block's first line, from 1.
    pub line: u32,
    /// A name of a few words.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// The author's own: `severity`, `references` and so on.
    pub custom: BTreeMap<String, serde_json::Value>,
}

/// Something wrong in a rule's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case code, such as `rego-type-mismatch`.
    pub code: &'static str,
    /// The source's path.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The length of the span on that line in characters, at least 1.
    pub length: u32,
    /// What is wrong.
    pub message: String,
    /// What to do, where known.
    pub help: Option<String>,
}

/// Checks a rule. Everything found is reported at once, in the order of the source.
///
/// # Errors
/// At least one diagnostic, with a code of [`CODES`].
pub fn compile(rule: &Rule, environment: &Environment) -> Result<Compiled, Vec<Diagnostic>> {
    match rule.language {
        Language::Rego => {
            let (program, metadata) = rego::compile(rule, environment)?;
            let used = program.columns.iter().filter(|c| c.used);
            let columns = used.map(|c| c.name.clone()).collect();
            Ok(Compiled { columns, metadata, policy: Policy::Rego(program) })
        }
        Language::Cedar => {
            let policies = cedar::compile(rule, environment)?;
            let columns = policies.columns(&environment.input);
            Ok(Compiled {
                columns,
                metadata: Vec::new(),
                policy: Policy::Cedar(Box::new(policies)),
            })
        }
    }
}

/// The codes of diagnostics, each with what it means, sorted.
pub const CODES: &[(&str, &str)] = &[
    ("cedar-missing-code", "a forbid policy has no `@code` annotation of a kebab-case code"),
    ("cedar-request", "`request.yaml` can't be read or doesn't fit the population"),
    ("cedar-syntax", "a Cedar policy can't be read"),
    ("cedar-unsupported", "a Cedar feature that can't be decided record by record"),
    ("cedar-validation", "a Cedar policy doesn't fit the request that `request.yaml` describes"),
    ("rego-dated-table", "a dated table is looked up without a date"),
    ("rego-division", "`/` is refused; a quotient names its scale and rounding"),
    ("rego-fact-shape", "what `violation` contains is not a fact object"),
    ("rego-import", "an import other than `rego.v1`"),
    ("rego-inexact", "arithmetic, rounding or comparison that is not exact for amounts"),
    ("rego-literal", "a literal is wanted, or a literal can't be read"),
    ("rego-metadata", "a `# METADATA` block can't be read"),
    ("rego-mixed-currency", "amounts of different currencies are summed or compared"),
    ("rego-name-taken", "a name is bound twice, or means something already"),
    ("rego-no-violation", "the file has no rule `violation`"),
    ("rego-not-reproducible", "a function whose result depends on network, clock or chance"),
    ("rego-null-test", "`null` where it can't be compared"),
    ("rego-number", "a number that is none, or has more than 38 digits"),
    ("rego-recursion", "a rule or function depends on itself"),
    ("rego-refused-function", "a function of Rego outside the record profile"),
    ("rego-refused-policy", "the evaluator of document policies refuses the policy as a whole"),
    ("rego-syntax", "the source can't be read"),
    ("rego-table", "a table is not used as a table"),
    ("rego-too-deep", "nested too deeply"),
    ("rego-too-large", "the source is too large"),
    ("rego-type-mismatch", "values of different types meet"),
    ("rego-unknown-column", "a column that the population or table doesn't have"),
    ("rego-unknown-function", "a function that doesn't exist"),
    ("rego-unknown-name", "a name that nothing has"),
    ("rego-unknown-parameter", "a parameter that the control doesn't have"),
    ("rego-unknown-table", "a table that the control doesn't have"),
    ("rego-unsupported", "a feature of Rego outside the record profile"),
    ("rego-unused-function", "a function that nobody calls, and which so can't be checked"),
    ("rego-v0-syntax", "the syntax before Rego v1"),
    ("rego-wrong-arguments", "a call with too many or too few arguments"),
];
