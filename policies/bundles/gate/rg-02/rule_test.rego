package gate.rg_02_test

import data.gate.rg_02

limits := {"max_delta": 50000}

conforming := {"gate": "rates", "changes": 3, "delta": -18420, "currency": "EUR"}

codes(record) := found if {
	found := {fact.code | some fact in rg_02.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := rg_02.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_02.undetermined} with input as record
		with data.parameters as limits
}

applicable(record) if {
	rg_02.applicable with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_boundary if {
	codes(object.union(conforming, {"delta": 50000})) == set()
	codes(object.union(conforming, {"delta": -50000})) == set()
	codes(object.union(conforming, {"delta": 50000.01})) == {"total-too-large"}
	codes(object.union(conforming, {"delta": -50000.01})) == {"total-too-large"}
}

# What no longer counts as an exception is no price.
test_policies_are_not_judged if {
	not applicable(object.union(conforming, {"gate": "policies"}))
}

test_missing_column if {
	undetermined(object.remove(conforming, ["gate"])) == {"gate"}
}

# No amount is no small amount: RG-20 asks for the most approvals then.
test_unknown_amount_is_not_judged if {
	not applicable(object.union(conforming, {"delta": null}))
	undetermined(object.union(conforming, {"delta": null})) == set()
}

test_facts if {
	facts(object.union(conforming, {"delta": -60000})) == {{
		"code": "total-too-large",
		"expected": 50000,
		"actual": -60000,
		"message": "3 changes, -60000 EUR from the old prices to the new ones",
	}}
}
