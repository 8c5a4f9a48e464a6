package gate.rg_23_test

import data.gate.rg_23

conforming := {"changes": 3, "protected_changes": 0}

both := object.union(conforming, {"protected_changes": 1})

codes(record) := found if {
	found := {fact.code | some fact in rg_23.violation} with input as record
}

facts(record) := found if {
	found := rg_23.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_23.undetermined} with input as record
}

applicable(record) if {
	rg_23.applicable with input as record
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

# One of each is enough.
test_boundary if {
	codes(both) == {"protected-files-changed"}
	applicable(object.union(both, {"changes": 1}))
	not applicable(object.union(both, {"changes": 0}))
}

test_missing_column if {
	every column in ["changes", "protected_changes"] {
		codes(object.remove(both, [column])) == set()
		undetermined(object.remove(both, [column])) == {column}
	}
}

test_facts if {
	facts(both) == {{
		"code": "protected-files-changed",
		"expected": 0,
		"actual": 1,
		"message": "3 changes beside 1 of files that judge them",
	}}
}
