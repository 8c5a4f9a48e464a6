# METADATA
# title: Prices name a method in force
# description: >-
#   A rate that is added, or whose price changes, names the document by which its price was set, and that
#   document is in force when the price takes effect.
# custom:
#   severity: medium
#   references: [Methodology documents of the company]
package gate.rg_10

violation contains {
	"code": "no-method-document",
	"message": sprintf("old price %s, new price %s", [was, becomes]),
} if {
	input.method_doc_id == null
}

violation contains {
	"code": "method-not-in-force",
	"actual": input.method_doc_id,
	"message": sprintf("old price %s, new price %s, from %v", [was, becomes, input.effective_from]),
} if {
	input.method_doc_id != null
	input.method_in_force == false
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
