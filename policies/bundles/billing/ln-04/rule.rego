# METADATA
# title: All usage is billed
# description: >-
#   Of what a resource used in a period nothing is left that the charges made so far do not count.
# custom:
#   severity: critical
#   references: [Approved price list of the company]
package billing.ln_04

# Charges that count something else than was metered are LN-02's.
applicable if {
	input.due
	input.charged_as_metered
}

violation contains {
	"code": "usage-not-billed",
	"expected": input.metered,
	"actual": input.charged,
	"amount": input.unbilled_amount,
} if {
	input.unbilled != 0
}
