# METADATA
# title: All usage has a rate
# description: >-
#   No usage of the last closed month is without a rate in the new table: nobody would charge it. Usage that
#   the base table doesn't price either is told by a code of its own.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_16

violation contains {
	"code": "usage-without-rate",
	"actual": input.quantity,
	"message": sprintf("%s, no price in the new table", [used]),
} if {
	input.kind == "usage-without-rate"
	not input.in_base
}

# Legacy is no excuse here: it is money that nobody charges.
violation contains {
	"code": "usage-without-rate-in-base",
	"actual": input.quantity,
	"message": sprintf("%s, no price in either table", [used]),
} if {
	input.kind == "usage-without-rate"
	input.in_base
}

used := sprintf(
	"%v %s used in the month from %v",
	[shown(input.quantity), input.new_unit, input.effective_from],
)

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
