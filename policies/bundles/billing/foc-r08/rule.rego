# METADATA
# title: Billing currency is in force, and one for each invoice
# description: >-
#   The billing currency is on the ISO 4217 list on the day of the charge, and the charges of an invoice
#   are billed in one currency.
# custom:
#   severity: high
#   references: [FOCUS 1.2 BillingCurrency, FOCUS 1.2 Currency Format, ISO 4217]
package billing.foc_r08

violation contains {
	"code": "currency-not-iso-4217",
	"actual": input.BillingCurrency,
	"amount": input.BilledCost,
	"message": "not a currency of ISO 4217 on the day on which the charge period starts",
} if {
	not money.is_currency(input.BillingCurrency, input.ChargePeriodStart)
}

# A charge without an invoice number has no invoice to agree with, and so can't violate this.
violation contains {
	"code": "invoice-mixed-currency",
	"expected": 1,
	"actual": input.invoice_currencies,
	"amount": input.BilledCost,
	"message": "the charges of the invoice are billed in more than one currency",
} if {
	input.InvoiceId != null
	input.invoice_currencies > 1
	money.is_currency(input.BillingCurrency, input.ChargePeriodStart)
}

# The cost of a charge is counted once: where its currency is none, that fact has it.
violation contains {
	"code": "invoice-mixed-currency",
	"expected": 1,
	"actual": input.invoice_currencies,
	"message": "the charges of the invoice are billed in more than one currency; the amount is that of the currency's fact",
} if {
	input.InvoiceId != null
	input.invoice_currencies > 1
	not money.is_currency(input.BillingCurrency, input.ChargePeriodStart)
}
