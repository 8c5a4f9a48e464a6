# METADATA
# title: Providers earn what independent ones do
# description: >-
#   The net cost plus of a provider's year lies in the interquartile range of its comparables, the bounds
#   included. The amount is the year's revenue less that at the median.
# custom:
#   severity: high
#   references: [26 CFR 1.482-1(e)(2)(iii)(C), 26 CFR 1.482-1(e)(3)]
package transfer_pricing.tp_07

applicable if {
	input.charges > 0
}

violation contains {
	"code": "ncp-outside-range",
	"expected": input.expected,
	"actual": input.actual,
	"amount": input.difference,
	"message": sprintf(
		"net cost plus %v, range %v to %v, median %v",
		[shown(input.net_cost_plus), shown(input.lower), shown(input.upper), shown(input.median)],
	),
} if {
	input.in_range == false
}

shown(ratio) := decimal.round(ratio, 6, "half_even")
