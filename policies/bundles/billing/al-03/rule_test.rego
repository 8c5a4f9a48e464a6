package billing.al_03_test

import data.billing.al_03

# A third of 100, with the cent that rounding left.
conforming := {
	"key_id": "K",
	"pool_key": "K",
	"amount": 33.34,
	"expected": 33.34,
	"difference": 0,
	"rounding_adj": 0.01,
	"expected_adj": 0.01,
	"missing": 0,
}

lost := object.union(conforming, {"amount": 33.33, "difference": -0.01, "rounding_adj": 0})

facts(record) := found if {
	found := al_03.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in al_03.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
}

# A cent is enough; the wrong adjustment isn't told beside it.
test_allocation_differs if {
	facts(lost) == {{
		"code": "allocation-differs",
		"expected": 33.34,
		"actual": 33.33,
		"amount": -0.01,
	}}
}

test_adjustment_differs if {
	facts(object.union(conforming, {"rounding_adj": 0})) == {{
		"code": "adjustment-differs",
		"expected": 0.01,
		"actual": 0,
	}}
}

test_key_differs if {
	facts(object.union(conforming, {"key_id": "L"})) == {{
		"code": "key-differs",
		"message": "the pool's key is K, the part names L",
	}}
}

test_recipient_without_part if {
	facts(object.union(conforming, {"missing": 33.33})) == {{
		"code": "recipient-without-part",
		"expected": 33.33,
		"actual": 0,
		"amount": -33.33,
	}}
	# A credited pool.
	facts(object.union(conforming, {"missing": -0.01})) == {{
		"code": "recipient-without-part",
		"expected": -0.01,
		"actual": 0,
		"amount": 0.01,
	}}
}

# What can't be divided again has nulls, and decides nothing.
test_missing_column if {
	facts(object.union(lost, {"expected": null, "difference": null, "expected_adj": null})) == set()
	undetermined(object.remove(lost, ["difference"])) == {"difference"}
	every column in ["pool_key", "missing", "expected_adj", "rounding_adj", "key_id"] {
		facts(object.remove(conforming, [column])) == set()
		undetermined(object.remove(conforming, [column])) == {column}
	}
}
