package sod.cm_01_test

import data.sod.cm_01

conforming := {
	"effective_from": "2025-03-01T00:00:00Z",
	"approvals": 1,
	"first_approved_at": "2025-02-20T10:00:00Z",
}

codes(record) := found if {
	found := {fact.code | some fact in cm_01.violation} with input as record with data.run.as_of as "2025-03-31"
}

facts(record) := found if {
	found := cm_01.violation with input as record with data.run.as_of as "2025-03-31"
}

undetermined(record) := found if {
	found := {cause.column | some cause in cm_01.undetermined} with input as record with data.run.as_of as "2025-03-31"
}

applicable(record) if {
	cm_01.applicable with input as record with data.run.as_of as "2025-03-01"
}

test_conforms if {
	codes(conforming) == set()
}

test_not_approved if {
	codes(object.union(conforming, {"approvals": 0, "first_approved_at": null})) == {"not-approved"}
}

test_approved_late if {
	codes(object.union(conforming, {"first_approved_at": "2025-03-01T00:00:01Z"})) == {"approved-late"}
}

# An approval at the very moment is in time.
test_boundary if {
	codes(object.union(conforming, {"first_approved_at": "2025-03-01T00:00:00Z"})) == set()
}

# Judged from the day on which it takes effect.
test_applicable_once_in_effect if {
	applicable(conforming)
	applicable(object.union(conforming, {"effective_from": "2025-03-01T23:59:59Z"}))
	not applicable(object.union(conforming, {"effective_from": "2025-03-02T00:00:00Z"}))
	not applicable(object.union(conforming, {"effective_from": null}))
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	late := object.union(conforming, {"first_approved_at": "2025-03-02T00:00:00Z"})
	every column in ["effective_from", "approvals", "first_approved_at"] {
		codes(object.remove(late, [column])) == set()
		undetermined(object.remove(late, [column])) == {column}
	}
}

test_facts if {
	facts(object.union(conforming, {"approvals": 0})) == {{
		"code": "not-approved",
		"actual": 0,
		"message": "nobody approved the change",
	}}
	facts(object.union(conforming, {"first_approved_at": "2025-03-01T00:00:01Z"})) == {{
		"code": "approved-late",
		"expected": "2025-03-01T00:00:00Z",
		"actual": "2025-03-01T00:00:01Z",
		"message": "the first approval came after the expected instant, from which the change takes effect",
	}}
}

# Without an approval none is late, whatever the instant says.
test_not_approved_is_not_late if {
	codes(object.union(conforming, {"approvals": 0, "first_approved_at": "2025-03-02T00:00:00Z"})) == {"not-approved"}
}
