package vat.vat_03_test

import data.vat.vat_03

conforming := {
	"expected": 0.56,
	"actual": 0.56,
	"difference": 0,
	"class": null,
}

per_line := object.union(conforming, {"actual": 0.57, "difference": 0.01, "class": "vat-rounded-per-line"})

facts(record) := found if {
	found := vat_03.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in vat_03.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
}

test_facts if {
	facts(per_line) == {{
		"code": "document-vat-differs",
		"expected": 0.56,
		"actual": 0.57,
		"amount": 0.01,
		"message": "vat-rounded-per-line",
	}}
}

test_unexplained if {
	facts(object.union(per_line, {"difference": -0.01, "actual": 0.55, "class": null})) == {{
		"code": "document-vat-differs",
		"expected": 0.56,
		"actual": 0.55,
		"amount": -0.01,
		"message": "no single mistake explains it",
	}}
}

# A document that can't be re-performed has no difference.
test_undetermined if {
	undetermined(object.union(conforming, {"expected": null, "difference": null})) == {"difference"}
	undetermined(object.remove(per_line, ["difference"])) == {"difference"}
	facts(object.union(per_line, {"difference": null})) == set()
}
