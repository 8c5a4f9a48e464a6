# METADATA
# title: Charged unit price is the rate in force
# description: >-
#   The contracted unit price equals the unit price of the rate with the charge's SKU price id that is in
#   force when the charge period starts, and is stated in the same currency. No rate, or more than one,
#   leaves the charge undetermined.
# custom:
#   severity: critical
#   references: [FOCUS 1.2 ContractedUnitPrice, Approved rate table]
package billing.rt_01

rate := effective.at(data.rates, [input.SkuPriceId], input.ChargePeriodStart)

# Without a rate in force nothing can be decided; asked first, so that it is one cause.
applicable if {
	count(rate.currency) >= 0
}

violation contains {
	"code": "rate-differs",
	"expected": rate.unit_price,
	"actual": input.ContractedUnitPrice,
	"amount": (input.ContractedUnitPrice - rate.unit_price) * input.PricingQuantity,
} if {
	rate.currency == input.BillingCurrency
	input.ContractedUnitPrice != rate.unit_price
}

# No amount: a difference of prices in two currencies is none.
violation contains {
	"code": "rate-currency-differs",
	"expected": rate.currency,
	"actual": input.BillingCurrency,
	"message": "the rate in force is stated in another currency than the charge is billed in",
} if {
	rate.currency != input.BillingCurrency
}
