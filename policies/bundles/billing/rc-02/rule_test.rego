package billing.rc_02_test

import data.billing.rc_02

conforming := {
	"expected": 1960.1,
	"actual": 1960.9,
	"difference": 0.8,
	"within": true,
	"class": null,
}

longer := object.union(
	conforming,
	{"actual": 2097.31, "difference": 137.21, "within": false, "class": "vendor-quantity-off"},
)

facts(record) := found if {
	found := rc_02.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rc_02.undetermined} with input as record
}

# A difference that rounding explains.
test_conforms if {
	facts(conforming) == set()
}

test_facts if {
	facts(longer) == {{
		"code": "vendor-amount-off-meter",
		"expected": 1960.1,
		"actual": 2097.31,
		"amount": 137.21,
		"message": "vendor-quantity-off",
	}}
}

test_unexplained if {
	some fact in facts(object.union(longer, {"class": null}))
	fact.message == "no single mistake explains it"
}

test_undetermined if {
	undetermined(object.union(conforming, {"within": null})) == {"within"}
	undetermined(object.remove(longer, ["within"])) == {"within"}
	facts(object.union(longer, {"within": null})) == set()
}
