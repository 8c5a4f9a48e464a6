package retention.ret_04_test

import data.retention.ret_04

conforming := {
	"class": "booking-voucher",
	"jurisdiction": "DE",
	"deleted_at": "2025-06-01T00:00:00Z",
	"holds": 0,
	"first_hold": null,
}

violating := object.union(conforming, {"holds": 2, "first_hold": "HOLD-1"})

codes(record) := found if {
	found := {fact.code | some fact in ret_04.violation} with input as record
}

facts(record) := found if {
	found := ret_04.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in ret_04.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_deleted_under_hold if {
	codes(violating) == {"deleted-under-hold"}
}

# One hold is enough.
test_boundary if {
	codes(object.union(violating, {"holds": 1})) == {"deleted-under-hold"}
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	codes(object.remove(violating, ["holds"])) == set()
	undetermined(object.remove(violating, ["holds"])) == {"holds"}
}

test_facts if {
	facts(violating) == {{
		"code": "deleted-under-hold",
		"actual": "2025-06-01T00:00:00Z",
		"message": "hold HOLD-1 covered the record of class booking-voucher in DE when it was deleted",
	}}
}
