# METADATA
# title: No rate changes by more than the limit
# description: >-
#   A change of an existing rate, up or down, is at most the limit in percent of the old price. A change
#   whose percentage isn't known is undetermined.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_01

violation contains {
	"code": "change-too-large",
	"expected": data.parameters.max_change_percent,
	"actual": input.change_percent,
	"message": sprintf(
		"old price %v %s, new price %v %s",
		[input.old_price, input.old_currency, input.new_price, input.new_currency],
	),
} if {
	abs(input.change_percent) > data.parameters.max_change_percent
}
