package gate.rg_08_test

import data.gate.rg_08

conforming := {
	"closed_period": false,
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
	"effective_from": "2025-07-01T00:00:00Z",
}

closed := object.union(conforming, {"closed_period": true})

codes(record) := found if {
	found := {fact.code | some fact in rg_08.violation} with input as record
}

facts(record) := found if {
	found := rg_08.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_08.undetermined} with input as record
}

# A yes or a no: there is no boundary.
test_conforms if {
	codes(conforming) == set()
}

test_missing_column if {
	codes(object.remove(closed, ["closed_period"])) == set()
	undetermined(object.remove(closed, ["closed_period"])) == {"closed_period"}
}

test_facts if {
	told := {"code": "closed-period-changed", "actual": "2025-07-01T00:00:00Z"}
	changed := {"message": "old price 0.2 EUR, new price 0.25 EUR, from within a closed period"}
	facts(closed) == {object.union(told, changed)}
	added := {"message": "old price none, new price 0.25 EUR, from within a closed period"}
	facts(object.union(closed, {"old_price": null, "old_currency": null})) == {object.union(told, added)}
	ended := {"message": "old price 0.2 EUR, new price none, from within a closed period"}
	facts(object.union(closed, {"new_price": null, "new_currency": null})) == {object.union(told, ended)}
}
