# METADATA
# title: The ledger bears what was charged
# description: >-
#   On the account of a service, the lines of a ledger, period, cost centre and currency add up to the
#   charges of the period's billing run, exactly. Lines on other accounts are not applicable.
# custom:
#   severity: high
#   references: [COSO 2013 principle 10]
package billing.rc_03

applicable if {
	input.of_services == 1
}

# Of several lines of one place the first bears the difference.
difference := (input.posted - input.charged) * input.counted

violation contains {
	"code": "journal-off-charges",
	"expected": input.charged,
	"actual": input.posted,
	"amount": difference,
} if {
	input.has_charges == 1
	input.posted != input.charged
}

violation contains {
	"code": "line-without-charges",
	"expected": 0,
	"actual": input.posted,
	"amount": difference,
} if {
	input.has_charges == 0
	input.posted != input.charged
}
