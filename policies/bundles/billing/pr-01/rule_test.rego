package billing.pr_01_test

import data.billing.pr_01

# 0.25 by the contract and 12 %.
conforming := {
	"has_contract": true,
	"expected": 0.28,
	"actual": 0.28,
	"amount": 0,
}

# The contract price fell to 0.20, the rate didn't; 1000 units were charged.
wrong := object.union(conforming, {"expected": 0.224, "amount": 56})

applicable(record) if {
	pr_01.applicable with input as record
}

codes(record) := found if {
	found := {fact.code | some fact in pr_01.violation} with input as record
}

facts(record) := found if {
	found := pr_01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in pr_01.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_rate_differs if {
	facts(wrong) == {{
		"code": "rate-differs",
		"expected": 0.224,
		"actual": 0.28,
		"amount": 56,
	}}
}

# There is no tolerance, on either side.
test_boundary if {
	codes(object.union(conforming, {"actual": 0.2800000001})) == {"rate-differs"}
	codes(object.union(conforming, {"actual": 0.2799999999})) == {"rate-differs"}
}

test_rate_without_a_contract_is_not_applicable if {
	not applicable(object.union(wrong, {"has_contract": false}))
	not applicable(object.remove(wrong, ["has_contract"]))
}

# A charge can't be rated: the rate is off all the same.
test_unknown_amount if {
	facts(object.union(wrong, {"amount": null})) == {{"code": "rate-differs", "expected": 0.224, "actual": 0.28}}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["actual", "expected"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
		codes(object.union(wrong, {column: null})) == set()
		undetermined(object.union(wrong, {column: null})) == {column}
	}
}
