# METADATA
# title: Charges are what the price plan makes of their quantity
# description: >-
#   The amount of a charge is what the terms in force at the start of its period, as known at its run, make of
#   its quantity. What only became known afterwards is no error.
# custom:
#   severity: critical
#   references: [Approved price list of the company]
package billing.pt_02

violation contains {
	"code": "charge-differs",
	"expected": input.expected,
	"actual": input.amount,
	"amount": input.difference,
} if {
	input.amount != input.expected
}
