package gate.rg_20_test

import data.gate.rg_20

limits := {"small": 1000, "large": 10000}

conforming := {"delta": -500, "currency": "EUR", "emergency": false, "counted_approvals": 1}

large := object.union(conforming, {"delta": -18420})

codes(record) := found if {
	found := {fact.code | some fact in rg_20.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := rg_20.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_20.undetermined} with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
	codes(object.union(large, {"counted_approvals": 3})) == set()
	codes(object.union(conforming, {"counted_approvals": 2})) == set()
}

# The limits themselves belong to the smaller size.
test_boundary if {
	missing(object.union(conforming, {"delta": 1000})) == 1
	missing(object.union(conforming, {"delta": -1000})) == 1
	missing(object.union(conforming, {"delta": 1000.01})) == 2
	missing(object.union(conforming, {"delta": -1000.01})) == 2
	missing(object.union(conforming, {"delta": 10000})) == 2
	missing(object.union(conforming, {"delta": 10000.01})) == 3
	missing(object.union(conforming, {"delta": -10000.01})) == 3
	missing(object.union(conforming, {"delta": null})) == 3
}

# How many the request needs, of which it has none.
missing(record) := needed if {
	expected := {fact.expected | some fact in facts(object.union(record, {"counted_approvals": 0}))}
	some needed in expected
	count(expected) == 1
}

test_each_missing_one_counts if {
	codes(object.union(large, {"counted_approvals": 2})) == {"approvals-missing"}
	codes(object.union(conforming, {"delta": 5000})) == {"approvals-missing"}
}

test_emergency if {
	missing(object.union(large, {"emergency": true})) == 1
	missing(object.union(large, {"emergency": true, "delta": null})) == 1
	codes(object.union(large, {"emergency": true})) == set()
}

# The population leaves the count null where an author isn't known.
test_missing_column if {
	every column in ["counted_approvals", "emergency"] {
		codes(object.remove(large, [column])) == set()
		undetermined(object.remove(large, [column])) == {column}
	}
}

test_facts if {
	facts(large) == {{
		"code": "approvals-missing",
		"expected": 3,
		"actual": 1,
		"message": "-18420 EUR of differences: 3 approvals are needed, 1 count",
	}}
	facts(object.union(large, {"delta": null, "currency": null})) == {{
		"code": "approvals-missing",
		"expected": 3,
		"actual": 1,
		"message": "an unknown amount of differences: 3 approvals are needed, 1 count",
	}}
}
