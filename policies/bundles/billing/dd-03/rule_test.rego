package billing.dd_03_test

import data.billing.dd_03

conforming := {
	"billed_twice": "nothing",
	"excess": 0,
	"excess_amount": 0,
}

# A retry sent the same day under a new id: 24.1 vCPU hours at 0.20.
wrong := {
	"billed_twice": "near-duplicate-billed",
	"excess": 24.1,
	"excess_amount": 4.82,
}

codes(record) := found if {
	found := {fact.code | some fact in dd_03.violation} with input as record
}

facts(record) := found if {
	found := dd_03.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in dd_03.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_near_duplicate_billed if {
	facts(wrong) == {{
		"code": "near-duplicate-billed",
		"expected": 0,
		"actual": 24.1,
		"amount": 4.82,
	}}
}

# Which rows were billed twice is the one boundary that there is: the others have controls of their own.
test_boundary if {
	every other in ["duplicate-exact", "duplicate-overlap-billed"] {
		codes(object.union(wrong, {"billed_twice": other})) == set()
	}
}

# No price is known: it was billed twice all the same.
test_unknown_amount if {
	facts(object.union(wrong, {"excess_amount": null})) == {{
		"code": "near-duplicate-billed",
		"expected": 0,
		"actual": 24.1,
	}}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["billed_twice"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
		codes(object.union(wrong, {column: null})) == set()
		undetermined(object.union(wrong, {column: null})) == {column}
	}
}
