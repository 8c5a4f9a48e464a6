package gate.pg_03_test

import data.gate.pg_03

codes(record) := found if {
	found := {fact.code | some fact in pg_03.violation} with input as record
}

facts(record) := found if {
	found := pg_03.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in pg_03.undetermined} with input as record
}

test_conforms if {
	codes({"remarks": 0}) == set()
}

test_boundary if {
	codes({"remarks": 1}) == {"lint-remark"}
}

test_missing_column if {
	codes({}) == set()
	undetermined({}) == {"remarks"}
}

test_facts if {
	facts({"remarks": 3}) == {{
		"code": "lint-remark",
		"expected": 0,
		"actual": 3,
		"message": "3 remarks of the linter",
	}}
}
