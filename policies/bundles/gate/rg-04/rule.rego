# METADATA
# title: Intercompany prices stay in their corridor
# description: >-
#   The margin of a price for the group's own entities lies between two bounds, which are included. An
#   alarm: whether a price is at arm's length is tested by the year's results, not by a price.
# custom:
#   severity: low
#   references: [OECD TPG chapter VII, Intercompany agreements of the company]
package gate.rg_04

# A rate without a segment holds for those who have none of their own.
applicable if {
	input.customer_segment != null
	input.customer_segment == data.parameters.transfer_segment
}

violation contains {
	"code": "margin-outside-corridor",
	"expected": sprintf("%v to %v", [data.parameters.margin_min_percent, data.parameters.margin_max_percent]),
	"actual": input.margin_percent,
	"message": sprintf("old price %s, new price %v %s", [was, shown(input.new_price), input.new_currency]),
} if {
	outside
}

outside if {
	input.margin_percent < data.parameters.margin_min_percent
}

outside if {
	input.margin_percent > data.parameters.margin_max_percent
}

was := sprintf("%v %s", [shown(input.old_price), input.old_currency]) if {
	input.old_price != null
}

was := "none" if {
	input.old_price == null
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
