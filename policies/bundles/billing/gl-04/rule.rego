# METADATA
# title: Every charge reaches the ledger
# description: >-
#   Charges of a run, cost centre and account that don't add up to nothing have a line in the journal.
#   Whether it bears the right amount is the question of rc-03.
# custom:
#   severity: high
#   references: [COSO 2013 principle 10]
package billing.gl_04

applicable if {
	input.amount != 0
}

violation contains {
	"code": "charges-not-posted",
	"expected": input.amount,
	"actual": 0,
	"amount": 0 - input.amount,
} if {
	input.lines == 0
}
