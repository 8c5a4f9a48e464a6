package billing.foc_r08_test

import data.billing.foc_r08

conforming := {
	"InvoiceId": "INV-1",
	"ChargePeriodStart": "2025-03-01T00:00:00Z",
	"invoice_currencies": 1,
	"BilledCost": 12.5,
	"BillingCurrency": "EUR",
}

codes(record) := found if {
	found := {fact.code | some fact in foc_r08.violation} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_not_a_currency if {
	codes(object.union(conforming, {"BillingCurrency": "EURO"})) == {"currency-not-iso-4217"}
	codes(object.union(conforming, {"BillingCurrency": "eur"})) == {"currency-not-iso-4217"}
}

# The kuna was withdrawn when Croatia took the euro on 1 January 2023.
test_boundary_withdrawn_currency if {
	before := {"BillingCurrency": "HRK", "ChargePeriodStart": "2022-12-31T00:00:00Z"}
	long_after := {"BillingCurrency": "HRK", "ChargePeriodStart": "2024-01-01T00:00:00Z"}
	codes(object.union(conforming, before)) == set()
	codes(object.union(conforming, long_after)) == {"currency-not-iso-4217"}
}

test_mixed_currency if {
	codes(object.union(conforming, {"invoice_currencies": 2})) == {"invoice-mixed-currency"}
}

# Both are told, and the cost is counted once.
test_no_currency_on_a_mixed_invoice if {
	both := object.union(conforming, {"BillingCurrency": "EURO", "invoice_currencies": 2})
	codes(both) == {"currency-not-iso-4217", "invoice-mixed-currency"}
	counted := [fact.code | some fact in foc_r08.violation; fact.amount] with input as both
	counted == ["currency-not-iso-4217"]
}

test_no_invoice if {
	codes(object.union(conforming, {"InvoiceId": null, "invoice_currencies": null})) == set()
}

# Without a column that a rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	wrong := object.union(conforming, {"invoice_currencies": 2})
	every column in ["InvoiceId", "invoice_currencies", "BillingCurrency", "ChargePeriodStart"] {
		codes(object.remove(wrong, [column])) == set()
	}
}
