# METADATA
# title: No price exceeds its cap
# description: >-
#   The new price of a rate that names a cap is at most the cap, and a change neither raises a cap nor
#   drops it. A rate that had none may have any price.
# custom:
#   severity: high
#   references: [Agreements of the company with its customers]
package gate.rg_06

applicable if {
	input.cap_price != null
}

applicable if {
	input.old_cap_price != null
}

violation contains {
	"code": "price-above-cap",
	"expected": input.cap_price,
	"actual": input.new_price,
	"message": sprintf("%s, cap %v", [prices, shown(input.cap_price)]),
} if {
	input.cap_price != null
	input.new_price > input.cap_price
}

# Otherwise a request would allow itself its price.
violation contains {
	"code": "cap-raised",
	"expected": input.old_cap_price,
	"actual": input.cap_price,
	"message": sprintf("%s, old cap %v, new cap %v", [prices, shown(input.old_cap_price), shown(input.cap_price)]),
} if {
	input.old_cap_price != null
	input.cap_price != null
	input.cap_price > input.old_cap_price
}

# What is applicable and has no cap had one.
violation contains {
	"code": "cap-raised",
	"expected": input.old_cap_price,
	"actual": "none",
	"message": sprintf("%s, old cap %v, new cap none", [prices, shown(input.old_cap_price)]),
} if {
	input.cap_price == null
}

prices := sprintf("old price %s, new price %v %s", [was, shown(input.new_price), input.new_currency])

was := sprintf("%v %s", [shown(input.old_price), input.old_currency]) if {
	input.old_price != null
}

was := "none" if {
	input.old_price == null
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
