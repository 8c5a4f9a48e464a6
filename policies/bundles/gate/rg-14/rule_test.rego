package gate.rg_14_test

import data.gate.rg_14

conforming := {
	"known_coverage": "priced",
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
}

unpriced := object.union(conforming, {"known_coverage": "unpriced"})

codes(record) := found if {
	found := {fact.code | some fact in rg_14.violation} with input as record
}

facts(record) := found if {
	found := rg_14.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_14.undetermined} with input as record
}

applicable(record) if {
	rg_14.applicable with input as record
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_not_rated if {
	not applicable(object.union(conforming, {"known_coverage": "not-rated"}))
	applicable(unpriced)
}

# The population leaves the coverage null where it couldn't be computed: never a zero.
test_missing_column if {
	unknown := object.union(unpriced, {"known_coverage": null})
	codes(unknown) == set()
	undetermined(unknown) == {"known_coverage"}
}

test_facts if {
	facts(unpriced) == {{
		"code": "unpriced",
		"message": "old price 0.2 EUR, new price 0.25 EUR, no usage in the month",
	}}
	facts(object.union(unpriced, {"old_price": null, "old_currency": null})) == {{
		"code": "unpriced",
		"message": "old price none, new price 0.25 EUR, no usage in the month",
	}}
	facts(object.union(unpriced, {"new_price": null, "new_currency": null})) == {{
		"code": "unpriced",
		"message": "old price 0.2 EUR, new price none, no usage in the month",
	}}
}
