package gate.pg_07_test

import data.gate.pg_07

conforming := {"newly_allowed": 0, "newly_allowed_example": null}

allowed := {"newly_allowed": 4, "newly_allowed_example": "author true; before: author-approves"}

codes(record) := found if {
	found := {fact.code | some fact in pg_07.violation} with input as record
}

facts(record) := found if {
	found := pg_07.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in pg_07.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
	undetermined(conforming) == set()
}

test_boundary if {
	codes(object.union(allowed, {"newly_allowed": 1})) == {"became-allowed"}
}

test_missing_column if {
	codes(object.remove(allowed, ["newly_allowed"])) == set()
	undetermined(object.remove(allowed, ["newly_allowed"])) == {"newly_allowed"}
}

test_facts if {
	facts(allowed) == {{
		"code": "became-allowed",
		"expected": 0,
		"actual": 4,
		"message": "4 kinds of requests become allowed, such as: author true; before: author-approves",
	}}
	facts(object.union(allowed, {"newly_allowed_example": null})) == {{
		"code": "became-allowed",
		"expected": 0,
		"actual": 4,
		"message": "4 kinds of requests become allowed, such as: no example",
	}}
}
