package transfer_pricing.tp_04_test

import data.transfer_pricing.tp_04

conforming := {"pool_amount": 2950.53, "allocated": 2950.53, "uncharged": 0}

wrong := object.union(conforming, {"pool_amount": 2950.54})

facts(record) := found if {
	found := tp_04.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in tp_04.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
	facts({"pool_amount": 0, "allocated": 0, "uncharged": 0}) == set()
}

# A cent is enough, and the sign says who was charged too much.
test_pool_off_allocation if {
	facts(wrong) == {{
		"code": "pool-off-allocation",
		"expected": 2950.53,
		"actual": 2950.54,
		"amount": 0.01,
	}}
	facts(object.union(conforming, {"allocated": 2951})) == {{
		"code": "pool-off-allocation",
		"expected": 2951,
		"actual": 2950.53,
		"amount": -0.47,
	}}
}

# What the pools gave to entities that were charged nothing.
test_allocation_uncharged if {
	facts(object.union(conforming, {"uncharged": 0.01})) == {{
		"code": "allocation-uncharged",
		"expected": 0.01,
		"actual": 0,
		"amount": -0.01,
	}}
}

# No pool, or an allocation that can't be told: undetermined.
test_missing_column if {
	every column in ["pool_amount", "allocated"] {
		facts(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
	}
	undetermined(object.remove(conforming, ["uncharged"])) == {"uncharged"}
}
