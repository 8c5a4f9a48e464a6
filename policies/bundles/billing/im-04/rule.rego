# METADATA
# title: Long gaps are not estimated
# description: >-
#   A run of estimates has at most as many intervals as may be estimated.
# custom:
#   severity: high
#   references: [Approved price list of the company]
package billing.im_04

applicable if {
	input.kind == "estimated"
}

violation contains {
	"code": "gap-over-maximum",
	"expected": data.parameters.gap_max,
	"actual": input.intervals,
	"amount": input.estimated_amount,
} if {
	input.intervals > data.parameters.gap_max
}
