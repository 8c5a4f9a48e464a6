package billing.pr_03_test

import data.billing.pr_03

conforming := {
	"contract_price": 0.2,
	"unit_price": 0.2,
	"quantity": 9800.5,
	"currency": "EUR",
}

# 9800.5 × 0.206 = 2018.903; at the agreed price 1960.10.
dearer := object.union(conforming, {"unit_price": 0.206})

facts(record) := found if {
	found := pr_03.violation with input as record
}

amounts(record) := {fact.amount | some fact in facts(record)}

undetermined(record) := found if {
	found := {cause.column | some cause in pr_03.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
}

test_facts if {
	facts(dearer) == {{
		"code": "vendor-price-off-contract",
		"expected": 0.2,
		"actual": 0.206,
		"amount": 58.8,
	}}
}

# Cheaper than agreed is an exception too: 9800.5 × 0.194 = 1901.297.
test_too_cheap if {
	amounts(object.union(conforming, {"unit_price": 0.194})) == {-58.8}
}

# The smallest difference counts, though it changes no amount.
test_exactly_the_price if {
	amounts(object.union(conforming, {"unit_price": 0.2000000001})) == {0}
}

# Both costs are rounded half up, each for itself: 0.5 → 1 and 0.4 → 0 yen.
test_rounded_to_the_minor_unit if {
	amounts({"contract_price": 0.4, "unit_price": 0.5, "quantity": 1, "currency": "JPY"}) == {1}
}

# No contract price, or another thing that is not known.
test_undetermined if {
	every column in ["contract_price", "unit_price", "quantity", "currency"] {
		facts(object.union(dearer, {column: null})) == set()
		undetermined(object.union(dearer, {column: null})) == {column}
		undetermined(object.remove(dearer, [column])) == {column}
	}
	undetermined(object.union(conforming, {"contract_price": null})) == {"contract_price"}
}
