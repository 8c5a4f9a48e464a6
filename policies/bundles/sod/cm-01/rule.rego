# METADATA
# title: Changes are approved before they take effect
# description: >-
#   At least one approval with the decision `approved`, the first one no later than the moment from which
#   the change takes effect. A change that takes effect after the as-of date is not judged yet.
# custom:
#   severity: high
#   references: [COSO 2013 principle 11]
package sod.cm_01

# What takes effect later can still be approved in time.
applicable if {
	date.of(input.effective_from) <= data.run.as_of
}

violation contains {
	"code": "not-approved",
	"actual": input.approvals,
	"message": "nobody approved the change",
} if {
	input.approvals == 0
}

violation contains {
	"code": "approved-late",
	"expected": input.effective_from,
	"actual": input.first_approved_at,
	"message": "the first approval came after the expected instant, from which the change takes effect",
} if {
	input.approvals > 0
	input.first_approved_at > input.effective_from
}
