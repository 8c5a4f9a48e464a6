package billing.foc_r01_test

import data.billing.foc_r01

conforming := {
	"ChargePeriodStart": "2025-03-01T00:00:00Z",
	"ChargePeriodEnd": "2025-03-02T00:00:00Z",
	"BillingPeriodStart": "2025-03-01T00:00:00Z",
	"BillingPeriodEnd": "2025-04-01T00:00:00Z",
	"BilledCost": 12.5,
}

codes(record) := found if {
	found := {fact.code | some fact in foc_r01.violation} with input as record
}

facts(record) := found if {
	found := foc_r01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in foc_r01.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_charge_period_inverted if {
	codes(object.union(conforming, {"ChargePeriodEnd": "2025-02-28T00:00:00Z"})) == {"charge-period-inverted"}
}

test_billing_period_inverted if {
	codes(object.union(conforming, {"BillingPeriodEnd": "2025-02-01T00:00:00Z"})) == {"billing-period-inverted"}
}

# Both are told, and the cost is counted once.
test_both_inverted if {
	both := object.union(conforming, {"ChargePeriodEnd": "2025-02-28T00:00:00Z", "BillingPeriodEnd": "2025-02-01T00:00:00Z"})
	codes(both) == {"charge-period-inverted", "billing-period-inverted"}
	counted := [fact.code | some fact in foc_r01.violation; fact.amount] with input as both
	counted == ["charge-period-inverted"]
}

# An empty period is wrong; the shortest one that isn't is right.
test_boundary if {
	codes(object.union(conforming, {"ChargePeriodEnd": "2025-03-01T00:00:00Z"})) == {"charge-period-inverted"}
	codes(object.union(conforming, {"ChargePeriodEnd": "2025-03-01T00:00:01Z"})) == set()
}

# Without a column that a rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	inverted := object.union(conforming, {"ChargePeriodEnd": "2025-02-28T00:00:00Z"})
	every column in ["ChargePeriodStart", "ChargePeriodEnd"] {
		codes(object.remove(inverted, [column])) == set()
		undetermined(object.remove(inverted, [column])) == {column}
	}
}

test_missing_billing_period if {
	inverted := object.union(conforming, {"BillingPeriodEnd": "2025-02-01T00:00:00Z"})
	every column in ["BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"] {
		codes(object.remove(inverted, [column])) == set()
		undetermined(object.remove(inverted, [column])) == {column}
	}
}

test_facts if {
	charge := object.union(conforming, {"ChargePeriodEnd": "2025-02-28T00:00:00Z"})
	facts(charge) == {{
		"code": "charge-period-inverted",
		"expected": "2025-02-28T00:00:00Z",
		"actual": "2025-03-01T00:00:00Z",
		"amount": 12.5,
		"message": "the charge period must start before the expected instant, its end",
	}}
	billing := object.union(conforming, {"BillingPeriodEnd": "2025-02-01T00:00:00Z"})
	told := {
		"code": "billing-period-inverted",
		"expected": "2025-02-01T00:00:00Z",
		"actual": "2025-03-01T00:00:00Z",
		"message": "the billing period must start before the expected instant, its end",
	}
	facts(billing) == {object.union(told, {"amount": 12.5})}
	both := object.union(charge, {"BillingPeriodEnd": "2025-02-01T00:00:00Z"})
	uncounted := {"message": "the billing period must start before the expected instant, its end; the amount is that of the charge period's fact"}
	facts(both) == facts(charge) | {object.union(told, uncounted)}
}

# Empty periods are inverted, each alone and both at once, and the cost is counted once.
test_boundary_empty_periods if {
	codes(object.union(conforming, {"BillingPeriodEnd": "2025-03-01T00:00:00Z"})) == {"billing-period-inverted"}
	codes(object.union(conforming, {"BillingPeriodEnd": "2025-03-01T00:00:01Z"})) == set()
	both := object.union(conforming, {"ChargePeriodEnd": "2025-03-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"})
	codes(both) == {"charge-period-inverted", "billing-period-inverted"}
	[fact.code | some fact in facts(both); fact.amount] == ["charge-period-inverted"]
}
