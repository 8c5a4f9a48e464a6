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

facts(record) := found if {
	found := foc_r08.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in foc_r08.undetermined} with input as record
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
	every column in ["invoice_currencies", "BillingCurrency", "ChargePeriodStart"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
	}

	# No invoice number is an answer: there is no invoice.
	codes(object.remove(wrong, ["InvoiceId"])) == set()
	undetermined(object.remove(wrong, ["InvoiceId"])) == set()
}

test_facts if {
	unknown := object.union(conforming, {"BillingCurrency": "EURO"})
	facts(unknown) == {{
		"code": "currency-not-iso-4217",
		"actual": "EURO",
		"amount": 12.5,
		"message": "not a currency of ISO 4217 on the day on which the charge period starts",
	}}
	told := {
		"code": "invoice-mixed-currency",
		"expected": 1,
		"actual": 2,
		"message": "the charges of the invoice are billed in more than one currency",
	}
	facts(object.union(conforming, {"invoice_currencies": 2})) == {object.union(told, {"amount": 12.5})}
	uncounted := {"message": "the charges of the invoice are billed in more than one currency; the amount is that of the currency's fact"}
	facts(object.union(unknown, {"invoice_currencies": 2})) == facts(unknown) | {object.union(told, uncounted)}
}

# 14 January 2023 is the last day on which the kuna is on the list.
test_boundary_last_day_of_a_currency if {
	kuna := object.union(conforming, {"BillingCurrency": "HRK"})
	codes(object.union(kuna, {"ChargePeriodStart": "2023-01-14T23:59:59Z"})) == set()
	codes(object.union(kuna, {"ChargePeriodStart": "2023-01-15T00:00:00Z"})) == {"currency-not-iso-4217"}
}

# Without an invoice there is none to be mixed, whatever the currency.
test_no_invoice_of_no_currency if {
	record := {"InvoiceId": null, "invoice_currencies": 2, "BillingCurrency": "EURO"}
	codes(object.union(conforming, record)) == {"currency-not-iso-4217"}
}
