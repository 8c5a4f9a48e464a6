# METADATA
# title: No rate of a closed period changes
# description: >-
#   A change takes effect in no period whose books are closed. Where it isn't known whether they are, the
#   change is undetermined.
# custom:
#   severity: critical
#   references: [Closing calendar of the company]
package gate.rg_08

violation contains {
	"code": "closed-period-changed",
	"actual": input.effective_from,
	"message": sprintf("old price %s, new price %s, from within a closed period", [was, becomes]),
} if {
	input.closed_period
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
