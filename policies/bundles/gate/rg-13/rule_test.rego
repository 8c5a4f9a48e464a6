package gate.rg_13_test

import data.gate.rg_13

conforming := {
	"kind": "price-raised",
	"old_unit": "Hours",
	"new_unit": "Hours",
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
}

currency := object.union(conforming, {"kind": "currency-changed", "new_currency": "CHF"})

unit := object.union(conforming, {"kind": "unit-changed", "new_unit": "Days"})

codes(record) := found if {
	found := {fact.code | some fact in rg_13.violation} with input as record
}

facts(record) := found if {
	found := rg_13.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_13.undetermined} with input as record
}

# The population has no other kind; the rules say so too.
test_conforms if {
	codes(conforming) == set()
	undetermined(conforming) == set()
	codes(object.union(conforming, {"old_unit": null, "new_unit": null})) == set()
	undetermined(object.union(conforming, {"old_unit": null, "new_unit": null})) == set()
}

test_missing_column if {
	codes(object.remove(currency, ["kind"])) == set()
	undetermined(object.remove(currency, ["kind"])) == {"kind"}
}

test_facts if {
	facts(currency) == {{
		"code": "currency-changed",
		"expected": "EUR",
		"actual": "CHF",
		"message": "old price 0.2 EUR, new price 0.25 CHF",
	}}
	facts(unit) == {{
		"code": "unit-changed",
		"expected": "Hours",
		"actual": "Days",
		"message": "old price 0.2 EUR per Hours, new price 0.25 EUR per Days",
	}}
	facts(object.union(unit, {"old_unit": null})) == {{
		"code": "unit-changed",
		"expected": "none",
		"actual": "Days",
		"message": "old price 0.2 EUR per none, new price 0.25 EUR per Days",
	}}
	facts(object.union(unit, {"new_unit": null, "new_price": null, "old_price": null})) == {{
		"code": "unit-changed",
		"expected": "Hours",
		"actual": "none",
		"message": "old price none per Hours, new price none per none",
	}}
}
