//! Where the nodes of the typed tree stand in the source.

use crate::harness::compiled;
use tieout_policies::tree::{Expr, ExprKind, Span, Statement};

const BODY: &str = "violation contains {\"code\": \"x\"} if {
\tnot input.flag
\ta := input.amount + 1
\tsome t in input.tags
\tevery u in [\"é\", t] {
\t\tt == u
\t}
\ta > (input.price)
}";

/// What a place of the source says.
fn said(span: Span) -> String {
    let source = format!("package t\n{BODY}");
    let line = source.lines().nth(usize::try_from(span.line).unwrap() - 1).unwrap();
    let skip = usize::try_from(span.column).unwrap() - 1;
    line.chars().skip(skip).take(usize::try_from(span.length).unwrap()).collect()
}

fn both(expr: &Expr) -> [String; 2] {
    match &expr.kind {
        ExprKind::Arithmetic { left, right, .. } | ExprKind::Compare { left, right, .. } => {
            [said(left.span), said(right.span)]
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn statements_and_expressions_know_their_place() {
    let compiled = compiled(BODY);
    let statements = &compiled.program().unwrap().violations[0].body;
    let told: Vec<_> = statements.iter().map(|s| said(s.span())).collect();
    let expected = [
        "not input.flag",
        "a := input.amount + 1",
        "some t in input.tags",
        "every u in [\"é\", t]",
        "a > (input.price)",
    ];
    assert_eq!(told, expected);
    let Statement::Bind { value, .. } = &statements[1] else { panic!("{statements:?}") };
    assert_eq!(both(value), ["input.amount", "1"]);
    let Statement::Test(last) = &statements[4] else { panic!("{statements:?}") };
    assert_eq!(both(last), ["a", "(input.price)"]);
}
