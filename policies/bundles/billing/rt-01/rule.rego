# METADATA
# title: Charged unit price is the rate in force
# description: >-
#   The contracted unit price equals the unit price of the rate with the charge's SKU price id that is in
#   force when the charge period starts. No rate, or more than one, leaves the charge undetermined.
# custom:
#   severity: critical
#   references: [FOCUS 1.2 ContractedUnitPrice, Approved rate table]
package billing.rt_01

violation contains {
	"code": "rate-differs",
	"expected": rate.unit_price,
	"actual": input.ContractedUnitPrice,
	"amount": (input.ContractedUnitPrice - rate.unit_price) * input.PricingQuantity,
} if {
	rate := effective.at(data.rates, [input.SkuPriceId], input.ChargePeriodStart)
	input.ContractedUnitPrice != rate.unit_price
}
