package billing.ln_02_test

import data.billing.ln_02

conforming := {
	"decides": true,
	"usage_rows": 31,
	"quantity": 744,
	"expected": 744,
	"difference": 0,
	"amount": 0,
}

# A day of the second meter is counted too: 24 vCPU hours at 0.20.
wrong := object.union(conforming, {"quantity": 768, "difference": 24, "amount": 4.8})

applicable(record) if {
	ln_02.applicable with input as record
}

codes(record) := found if {
	found := {fact.code | some fact in ln_02.violation} with input as record
}

facts(record) := found if {
	found := ln_02.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in ln_02.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_quantity_differs if {
	applicable(wrong)
	facts(wrong) == {{
		"code": "quantity-differs",
		"expected": 744,
		"actual": 768,
		"amount": 4.8,
	}}
}

# There is no tolerance, on either side.
test_boundary if {
	codes(object.union(conforming, {"quantity": 744.0000000001})) == {"quantity-differs"}
	codes(object.union(conforming, {"quantity": 743.9999999999})) == {"quantity-differs"}
	applicable(object.union(wrong, {"usage_rows": 1}))
}

# A reversal and its replacement are one question; the last of them answers it.
test_not_the_last_of_a_chain if {
	not applicable(object.union(wrong, {"decides": false}))
}

# LN-01 tells of charges without usage.
test_without_usage if {
	not applicable(object.union(wrong, {"usage_rows": 0, "expected": 0}))
}

# No price: the quantities differ all the same.
test_unknown_amount if {
	facts(object.union(wrong, {"amount": null})) == {{
		"code": "quantity-differs",
		"expected": 744,
		"actual": 768,
	}}
}

# Usage in several units can't be counted.
test_uncountable_usage if {
	uncountable := object.union(wrong, {"quantity": null, "expected": null, "amount": null})
	codes(uncountable) == set()
	undetermined(uncountable) == {"expected", "quantity"}
}

test_applicable_needs_both if {
	not applicable(object.remove(wrong, ["decides"]))
	not applicable(object.remove(wrong, ["usage_rows"]))
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["quantity", "expected"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
		codes(object.union(wrong, {column: null})) == set()
		undetermined(object.union(wrong, {column: null})) == {column}
	}
}
