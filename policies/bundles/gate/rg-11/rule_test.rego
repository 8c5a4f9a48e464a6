package gate.rg_11_test

import data.gate.rg_11

found := {
	"kind": "two-prices",
	"tier_from": null,
	"rate_key": "vm/eu-central/-",
	"in_base": false,
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
	"effective_from": "2025-07-01T00:00:00Z",
	"effective_to": "2025-08-01T00:00:00Z",
}

codes(record) := found if {
	found := {fact.code | some fact in rg_11.violation} with input as record
}

facts(record) := found if {
	found := rg_11.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_11.undetermined} with input as record
}

applicable(record) if {
	rg_11.applicable with input as record
}

# The population has no other kind; a rule of its own says so too.
test_conforms if {
	codes(object.union(found, {"kind": "overlap"})) == set()
}

test_new_ones_only if {
	applicable(found)
	not applicable(object.union(found, {"in_base": true}))
	not applicable(object.union(found, {"in_base": null}))
}

test_missing_column if {
	every column in ["kind", "in_base"] {
		codes(object.remove(found, [column])) == set()
		undetermined(object.remove(found, [column])) == {column}
	}
}

test_facts if {
	told := {"code": "two-prices", "actual": "vm/eu-central/-"}
	both := {"message": "prices 0.2 EUR and 0.25 EUR for all quantities, from 2025-07-01T00:00:00Z until 2025-08-01T00:00:00Z"}
	facts(found) == {object.union(told, both)}
	tier := {"message": "prices 0.2 EUR and 0.25 EUR for quantities from 100, from 2025-07-01T00:00:00Z until 2025-08-01T00:00:00Z"}
	facts(object.union(found, {"tier_from": 100})) == {object.union(told, tier)}
	open := {"message": "prices 0.2 EUR and 0.25 EUR for all quantities, from 2025-07-01T00:00:00Z until further notice"}
	facts(object.union(found, {"effective_to": null})) == {object.union(told, open)}
	first := {"message": "prices 0.2 EUR and none for all quantities, from 2025-07-01T00:00:00Z until 2025-08-01T00:00:00Z"}
	facts(object.union(found, {"new_price": null, "new_currency": null})) == {object.union(told, first)}
	second := {"message": "prices none and 0.25 EUR for all quantities, from 2025-07-01T00:00:00Z until 2025-08-01T00:00:00Z"}
	facts(object.union(found, {"old_price": null, "old_currency": null})) == {object.union(told, second)}
}
