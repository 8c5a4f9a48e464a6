package billing.rc_01_test

import data.billing.rc_01

conforming := {
	"metered": 2064,
	"billed": 2064,
	"periods_off": 0,
	"amount": 0,
}

# 20 GB that came in for the run are not in it.
wrong := object.union(conforming, {"billed": 2044, "periods_off": 1, "amount": -0.81})

codes(record) := found if {
	found := {fact.code | some fact in rc_01.violation} with input as record
}

facts(record) := found if {
	found := rc_01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rc_01.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_run_differs if {
	facts(wrong) == {{
		"code": "run-differs",
		"expected": 2064,
		"actual": 2044,
		"amount": -0.81,
	}}
}

# 20 GB of one resource are charged to another: the sums agree, the periods don't.
test_differences_that_cancel_each_other if {
	codes(object.union(conforming, {"periods_off": 2})) == {"run-differs"}
}

test_boundary if {
	codes(object.union(wrong, {"periods_off": 0})) == set()
	codes(object.union(wrong, {"periods_off": 1})) == {"run-differs"}
}

# A period's usage can't be counted, or a price isn't known: nobody can say what the run is off.
test_nothing_to_compare_with if {
	unknown := {"metered": null, "billed": null, "periods_off": null, "amount": null}
	codes(unknown) == set()
	undetermined(unknown) == {"periods_off"}
}

test_unknown_amount if {
	facts(object.remove(wrong, ["amount"])) == {{"code": "run-differs", "expected": 2064, "actual": 2044}}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["periods_off"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
		codes(object.union(wrong, {column: null})) == set()
		undetermined(object.union(wrong, {column: null})) == {column}
	}
}
