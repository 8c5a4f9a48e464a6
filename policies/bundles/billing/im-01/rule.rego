# METADATA
# title: Missing intervals are estimated
# description: >-
#   No run of intervals is missing. One that is short enough should have been estimated, at the amount that the
#   estimate would have come to; a longer one may not be, and has no amount.
# custom:
#   severity: high
#   references: [Estimation procedure of the company]
package billing.im_01

violation contains {
	"code": "gap-not-estimated",
	"expected": input.expected,
	"actual": 0,
	"amount": input.amount,
} if {
	input.kind == "missing"
	input.intervals <= data.parameters.gap_max
}

# Nobody may estimate so long a gap: what was used in it is not known.
violation contains {
	"code": "gap-left-open",
	"actual": input.intervals,
} if {
	input.kind == "missing"
	input.intervals > data.parameters.gap_max
}
