//! Roles that build on roles, what they permit, and which duties must stay apart.

use crate::csv::{Table, cell, maybe};
use crate::header;

/// Role, and the role whose permissions it has too. The circles and boards are groups within groups.
const EDGES: &[(&str, Option<&str>)] = &[
    ("reader", None),
    ("portal-user", None),
    ("emergency-operator", None),
    ("rate-author", Some("reader")),
    ("rate-approver", Some("reader")),
    ("rate-deployer", Some("reader")),
    ("access-admin", Some("reader")),
    ("access-reviewer", Some("reader")),
    ("credit-approver", Some("reader")),
    ("buyer", Some("reader")),
    ("purchase-approver", Some("reader")),
    ("document-approver", Some("reader")),
    ("journal-preparer", None),
    ("journal-approver", Some("reader")),
    ("billing-operator", Some("reader")),
    ("invoice-releaser", Some("reader")),
    ("pricing-analyst", Some("rate-author")),
    ("pricing-board", Some("rate-approver")),
    ("pricing-circle", Some("pricing-board")),
    ("audit-board", Some("access-reviewer")),
    ("audit-circle", Some("audit-board")),
];

/// Role, action, type of the resource.
const PERMISSIONS: &[(&str, &str, &str)] = &[
    ("reader", "price.read", "price-plan"),
    ("portal-user", "bill.open", "bill"),
    ("portal-user", "invoice.read", "invoice"),
    ("portal-user", "report.read", "tenant-report"),
    ("emergency-operator", "break-glass.use", "system"),
    ("rate-author", "rate.edit", "price-plan"),
    ("rate-approver", "rate.approve", "price-plan"),
    ("rate-deployer", "rate.deploy", "price-plan"),
    ("access-admin", "access.grant", "role-grant"),
    ("access-admin", "access.revoke", "role-grant"),
    ("access-reviewer", "access.review", "role-grant"),
    ("credit-approver", "credit.approve", "credit"),
    ("buyer", "purchase.request", "purchase-order"),
    ("buyer", "purchase.receive", "receipt"),
    ("purchase-approver", "purchase.approve", "purchase-order"),
    ("document-approver", "document.approve", "document"),
    ("journal-preparer", "journal.post", "journal"),
    ("journal-approver", "journal.approve", "journal"),
    ("billing-operator", "billing.run", "billing-run"),
    ("invoice-releaser", "invoice.release", "invoice"),
];

/// Rule, the two actions, severity.
const RULES: &[(&str, &str, &str, &str)] = &[
    (EDIT_APPROVE, "rate.edit", "rate.approve", "critical"),
    ("SOD-R2", "rate.edit", "rate.deploy", "critical"),
    (APPROVE_DEPLOY, "rate.approve", "rate.deploy", "critical"),
    (GRANT_REVIEW, "access.grant", "access.review", "critical"),
    ("SOD-R5", "purchase.request", "purchase.approve", "critical"),
    ("SOD-R6", "journal.post", "journal.approve", "critical"),
    ("SOD-R7", "billing.run", "invoice.release", "high"),
];

pub(super) const EDIT_APPROVE: &str = "SOD-R1";
pub(super) const APPROVE_DEPLOY: &str = "SOD-R3";
pub(super) const GRANT_REVIEW: &str = "SOD-R4";

/// The datasets `role`, `permission` and `sod-rule`.
pub(super) fn tables() -> [Table; 3] {
    let edge = |(role, parent): &(&str, Option<&str>)| {
        vec![cell(role), maybe(*parent), cell("2022-01-01"), None, cell("U128")]
    };
    let permission =
        |(role, action, kind): &(&str, &str, &str)| vec![cell(role), cell(action), cell(kind)];
    let rule = |(rule, a, b, severity): &(&str, &str, &str, &str)| {
        vec![cell(rule), cell(a), cell(b), cell(severity), None]
    };
    [
        header::ROLE.table(EDGES.iter().map(edge).collect()),
        header::PERMISSION.table(PERMISSIONS.iter().map(permission).collect()),
        header::SOD_RULE.table(RULES.iter().map(rule).collect()),
    ]
}
