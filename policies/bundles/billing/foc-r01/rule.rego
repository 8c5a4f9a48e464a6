# METADATA
# title: Charge and billing periods run forward
# description: >-
#   The start of a charge's period and of its billing period lies before the end. Both are half-open,
#   so a period whose start equals its end is empty.
# custom:
#   severity: high
#   references: [FOCUS 1.2 ChargePeriodStart, FOCUS 1.2 BillingPeriodStart]
package billing.foc_r01

violation contains {
	"code": "charge-period-inverted",
	"expected": input.ChargePeriodEnd,
	"actual": input.ChargePeriodStart,
	"amount": input.BilledCost,
	"message": "the charge period must start before the expected instant, its end",
} if {
	input.ChargePeriodStart >= input.ChargePeriodEnd
}

violation contains {
	"code": "billing-period-inverted",
	"expected": input.BillingPeriodEnd,
	"actual": input.BillingPeriodStart,
	"amount": input.BilledCost,
	"message": "the billing period must start before the expected instant, its end",
} if {
	input.BillingPeriodStart >= input.BillingPeriodEnd
	input.ChargePeriodStart < input.ChargePeriodEnd
}

# The cost of a charge is counted once: where both periods are inverted the other fact has it.
violation contains {
	"code": "billing-period-inverted",
	"expected": input.BillingPeriodEnd,
	"actual": input.BillingPeriodStart,
	"message": "the billing period must start before the expected instant, its end; the amount is that of the charge period's fact",
} if {
	input.BillingPeriodStart >= input.BillingPeriodEnd
	input.ChargePeriodStart >= input.ChargePeriodEnd
}
