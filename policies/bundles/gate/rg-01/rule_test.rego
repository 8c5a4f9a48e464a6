package gate.rg_01_test

import data.gate.rg_01

limits := {"max_change_percent": 10}

conforming := {
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.21,
	"new_currency": "EUR",
	"change_percent": 5,
}

raised := object.union(conforming, {"new_price": 0.25, "change_percent": 25})

codes(record) := found if {
	found := {fact.code | some fact in rg_01.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := rg_01.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_01.undetermined} with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
}

# A cut is a change too.
test_boundary if {
	codes(object.union(conforming, {"change_percent": 10})) == set()
	codes(object.union(conforming, {"change_percent": -10})) == set()
	codes(object.union(conforming, {"change_percent": 10.0001})) == {"change-too-large"}
	codes(object.union(conforming, {"change_percent": -10.0001})) == {"change-too-large"}
}

test_missing_column if {
	codes(object.remove(raised, ["change_percent"])) == set()
	undetermined(object.remove(raised, ["change_percent"])) == {"change_percent"}
}

test_facts if {
	facts(raised) == {{
		"code": "change-too-large",
		"expected": 10,
		"actual": 25,
		"message": "old price 0.2 EUR, new price 0.25 EUR; 25 percent",
	}}
	added := object.union(raised, {"old_price": null, "old_currency": null})
	ended := object.union(raised, {"new_price": null, "new_currency": null})
	{fact.message | some fact in facts(added)} == {"old price none, new price 0.25 EUR; 25 percent"}
	{fact.message | some fact in facts(ended)} == {"old price 0.2 EUR, new price none; 25 percent"}
}
