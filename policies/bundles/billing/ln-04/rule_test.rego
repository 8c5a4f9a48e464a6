package billing.ln_04_test

import data.billing.ln_04

conforming := {
	"due": true,
	"charged_as_metered": true,
	"metered": 1320,
	"charged": 1320,
	"unbilled": 0,
	"unbilled_amount": 0,
}

# 20 GB came late, and no run took them.
wrong := object.union(conforming, {"charged": 1300, "unbilled": 20, "unbilled_amount": -0.81})

applicable(record) if {
	ln_04.applicable with input as record
}

codes(record) := found if {
	found := {fact.code | some fact in ln_04.violation} with input as record
}

facts(record) := found if {
	found := ln_04.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in ln_04.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_usage_not_billed if {
	applicable(wrong)
	facts(wrong) == {{
		"code": "usage-not-billed",
		"expected": 1320,
		"actual": 1300,
		"amount": -0.81,
	}}
}

# A correction that lowers usage and was never credited is the same, the other way.
test_boundary if {
	codes(object.union(wrong, {"unbilled": 0.0000000001})) == {"usage-not-billed"}
	codes(object.union(wrong, {"unbilled": -0.0000000001})) == {"usage-not-billed"}
}

test_not_due_yet if {
	not applicable(object.union(wrong, {"due": false}))
}

# LN-02 tells of charges that count something else than was metered.
test_charged_something_else if {
	not applicable(object.union(wrong, {"charged_as_metered": false}))
}

# No price is known: how much isn't billed is known all the same.
test_unknown_amount if {
	facts(object.union(wrong, {"unbilled_amount": null})) == {{
		"code": "usage-not-billed",
		"expected": 1320,
		"actual": 1300,
	}}
}

test_applicable_needs_both if {
	not applicable(object.remove(wrong, ["due"]))
	not applicable(object.remove(wrong, ["charged_as_metered"]))
}

# Without a column that the rule reads, or where it is null, there is nothing to report: the record is
# undetermined.
test_missing_column if {
	every column in ["unbilled"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
		codes(object.union(wrong, {column: null})) == set()
		undetermined(object.union(wrong, {column: null})) == {column}
	}
}
