package billing.al_06_test

import data.billing.al_06

conforming := {"recorded_at": "2025-04-03T23:00:00Z", "frozen_at": "2025-04-04T01:00:00Z"}

changed := object.union(conforming, {"recorded_at": "2025-04-05T07:00:00Z"})

facts(record) := found if {
	found := al_06.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in al_06.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
}

test_recorded_after_freeze if {
	facts(changed) == {{
		"code": "recorded-after-freeze",
		"expected": "2025-04-04T01:00:00Z",
		"actual": "2025-04-05T07:00:00Z",
	}}
}

# Recorded at the very instant of the freeze is in time.
test_boundary if {
	facts(object.union(conforming, {"recorded_at": "2025-04-04T01:00:00Z"})) == set()
	count(facts(object.union(conforming, {"recorded_at": "2025-04-04T01:00:01Z"}))) == 1
}

# A key that was never frozen: undetermined.
test_missing_column if {
	every column in ["recorded_at", "frozen_at"] {
		facts(object.remove(changed, [column])) == set()
		undetermined(object.remove(changed, [column])) == {column}
	}
}
