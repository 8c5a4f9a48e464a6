# METADATA
# title: Intervals metered by two sources are billed once
# description: >-
#   The charge does not count rows of a second source beside those that count.
# custom:
#   severity: critical
#   references: [Approved price list of the company]
package billing.dd_02

violation contains {
	"code": "overlap-billed-twice",
	"expected": 0,
	"actual": input.excess,
	"amount": input.excess_amount,
} if {
	input.billed_twice == "duplicate-overlap-billed"
}
