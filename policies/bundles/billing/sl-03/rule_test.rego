package billing.sl_03_test

import data.billing.sl_03

# 99.62 is 0.28 below 99.90: three begun steps of 0.10, 7.5 % of 1672 = 125.40.
conforming := {
	"target": 99.9,
	"value": 99.62,
	"penalty_step": 0.1,
	"penalty_percent": 2.5,
	"cap_percent": 30,
	"charges": 1672,
	"credits": 1,
	"currency": "EUR",
}

missing := object.union(conforming, {"credits": 0})

facts(record) := found if {
	found := sl_03.violation with input as record
}

due(record) := {fact.expected | some fact in facts(object.union(missing, record))}

undetermined(record) := found if {
	found := {cause.column | some cause in sl_03.undetermined} with input as record
}

test_conforms if {
	facts(conforming) == set()
	sl_03.applicable with input as conforming
}

test_facts if {
	facts(missing) == {{
		"code": "credit-not-granted",
		"expected": 125.4,
		"actual": 0,
		"amount": -125.4,
	}}
}

test_begun_steps_and_cap if {
	due({"value": 99.8}) == {41.8}
	due({"value": 99.79}) == {83.6}
	due({"value": 98.85}) == {459.8}
	due({"value": 98.65}) == {501.6}
}

test_rounded_half_up_to_the_minor_unit if {
	due({"charges": 1672.07}) == {125.41}
	due({"charges": 1672.2}) == {125.42}
	due({"charges": 1673, "currency": "JPY"}) == {125}
}

# 2.5 % of 0.1 is 0.0025: nothing to credit; of 0.2 it is a hundredth.
test_less_than_the_minor_unit if {
	due({"value": 99.8, "charges": 0.1}) == set()
	due({"value": 99.8, "charges": 0.2}) == {0.01}
}

# Kept, or nothing charged: nothing is due.
test_not_applicable if {
	not sl_03.applicable with input as object.union(missing, {"value": 99.9})
	not sl_03.applicable with input as object.union(missing, {"value": 99.9, "charges": null})
	not sl_03.applicable with input as object.union(missing, {"charges": 0})
}

test_undetermined if {
	every column in ["target", "penalty_step", "penalty_percent", "cap_percent", "charges", "credits", "currency"] {
		undetermined(object.union(missing, {column: null})) == {column}
	}
	undetermined(object.union(missing, {"value": null})) == {"value"}
	facts(object.union(missing, {"currency": "EUX"})) == set()
}

test_missing_column if {
	every column in ["penalty_step", "penalty_percent", "cap_percent", "credits", "currency"] {
		undetermined(object.remove(missing, [column])) == {column}
	}
}
