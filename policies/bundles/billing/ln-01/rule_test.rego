package billing.ln_01_test

import data.billing.ln_01

conforming := {
	"usage_rows": 31,
	"quantity": 744,
	"charged": 148.8,
}

ghost := object.union(conforming, {"usage_rows": 0})

codes(record) := found if {
	found := {fact.code | some fact in ln_01.violation} with input as record
}

facts(record) := found if {
	found := ln_01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in ln_01.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_charge_without_usage if {
	facts(ghost) == {{
		"code": "charge-without-usage",
		"actual": 744,
		"amount": 148.8,
	}}
}

# One row of usage is usage; whether the charge counts it right, LN-02 asks.
test_boundary if {
	codes(object.union(conforming, {"usage_rows": 1})) == set()
	codes(object.union(ghost, {"quantity": 0.0000000001})) == {"charge-without-usage"}
	codes(object.union(ghost, {"quantity": 0})) == set()
}

# What was credited without usage is told too.
test_credit_without_usage if {
	facts(object.union(ghost, {"quantity": -744, "charged": -148.8})) == {{
		"code": "charge-without-usage",
		"actual": -744,
		"amount": -148.8,
	}}
}

# Usage that can't be counted is usage.
test_uncountable_usage_is_usage if {
	uncountable := object.union(conforming, {"quantity": null})
	codes(uncountable) == set()
	undetermined(uncountable) == set()
}

test_unknown_amount if {
	facts(object.remove(ghost, ["charged"])) == {{"code": "charge-without-usage", "actual": 744}}
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["usage_rows", "quantity"] {
		codes(object.remove(ghost, [column])) == set()
		undetermined(object.remove(ghost, [column])) == {column}
		codes(object.union(ghost, {column: null})) == set()
		undetermined(object.union(ghost, {column: null})) == {column}
	}
}
