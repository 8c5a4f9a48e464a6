//! Which columns of a query's result are personal data: those that are made of personal columns,
//! however they are called. Signed records can't be taken back, so this errs on the side of
//! withholding: any text computed from a personal column is personal.

use crate::dataset::{CLASS, PERSONAL};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, JoinType};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use std::collections::BTreeSet;

/// The names of the personal columns of a plan's result.
pub(super) fn columns(plan: &LogicalPlan) -> BTreeSet<String> {
    let names = plan.schema().fields().iter().map(|field| field.name().clone());
    names.zip(flags(plan)).filter(|(_, personal)| *personal).map(|(name, _)| name).collect()
}

/// For each column of a plan's result whether it is personal.
fn flags(plan: &LogicalPlan) -> Vec<bool> {
    let mut flags = match plan {
        LogicalPlan::TableScan(scan) => {
            let fields = scan.projected_schema.fields().iter();
            fields.map(|f| f.metadata().get(CLASS).is_some_and(|class| class == PERSONAL)).collect()
        }
        LogicalPlan::Projection(node) => derived(&node.expr, &node.input),
        LogicalPlan::Aggregate(node) => {
            let mut flags = derived(&node.group_expr, &node.input);
            flags.extend(derived(&node.aggr_expr, &node.input));
            flags
        }
        LogicalPlan::Window(node) => {
            let mut all = flags(&node.input);
            all.extend(derived(&node.window_expr, &node.input));
            all
        }
        LogicalPlan::Join(node) => match node.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => flags(&node.left),
            JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => flags(&node.right),
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                let mut all = flags(&node.left);
                all.extend(flags(&node.right));
                all
            }
        },
        LogicalPlan::Values(_) | LogicalPlan::EmptyRelation(_) => Vec::new(),
        LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Union(_)
        | LogicalPlan::RecursiveQuery(_) => by_position(plan),
        _ => {
            let any = plan.inputs().into_iter().flat_map(flags).any(|personal| personal);
            vec![any; plan.schema().fields().len()]
        }
    };
    flags.resize(plan.schema().fields().len(), false);
    flags
}

/// Columns that stand where they stood in the inputs.
fn by_position(plan: &LogicalPlan) -> Vec<bool> {
    let mut all = vec![false; plan.schema().fields().len()];
    for input in plan.inputs() {
        all.iter_mut().zip(flags(input)).for_each(|(flag, personal)| *flag |= personal);
    }
    all
}

fn derived(exprs: &[Expr], input: &LogicalPlan) -> Vec<bool> {
    let personal = flags(input);
    exprs.iter().map(|expr| is_personal(expr, input.schema(), &personal)).collect()
}

fn is_personal(expr: &Expr, schema: &DFSchema, personal: &[bool]) -> bool {
    if expr.get_type(schema).is_ok_and(|kind| !holds_text(&kind)) {
        return false;
    }
    let mut found = false;
    let walked = expr.apply(|part| {
        found |= match part {
            Expr::Column(column) => schema
                .maybe_index_of_column(column)
                .is_some_and(|at| personal.get(at).copied().unwrap_or(true)),
            Expr::ScalarSubquery(query) => flags(&query.subquery).contains(&true),
            // A column of the outer query in a correlated subquery: its flags aren't at hand.
            Expr::OuterReferenceColumn(field, _) => {
                field.metadata().get(CLASS).is_some_and(|class| class == PERSONAL)
            }
            _ => false,
        };
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found || walked.is_err()
}

fn holds_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => holds_text(values),
        DataType::List(item) | DataType::LargeList(item) => holds_text(item.data_type()),
        kind => kind.is_nested(),
    }
}
