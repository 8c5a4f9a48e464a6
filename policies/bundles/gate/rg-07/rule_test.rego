package gate.rg_07_test

import data.gate.rg_07

limits := {"notice_days_min": 30}

conforming := {
	"kind": "price-raised",
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
	"announced_on": "2025-05-20",
	"notice_days": 42,
	"effective_from": "2025-07-01T00:00:00Z",
}

late := object.union(conforming, {"announced_on": "2025-06-20", "notice_days": 11})

codes(record) := found if {
	found := {fact.code | some fact in rg_07.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := rg_07.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_07.undetermined} with input as record
		with data.parameters as limits
}

applicable(record) if {
	rg_07.applicable with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_boundary if {
	codes(object.union(conforming, {"notice_days": 30})) == set()
	codes(object.union(conforming, {"notice_days": 29})) == {"notice-too-short"}
	codes(object.union(conforming, {"notice_days": -5})) == {"notice-too-short"}
}

# Nobody was told: no question of how many days.
test_not_announced if {
	codes(object.union(conforming, {"announced_on": null, "notice_days": null})) == {"not-announced"}
	undetermined(object.union(conforming, {"announced_on": null, "notice_days": null})) == set()
	codes(object.union(late, {"announced_on": null})) == {"not-announced"}
}

# A raise that is brought forward is one.
test_applicable_to_what_becomes_dearer if {
	moved := object.union(conforming, {"kind": "dates-moved", "dearer": true})
	applicable(moved)
	not applicable(object.union(moved, {"dearer": false}))
	undetermined(object.union(moved, {"dearer": false})) == set()
	applicable(object.union(conforming, {"dearer": null}))
	applicable(object.union(conforming, {"dearer": false}))
}

test_missing_column if {
	codes(object.remove(late, ["notice_days"])) == set()
	undetermined(object.remove(late, ["notice_days"])) == {"notice_days"}
}

test_facts if {
	facts(late) == {{
		"code": "notice-too-short",
		"expected": 30,
		"actual": 11,
		"message": "old price 0.2 EUR, new price 0.25 EUR, announced on 2025-06-20, in effect from 2025-07-01T00:00:00Z",
	}}
	facts(object.union(late, {"announced_on": null})) == {{
		"code": "not-announced",
		"expected": 30,
		"message": "old price 0.2 EUR, new price 0.25 EUR, in effect from 2025-07-01T00:00:00Z",
	}}
	added := object.union(late, {"old_price": null, "old_currency": null})
	ended := object.union(late, {"new_price": null, "new_currency": null})
	{fact.message | some fact in facts(added)} == {concat("", ["old price none, new price 0.25 EUR", announced])}
	{fact.message | some fact in facts(ended)} == {concat("", ["old price 0.2 EUR, new price none", announced])}
}

announced := ", announced on 2025-06-20, in effect from 2025-07-01T00:00:00Z"
