//! Planning a population's query, and refusing what would make it inexact or unrepeatable.

use super::check::Grain;
use super::select::Condition;
use super::session::session;
use crate::binding::Bound;
use crate::dataset::Loaded;
use crate::error::{closest, did_you_mean, input, list};
use crate::run::RunError;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, SchemaError};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::WindowFunctionDefinition;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, Volatility};
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::parser::ParserError;
use std::sync::Arc;
use tieout_controls::Control;

/// A query ready to run.
pub(super) struct Query {
    frame: DataFrame,
    /// The columns of its records.
    pub(super) schema: SchemaRef,
    /// Those that are personal data.
    pub(super) personal: std::collections::BTreeSet<String>,
    control: String,
}

impl Query {
    /// Runs it.
    pub(super) async fn collect(self) -> Result<Vec<RecordBatch>, RunError> {
        let Self { frame, control, .. } = self;
        frame.collect().await.map_err(|e| {
            let message = format!("control `{control}`: the query failed: {}", e.strip_backtrace());
            input("population-query", message, None)
        })
    }
}

/// Plans a query over the bound datasets and the table `base`, its records in the population's
/// order.
pub(super) async fn plan(
    control: &Control,
    query: &str,
    bound: &Bound<'_>,
    condition: Option<&Condition>,
) -> Result<Query, RunError> {
    let wrong = |e: &DataFusionError| query_error(control, "query", query, e);
    let context = session();
    register(&context, bound, condition).map_err(|e| wrong(&e))?;
    let plan = context.state().create_logical_plan(query).await.map_err(|e| wrong(&e))?;
    check_plan(control, query, &plan)?;
    let schema: SchemaRef = Arc::clone(plan.schema().inner());
    check_result(control, &schema)?;
    let personal = super::personal::columns(&plan);
    let order = Grain::of(control).order();
    let known = |name: &&str| schema.column_with_name(name).is_some();
    let order = order
        .iter()
        .copied()
        .filter(known)
        .map(|name| Expr::Column(Column::from_name(name)).sort(true, true));
    let frame = context.execute_logical_plan(plan).await.map_err(|e| wrong(&e))?;
    let frame = frame.sort(order.collect()).map_err(|e| wrong(&e))?;
    Ok(Query { frame, schema, personal, control: control.id.to_string() })
}

fn register(
    context: &SessionContext,
    bound: &Bound<'_>,
    condition: Option<&Condition>,
) -> Result<(), DataFusionError> {
    for (role, loaded) in bound.joined() {
        context.register_table(table_name(role), table(loaded)?)?;
    }
    let base = bound.base().map_err(|e| DataFusionError::Plan(e.to_string()))?;
    let base = table(base)?;
    let selected = match condition {
        None => base,
        Some(condition) => context.read_table(base)?.filter(condition.expr.clone())?.into_view(),
    };
    context.register_table("base", selected)?;
    Ok(())
}

fn table(loaded: &Loaded) -> Result<Arc<MemTable>, DataFusionError> {
    let table = MemTable::try_new(Arc::clone(&loaded.schema), vec![loaded.batches.clone()])?;
    Ok(Arc::new(table))
}

/// The SQL name of a role.
pub(super) fn table_name(role: &str) -> String {
    role.replace('-', "_")
}

fn check_result(control: &Control, schema: &SchemaRef) -> Result<(), RunError> {
    let mut seen = std::collections::BTreeSet::new();
    for field in schema.fields() {
        if !seen.insert(field.name()) {
            let message = format!(
                "control `{}`: the query gives the column `{}` twice",
                control.id,
                field.name()
            );
            return Err(input("population-query", message, "name one of them with AS".to_owned()));
        }
        if tieout_policies::column::column_type(field.data_type()).is_none() {
            let message = format!(
                "control `{}`: the query gives the column `{}` as {}, which policies can't read",
                control.id,
                field.name(),
                field.data_type()
            );
            return Err(input("population-query", message, "CAST it to an exact type".to_owned()));
        }
    }
    Ok(())
}

