package sod.sod_01_test

import data.sod.sod_01

conforming := {
	"user_type": "human",
	"action_a": "rate.edit",
	"action_b": "rate.approve",
	"severity": "critical",
	"conflict": false,
	"path_a": null,
	"path_b": null,
	"since": null,
}

violating := object.union(conforming, {
	"conflict": true,
	"path_a": "rate-author : rate.edit",
	"path_b": "pricing-officer > rate-approver : rate.approve",
	"since": "2025-03-01T09:00:00Z",
})

codes(record) := found if {
	found := {fact.code | some fact in sod_01.violation} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_toxic_pair if {
	codes(violating) == {"toxic-pair"}
}

# An account that the register doesn't know is no excuse.
test_toxic_pair_of_unregistered_account if {
	codes(object.remove(violating, ["user_type"])) == {"toxic-pair"}
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	codes(object.remove(violating, ["conflict"])) == set()
}
