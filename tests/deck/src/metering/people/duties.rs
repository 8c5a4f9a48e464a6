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
    ("dispute-agent", Some("reader")),
    ("dispute-head", Some("dispute-agent")),
    ("mediator", Some("reader")),
    ("rule-deployer", Some("reader")),
    ("billing-engineer", Some("reader")),
    ("close-operator", Some("reader")),
    ("close-signer", Some("reader")),
    ("board-member", Some("reader")),
    ("finding-closer", Some("reader")),
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
    ("portal-user", "dispute.open", "dispute"),
    ("portal-user", "budget.approve", "budget"),
    ("emergency-operator", "break-glass.use", "system"),
    ("rate-author", "rate.edit", "price-plan"),
    ("rate-approver", "rate.approve", "price-plan"),
    ("rate-deployer", "rate.deploy", "price-plan"),
    ("rate-deployer", "ticket.open", "ticket"),
    ("rate-deployer", "ticket.analyse", "ticket"),
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
    ("dispute-agent", "dispute.handle", "dispute"),
    ("dispute-agent", "dispute.resolve", "dispute"),
    ("dispute-agent", "ticket.open", "ticket"),
    ("dispute-head", "rule.approve", "billing-rule"),
    ("rule-deployer", "rule.deploy", "billing-rule"),
    ("mediator", "dispute.handle", "dispute"),
    ("mediator", "dispute.resolve", "dispute"),
    ("billing-engineer", "rule.edit", "billing-rule"),
    ("billing-engineer", "ticket.analyse", "ticket"),
    ("close-operator", "close.do", "close-task"),
    ("close-signer", "close.sign", "close-task"),
    ("board-member", "board.decide", "board-decision"),
    ("finding-closer", "finding.close", "finding"),
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
    ("SOD-R8", "rule.edit", "rule.approve", "critical"),
    ("SOD-R9", "rule.approve", "rule.deploy", "critical"),
    ("SOD-R10", "rule.edit", "rule.deploy", "critical"),
    ("SOD-R11", "dispute.resolve", "credit.approve", "critical"),
    ("SOD-R12", "dispute.open", "dispute.resolve", "high"),
    ("SOD-R13", "close.do", "close.sign", "high"),
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
