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

facts(record) := found if {
	found := sod_01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in sod_01.undetermined} with input as record
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
	undetermined(object.remove(violating, ["user_type"])) == set()
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	codes(object.remove(violating, ["conflict"])) == set()
	undetermined(object.remove(violating, ["conflict"])) == {"conflict"}
}

test_facts if {
	told := {
		"code": "toxic-pair",
		"actual": "rate-author : rate.edit; pricing-officer > rate-approver : rate.approve",
	}
	human := {"message": "human account, rate.edit and rate.approve since 2025-03-01T09:00:00Z, severity critical"}
	facts(violating) == {object.union(told, human)}
	unregistered := {"message": "unregistered account, rate.edit and rate.approve since 2025-03-01T09:00:00Z, severity critical"}
	facts(object.remove(violating, ["user_type"])) == {object.union(told, unregistered)}
}
