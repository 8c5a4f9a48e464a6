package gate.rg_05_test

import data.gate.rg_05

conforming := {"old_tax_code": "A1", "new_tax_code": "A1"}

none := {"old_tax_code": null, "new_tax_code": null}

codes(record) := found if {
	found := {fact.code | some fact in rg_05.violation} with input as record
}

facts(record) := found if {
	found := rg_05.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_05.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
	codes(none) == set()
	undetermined(none) == set()
}

test_tax_code_changed if {
	codes(object.union(conforming, {"new_tax_code": "A2"})) == {"tax-code-changed"}
}

# A code is compared as it is written.
test_boundary if {
	codes(object.union(conforming, {"new_tax_code": "a1"})) == {"tax-code-changed"}
}

# A null is an answer here: there is no code.
test_appears_or_goes if {
	codes(object.union(conforming, {"old_tax_code": null})) == {"tax-code-changed"}
	codes(object.union(conforming, {"new_tax_code": null})) == {"tax-code-changed"}
	undetermined(object.union(conforming, {"new_tax_code": null})) == set()
	codes({"old_tax_code": null, "new_tax_code": "none"}) == {"tax-code-changed"}
}

test_facts if {
	told := {"code": "tax-code-changed"}
	facts(object.union(conforming, {"new_tax_code": "A2"})) == {object.union(
		told,
		{"expected": "A1", "actual": "A2", "message": "old tax code A1, new tax code A2"},
	)}
	facts(object.union(conforming, {"new_tax_code": null})) == {object.union(
		told,
		{"expected": "A1", "actual": "none", "message": "old tax code A1, new tax code none"},
	)}
	facts(object.union(conforming, {"old_tax_code": null})) == {object.union(
		told,
		{"expected": "none", "actual": "A1", "message": "old tax code none, new tax code A1"},
	)}
}
