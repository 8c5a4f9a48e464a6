package billing.dd_02_test

import data.billing.dd_02

conforming := {
	"billed_twice": "nothing",
	"excess": 0,
	"excess_amount": 0,
}

# The provider's row of a day that the agent metered too: 24.1 vCPU hours at 0.20.
wrong := {
	"billed_twice": "duplicate-overlap-billed",
	"excess": 24.1,
	"excess_amount": 4.82,
}

codes(record) := found if {
	found := {fact.code | some fact in dd_02.violation} with input as record
}

facts(record) := found if {
	found := dd_02.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in dd_02.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_overlap_billed_twice if {
	facts(wrong) == {{
		"code": "overlap-billed-twice",
		"expected": 0,
		"actual": 24.1,
		"amount": 4.82,
	}}
}

# Which rows were billed twice is the one boundary that there is: the others have controls of their own.
test_boundary if {
	every other in ["duplicate-exact", "near-duplicate-billed"] {
		codes(object.union(wrong, {"billed_twice": other})) == set()
	}
}

# No price is known: it was billed twice all the same.
test_unknown_amount if {
	facts(object.union(wrong, {"excess_amount": null})) == {{
		"code": "overlap-billed-twice",
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
