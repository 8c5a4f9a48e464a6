package billing.pt_02_test

import data.billing.pt_02

# 1300 GB: 1200 beyond the free units, at 0.05 and 0.045, less 10 %.
conforming := {
	"amount": 53.1,
	"expected": 53.1,
	"difference": 0,
}

# The volume's price for all units.
wrong := object.union(conforming, {"amount": 48.6, "difference": -4.5})

codes(record) := found if {
	found := {fact.code | some fact in pt_02.violation} with input as record
}

facts(record) := found if {
	found := pt_02.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in pt_02.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

# As known now another price holds; as billed the charge is right.
test_retroactive_price_conforms if {
	codes(object.union(conforming, {"expected_now": 48.6, "class": "retroactive"})) == set()
}

test_charge_differs if {
	facts(wrong) == {{
		"code": "charge-differs",
		"expected": 53.1,
		"actual": 48.6,
		"amount": -4.5,
	}}
}

# There is no tolerance, on either side.
test_boundary if {
	above := object.union(conforming, {"amount": 53.1000000001, "difference": 0.0000000001})
	codes(above) == {"charge-differs"}
	below := object.union(conforming, {"amount": 53.0999999999, "difference": -0.0000000001})
	codes(below) == {"charge-differs"}
	codes(object.union(conforming, {"amount": 53.1000000000})) == set()
}

# A reversal is as wrong as what it reverses, the other way.
test_reversal if {
	reversal := {"amount": -53.1, "expected": -53.1, "difference": 0}
	codes(reversal) == set()
	facts(object.union(reversal, {"amount": -48.6, "difference": 4.5})) == {{
		"code": "charge-differs",
		"expected": -53.1,
		"actual": -48.6,
		"amount": 4.5,
	}}
}

# No price plan is in force.
test_nothing_to_compare_with if {
	unpriced := {"amount": 53.1, "expected": null, "difference": null, "reason": "no price plan is in force"}
	codes(unpriced) == set()
	undetermined(unpriced) == {"expected"}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["amount", "expected"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
		codes(object.union(wrong, {column: null})) == set()
		undetermined(object.union(wrong, {column: null})) == {column}
	}
}
