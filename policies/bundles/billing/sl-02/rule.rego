# METADATA
# title: Service credits follow the formula of the promise
# description: >-
#   For every begun step of the measured value below the target the penalty is due, the cap at most, as a
#   percentage of the service's original charges of the period, rounded half up to the minor unit of the
#   currency. What was granted equals it, exactly.
# custom:
#   severity: high
#   references: [COSO 2013 principle 10]
package billing.sl_02

# What is missing is asked for here, so that it is one cause.
applicable if {
	input.kind == "sla"
	abs(difference) >= 0
}

steps := decimal.div(input.target - input.value, input.penalty_step, 0, "ceiling")

percent := min([max([steps, 0]) * input.penalty_percent, input.cap_percent])

due := decimal.div(input.charges * percent, 100, money.minor_units(input.currency), "half_up")

difference := input.granted - due

# Of several credits for one promise and period the first bears the difference.
violation contains {
	"code": "credit-below-formula",
	"expected": due,
	"actual": input.granted,
	"amount": amount,
} if {
	difference < 0
	amount := difference * input.counted
}

violation contains {
	"code": "credit-above-formula",
	"expected": due,
	"actual": input.granted,
	"amount": amount,
} if {
	difference > 0
	amount := difference * input.counted
}
