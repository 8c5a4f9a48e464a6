# METADATA
# title: A rate keeps its unit and currency
# description: >-
#   A rate whose unit or currency changes, or whose unit is no longer stated, is another rate, and what it
#   is used for can't be compared.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_13

violation contains {
	"code": "currency-changed",
	"expected": input.old_currency,
	"actual": input.new_currency,
	"message": sprintf("old price %s, new price %s", [was, becomes]),
} if {
	input.kind == "currency-changed"
}

violation contains {
	"code": "unit-changed",
	"expected": object.get(input, "old_unit", "none"),
	"actual": object.get(input, "new_unit", "none"),
	"message": sprintf(
		"old price %s per %s, new price %s per %s",
		[was, object.get(input, "old_unit", "none"), becomes, object.get(input, "new_unit", "none")],
	),
} if {
	changed
}

changed if {
	input.new_unit != null
	input.old_unit != input.new_unit
}

# A unit that only one of them states.
changed if {
	input.old_unit == null
	input.new_unit != null
}

changed if {
	input.old_unit != null
	input.new_unit == null
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
