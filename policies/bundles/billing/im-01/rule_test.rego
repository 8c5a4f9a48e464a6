package billing.im_01_test

import data.billing.im_01

conforming := {
	"kind": "measured",
	"intervals": 30,
}

# A day of about 47 vCPU hours at 0.20 is missing.
gap := {
	"kind": "missing",
	"intervals": 1,
	"expected": 47,
	"amount": -9.4,
}

parameters := {"gap_max": 6}

codes(record) := found if {
	found := {fact.code | some fact in im_01.violation} with input as record with data.parameters as parameters
}

facts(record) := found if {
	found := im_01.violation with input as record with data.parameters as parameters
}

undetermined(record) := found if {
	found := {cause.column | some cause in im_01.undetermined} with input as record with data.parameters as parameters
}

test_conforms if {
	codes(conforming) == set()
	codes(object.union(gap, {"kind": "estimated"})) == set()
	codes(object.union(gap, {"kind": "estimated", "intervals": 7})) == set()
}

test_gap_not_estimated if {
	facts(gap) == {{
		"code": "gap-not-estimated",
		"expected": 47,
		"actual": 0,
		"amount": -9.4,
	}}
}

# Six intervals may be estimated, seven may not.
test_boundary if {
	codes(object.union(gap, {"intervals": 6})) == {"gap-not-estimated"}
	facts(object.union(gap, {"intervals": 7})) == {{"code": "gap-left-open", "actual": 7}}
}

test_boundary_of_the_parameter if {
	codes_of_two := {fact.code | some fact in im_01.violation} with input as object.union(gap, {"intervals": 3})
		with data.parameters as {"gap_max": 2}
	codes_of_two == {"gap-left-open"}
}

# There is nothing to estimate from: the gap is a gap.
test_unknown_estimate if {
	facts(object.union(gap, {"expected": null, "amount": null})) == {{"code": "gap-not-estimated", "actual": 0}}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["kind", "intervals"] {
		codes(object.remove(gap, [column])) == set()
		undetermined(object.remove(gap, [column])) == {column}
		codes(object.union(gap, {column: null})) == set()
		undetermined(object.union(gap, {column: null})) == {column}
	}
}

test_missing_column_of_a_long_gap if {
	long := object.union(gap, {"intervals": 7})
	every column in ["kind", "intervals"] {
		codes(object.remove(long, [column])) == set()
		undetermined(object.remove(long, [column])) == {column}
	}
}
