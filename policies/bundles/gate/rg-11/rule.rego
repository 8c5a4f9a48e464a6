# METADATA
# title: One service has one price at a time
# description: >-
#   Of one service, region and segment the new table states no two prices for one time, unless the base
#   table did so already.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_11

# What the base table had before is no fault of this request.
applicable if {
	not input.in_base
}

violation contains {
	"code": "two-prices",
	"actual": input.rate_key,
	"message": sprintf("prices %s and %s for %s, from %v until %s", [was, becomes, quantities, input.effective_from, until]),
} if {
	input.kind == "two-prices"
}

was := sprintf("%v %s", [shown(input.old_price), input.old_currency]) if {
	input.old_price != null
}

was := "none" if {
	input.old_price == null
}

becomes := sprintf("%v %s", [shown(input.new_price), input.new_currency]) if {
	input.new_price != null
}

becomes := "none" if {
	input.new_price == null
}

until := sprintf("%v", [input.effective_to]) if {
	input.effective_to != null
}

until := "further notice" if {
	input.effective_to == null
}

quantities := sprintf("quantities from %v", [shown(input.tier_from)]) if {
	input.tier_from != null
}

quantities := "all quantities" if {
	input.tier_from == null
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
