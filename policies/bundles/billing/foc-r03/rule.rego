# METADATA
# title: List and contracted cost are price times quantity
# description: >-
#   The product of unit price and pricing quantity is computed exactly and compared with the cost; a
#   difference up to the tolerance conforms.
# custom:
#   severity: high
#   references: [FOCUS 1.2 ListCost, FOCUS 1.2 ContractedCost]
package billing.foc_r03

# No amount: a list cost is charged to nobody, and its differences are not to be netted with those of the
# contracted cost in one total.
violation contains {
	"code": "list-cost-differs",
	"expected": expected,
	"actual": input.ListCost,
} if {
	expected := input.ListUnitPrice * input.PricingQuantity
	abs(input.ListCost - expected) > data.parameters.list_cost_tolerance
}

violation contains {
	"code": "contracted-cost-differs",
	"expected": expected,
	"actual": input.ContractedCost,
	"amount": difference,
} if {
	expected := input.ContractedUnitPrice * input.PricingQuantity
	difference := input.ContractedCost - expected
	abs(difference) > data.parameters.contracted_cost_tolerance
}
