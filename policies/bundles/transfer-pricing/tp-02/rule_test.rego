package transfer_pricing.tp_02_test

import data.transfer_pricing.tp_02

# 8000 × 1.05 + 2000 = 10400; one basis point of 8000 is 0.80.
conforming := {
	"agreements": 1,
	"markup": 0.05,
	"pool_amount": 10000,
	"pass_through": 2000,
	"txn_amount": 10400,
	"txn_ccy": "EUR",
}

wrong := object.union(conforming, {"txn_amount": 10500})

codes(record) := found if {
	found := {fact.code | some fact in tp_02.violation} with input as record
		with data.parameters as {"tolerance_bp": 1}
}

facts(record) := found if {
	found := tp_02.violation with input as record
		with data.parameters as {"tolerance_bp": 1}
}

undetermined(record) := found if {
	found := {cause.column | some cause in tp_02.undetermined} with input as record
		with data.parameters as {"tolerance_bp": 1}
}

test_conforms if {
	codes(conforming) == set()
}

# A mark-up on the pass-through cost too: 10000 × 1.05.
test_mark_up_differs if {
	codes(wrong) == {"mark-up-differs"}
}

# A difference of exactly the tolerance conforms, on both sides.
test_boundary if {
	codes(object.union(conforming, {"txn_amount": 10400.8})) == set()
	codes(object.union(conforming, {"txn_amount": 10399.2})) == set()
	codes(object.union(conforming, {"txn_amount": 10400.81})) == {"mark-up-differs"}
	codes(object.union(conforming, {"txn_amount": 10399.19})) == {"mark-up-differs"}
}

test_amount_is_charged_less_expected if {
	amounts := {fact.amount | some fact in tp_02.violation} with input as wrong
		with data.parameters as {"tolerance_bp": 1}
	amounts == {100}
}

test_without_agreement_not_applicable if {
	not tp_02.applicable with input as object.union(wrong, {"agreements": 0, "markup": null})
}

# A credited pool: −8000 × 1.05 − 2000. The tolerance is 0.80 here too.
test_negative_cost if {
	credit := object.union(conforming, {"pool_amount": -10000, "pass_through": -2000, "txn_amount": -10400})
	codes(credit) == set()
	codes(object.union(credit, {"txn_amount": -10400.8})) == set()
	codes(object.union(credit, {"txn_amount": -10400.81})) == {"mark-up-differs"}
}

# The yen has no minor unit: 8000 × 1.050055 + 2000 = 10400.44, charged as 10400.
test_minor_units if {
	yen := object.union(conforming, {"markup": 0.050055, "txn_ccy": "JPY"})
	expected := {fact.expected | some fact in tp_02.violation} with input as object.union(yen, {"txn_amount": 10402})
		with data.parameters as {"tolerance_bp": 1}
	expected == {10400}
	codes(yen) == set()
}

# Two agreements in force, or no pool: undetermined.
test_null_mark_up_or_pool if {
	codes(object.union(wrong, {"agreements": 2, "markup": null})) == set()
	codes(object.union(wrong, {"pool_amount": null, "pass_through": null})) == set()
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	every column in ["markup", "pool_amount", "pass_through", "txn_amount", "txn_ccy"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
	}
	not tp_02.applicable with input as object.remove(wrong, ["agreements"])
}

test_facts if {
	facts(wrong) == {{
		"code": "mark-up-differs",
		"expected": 10400,
		"actual": 10500,
		"amount": 100,
	}}
}

# Half a cent is rounded away from zero: 8000 × 1.050000625 + 2000 = 10400.005.
test_expected_is_rounded_half_up if {
	some fact in facts(object.union(wrong, {"markup": 0.050000625}))
	fact.expected == 10400.01
}

# The tolerance grows with the cost: two basis points of 8000 are 1.60.
test_boundary_of_two_basis_points if {
	near := object.union(conforming, {"txn_amount": 10401.6})
	tp_02.violation == set() with input as near with data.parameters as {"tolerance_bp": 2}
	far := object.union(conforming, {"txn_amount": 10401.61})
	count(tp_02.violation) == 1 with input as far with data.parameters as {"tolerance_bp": 2}
}
