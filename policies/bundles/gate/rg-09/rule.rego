# METADATA
# title: A change of the past says so
# description: >-
#   A change that takes effect before it is made bears the rate table's flag `retroactive`, so that it is
#   nobody's slip. The message counts the invoices that it touches.
# custom:
#   severity: critical
#   references: [Rate policy of the company]
package gate.rg_09

violation contains {
	"code": "retroactive-not-declared",
	"actual": input.effective_from,
	"message": sprintf("old price %s, new price %s, invoices touched: %s", [was, becomes, touched]),
} if {
	input.retroactive
	not input.declared_retroactive
}

touched := sprintf("%v", [input.invoices_touched]) if {
	input.invoices_touched != null
}

touched := "not counted" if {
	input.invoices_touched == null
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
