# METADATA
# title: A request's changes together stay within the limit
# description: >-
#   What all changes of a request come to on the usage of the last closed month is, in each currency, at
#   most the limit, up or down. Policies are PG-05's. An amount that isn't known is not judged here: RG-20 then asks for the most
#   approvals.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_02

applicable if {
	input.gate == "rates"
	input.delta != null
}

violation contains {
	"code": "total-too-large",
	"expected": data.parameters.max_delta,
	"actual": input.delta,
	"message": sprintf("%v changes, %v %s from the old prices to the new ones", [input.changes, shown(input.delta), input.currency]),
} if {
	abs(input.delta) > data.parameters.max_delta
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
