package gate.rg_16_test

import data.gate.rg_16

found := {
	"kind": "usage-without-rate",
	"in_base": false,
	"quantity": 120,
	"new_unit": "GB-Hours",
	"effective_from": "2025-06-01T00:00:00Z",
}

legacy := object.union(found, {"in_base": true})

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
		"message": "120 GB-Hours used in the month from 2025-06-01T00:00:00Z, no price in the new table",
	}}
	facts(legacy) == {{
		"code": "usage-without-rate-in-base",
		"actual": 120,
		"message": "120 GB-Hours used in the month from 2025-06-01T00:00:00Z, no price in either table",
	}}
}
