# METADATA
# title: Estimates follow the declared method
# description: >-
#   Each interval of a run of estimates is what its method makes of what had come in when it was made, and the
#   method is the one that is due.
# custom:
#   severity: high
#   references: [Approved price list of the company]
package billing.im_02

applicable if {
	input.kind == "estimated"
}

violation contains {
	"code": "estimate-differs",
	"expected": input.expected,
	"actual": input.actual,
	"amount": input.amount,
} if {
	input.intervals_off > 0
}

# Which method is due for a gap that may not be estimated at all, nobody says; IM-04 tells of it.
violation contains {
	"code": "method-differs",
	"expected": input.method_due,
	"actual": input.method,
} if {
	input.intervals <= data.parameters.gap_max
	input.method != input.method_due
}
