# METADATA
# title: Billing runs charge what came in
# description: >-
#   For every resource period in a run, what is charged of a service is what came in of its usage; differences
#   that cancel each other are differences.
# custom:
#   severity: high
#   references: [Approved price list of the company]
package billing.rc_01

violation contains {
	"code": "run-differs",
	"expected": input.metered,
	"actual": input.billed,
	"amount": input.amount,
} if {
	input.periods_off > 0
}
