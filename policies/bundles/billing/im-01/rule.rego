# METADATA
# title: Missing intervals are estimated
# description: >-
#   A run of missing intervals that is short enough is estimated; a longer one is an exception of its own.
# custom:
#   severity: high
#   references: [Approved price list of the company]
package billing.im_01

applicable if {
	input.kind in ["measured", "estimated", "missing"]
}

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
