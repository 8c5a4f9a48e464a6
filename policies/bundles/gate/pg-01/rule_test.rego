package gate.pg_01_test

import data.gate.pg_01

conforming := {"tests": 5, "tests_failed": 0, "parts_not_covered": 0}

wrong := {"tests": 5, "tests_failed": 1, "parts_not_covered": 2}

codes(record) := found if {
	found := {fact.code | some fact in pg_01.violation} with input as record
}

facts(record) := found if {
	found := pg_01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in pg_01.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
	undetermined(conforming) == set()
}

test_boundary if {
	codes(object.union(conforming, {"tests": 1})) == set()
	codes(object.union(conforming, {"tests": 0})) == {"untested"}
	codes(object.union(conforming, {"tests_failed": 1})) == {"test-fails"}
	codes(object.union(conforming, {"parts_not_covered": 1})) == {"part-not-covered"}
	codes(object.union(wrong, {"tests": 1})) == {"test-fails", "part-not-covered"}
}

# What no test says isn't asked for.
test_untested_is_told_once if {
	codes(object.union(wrong, {"tests": 0})) == {"untested"}
	undetermined({"tests": 0}) == set()
}

test_missing_column if {
	codes(object.remove(wrong, ["tests"])) == set()
	undetermined(object.remove(wrong, ["tests"])) == {"tests"}
	codes(object.remove(wrong, ["tests_failed"])) == {"part-not-covered"}
	undetermined(object.remove(wrong, ["tests_failed"])) == {"tests_failed"}
	codes(object.remove(wrong, ["parts_not_covered"])) == {"test-fails"}
	undetermined(object.remove(wrong, ["parts_not_covered"])) == {"parts_not_covered"}
}

test_facts if {
	facts(wrong) == {
		{
			"code": "test-fails",
			"expected": 0,
			"actual": 1,
			"message": "1 of 5 tests fail",
		},
		{
			"code": "part-not-covered",
			"expected": 0,
			"actual": 2,
			"message": "2 parts of the rule are reached by none of 5 tests",
		},
	}
	facts({"tests": 0}) == {{
		"code": "untested",
		"expected": 1,
		"actual": 0,
		"message": "the rule has no test",
	}}
}
