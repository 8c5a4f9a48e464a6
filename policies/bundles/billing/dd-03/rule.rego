# METADATA
# title: What a source sent under two ids is billed once
# description: >-
#   The charge does not count several rows of one source for the same interval.
# custom:
#   severity: critical
#   references: [Approved price list of the company]
package billing.dd_03

violation contains {
	"code": "near-duplicate-billed",
	"expected": 0,
	"actual": input.excess,
	"amount": input.excess_amount,
} if {
	input.billed_twice == "near-duplicate-billed"
}
