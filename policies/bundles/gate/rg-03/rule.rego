# METADATA
# title: Prices keep a margin above their contract
# description: >-
#   The new price of a rate that rests on a contract line lies at least the floor, in percent, above what
#   the contract asks, and a change doesn't take the line from the rate. A rate that had none has no margin
#   to keep; a margin that isn't known is undetermined.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_03

applicable if {
	input.source_contract_line != null
}

applicable if {
	input.old_source_contract_line != null
}

violation contains {
	"code": "margin-below-floor",
	"expected": data.parameters.margin_floor_percent,
	"actual": input.margin_percent,
	"message": sprintf(
		"old price %s, new price %v %s, contract price %v",
		[was, shown(input.new_price), input.new_currency, shown(input.contract_price)],
	),
} if {
	input.source_contract_line != null
	input.margin_percent < data.parameters.margin_floor_percent
}

# Without its line a rate would have no margin that anybody could miss. What is applicable had one.
violation contains {
	"code": "contract-line-dropped",
	"expected": input.old_source_contract_line,
	"actual": "none",
	"message": sprintf("old price %s, new price %v %s", [was, shown(input.new_price), input.new_currency]),
} if {
	input.source_contract_line == null
}

was := sprintf("%v %s", [shown(input.old_price), input.old_currency]) if {
	input.old_price != null
}

was := "none" if {
	input.old_price == null
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
