# METADATA
# title: A missed service level is credited
# description: >-
#   Where the measured value is below the target and the formula of the promise makes a credit due, there is
#   one. Whether it is the right one is the question of sl-02. A service without charges in the period has
#   nothing to be credited.
# custom:
#   severity: high
#   references: [COSO 2013 principle 10]
package billing.sl_03

applicable if {
	input.value < input.target
	input.charges != 0
}

steps := decimal.div(input.target - input.value, input.penalty_step, 0, "ceiling")

percent := min([steps * input.penalty_percent, input.cap_percent])

due := decimal.div(input.charges * percent, 100, money.minor_units(input.currency), "half_up")

violation contains {
	"code": "credit-not-granted",
	"expected": due,
	"actual": 0,
	"amount": 0 - due,
} if {
	input.credits == 0
	due > 0
}
