package billing.gl_04_test

import data.billing.gl_04

conforming := {"amount": 100.5, "lines": 1}

lost := object.union(conforming, {"lines": 0})

facts(record) := found if {
	found := gl_04.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in gl_04.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
	facts(object.union(conforming, {"lines": 2})) == set()
	gl_04.applicable with input as conforming
}

test_facts if {
	facts(lost) == {{
		"code": "charges-not-posted",
		"expected": 100.5,
		"actual": 0,
		"amount": -100.5,
	}}
}

# A reversal and its replacement can add up to nothing: there is nothing to post.
test_nothing_to_post if {
	not gl_04.applicable with input as object.union(lost, {"amount": 0})
	gl_04.applicable with input as object.union(lost, {"amount": -0.01})
}

test_undetermined if {
	undetermined(object.union(lost, {"lines": null})) == {"lines"}
	undetermined(object.union(conforming, {"lines": null})) == {"lines"}
	undetermined(object.remove(lost, ["lines"])) == {"lines"}
	undetermined(object.union(lost, {"amount": null})) == {"amount"}
}
