//! Roles that build on roles, what they permit, and which duties must stay apart.

use crate::csv::{Table, cell};
use crate::header;
use std::collections::BTreeSet;

/// Role, and the role whose permissions it has too.
const EDGES: &[(&str, &str)] = &[
    ("rate-author", "reader"),
    ("rate-approver", "reader"),
    ("usage-corrector", "reader"),
    ("credit-approver", "reader"),
    ("cost-centre-admin", "reader"),
    ("charge-poster", "reader"),
    ("billing-operator", "reader"),
    ("invoice-releaser", "reader"),
    ("access-admin", "reader"),
    ("access-reviewer", "reader"),
    ("policy-editor", "reader"),
    ("policy-approver", "reader"),
    ("map-editor", "reader"),
    ("reconciler", "reader"),
    ("dispute-agent", "reader"),
    ("dispute-judge", "reader"),
    ("pricing-analyst", "rate-author"),
    ("pricing-lead", "rate-approver"),
    ("pricing-director", "pricing-lead"),
    ("group-pricing-officer", "pricing-director"),
    ("credit-lead", "credit-approver"),
    ("finance-director", "credit-lead"),
    ("finance-officer", "finance-director"),
    ("billing-clerk", "billing-operator"),
    ("release-lead", "invoice-releaser"),
    ("billing-director", "release-lead"),
    ("ledger-clerk", "map-editor"),
    ("close-lead", "reconciler"),
    ("closing-director", "close-lead"),
    ("policy-board", "policy-approver"),
];

const PERMISSIONS: &[(&str, &str, &str)] = &[
    ("reader", "report.read", "report"),
    ("rate-author", "rate.edit", "rate"),
    ("rate-approver", "rate.approve", "rate"),
    ("usage-corrector", "usage.correct", "usage"),
    ("credit-approver", "credit.approve", "credit"),
    ("cost-centre-admin", "cost-centre.create", "cost-centre"),
    ("charge-poster", "charge.post", "charge"),
    ("billing-operator", "billing.run", "billing-run"),
    ("invoice-releaser", "invoice.release", "invoice"),
    ("access-admin", "access.grant", "entitlement"),
    ("access-reviewer", "access.review", "entitlement"),
    ("policy-editor", "policy.edit", "policy"),
    ("policy-approver", "policy.approve", "policy"),
    ("map-editor", "gl-map.edit", "gl-map"),
    ("reconciler", "reconciliation.sign", "reconciliation"),
    ("dispute-agent", "dispute.open", "dispute"),
    ("dispute-judge", "dispute.adjudicate", "dispute"),
];

/// Rule, the two actions, severity.
pub(super) const RULES: &[(&str, &str, &str, &str)] = &[
    ("SOD-R1", "rate.edit", "rate.approve", "critical"),
    ("SOD-R2", "usage.correct", "credit.approve", "critical"),
    ("SOD-R3", "cost-centre.create", "charge.post", "high"),
    ("SOD-R4", "billing.run", "invoice.release", "critical"),
    ("SOD-R5", "access.grant", "access.review", "critical"),
    ("SOD-R6", "policy.edit", "policy.approve", "critical"),
    ("SOD-R7", "gl-map.edit", "reconciliation.sign", "high"),
    ("SOD-R8", "dispute.open", "dispute.adjudicate", "high"),
];

/// What those roles permit, and the roles that they build on.
pub(super) fn actions(mut roles: BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    loop {
        let above = EDGES.iter().filter(|(role, _)| roles.contains(role));
        let more: Vec<_> = above.map(|(_, parent)| *parent).collect();
        let before = roles.len();
        roles.extend(more);
        if roles.len() == before {
            break;
        }
    }
    let permitted = PERMISSIONS.iter().filter(|(role, _, _)| roles.contains(role));
    permitted.map(|(_, action, _)| *action).collect()
}

pub(super) fn roles() -> Table {
    let edge = |(role, parent): &(&str, &str)| {
        vec![cell(role), cell(parent), cell("2022-01-01"), None, cell("U001")]
    };
    let mut rows: Vec<_> = EDGES.iter().map(edge).collect();
    rows.push(vec![cell("reader"), None, cell("2022-01-01"), None, cell("U001")]);
    // An edge of the past, which would be toxic.
    let (role, parent) = ("billing-clerk", "invoice-releaser");
    rows.push(vec![cell(role), cell(parent), cell("2022-01-01"), cell("2024-07-01"), cell("U001")]);
    header::ROLE.table(rows)
}

pub(super) fn permissions() -> Table {
    let row =
        |(role, action, kind): &(&str, &str, &str)| vec![cell(role), cell(action), cell(kind)];
    header::PERMISSION.table(PERMISSIONS.iter().map(row).collect())
}

pub(super) fn rules() -> Table {
    let row = |(rule, a, b, severity): &(&str, &str, &str, &str)| {
        vec![cell(rule), cell(a), cell(b), cell(severity), None]
    };
    header::SOD_RULE.table(RULES.iter().map(row).collect())
}
