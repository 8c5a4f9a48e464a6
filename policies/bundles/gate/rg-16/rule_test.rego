package gate.rg_16_test

import data.gate.rg_16

found := {
	"kind": "usage-without-rate",
	"in_base": false,
	"quantity": 120,
	"old_price": 0.2,
	"old_currency": "EUR",
	"effective_from": "2025-06-01T00:00:00Z",
	"effective_to": "2025-07-01T00:00:00Z",
}

legacy := object.union(found, {"in_base": true, "old_price": null, "old_currency": null})

codes(record) := found if {
	found := {fact.code | some fact in rg_16.violation} with input as record
}

facts(record) := found if {
	found := rg_16.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_16.undetermined} with input as record
}

# The population has no other kind; the rules say so too.
test_conforms if {
	codes(object.union(found, {"kind": "gap"})) == set()
	codes(object.union(legacy, {"kind": "gap"})) == set()
}

test_missing_column if {
	every column in ["kind", "in_base"] {
		every record in [found, legacy] {
			codes(object.remove(record, [column])) == set()
			undetermined(object.remove(record, [column])) == {column}
		}
	}
}

test_facts if {
	facts(found) == {{
		"code": "usage-without-rate",
		"actual": 120,
		"message": "old price 0.2 EUR, new price none: used from 2025-06-01T00:00:00Z until 2025-07-01T00:00:00Z",
	}}
	facts(object.union(found, {"old_price": null, "effective_to": null})) == {{
		"code": "usage-without-rate",
		"actual": 120,
		"message": "old price none, new price none: used from 2025-06-01T00:00:00Z until further notice",
	}}
	facts(legacy) == {{
		"code": "usage-without-rate-in-base",
		"actual": 120,
		"message": "the base table has no price either: used from 2025-06-01T00:00:00Z until 2025-07-01T00:00:00Z",
	}}
}
