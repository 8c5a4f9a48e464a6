package transfer_pricing.ic_04_test

import data.transfer_pricing.ic_04

conforming := {"ar_entries": 1, "ap_entries": 1, "txn_amount": 2000}

violating := {"ar_entries": 1, "ap_entries": 0, "txn_amount": 1000}

codes(record) := found if {
	found := {fact.code | some fact in ic_04.violation} with input as record
}

facts(record) := found if {
	found := ic_04.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in ic_04.undetermined} with input as record
}

# One entry of each side is enough: the boundary.
test_conforms if {
	codes(conforming) == set()
}

test_one_sided if {
	codes(violating) == {"one-sided"}
	codes(object.union(violating, {"ar_entries": 0, "ap_entries": 3})) == {"one-sided"}
}

test_several_entries if {
	codes(object.union(conforming, {"ar_entries": 2, "ap_entries": 3})) == set()
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	codes(object.remove(violating, ["ap_entries"])) == set()
	undetermined(object.remove(violating, ["ap_entries"])) == {"ap_entries"}
	codes(object.remove({"ar_entries": 0, "ap_entries": 1, "txn_amount": 1000}, ["ar_entries"])) == set()
	undetermined(object.remove({"ar_entries": 0, "ap_entries": 1, "txn_amount": 1000}, ["ar_entries"])) == {"ar_entries"}
}

test_facts if {
	facts(violating) == {{
		"code": "one-sided",
		"expected": "AR and AP",
		"actual": "1 AR, 0 AP",
		"amount": 1000,
	}}
}
