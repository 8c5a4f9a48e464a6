package gate.rg_12_test

import data.gate.rg_12

found := {
	"kind": "gap",
	"tier_from": null,
	"rate_key": "vm/eu-central/-",
	"in_base": false,
	"effective_from": "2025-07-01T00:00:00Z",
	"effective_to": "2025-08-01T00:00:00Z",
}

codes(record) := found if {
	found := {fact.code | some fact in rg_12.violation} with input as record
}

facts(record) := found if {
	found := rg_12.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_12.undetermined} with input as record
}

applicable(record) if {
	rg_12.applicable with input as record
}

# The population has no other kind; the rules say so too.
test_conforms if {
	codes(object.union(found, {"kind": "two-prices"})) == set()
}

test_new_ones_only if {
	applicable(found)
	not applicable(object.union(found, {"in_base": true}))
}

test_missing_column if {
	every column in ["kind", "in_base"] {
		codes(object.remove(found, [column])) == set()
		undetermined(object.remove(found, [column])) == {column}
	}
}

test_facts if {
	facts(found) == {{
		"code": "gap",
		"actual": "vm/eu-central/-",
		"message": "no rate holds for all quantities, from 2025-07-01T00:00:00Z until 2025-08-01T00:00:00Z",
	}}
	facts(object.union(found, {"kind": "overlap", "effective_to": null, "tier_from": 100})) == {{
		"code": "overlap",
		"actual": "vm/eu-central/-",
		"message": "more than one rate holds for quantities from 100, from 2025-07-01T00:00:00Z until further notice",
	}}
}
