package gate.pg_04_test

import data.gate.pg_04

conforming := {
	"kind": "changed",
	"old_version": "0.3.0",
	"new_version": "0.4.0",
	"version_raised": true,
	"starred": true,
	"comparison": "compared",
	"moves": true,
}

same_version := object.union(conforming, {"new_version": "0.3.0", "version_raised": false})

plain := object.union(conforming, {"starred": false})

added := object.union(same_version, {"kind": "added", "old_version": null, "version_raised": null})

codes(record) := found if {
	found := {fact.code | some fact in pg_04.violation} with input as record
}

facts(record) := found if {
	found := pg_04.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in pg_04.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
	undetermined(conforming) == set()
	codes(object.union(plain, {"moves": false})) == set()
	undetermined(object.union(plain, {"moves": false})) == set()
}

test_boundary if {
	codes(plain) == {"not-starred"}
	codes(object.union(plain, {"moves": false})) == set()
}

test_version if {
	codes(same_version) == {"version-not-raised"}
	codes(object.union(same_version, {"moves": false, "starred": null})) == {"version-not-raised"}
	codes(object.union(same_version, {"kind": "added"})) == {"version-not-raised"}
	codes(object.union(same_version, {"starred": false})) == {"version-not-raised", "not-starred"}
}

# A new bundle has nothing to raise; a changed rule without a version on one side isn't known.
test_new_bundle if {
	codes(added) == set()
	undetermined(added) == set()
	undetermined(object.union(added, {"kind": "changed"})) == {"version_raised"}
	undetermined(object.union(conforming, {"version_raised": null})) == {"version_raised"}
}

# What nobody compared may move.
test_not_compared if {
	every comparison in ["not-asked", "of-the-gate"] {
		unseen := {"comparison": comparison, "moves": null}
		codes(object.union(conforming, unseen)) == set()
		undetermined(object.union(conforming, unseen)) == set()
		codes(object.union(plain, unseen)) == {"not-starred"}
		codes(object.union(plain, {"comparison": comparison, "moves": false})) == {"not-starred"}
		undetermined(object.union(plain, object.union(unseen, {"starred": null}))) == {"starred"}
	}
}

# Nobody knows whether a star is needed, unless there is one.
test_not_possible if {
	impossible := {"comparison": "not-possible", "moves": null}
	codes(object.union(plain, impossible)) == set()
	undetermined(object.union(plain, impossible)) == {"moves"}
	codes(object.union(conforming, impossible)) == set()
	undetermined(object.union(conforming, impossible)) == set()
}

test_missing_column if {
	every column in ["starred", "comparison", "moves"] {
		codes(object.remove(plain, [column])) == set()
		undetermined(object.remove(plain, [column])) == {column}
	}
	undetermined(object.remove(same_version, ["version_raised"])) == {"version_raised"}
	codes(object.remove(same_version, ["version_raised"])) == set()
	undetermined(object.remove(added, ["kind"])) == {"kind", "version_raised"}
}

test_facts if {
	facts(same_version) == {{
		"code": "version-not-raised",
		"expected": "more than 0.3.0",
		"actual": "0.3.0",
		"message": "the rule changes, its bundle goes from version 0.3.0 to 0.3.0",
	}}
	unversioned := {"old_version": null, "new_version": null}
	facts(object.union(same_version, unversioned)) == {{
		"code": "version-not-raised",
		"expected": "more than none",
		"message": "the rule changes, its bundle goes from version none to none",
	}}
	facts(plain) == {{
		"code": "not-starred",
		"expected": "an entry with a star",
		"message": "verdicts move, and the changelog has no entry with a star under version 0.4.0",
	}}
	facts(object.union(plain, {"comparison": "not-asked", "moves": null})) == {{
		"code": "not-starred",
		"expected": "an entry with a star",
		"message": "verdicts were not compared, and the changelog has no entry with a star under version 0.4.0",
	}}
}
