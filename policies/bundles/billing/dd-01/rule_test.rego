package billing.dd_01_test

import data.billing.dd_01

conforming := {
	"duplicates": 0,
	"billed_twice": "nothing",
	"excess_amount": 0,
}

# Sent again and counted again: 24 vCPU hours at 0.20.
billed := {
	"duplicates": 1,
	"billed_twice": "duplicate-exact",
	"excess_amount": 4.8,
}

once := object.union(billed, {"billed_twice": "nothing", "excess_amount": 0})

codes(record) := found if {
	found := {fact.code | some fact in dd_01.violation} with input as record
}

facts(record) := found if {
	found := dd_01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in dd_01.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_duplicate_that_was_billed if {
	facts(billed) == {{
		"code": "duplicate-rows",
		"expected": 0,
		"actual": 1,
		"amount": 4.8,
	}}
}

# It was counted once, but it is there twice.
test_duplicate_that_was_not_billed if {
	facts(once) == {{
		"code": "duplicate-rows",
		"expected": 0,
		"actual": 1,
		"amount": 0,
	}}
}

# What was billed twice are rows of another meter: the amount is DD-02's.
test_something_else_was_billed_twice if {
	other := object.union(billed, {"billed_twice": "duplicate-overlap-billed"})
	{fact.amount | some fact in facts(other)} == {0}
}

test_boundary if {
	codes(object.union(billed, {"duplicates": 2})) == {"duplicate-rows"}
	codes(object.union(once, {"duplicates": 2})) == {"duplicate-rows"}
	codes(object.union(billed, {"duplicates": 0})) == set()
	codes(object.union(once, {"duplicates": 0})) == set()
}

# No price is known: the row is there twice all the same.
test_unknown_amount if {
	facts(object.union(billed, {"excess_amount": null})) == {{
		"code": "duplicate-rows",
		"expected": 0,
		"actual": 1,
	}}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["duplicates", "billed_twice"] {
		codes(object.remove(billed, [column])) == set()
		undetermined(object.remove(billed, [column])) == {column}
		codes(object.union(billed, {column: null})) == set()
		undetermined(object.union(billed, {column: null})) == {column}
	}
}
