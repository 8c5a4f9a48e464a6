package billing.im_04_test

import data.billing.im_04

conforming := {
	"kind": "estimated",
	"intervals": 6,
	"estimated_amount": 56.4,
}

wrong := object.union(conforming, {"intervals": 7, "estimated_amount": 65.8})

applicable(record) if {
	im_04.applicable with input as record
}

parameters := {"gap_max": 6}

codes(record) := found if {
	found := {fact.code | some fact in im_04.violation} with input as record with data.parameters as parameters
}

facts(record) := found if {
	found := im_04.violation with input as record with data.parameters as parameters
}

undetermined(record) := found if {
	found := {cause.column | some cause in im_04.undetermined} with input as record with data.parameters as parameters
}

# Six intervals are the most that may be estimated: the boundary.
test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_gap_over_maximum if {
	facts(wrong) == {{
		"code": "gap-over-maximum",
		"expected": 6,
		"actual": 7,
		"amount": 65.8,
	}}
}

test_only_estimates_are_judged if {
	not applicable(object.union(wrong, {"kind": "missing"}))
	not applicable(object.union(wrong, {"kind": "measured"}))
	not applicable(object.remove(wrong, ["kind"]))
}

test_boundary_of_the_parameter if {
	longest := {fact.code | some fact in im_04.violation} with input as wrong with data.parameters as {"gap_max": 7}
	longest == set()
}

test_unknown_amount if {
	facts(object.union(wrong, {"estimated_amount": null})) == {{
		"code": "gap-over-maximum",
		"expected": 6,
		"actual": 7,
	}}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["intervals"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
		codes(object.union(wrong, {column: null})) == set()
		undetermined(object.union(wrong, {column: null})) == {column}
	}
}
