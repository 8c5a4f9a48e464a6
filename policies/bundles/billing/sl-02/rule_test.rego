package billing.sl_02_test

import data.billing.sl_02

# 99.62 is 0.28 below 99.90: three begun steps of 0.10, 7.5 % of 1672 = 125.40.
conforming := {
	"kind": "sla",
	"target": 99.9,
	"value": 99.62,
	"penalty_step": 0.1,
	"penalty_percent": 2.5,
	"cap_percent": 30,
	"charges": 1672,
	"granted": 125.4,
	"counted": 1,
	"currency": "EUR",
}

low := object.union(conforming, {"granted": 62.7})

high := object.union(conforming, {"granted": 125.41})

facts(record) := found if {
	found := sl_02.violation with input as record
}

codes(record) := {fact.code | some fact in facts(record)}

undetermined(record) := found if {
	found := {cause.column | some cause in sl_02.undetermined} with input as record
}

due(record) := {fact.expected | some fact in facts(object.union(record, {"granted": -1}))}

test_conforms if {
	facts(conforming) == set()
}

test_facts if {
	facts(low) == {{
		"code": "credit-below-formula",
		"expected": 125.4,
		"actual": 62.7,
		"amount": -62.7,
	}}
	facts(high) == {{
		"code": "credit-above-formula",
		"expected": 125.4,
		"actual": 125.41,
		"amount": 0.01,
	}}
}

# A step that is reached is not yet begun anew: 99.80 is one step, 99.79 two.
test_begun_steps if {
	due(object.union(conforming, {"value": 99.8})) == {41.8}
	due(object.union(conforming, {"value": 99.79})) == {83.6}
	due(object.union(conforming, {"value": 99.89})) == {41.8}
}

# Nothing is due where the promise was kept, however far above it.
test_kept if {
	due(object.union(conforming, {"value": 99.9})) == {0}
	due(object.union(conforming, {"value": 100.4})) == {0}
	codes(object.union(conforming, {"value": 99.9})) == {"credit-above-formula"}
}

# Twelve steps are 30 %, the cap; thirteen would be 32.5 %.
test_cap if {
	due(object.union(conforming, {"value": 98.75})) == {501.6}
	due(object.union(conforming, {"value": 98.65})) == {501.6}
	due(object.union(conforming, {"value": 98.85})) == {459.8}
}

# 7.5 % of 1672.07 is 125.40525, of 1672.20 125.415, of 1673 yen 125.475.
test_rounded_half_up_to_the_minor_unit if {
	due(object.union(conforming, {"charges": 1672.07})) == {125.41}
	due(object.union(conforming, {"charges": 1672.2})) == {125.42}
	due(object.union(conforming, {"charges": 1673, "currency": "JPY"})) == {125}
}

# The second credit of a promise and period bears no amount of its own.
test_counted_once if {
	{fact.amount | some fact in facts(object.union(low, {"counted": 0}))} == {0}
	{fact.amount | some fact in facts(object.union(high, {"counted": 0}))} == {0}
}

test_other_credits_are_not_applicable if {
	not sl_02.applicable with input as object.union(low, {"kind": "final"})
	sl_02.applicable with input as low
	sl_02.applicable with input as conforming
	not sl_02.applicable with input as object.union(conforming, {"granted": null})
}

test_undetermined if {
	columns := [
		"target", "value", "penalty_step", "penalty_percent", "cap_percent", "charges", "granted", "currency",
		"counted",
	]
	every column in columns {
		facts(object.union(low, {column: null})) == set()
		undetermined(object.union(low, {column: null})) == {column}
		undetermined(object.remove(high, [column])) == {column}
	}
	facts(object.union(low, {"currency": "EUX"})) == set()
}
