# METADATA
# title: Shares of a pool add up to one
# description: >-
#   A pool has recipients, and their shares add up to one, within the tolerance for each of them.
# custom:
#   severity: high
#   references: [COSO 2013 principle 10]
package billing.al_01

violation contains {
	"code": "not-divided",
	"expected": 1,
	"actual": 0,
	"amount": 0 - input.amount,
} if {
	input.recipients == 0
}

violation contains {
	"code": "shares-off-one",
	"expected": 1,
	"actual": input.shares,
} if {
	# Without recipients there is no sum, and the pool isn't divided at all.
	input.recipients > 0
	abs(input.shares - 1) > input.recipients * data.parameters.tolerance_per_share
}
