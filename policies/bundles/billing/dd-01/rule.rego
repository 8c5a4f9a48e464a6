# METADATA
# title: No row of usage is there twice
# description: >-
#   No row of usage has the source and the id of another. The amount is what was billed too much for it.
# custom:
#   severity: high
#   references: [Approved price list of the company]
package billing.dd_01

violation contains {
	"code": "duplicate-rows",
	"expected": 0,
	"actual": input.duplicates,
	"amount": input.excess_amount,
} if {
	input.duplicates > 0
	input.billed_twice == "duplicate-exact"
}

# There twice and counted once: nothing was billed too much.
violation contains {
	"code": "duplicate-rows",
	"expected": 0,
	"actual": input.duplicates,
	"amount": 0,
} if {
	input.duplicates > 0
	input.billed_twice != "duplicate-exact"
}
