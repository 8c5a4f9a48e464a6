# METADATA
# title: The cost behind an intercompany charge is what was allocated
# description: >-
#   The amount of the cost pool that a charge names is what the allocation gave to the buyer's cost centres
#   from the seller's pools of the period, to the last unit; and no entity bears pooled cost uncharged.
# custom:
#   severity: high
#   references: [OECD TPG 7.34 to 7.36, OECD TPG 7.61]
package transfer_pricing.tp_04

violation contains {
	"code": "pool-off-allocation",
	"expected": input.allocated,
	"actual": input.pool_amount,
	"amount": difference,
} if {
	difference := input.pool_amount - input.allocated
	difference != 0
}

violation contains {
	"code": "allocation-uncharged",
	"expected": input.uncharged,
	"actual": 0,
	"amount": 0 - input.uncharged,
} if {
	input.uncharged != 0
}
