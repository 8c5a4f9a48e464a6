package gate.pg_06_test

import data.gate.pg_06

conforming := {
	"kind": "changed",
	"was_mandatory": true,
	"mandatory": true,
	"old_severity": "high",
	"new_severity": "critical",
}

removed := object.union(conforming, {"kind": "removed", "mandatory": false, "new_severity": null})

optional := object.union(conforming, {"mandatory": false})

milder := object.union(conforming, {"new_severity": "medium"})

codes(record) := found if {
	found := {fact.code | some fact in pg_06.violation} with input as record
}

facts(record) := found if {
	found := pg_06.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in pg_06.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
	undetermined(conforming) == set()
	codes(object.union(optional, {"was_mandatory": false})) == set()
	codes(object.union(conforming, {"was_mandatory": false})) == set()
}

# It can't be milder or optional beside.
test_removed_is_told_once if {
	codes(removed) == {"control-removed"}
	undetermined(removed) == set()
	codes(object.union(removed, {"new_severity": "low"})) == {"control-removed"}
}

test_boundary if {
	severities := ["low", "medium", "high", "critical"]
	every i, old in severities {
		every j, new in severities {
			(codes(object.union(conforming, {"old_severity": old, "new_severity": new})) == {"severity-lowered"}) == (j < i)
		}
	}
}

test_missing_column if {
	codes(object.remove(removed, ["kind"])) == set()
	undetermined(object.remove(optional, ["kind"])) == {"kind"}
	undetermined(object.remove(milder, ["kind"])) == {"kind"}
	every column in ["was_mandatory", "mandatory"] {
		codes(object.remove(optional, [column])) == set()
		undetermined(object.remove(optional, [column])) == {column}
	}
	every column in ["old_severity", "new_severity"] {
		codes(object.remove(milder, [column])) == set()
		undetermined(object.remove(milder, [column])) == {column}
	}
}

test_facts if {
	facts(removed) == {{
		"code": "control-removed",
		"message": "the control is gone; its severity was high",
	}}
	facts(optional) == {{
		"code": "no-longer-mandatory",
		"expected": true,
		"actual": false,
		"message": "the control was mandatory",
	}}
	facts(milder) == {{
		"code": "severity-lowered",
		"expected": "high",
		"actual": "medium",
		"message": "the severity was high and is medium",
	}}
}
