package sod.cm_04_test

import data.sod.cm_04

limits := {"days_to_review": 5}

conforming := {
	"deployed_at": "2025-03-01T22:00:00Z",
	"first_reviewed_at": "2025-03-03T09:00:00Z",
}

unreviewed := object.union(conforming, {"first_reviewed_at": null})

codes(record) := found if {
	found := {fact.code | some fact in cm_04.violation} with input as record
		with data.parameters as limits
		with data.run.as_of as "2025-03-31"
}

facts(record) := found if {
	found := cm_04.violation with input as record
		with data.parameters as limits
		with data.run.as_of as "2025-03-31"
}

undetermined(record) := found if {
	found := {cause.column | some cause in cm_04.undetermined} with input as record
		with data.parameters as limits
		with data.run.as_of as "2025-03-31"
}

applicable(record) if {
	cm_04.applicable with input as record
		with data.parameters as limits
		with data.run.as_of as "2025-03-31"
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_not_reviewed if {
	codes(unreviewed) == {"not-reviewed-in-time"}
	applicable(unreviewed)
}

# The whole fifth day (UTC) after the deployment is in time.
test_boundary if {
	codes(object.union(conforming, {"first_reviewed_at": "2025-03-06T23:59:59Z"})) == set()
	codes(object.union(conforming, {"first_reviewed_at": "2025-03-07T00:00:00Z"})) == {"not-reviewed-in-time"}
}

on(day, record) if {
	cm_04.applicable with input as record
		with data.parameters as limits
		with data.run.as_of as day
}

# Judged when it was reviewed, or when there is no time left.
test_applicable if {
	not on("2025-03-06", unreviewed)
	on("2025-03-07", unreviewed)
	on("2025-03-06", conforming)
	not on("2025-03-06", object.union(conforming, {"first_reviewed_at": "2025-03-07T00:00:00Z"}))
	not on("2025-03-31", object.union(unreviewed, {"deployed_at": null}))
}

test_missing_column if {
	none := {"deployed_at": null, "first_reviewed_at": null}
	undetermined(none) == set()
	undetermined(object.remove(conforming, ["deployed_at"])) == {"deployed_at"}
}

test_facts if {
	told := {"code": "not-reviewed-in-time", "expected": "2025-03-06"}
	facts(unreviewed) == {object.union(told, {"message": "deployed at 2025-03-01T22:00:00Z; not reviewed"})}
	late := object.union(conforming, {"first_reviewed_at": "2025-03-08T09:00:00Z"})
	facts(late) == {object.union(told, {
		"actual": "2025-03-08T09:00:00Z",
		"message": "deployed at 2025-03-01T22:00:00Z; reviewed too late",
	})}
}
