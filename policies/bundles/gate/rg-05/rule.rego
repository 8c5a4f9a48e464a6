# METADATA
# title: A rate keeps its tax code
# description: >-
#   A change of an existing rate leaves its tax code as it was. A code that appears or goes is a change of
#   it.
# custom:
#   severity: high
#   references: [Tax code table of the company, Directive 2006/112/EC art. 226]
package gate.rg_05

violation contains {
	"code": "tax-code-changed",
	"expected": object.get(input, "old_tax_code", "none"),
	"actual": object.get(input, "new_tax_code", "none"),
	"message": sprintf(
		"old tax code %s, new tax code %s",
		[object.get(input, "old_tax_code", "none"), object.get(input, "new_tax_code", "none")],
	),
} if {
	changed
}

changed if {
	input.new_tax_code != null
	input.old_tax_code != input.new_tax_code
}

changed if {
	input.old_tax_code == null
	input.new_tax_code != null
}

changed if {
	input.old_tax_code != null
	input.new_tax_code == null
}
