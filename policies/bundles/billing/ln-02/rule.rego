# METADATA
# title: Charges count what was metered
# description: >-
#   The quantity of the charges of a period that are made together is what counts of usage at their cut-off,
#   less what was charged before.
# custom:
#   severity: critical
#   references: [Approved price list of the company]
package billing.ln_02

# A reversal and its replacement are decided together, at the last of them; a charge without any usage is
# LN-01's.
applicable if {
	input.decides
	input.usage_rows > 0
}

violation contains {
	"code": "quantity-differs",
	"expected": input.expected,
	"actual": input.quantity,
	"amount": input.amount,
} if {
	input.quantity != input.expected
}
