package gate.rg_09_test

import data.gate.rg_09

conforming := {
	"retroactive": true,
	"declared_retroactive": true,
	"invoices_touched": 3,
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
	"effective_from": "2025-07-01T00:00:00Z",
}

silent := object.union(conforming, {"declared_retroactive": false})

codes(record) := found if {
	found := {fact.code | some fact in rg_09.violation} with input as record
}

facts(record) := found if {
	found := rg_09.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_09.undetermined} with input as record
}

# Two yes or no: there is no boundary.
test_conforms if {
	codes(conforming) == set()
	codes(object.union(silent, {"retroactive": false})) == set()
	codes(object.union(conforming, {"retroactive": false})) == set()
}

test_missing_column if {
	every column in ["retroactive", "declared_retroactive"] {
		codes(object.remove(silent, [column])) == set()
		undetermined(object.remove(silent, [column])) == {column}
	}
}

test_facts if {
	told := {"code": "retroactive-not-declared", "actual": "2025-07-01T00:00:00Z"}
	changed := {"message": "old price 0.2 EUR, new price 0.25 EUR, invoices touched: 3"}
	facts(silent) == {object.union(told, changed)}
	added := {"message": "old price none, new price 0.25 EUR, invoices touched: 3"}
	facts(object.union(silent, {"old_price": null, "old_currency": null})) == {object.union(told, added)}
	ended := {"message": "old price 0.2 EUR, new price none, invoices touched: 3"}
	facts(object.union(silent, {"new_price": null, "new_currency": null})) == {object.union(told, ended)}
	uncounted := {"message": "old price 0.2 EUR, new price 0.25 EUR, invoices touched: not counted"}
	facts(object.union(silent, {"invoices_touched": null})) == {object.union(told, uncounted)}
}
