package gate.rg_15_test

import data.gate.rg_15

limits := {"max_cumulative_percent": 15}

conforming := {
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.21,
	"new_currency": "EUR",
	"cumulative_percent": 9,
}

halves := object.union(conforming, {"cumulative_percent": 16})

codes(record) := found if {
	found := {fact.code | some fact in rg_15.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := rg_15.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_15.undetermined} with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
}

test_boundary if {
	codes(object.union(conforming, {"cumulative_percent": 15})) == set()
	codes(object.union(conforming, {"cumulative_percent": -15})) == set()
	codes(object.union(conforming, {"cumulative_percent": 15.0001})) == {"cumulative-change-too-large"}
	codes(object.union(conforming, {"cumulative_percent": -15.0001})) == {"cumulative-change-too-large"}
}

test_missing_column if {
	codes(object.remove(halves, ["cumulative_percent"])) == set()
	undetermined(object.remove(halves, ["cumulative_percent"])) == {"cumulative_percent"}
}

test_facts if {
	facts(halves) == {{
		"code": "cumulative-change-too-large",
		"expected": 15,
		"actual": 16,
		"message": "old price 0.2 EUR, new price 0.21 EUR; since the window began 16 percent",
	}}
	added := object.union(halves, {"old_price": null, "old_currency": null})
	ended := object.union(halves, {"new_price": null, "new_currency": null})
	{fact.message | some fact in facts(added)} == {"old price none, new price 0.21 EUR; since the window began 16 percent"}
	{fact.message | some fact in facts(ended)} == {"old price 0.2 EUR, new price none; since the window began 16 percent"}
}
