package billing.rc_03_test

import data.billing.rc_03

conforming := {
	"of_services": 1,
	"has_charges": 1,
	"charged": 100.5,
	"posted": 100.5,
	"counted": 1,
}

wrong := object.union(conforming, {"posted": 110.79})

stray := object.union(conforming, {"has_charges": 0, "charged": 0, "posted": -7})

facts(record) := found if {
	found := rc_03.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rc_03.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
	rc_03.applicable with input as conforming
}

test_facts if {
	facts(wrong) == {{
		"code": "journal-off-charges",
		"expected": 100.5,
		"actual": 110.79,
		"amount": 10.29,
	}}
	facts(stray) == {{
		"code": "line-without-charges",
		"expected": 0,
		"actual": -7,
		"amount": -7,
	}}
}

# Exactly the charges, and lines that take one another back where nothing was charged.
test_boundary if {
	facts(object.union(conforming, {"posted": 100.49})) != set()
	facts(object.union(conforming, {"posted": 100.51})) != set()
	facts(object.union(stray, {"posted": 0})) == set()
}

# The second line of a place bears no amount of its own.
test_counted_once if {
	{fact.amount | some fact in facts(object.union(wrong, {"counted": 0}))} == {0}
	{fact.amount | some fact in facts(object.union(stray, {"counted": 0}))} == {0}
}

test_other_accounts_are_not_applicable if {
	not rc_03.applicable with input as object.union(wrong, {"of_services": 0})
}

test_undetermined if {
	every column in ["charged", "posted"] {
		undetermined(object.union(wrong, {column: null})) == {column}
		undetermined(object.union(conforming, {column: null})) == {column}
		undetermined(object.remove(wrong, [column])) == {column}
	}
	undetermined(object.union(stray, {"posted": null})) == {"posted"}
}
