package gate.rg_04_test

import data.gate.rg_04

limits := {"transfer_segment": "intercompany", "margin_min_percent": 0, "margin_max_percent": 15}

conforming := {
	"customer_segment": "intercompany",
	"margin_percent": 5,
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.21,
	"new_currency": "EUR",
}

dear := object.union(conforming, {"margin_percent": 20})

codes(record) := found if {
	found := {fact.code | some fact in rg_04.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := rg_04.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_04.undetermined} with input as record
		with data.parameters as limits
}

applicable(record) if {
	rg_04.applicable with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

# Both bounds belong to the corridor.
test_boundary if {
	codes(object.union(conforming, {"margin_percent": 0})) == set()
	codes(object.union(conforming, {"margin_percent": 15})) == set()
	codes(object.union(conforming, {"margin_percent": -0.0001})) == {"margin-outside-corridor"}
	codes(object.union(conforming, {"margin_percent": 15.0001})) == {"margin-outside-corridor"}
}

test_other_segments if {
	not applicable(object.union(dear, {"customer_segment": "retail"}))
	not applicable(object.union(dear, {"customer_segment": null}))
	undetermined(object.union(dear, {"customer_segment": null})) == set()
}

test_missing_column if {
	codes(object.remove(dear, ["margin_percent"])) == set()
	undetermined(object.remove(dear, ["margin_percent"])) == {"margin_percent"}
}

test_facts if {
	told := {"code": "margin-outside-corridor", "expected": "0 to 15", "actual": 20}
	facts(dear) == {object.union(told, {"message": "old price 0.2 EUR, new price 0.21 EUR"})}
	added := object.union(dear, {"old_price": null, "old_currency": null})
	facts(added) == {object.union(told, {"message": "old price none, new price 0.21 EUR"})}
}
