# METADATA
# title: Changed rates were put to usage
# description: >-
#   A change of a rate that was not used in the last closed month has no amount, and says so instead of
#   counting as zero. Where it couldn't be computed, the change is undetermined.
# custom:
#   severity: low
#   references: [Rate policy of the company]
package gate.rg_14

# A fault of the table, such as a gap, is not put to usage.
applicable if {
	input.known_coverage != "not-rated"
}

violation contains {
	"code": "unpriced",
	"message": sprintf("old price %s, new price %s, no usage in the month", [was, becomes]),
} if {
	input.known_coverage == "unpriced"
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
