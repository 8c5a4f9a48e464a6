package gate.rg_06_test

import data.gate.rg_06

conforming := {
	"cap_price": 0.3,
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
}

above := object.union(conforming, {"new_price": 0.31})

codes(record) := found if {
	found := {fact.code | some fact in rg_06.violation} with input as record
}

facts(record) := found if {
	found := rg_06.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_06.undetermined} with input as record
}

applicable(record) if {
	rg_06.applicable with input as record
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

# The cap itself may be asked.
test_boundary if {
	codes(object.union(conforming, {"new_price": 0.3})) == set()
	codes(object.union(conforming, {"new_price": 0.3000000001})) == {"price-above-cap"}
}

test_no_cap if {
	not applicable(object.union(above, {"cap_price": null}))
}

test_missing_column if {
	codes(object.remove(above, ["new_price"])) == set()
	undetermined(object.remove(above, ["new_price"])) == {"new_price"}
}

test_facts if {
	told := {"code": "price-above-cap", "expected": 0.3, "actual": 0.31}
	facts(above) == {object.union(told, {"message": "old price 0.2 EUR, new price 0.31 EUR, cap 0.3"})}
	added := object.union(above, {"old_price": null, "old_currency": null})
	facts(added) == {object.union(told, {"message": "old price none, new price 0.31 EUR, cap 0.3"})}
}
