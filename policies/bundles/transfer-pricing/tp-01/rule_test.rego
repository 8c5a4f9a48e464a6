package transfer_pricing.tp_01_test

import data.transfer_pricing.tp_01

conforming := {"agreements": 1, "txn_amount": 1000}

violating := {"agreements": 0, "txn_amount": 1000}

codes(record) := found if {
	found := {fact.code | some fact in tp_01.violation} with input as record
}

facts(record) := found if {
	found := tp_01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in tp_01.undetermined} with input as record
}

# One agreement is enough: the boundary.
test_conforms if {
	codes(conforming) == set()
}

test_no_agreement if {
	codes(violating) == {"no-agreement"}
}

# Several at once are no violation of this rule.
test_several if {
	codes(object.union(conforming, {"agreements": 2})) == set()
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	codes(object.remove(violating, ["agreements"])) == set()
	undetermined(object.remove(violating, ["agreements"])) == {"agreements"}
}

test_facts if {
	facts(violating) == {{
		"code": "no-agreement",
		"actual": 0,
		"amount": 1000,
		"message": "no agreement of seller and buyer for the category is in force on the date",
	}}
}
