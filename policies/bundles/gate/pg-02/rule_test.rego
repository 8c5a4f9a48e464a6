package gate.pg_02_test

import data.gate.pg_02

limits := {"max_survivors": 1}

conforming := {"mutants": 61, "survivors": 0}

survived := object.union(conforming, {"survivors": 2})

codes(record) := found if {
	found := {fact.code | some fact in pg_02.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := pg_02.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in pg_02.undetermined} with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
}

test_boundary if {
	codes(object.union(conforming, {"survivors": 1})) == set()
	codes(survived) == {"mutants-survive"}
}

test_missing_column if {
	codes(object.remove(survived, ["survivors"])) == set()
	undetermined(object.remove(survived, ["survivors"])) == {"survivors"}
}

test_facts if {
	facts(survived) == {{
		"code": "mutants-survive",
		"expected": 1,
		"actual": 2,
		"message": "the tests don't notice 2 of 61 changes of the rule",
	}}
}
