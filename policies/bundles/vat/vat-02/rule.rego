# METADATA
# title: VAT rate is the one in force at the tax point
# description: >-
#   The line's rate equals the rate of the country of supply and of its rate class that is in force at the
#   tax point. No rate, or more than one, leaves the line undetermined.
# custom:
#   severity: high
#   references: [Directive 2006/112/EC art. 93]
package vat.vat_02

violation contains {
	"code": "rate-not-in-force",
	"expected": rate.rate,
	"actual": input.vat_rate,
	"amount": input.vat_amount - decimal.div(input.net * rate.rate, 100, 2, "half_up"),
} if {
	rate := effective.at(data.vat_rates, [input.place_country, input.rate_class], input.tax_point)
	input.vat_rate != rate.rate
}
