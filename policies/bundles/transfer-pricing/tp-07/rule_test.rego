package transfer_pricing.tp_07_test

import data.transfer_pricing.tp_07

conforming := {
	"charges": 12,
	"net_cost_plus": 0.05,
	"lower": 0.0300005,
	"median": 0.06,
	"upper": 0.0900017,
	"in_range": true,
	"expected": 1050,
	"actual": 1050,
	"difference": 0,
}

low := object.union(
	conforming,
	{"in_range": false, "net_cost_plus": 0.02, "actual": 1020, "expected": 1060, "difference": -40},
)

facts(record) := found if {
	found := tp_07.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in tp_07.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
	tp_07.applicable with input as conforming
}

test_facts if {
	facts(low) == {{
		"code": "ncp-outside-range",
		"expected": 1060,
		"actual": 1020,
		"amount": -40,
		"message": "net cost plus 0.020000, range 0.030000 to 0.090002, median 0.060000",
	}}
}

# A year without charges earned nothing that could be compared.
test_not_applicable if {
	not tp_07.applicable with input as object.union(low, {"charges": 0})
	tp_07.applicable with input as object.union(low, {"charges": 1})
}

test_undetermined if {
	undetermined(object.union(conforming, {"in_range": null})) == {"in_range"}
	undetermined(object.remove(low, ["in_range"])) == {"in_range"}
	facts(object.union(low, {"in_range": null})) == set()
}
