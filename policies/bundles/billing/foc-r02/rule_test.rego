package billing.foc_r02_test

import data.billing.foc_r02

conforming := {
	"ChargeClass": null,
	"ChargePeriodStart": "2025-03-31T23:00:00Z",
	"ChargePeriodEnd": "2025-04-01T00:00:00Z",
	"BillingPeriodStart": "2025-03-01T00:00:00Z",
	"BillingPeriodEnd": "2025-04-01T00:00:00Z",
	"BilledCost": 12.5,
}

early := object.union(conforming, {"ChargePeriodStart": "2025-02-28T23:00:00Z"})

late := object.union(conforming, {"ChargePeriodEnd": "2025-04-01T01:00:00Z"})

codes(record) := found if {
	found := {fact.code | some fact in foc_r02.violation} with input as record
}

facts(record) := found if {
	found := foc_r02.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in foc_r02.undetermined} with input as record
}

# The conforming charge ends at the very end of the billing period: the boundary.
test_conforms if {
	codes(conforming) == set()
}

test_boundary_start if {
	codes(object.union(conforming, {"ChargePeriodStart": "2025-03-01T00:00:00Z"})) == set()
}

test_starts_early if {
	codes(early) == {"outside-billing-period"}
}

test_ends_late if {
	codes(late) == {"outside-billing-period"}
}

# Starting early and ending late is one fact: its cost counts once.
test_both_is_one_fact if {
	both := object.union(early, {"ChargePeriodEnd": "2025-04-01T01:00:00Z"})
	facts := {fact | some fact in foc_r02.violation} with input as both
	count(facts) == 1
}

test_correction_is_not_applicable if {
	correction := object.union(early, {"ChargeClass": "Correction"})
	not foc_r02.applicable with input as correction
}

# An absent charge class says that the charge is no correction.
test_absent_class_is_no_correction if {
	foc_r02.applicable with input as object.remove(early, ["ChargeClass"])
	codes(object.remove(early, ["ChargeClass"])) == {"outside-billing-period"}
	undetermined(object.remove(early, ["ChargeClass"])) == set()
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	every column in ["ChargePeriodStart", "BillingPeriodStart"] {
		codes(object.remove(early, [column])) == set()
		undetermined(object.remove(early, [column])) == {column}
	}
	every column in ["ChargePeriodEnd", "BillingPeriodEnd"] {
		codes(object.remove(late, [column])) == set()
		undetermined(object.remove(late, [column])) == {column}
	}
}

test_facts if {
	facts(early) == {{
		"code": "outside-billing-period",
		"expected": "2025-03-01T00:00:00Z",
		"actual": "2025-02-28T23:00:00Z",
		"amount": 12.5,
		"message": "the charge period starts before the expected instant, the start of the billing period",
	}}
	facts(late) == {{
		"code": "outside-billing-period",
		"expected": "2025-04-01T00:00:00Z",
		"actual": "2025-04-01T01:00:00Z",
		"amount": 12.5,
		"message": "the charge period ends after the expected instant, the end of the billing period",
	}}
}

# It starts with the billing period, so that only its end is wrong.
test_boundary_late_from_the_first_instant if {
	whole := object.union(late, {"ChargePeriodStart": "2025-03-01T00:00:00Z"})
	codes(whole) == {"outside-billing-period"}
}
