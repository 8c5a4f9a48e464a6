package billing.al_02_test

import data.billing.al_02

conforming := {"share": 0.25, "expected_share": 0.25, "difference": 0}

off := {"share": 0.23, "expected_share": 0.25, "difference": -2}

facts(record) := found if {
	found := al_02.violation with input as record
		with data.parameters as {"share_tolerance": 0.000000001}
}

undetermined(record) := found if {
	found := {cause.column | some cause in al_02.undetermined} with input as record
		with data.parameters as {"share_tolerance": 0.000000001}
}

test_conforms if {
	facts(conforming) == set()
	# A cent by another rounding of the right share is not this rule's.
	facts(object.union(conforming, {"difference": 0.01})) == set()
}

test_share_off_driver if {
	facts(off) == {{
		"code": "share-off-driver",
		"expected": 0.25,
		"actual": 0.23,
		"amount": -2,
	}}
}

# A difference of exactly the tolerance conforms, on both sides.
test_boundary if {
	facts(object.union(conforming, {"share": 0.250000001})) == set()
	facts(object.union(conforming, {"share": 0.249999999})) == set()
	count(facts(object.union(conforming, {"share": 0.2500000011}))) == 1
	count(facts(object.union(conforming, {"share": 0.2499999989}))) == 1
}

# The tolerance is the parameter's.
test_wider_tolerance if {
	al_02.violation == set() with input as off with data.parameters as {"share_tolerance": 0.02}
	count(al_02.violation) == 1 with input as off with data.parameters as {"share_tolerance": 0.019}
}

test_missing_column if {
	every column in ["share", "expected_share"] {
		facts(object.remove(off, [column])) == set()
		undetermined(object.remove(off, [column])) == {column}
	}
}
