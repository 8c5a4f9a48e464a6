package billing.rt_01_test

import data.billing.rt_01

rates := [
	{"rate_id": "R-1", "effective_from": "2025-01-01T00:00:00Z", "effective_to": "2025-07-01T00:00:00Z", "unit_price": 0.2, "currency": "EUR"},
	{"rate_id": "R-1", "effective_from": "2025-07-01T00:00:00Z", "effective_to": null, "unit_price": 0.25, "currency": "EUR"},
]

conforming := {
	"SkuPriceId": "R-1",
	"ChargePeriodStart": "2025-03-01T00:00:00Z",
	"ContractedUnitPrice": 0.2,
	"PricingQuantity": 100,
	"BillingCurrency": "EUR",
}

codes(record) := found if {
	found := {fact.code | some fact in rt_01.violation} with input as record
		with data.rates as rates
}

facts(record) := found if {
	found := rt_01.violation with input as record
		with data.rates as rates
}

undetermined(record) := found if {
	found := {cause.column | some cause in rt_01.undetermined} with input as record
		with data.rates as rates
}

test_conforms if {
	codes(conforming) == set()
}

test_rate_differs if {
	codes(object.union(conforming, {"ContractedUnitPrice": 0.19})) == {"rate-differs"}
}

# The new rate holds from its first instant on, the old one until just before.
test_boundary if {
	codes(object.union(conforming, {"ChargePeriodStart": "2025-06-30T23:59:59Z"})) == set()
	codes(object.union(conforming, {"ChargePeriodStart": "2025-07-01T00:00:00Z"})) == {"rate-differs"}
}

test_amount_is_difference_times_quantity if {
	record := object.union(conforming, {"ContractedUnitPrice": 0.21})
	amounts := {fact.amount | some fact in rt_01.violation} with input as record with data.rates as rates
	amounts == {1}
}

# Prices of two currencies are not compared.
test_rate_currency_differs if {
	abroad := object.union(conforming, {"BillingCurrency": "CHF"})
	codes(abroad) == {"rate-currency-differs"}
	codes(object.union(abroad, {"ContractedUnitPrice": 0.19})) == {"rate-currency-differs"}
}

# No rate for the id or the date: undetermined.
test_no_rate if {
	codes(object.union(conforming, {"SkuPriceId": "R-2"})) == set()
	codes(object.union(conforming, {"ChargePeriodStart": "2024-12-31T00:00:00Z"})) == set()
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	wrong := object.union(conforming, {"ContractedUnitPrice": 0.19})
	every column in ["SkuPriceId", "ChargePeriodStart", "ContractedUnitPrice", "BillingCurrency"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
	}
}

test_facts if {
	facts(object.union(conforming, {"ContractedUnitPrice": 0.21})) == {{
		"code": "rate-differs",
		"expected": 0.2,
		"actual": 0.21,
		"amount": 1,
	}}
	facts(object.union(conforming, {"BillingCurrency": "CHF"})) == {{
		"code": "rate-currency-differs",
		"expected": "EUR",
		"actual": "CHF",
		"message": "the rate in force is stated in another currency than the charge is billed in",
	}}
}

# Whether there is a rate is asked first, whatever the rate says.
test_applicable_with_a_rate_in_force if {
	rt_01.applicable with input as conforming with data.rates as rates
	not rt_01.applicable with input as object.union(conforming, {"SkuPriceId": "R-2"}) with data.rates as rates
	blank := [object.union(rate, {"currency": ""}) | some rate in rates]
	rt_01.applicable with input as conforming with data.rates as blank
}

test_no_rate_is_undetermined if {
	undetermined(object.union(conforming, {"SkuPriceId": "R-2"})) == {"data.rates"}
}
