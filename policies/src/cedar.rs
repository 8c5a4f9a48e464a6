//! Cedar policies: who may do what, one request for each record.
//!
//! `request.yaml` says how a record becomes a request (see [`request`]). Allow conforms. Deny
//! violates, with a fact for each `forbid` that applied: its `@code` (kebab-case, required) and,
//! where given, `@message`, `@expected` and `@actual`; without one (nothing permits the request)
//! the code is `not-permitted`. Cedar skips a policy that errs, so that an erring `forbid` would
//! let a request pass: any error makes the record undetermined.

pub mod allowed;
mod part;
mod request;

use crate::bundle::Rule;
use crate::compile::{Diagnostic, Environment};
use crate::data::Schema;
use crate::evaluate::{self, EvaluateError};
use crate::tree::Type;
use arrow_array::{Array, RecordBatch};
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Effect, Entities, Policy, PolicyId, PolicySet,
    Request, Response, Schema as CedarSchema, ValidationMode, Validator,
};
use part::parts;
use request::RequestShape;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::decision::{Reason, RuleRef};
use tieout_controls::{Cause, Decision, Fact, Value};

/// The checked policies of a `rule.cedar`.
#[derive(Debug)]
pub(crate) struct Policies {
    set: PolicySet,
    request: RequestShape,
    /// By their number in the file.
    policies: Vec<Stated>,
    /// The whole file.
    file: RuleRef,
    /// The columns read, with their types.
    columns: BTreeMap<String, Type>,
}

/// What is told of a policy.
#[derive(Debug)]
struct Stated {
    id: PolicyId,
    rule: RuleRef,
    code: String,
    message: Option<String>,
    expected: Option<String>,
    actual: Option<String>,
}

/// Checks the policies of a rule.
pub(crate) fn compile(rule: &Rule, environment: &Environment) -> Result<Policies, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let (set, policies) = read(rule, &mut found);
    let request_path = rule.path.replace("rule.cedar", "request.yaml");
    let text = rule.request.as_deref().unwrap_or_default();
    let request = RequestShape::read(text, &environment.input);
    let request = match request {
        Ok(request) => request,
        Err(errors) => {
            let errors = errors.into_iter();
            found.extend(errors.map(|e| diagnostic("cedar-request", &request_path, 1, e)));
            return Err(found);
        }
    };
    if found.is_empty() {
        validate(&set, &request, &policies, rule, &mut found);
    }
    if !found.is_empty() {
        return Err(found);
    }
    let last_line = u32::try_from(rule.source.lines().count()).unwrap_or(u32::MAX).max(1);
    let file = RuleRef { file: rule.path.clone(), line: 1, last_line };
    let of_column = |name: &str| {
        let column = environment.input.columns.iter().find(|c| c.name == name)?;
        Some((name.to_owned(), Type::of_column(column.kind)))
    };
    let columns = request.columns().filter_map(of_column).collect();
    Ok(Policies { set, request, policies, file, columns })
}

fn diagnostic(code: &'static str, path: &str, line: u32, message: impl Into<String>) -> Diagnostic {
    let (path, message) = (path.to_owned(), message.into());
    Diagnostic { code, path, line, column: 1, length: 1, message, help: None }
}

/// The policies of the file, one by one, so that each keeps its lines.
fn read(rule: &Rule, found: &mut Vec<Diagnostic>) -> (PolicySet, Vec<Stated>) {
    let mut set = PolicySet::new();
    let mut policies = Vec::new();
    for part in parts(&rule.source) {
        let mut report = |code, message: String, help: Option<&str>| {
            let mut entry = diagnostic(code, &rule.path, part.line, message);
            entry.help = help.map(ToOwned::to_owned);
            found.push(entry);
        };
        let id = PolicyId::new(format!("policy {}", policies.len()));
        let policy = match Policy::parse(Some(id.clone()), part.text) {
            Ok(policy) => policy,
            Err(e) => {
                report("cedar-syntax", one_line(&e.to_string()), None);
                continue;
            }
        };
        let annotation = |name: &str| policy.annotation(name).map(ToOwned::to_owned);
        let code = annotation("code").unwrap_or_default();
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if policy.effect() == Effect::Forbid && (code.is_empty() || !code.bytes().all(fits)) {
            let help = "write `@code(\"author-approves\")` above the policy";
            let message = "a forbid policy needs a code of lower-case letters, digits and hyphens";
            report("cedar-missing-code", message.to_owned(), Some(help));
        }
        policies.push(Stated {
            rule: RuleRef { file: rule.path.clone(), line: part.line, last_line: part.last_line },
            code,
            message: annotation("message"),
            expected: annotation("expected"),
            actual: annotation("actual"),
            id,
        });
        if let Err(e) = set.add(policy) {
            report("cedar-unsupported", one_line(&e.to_string()), None);
        }
    }
    if policies.is_empty() && found.is_empty() {
        found.push(diagnostic("cedar-syntax", &rule.path, 1, "the file has no policy"));
    }
    (set, policies)
}

