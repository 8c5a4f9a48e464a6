package gate.rg_06_test

import data.gate.rg_06

conforming := {
	"old_cap_price": 0.3,
	"cap_price": 0.3,
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
}

above := object.union(conforming, {"new_price": 0.31})

raised := object.union(conforming, {"cap_price": 0.35})

dropped := object.union(conforming, {"cap_price": null})

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
	none := object.union(above, {"old_cap_price": null, "cap_price": null})
	not applicable(none)
	codes(none) == set()
	undetermined(none) == set()
}

# A rate that gets a cap keeps it at once.
test_cap_appears if {
	applicable(object.union(conforming, {"old_cap_price": null}))
	codes(object.union(conforming, {"old_cap_price": null})) == set()
	undetermined(object.union(conforming, {"old_cap_price": null})) == set()
	codes(object.union(above, {"old_cap_price": null})) == {"price-above-cap"}
}

test_cap_raised if {
	codes(raised) == {"cap-raised"}
	codes(object.union(conforming, {"cap_price": 0.3000000001})) == {"cap-raised"}
	codes(object.union(conforming, {"cap_price": 0.2999999999})) == set()
	codes(object.union(raised, {"new_price": 0.36})) == {"cap-raised", "price-above-cap"}
}

test_cap_dropped if {
	applicable(dropped)
	codes(dropped) == {"cap-raised"}
	undetermined(dropped) == set()
	codes(object.union(above, {"cap_price": null})) == {"cap-raised"}
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
	facts(raised) == {{
		"code": "cap-raised",
		"expected": 0.3,
		"actual": 0.35,
		"message": "old price 0.2 EUR, new price 0.25 EUR, old cap 0.3, new cap 0.35",
	}}
	facts(dropped) == {{
		"code": "cap-raised",
		"expected": 0.3,
		"actual": "none",
		"message": "old price 0.2 EUR, new price 0.25 EUR, old cap 0.3, new cap none",
	}}
}
