package billing.im_02_test

import data.billing.im_02

# On the line between 46 and 50.
conforming := {
	"kind": "estimated",
	"intervals": 1,
	"method": "linear",
	"method_due": "linear",
	"actual": 48,
	"expected": 48,
	"intervals_off": 0,
	"amount": 0,
}

wrong := object.union(conforming, {"actual": 60, "intervals_off": 1, "amount": 2.4})

other := object.union(conforming, {"intervals": 4, "method_due": "same-weekday-mean"})

applicable(record) if {
	im_02.applicable with input as record
}

parameters := {"gap_max": 6}

codes(record) := found if {
	found := {fact.code | some fact in im_02.violation} with input as record with data.parameters as parameters
}

facts(record) := found if {
	found := im_02.violation with input as record with data.parameters as parameters
}

undetermined(record) := found if {
	found := {cause.column | some cause in im_02.undetermined} with input as record with data.parameters as parameters
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_only_estimates_are_judged if {
	not applicable(object.union(wrong, {"kind": "missing"}))
	not applicable(object.union(wrong, {"kind": "measured"}))
	not applicable(object.remove(wrong, ["kind"]))
}

test_estimate_differs if {
	facts(wrong) == {{
		"code": "estimate-differs",
		"expected": 48,
		"actual": 60,
		"amount": 2.4,
	}}
}

# One interval too high and the next too low: the sums agree, the estimates don't.
test_differences_that_cancel_each_other if {
	codes(object.union(conforming, {"intervals_off": 2})) == {"estimate-differs"}
}

test_method_differs if {
	codes(other) == {"method-differs"}
	{[fact.expected, fact.actual] | some fact in facts(other)} == {["same-weekday-mean", "linear"]}
	{fact.amount | some fact in facts(other)} == set()
}

# Both are told; the method has no amount of its own.
test_both if {
	both := object.union(other, {"actual": 60, "intervals_off": 1, "amount": 2.4})
	codes(both) == {"estimate-differs", "method-differs"}
	[fact.amount | some fact in facts(both); fact.amount] == [2.4]
}

# No method is due for a gap that may not be estimated.
test_boundary if {
	codes(object.union(other, {"intervals": 6})) == {"method-differs"}
	codes(object.union(other, {"intervals": 7})) == set()
	longest := {fact.code | some fact in im_02.violation} with input as object.union(other, {"intervals": 7})
		with data.parameters as {"gap_max": 7}
	longest == {"method-differs"}
}

test_unknown_amount if {
	facts(object.union(wrong, {"amount": null})) == {{"code": "estimate-differs", "expected": 48, "actual": 60}}
}

# There is no interval beside the gap to compute from.
test_unknown_estimate if {
	unknown := object.union(wrong, {"expected": null, "intervals_off": null, "amount": null})
	codes(unknown) == set()
	undetermined(unknown) == {"intervals_off"}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["intervals_off"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
		codes(object.union(wrong, {column: null})) == set()
		undetermined(object.union(wrong, {column: null})) == {column}
	}
}

test_missing_column_of_the_method if {
	every column in ["intervals", "method", "method_due"] {
		codes(object.remove(other, [column])) == set()
		undetermined(object.remove(other, [column])) == {column}
		codes(object.union(other, {column: null})) == set()
		undetermined(object.union(other, {column: null})) == {column}
	}
}