fn validate(
    set: &PolicySet,
    request: &RequestShape,
    policies: &[Stated],
    rule: &Rule,
    found: &mut Vec<Diagnostic>,
) {
    let schema = match CedarSchema::from_json_value(request.schema()) {
        Ok(schema) => schema,
        Err(e) => {
            let path = rule.path.replace("rule.cedar", "request.yaml");
            found.push(diagnostic("cedar-request", &path, 1, one_line(&e.to_string())));
            return;
        }
    };
    let result = Validator::new(schema).validate(set, ValidationMode::Strict);
    for error in result.validation_errors() {
        let stated = policies.iter().find(|p| p.id == *error.policy_id());
        let line = stated.map_or(1, |p| p.rule.line);
        let message = one_line(&error.to_string());
        found.push(diagnostic("cedar-validation", &rule.path, line, message));
    }
    found.sort_by(|a, b| (a.line, &a.message).cmp(&(b.line, &b.message)));
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Policies {
    /// The columns read, in the population's order.
    pub(crate) fn columns(&self, input: &Schema) -> Vec<String> {
        let names = input.columns.iter().map(|c| &c.name);
        names.filter(|name| self.columns.contains_key(*name)).cloned().collect()
    }

    /// One decision for each row.
    pub(crate) fn decide(&self, batch: &RecordBatch) -> Result<Vec<Decision>, EvaluateError> {
        let bind =
            |(name, ty): (&'_ String, &Type)| Ok((name.clone(), evaluate::array(batch, name, ty)?));
        let arrays: BTreeMap<String, &dyn Array> =
            self.columns.iter().map(bind).collect::<Result<_, EvaluateError>>()?;
        let authorizer = Authorizer::new();
        let mut decisions = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let mut cells = BTreeMap::new();
            for (name, array) in &arrays {
                cells.insert(name.as_str(), evaluate::value_at(*array, row)?);
            }
            let cell = |name: &str| cells.get(name).cloned().unwrap_or(Value::Null);
            decisions.push(self.decide_record(&authorizer, &cell));
        }
        Ok(decisions)
    }

    fn decide_record(&self, authorizer: &Authorizer, cell: &impl Fn(&str) -> Value) -> Decision {
        let principal = self.request.principal.entity(cell);
        let resource = self.request.resource.entity(cell);
        let ((principal, principal_entity), (resource, resource_entity)) =
            match (principal, resource) {
                (Ok(principal), Ok(resource)) => (principal, resource),
                (principal, resource) => {
                    let missing = [principal.err(), resource.err()];
                    return self.missing(missing.into_iter().flatten().flatten().collect());
                }
            };
        let action = self.request.action.clone();
        let request = Request::new(principal, action, resource, Context::empty(), None);
        let entities = Entities::from_entities([principal_entity, resource_entity], None);
        let (Ok(request), Ok(entities)) = (request, entities) else {
            return Decision::Undetermined { causes: vec![self.policy_error(&self.file)] };
        };
        self.decision(&authorizer.is_authorized(&request, &self.set, &entities))
    }

    /// The decision where columns are null that may not be.
    fn missing(&self, columns: BTreeSet<String>) -> Decision {
        let cause =
            |column| Cause { reason: Reason::Null, rule: self.file.clone(), column: Some(column) };
        let mut causes: Vec<_> = columns.into_iter().map(cause).collect();
        if causes.is_empty() {
            causes.push(self.policy_error(&self.file));
        }
        Decision::Undetermined { causes }
    }

    fn policy_error(&self, rule: &RuleRef) -> Cause {
        Cause { reason: Reason::PolicyError, rule: rule.clone(), column: None }
    }

    /// What a response means. A `forbid` that applied is certain whatever else erred.
    fn decision(&self, response: &Response) -> Decision {
        let allowed = response.decision() == cedar_policy::Decision::Allow;
        let mut causes = BTreeSet::new();
        for AuthorizationError::PolicyEvaluationError(error) in response.diagnostics().errors() {
            let stated = self.policies.iter().find(|p| p.id == *error.policy_id());
            causes.insert(self.policy_error(stated.map_or(&self.file, |p| &p.rule)));
        }
        let causes: Vec<_> = causes.into_iter().collect();
        let reasons: BTreeSet<&PolicyId> = response.diagnostics().reason().collect();
        let forbids = self.policies.iter().filter(|p| !allowed && reasons.contains(&p.id));
        let mut facts: Vec<_> = forbids.map(Stated::fact).collect();
        if facts.is_empty() && !causes.is_empty() {
            return Decision::Undetermined { causes };
        }
        if allowed {
            return Decision::Conforms;
        }
        if facts.is_empty() {
            facts.push(Fact {
                rule: self.file.clone(),
                code: "not-permitted".to_owned(),
                expected: None,
                actual: None,
                amount: None,
                message: Some("no policy permits it".to_owned()),
            });
        }
        Decision::Violates { facts, causes }
    }
}

impl Stated {
    fn fact(&self) -> Fact {
        Fact {
            rule: self.rule.clone(),
            code: self.code.clone(),
            expected: self.expected.clone(),
            actual: self.actual.clone(),
            amount: None,
            message: self.message.clone(),
        }
    }
}
