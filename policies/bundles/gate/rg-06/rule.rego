# METADATA
# title: No price exceeds its cap
# description: >-
#   The new price of a rate that names a cap is at most the cap. A rate without one may have any price.
# custom:
#   severity: high
#   references: [Agreements of the company with its customers]
package gate.rg_06

applicable if {
	input.cap_price != null
}

violation contains {
	"code": "price-above-cap",
	"expected": input.cap_price,
	"actual": input.new_price,
	"message": sprintf("old price %s, new price %v %s, cap %v", [was, shown(input.new_price), input.new_currency, shown(input.cap_price)]),
} if {
	input.new_price > input.cap_price
}

was := sprintf("%v %s", [shown(input.old_price), input.old_currency]) if {
	input.old_price != null
}

was := "none" if {
	input.old_price == null
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
