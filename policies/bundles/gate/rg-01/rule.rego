# METADATA
# title: No rate changes by more than the limit
# description: >-
#   A change of an existing rate, up or down, is for every quantity at most the limit in percent of what it
#   cost before. A change whose percentage isn't known is undetermined.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_01

violation contains {
	"code": "change-too-large",
	"expected": data.parameters.max_change_percent,
	"actual": input.change_percent,
	"message": sprintf("old price %s, new price %s; %v percent", [was, becomes, shown(input.change_percent)]),
} if {
	abs(input.change_percent) > data.parameters.max_change_percent
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

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
