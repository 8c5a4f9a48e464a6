# METADATA
# title: VAT rate is the one in force at the tax point
# description: >-
#   The line's rate equals the rate of the country of supply and of its rate class that is in force at the
#   tax point, and the VAT amount is the net amount times that rate, to the tolerance. No rate, or more
#   than one, leaves the line undetermined.
# custom:
#   severity: high
#   references: [Directive 2006/112/EC art. 93]
package vat.vat_02

rate := effective.at(data.vat_rates, [input.place_country, input.rate_class], input.tax_point)

# Without a rate in force nothing can be decided; asked first, so that it is one cause.
applicable if {
	count(rate.country) >= 0
}

violation contains {
	"code": "rate-not-in-force",
	"expected": rate.rate,
	"actual": input.vat_rate,
	"amount": input.vat_amount - decimal.div(input.net * rate.rate, 100, 2, "half_up"),
} if {
	input.vat_rate != rate.rate
}

violation contains {
	"code": "vat-amount-differs",
	"expected": due,
	"actual": input.vat_amount,
	"amount": difference,
} if {
	input.vat_rate == rate.rate
	due := decimal.div(input.net * rate.rate, 100, 2, "half_up")
	difference := input.vat_amount - due
	abs(difference) > data.parameters.vat_amount_tolerance
}
