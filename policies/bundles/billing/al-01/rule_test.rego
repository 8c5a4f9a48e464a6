package billing.al_01_test

import data.billing.al_01

# Three thirds with 18 digits.
conforming := {"recipients": 3, "shares": "0.999999999999999999", "amount": 100}

lost := object.union(conforming, {"shares": 0.9})

undivided := {"recipients": 0, "shares": null, "amount": 100}

facts(record) := found if {
	found := al_01.violation with input as record
		with data.parameters as {"tolerance_per_share": 0.000000000000000001}
}

undetermined(record) := found if {
	found := {cause.column | some cause in al_01.undetermined} with input as record
		with data.parameters as {"tolerance_per_share": 0.000000000000000001}
}

test_conforms if {
	facts(conforming) == set()
	facts(object.union(conforming, {"shares": 1})) == set()
}

test_shares_off_one if {
	facts(lost) == {{"code": "shares-off-one", "expected": 1, "actual": 0.9}}
}

# Three shares may be off by three units of the last digit, to both sides.
test_boundary if {
	facts(object.union(conforming, {"shares": "0.999999999999999997"})) == set()
	facts(object.union(conforming, {"shares": "1.000000000000000003"})) == set()
	count(facts(object.union(conforming, {"shares": "0.999999999999999996"}))) == 1
	count(facts(object.union(conforming, {"shares": "1.000000000000000004"}))) == 1
}

# One recipient has one unit.
test_one_recipient if {
	facts({"recipients": 1, "shares": "1.000000000000000001", "amount": 100}) == set()
	count(facts({"recipients": 1, "shares": "1.000000000000000002", "amount": 100})) == 1
}

test_not_divided if {
	facts(undivided) == {{"code": "not-divided", "expected": 1, "actual": 0, "amount": -100}}
	# A sum of nothing decides nothing.
	facts(object.union(undivided, {"shares": 0.5})) == {{"code": "not-divided", "expected": 1, "actual": 0, "amount": -100}}
}

test_missing_column if {
	every column in ["recipients", "shares"] {
		facts(object.remove(lost, [column])) == set()
		undetermined(object.remove(lost, [column])) == {column}
	}
}

# The tolerance is the parameter's.
test_wider_tolerance if {
	al_01.violation == set() with input as lost with data.parameters as {"tolerance_per_share": 0.04}
	count(al_01.violation) == 1 with input as lost with data.parameters as {"tolerance_per_share": 0.03}
}
