# METADATA
# title: Charges lie inside their billing period
# description: >-
#   The charge period neither starts before the billing period nor ends after it. Corrections reach
#   back on purpose and are not applicable.
# custom:
#   severity: high
#   references: [FOCUS 1.2 ChargeClass, FOCUS 1.2 ChargePeriodStart]
package billing.foc_r02

# FOCUS: a null charge class means that the charge is no correction.
applicable if {
	object.get(input, "ChargeClass", "") != "Correction"
}

violation contains {
	"code": "outside-billing-period",
	"expected": input.BillingPeriodStart,
	"actual": input.ChargePeriodStart,
	"amount": input.BilledCost,
	"message": "the charge period starts before the expected instant, the start of the billing period",
} if {
	input.ChargePeriodStart < input.BillingPeriodStart
}

# One fact for each charge, so that its cost is counted once: this is only for one that starts in time.
violation contains {
	"code": "outside-billing-period",
	"expected": input.BillingPeriodEnd,
	"actual": input.ChargePeriodEnd,
	"amount": input.BilledCost,
	"message": "the charge period ends after the expected instant, the end of the billing period",
} if {
	input.ChargePeriodEnd > input.BillingPeriodEnd
	input.ChargePeriodStart >= input.BillingPeriodStart
}