fn check_plan(control: &Control, query: &str, plan: &LogicalPlan) -> Result<(), RunError> {
    let mut found = Ok(());
    let walked = plan.apply_with_subqueries(|node| {
        found = check_node(control, query, node);
        Ok(if found.is_ok() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    walked.map_err(|e| query_error(control, "query", query, &e))?;
    found
}

fn check_node(control: &Control, query: &str, node: &LogicalPlan) -> Result<(), RunError> {
    let statement = matches!(
        node,
        LogicalPlan::Statement(_)
            | LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::DescribeTable(_)
            | LogicalPlan::Dml(_)
            | LogicalPlan::Ddl(_)
            | LogicalPlan::Copy(_)
            | LogicalPlan::Extension(_)
    );
    if statement {
        let message = format!("control `{}`: the query is not a SELECT", control.id);
        return Err(input("population-query", message, None));
    }
    let mut schema = DFSchema::empty();
    for input in node.inputs() {
        schema.merge(input.schema());
    }
    let mut found = Ok(());
    let walked = node.apply_expressions(|expr| {
        found = check_expr(control, query, expr, &schema);
        Ok(if found.is_ok() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    walked.map_err(|e| query_error(control, "query", query, &e))?;
    found
}

/// Refuses functions whose answer depends on more than their arguments, and binary floating point
/// at any depth.
pub(super) fn check_expr(
    control: &Control,
    text: &str,
    expr: &Expr,
    schema: &DFSchema,
) -> Result<(), RunError> {
    let mut found = Ok(());
    let walked = expr.apply(|part| {
        if let Some(function) = unrepeatable(part) {
            let message = format!(
                "control `{}`{}: `{function}` gives another answer each time",
                control.id,
                place(text, &function)
            );
            let help = "the run's own dates reach the policy as `data.run`";
            found = Err(input("volatile-function", message, help.to_owned()));
        } else if part.get_type(schema).is_ok_and(|kind| inexact(&kind)) {
            let message = format!(
                "control `{}`: `{part}` computes in binary floating point, which can't hold amounts exactly",
                control.id
            );
            let help = "use exact decimals, such as CAST(… AS DECIMAL(38, 18)), or let the policy divide and round";
            found = Err(input("population-float", message, help.to_owned()));
        } else if let Some(help) = wraps(part, schema) {
            let message = format!(
                "control `{}`: `{part}` wraps around past its largest number instead of failing",
                control.id
            );
            found = Err(input("population-query", message, help.to_owned()));
        } else if let Some((what, help)) = unnamed_rounding(part, schema) {
            let message = format!(
                "control `{}`: {what} rounds by a rule that the query doesn't name",
                control.id
            );
            found = Err(input("population-query", message, help.to_owned()));
        }
        Ok(if found.is_ok() { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    walked.map_err(|e| query_error(control, "query", text, &e))?;
    found
}

fn inexact(kind: &DataType) -> bool {
    match kind {
        DataType::List(item) | DataType::LargeList(item) => inexact(item.data_type()),
        kind => kind.is_floating(),
    }
}

/// What to write instead of a sum of decimals in 128 bits, or of arithmetic on integers: both
/// overflow without a word.
fn wraps(expr: &Expr, schema: &DFSchema) -> Option<&'static str> {
    let kind = |arg: &Expr| arg.get_type(schema).ok();
    if let Some(("sum", args)) = aggregate(expr) {
        let narrow = |arg: &Expr| {
            kind(arg).is_some_and(|k| k.is_integer() || matches!(k, DataType::Decimal128(..)))
        };
        let narrow = args.iter().any(narrow);
        return narrow.then_some("sum over 76 digits: SUM(CAST(… AS DECIMAL(76, 38)))");
    }
    match expr {
        Expr::BinaryExpr(b)
            if matches!(b.op, Operator::Plus | Operator::Minus | Operator::Multiply) =>
        {
            let whole = |arg: &Expr| kind(arg).is_some_and(|k| k.is_integer());
            let whole = whole(&b.left) && whole(&b.right);
            whole.then_some("compute in decimals: CAST(… AS DECIMAL(38, 0))")
        }
        _ => None,
    }
}

/// What rounds, and what to write instead. SQL cuts a quotient at a scale of its own choosing, an
/// average and a median are quotients, and a cast to fewer digits rounds as the library likes.
fn unnamed_rounding(expr: &Expr, schema: &DFSchema) -> Option<(String, &'static str)> {
    let divide = "let the policy divide, with `decimal.div(a, b, scale, mode)`";
    let round = "let the policy round, with `decimal.round(x, scale, mode)`";
    if let Some((function, _)) = aggregate(expr) {
        return match function {
            "avg" => Some(("an average".to_owned(), divide)),
            "median" => Some(("a median".to_owned(), divide)),
            name if name.starts_with("approx_") || name.ends_with("_cont") => {
                Some((format!("`{name}`"), "count, or compare, what is exact"))
            }
            _ => None,
        };
    }
    let cast = |from: &Expr, to: &DataType| {
        let from = from.get_type(schema).ok()?;
        (places(to)? < places(&from)?).then(|| (format!("a cast from {from} to {to}"), round))
    };
    match expr {
        Expr::BinaryExpr(b) if b.op == Operator::Divide => Some(("a division".to_owned(), divide)),
        Expr::ScalarFunction(f) if matches!(f.func.name(), "round" | "trunc") => {
            Some((format!("`{}`", f.func.name()), round))
        }
        Expr::Cast(c) => cast(&c.expr, c.field.data_type()),
        Expr::TryCast(c) => cast(&c.expr, c.field.data_type()),
        _ => None,
    }
}

/// The digits behind the point that an exact type holds.
fn places(kind: &DataType) -> Option<i8> {
    match kind {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(*scale),
        kind => kind.is_integer().then_some(0),
    }
}

/// The name and arguments of an aggregate function, over groups or over windows.
fn aggregate(expr: &Expr) -> Option<(&str, &[Expr])> {
    match expr {
        Expr::AggregateFunction(f) => Some((f.func.name(), &f.params.args)),
        Expr::WindowFunction(f) => match &f.fun {
            WindowFunctionDefinition::AggregateUDF(function) => {
                Some((function.name(), &f.params.args))
            }
            WindowFunctionDefinition::WindowUDF(_) => None,
        },
        _ => None,
    }
}

fn unrepeatable(expr: &Expr) -> Option<String> {
    let (name, volatility) = match expr {
        Expr::ScalarFunction(f) => (f.func.name(), f.func.signature().volatility),
        Expr::AggregateFunction(f) => (f.func.name(), f.func.signature().volatility),
        Expr::WindowFunction(f) => match &f.fun {
            WindowFunctionDefinition::AggregateUDF(f) => (f.name(), f.signature().volatility),
            WindowFunctionDefinition::WindowUDF(f) => (f.name(), f.signature().volatility),
        },
        Expr::ScalarVariable(..) | Expr::Placeholder(_) => ("a variable", Volatility::Volatile),
        _ => return None,
    };
    (volatility != Volatility::Immutable).then(|| name.to_owned())
}

/// `, line 2, column 7` of a word in a text, where it stands there.
fn place(text: &str, word: &str) -> String {
    let Some(at) = text.to_lowercase().find(&word.to_lowercase()) else { return String::new() };
    let before = text.get(..at).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    format!(", line {line}, column {column}")
}

/// What the planner found wrong, in our words where we have them.
pub(super) fn query_error(
    control: &Control,
    part: &str,
    text: &str,
    error: &DataFusionError,
) -> RunError {
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema, _) = root
        && let SchemaError::FieldNotFound { field, valid_fields } = schema.as_ref()
    {
        let names: Vec<&str> = valid_fields.iter().map(Column::name).collect();
        let message = format!(
            "control `{}`, {part}{}: there is no column `{}`",
            control.id,
            place(text, &field.name),
            field.name
        );
        let help = closest(&field.name, names).map(|near| {
            if near.chars().any(char::is_uppercase) {
                format!("did you mean `\"{near}\"`? names with capitals stand in double quotes")
            } else {
                format!("did you mean `{near}`?")
            }
        });
        return input("population-query", message, help);
    }
    if let DataFusionError::SQL(error, _) = root {
        let (at, words) = syntax(error);
        return input(
            "population-query",
            format!("control `{}`, {part}{at}: {words}", control.id),
            None,
        );
    }
    if let DataFusionError::Plan(words) = root
        && let Some(name) = missing_table(words)
    {
        let tables: Vec<_> = control.population.joins.iter().map(|role| table_name(role)).collect();
        let known = || std::iter::once("base").chain(tables.iter().map(String::as_str));
        let at = place(text, name);
        let message = format!("control `{}`, {part}{at}: there is no table `{name}`", control.id);
        let help = did_you_mean(name, known()).unwrap_or_else(|| {
            format!("there is {}; `joins` names the roles that the query reads", list(known()))
        });
        return input("population-query", message, help);
    }
    let at = error.diagnostic().and_then(|d| d.span).map_or_else(String::new, |span| {
        format!(", line {}, column {}", span.start.line, span.start.column)
    });
    let words = match root {
        DataFusionError::Plan(words) => words.clone(),
        other => other.strip_backtrace(),
    };
    let words = words.lines().next().unwrap_or("").trim_end_matches('.');
    let function = words.strip_prefix("Invalid function '").and_then(|f| f.strip_suffix('\''));
    let words = function.map_or_else(|| lowered(words), |f| format!("there is no function `{f}`"));
    input("population-query", format!("control `{}`, {part}{at}: {words}", control.id), None)
}

/// The table that the planner didn't find. It knows them by catalogue and schema, of which users
/// know nothing.
fn missing_table(words: &str) -> Option<&str> {
    let name = words.strip_prefix("table '")?.split_once("' not found")?.0;
    name.rsplit('.').next()
}

/// Where SQL can't be read, and what is wrong there.
fn syntax(error: &ParserError) -> (String, String) {
    let said = match error {
        ParserError::TokenizerError(said) | ParserError::ParserError(said) => said.as_str(),
        ParserError::RecursionLimitExceeded => "it nests too deep",
    };
    let (said, at) = said.split_once(" at Line: ").unwrap_or((said, ""));
    let at = at
        .split_once(", Column: ")
        .map_or_else(String::new, |(line, column)| format!(", line {line}, column {column}"));
    let words = match said.strip_prefix("Expected: ").and_then(|rest| rest.rsplit_once(", found: "))
    {
        Some((expected, "EOF")) => format!("expected {expected}, found the end"),
        Some((expected, found)) => format!("expected {expected}, found `{found}`"),
        None => lowered(said),
    };
    (at, words)
}

/// A sentence as part of another: its first letter small, unless it begins with a keyword.
fn lowered(words: &str) -> String {
    let mut letters = words.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain([second]).chain(letters).collect()
        }
        _ => words.to_owned(),
    }
}
