# METADATA
# title: Changes of a rate add up to no more than the limit
# description: >-
#   What a rate has changed by since the window began, with this change, is at most the limit in percent, up
#   or down: two halves of a change are judged as the whole. Where it isn't known the change is
#   undetermined.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_15

violation contains {
	"code": "cumulative-change-too-large",
	"expected": data.parameters.max_cumulative_percent,
	"actual": input.cumulative_percent,
	"message": sprintf(
		"old price %s, new price %s; since the window began %v percent",
		[was, becomes, shown(input.cumulative_percent)],
	),
} if {
	abs(input.cumulative_percent) > data.parameters.max_cumulative_percent
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
