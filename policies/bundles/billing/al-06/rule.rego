# METADATA
# title: Allocation keys are not changed after they are frozen
# description: >-
#   A row of an allocation key is recorded at the instant of the freeze or before.
# custom:
#   severity: high
#   references: [COSO 2013 principle 10]
package billing.al_06

violation contains {
	"code": "recorded-after-freeze",
	"expected": input.frozen_at,
	"actual": input.recorded_at,
} if {
	input.recorded_at > input.frozen_at
}
