# METADATA
# title: Every charge rests on usage
# description: >-
#   A charge of a quantity other than zero has rows of usage in its period.
# custom:
#   severity: critical
#   references: [Approved price list of the company]
package billing.ln_01

violation contains {
	"code": "charge-without-usage",
	"actual": input.quantity,
	"amount": input.charged,
} if {
	input.usage_rows == 0
	input.quantity != 0
}
