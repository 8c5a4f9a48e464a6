# METADATA
# title: Intercompany charge is cost plus the agreed mark-up
# description: >-
#   The pool's amount without pass-through cost, plus the agreed mark-up, plus the pass-through cost, rounded
#   half up to the minor unit of the currency. A difference up to the tolerance conforms.
# custom:
#   severity: high
#   references: [OECD TPG 7.34 to 7.36, OECD TPG 7.61]
package transfer_pricing.tp_02

# A charge without an agreement has no mark-up to compare with; tp-01 reports it.
applicable if {
	input.agreements > 0
}

violation contains {
	"code": "mark-up-differs",
	"expected": expected,
	"actual": input.txn_amount,
	"amount": difference,
} if {
	cost := input.pool_amount - input.pass_through
	charge := (cost * (1 + input.markup)) + input.pass_through
	expected := decimal.round(charge, money.minor_units(input.txn_ccy), "half_up")
	difference := input.txn_amount - expected
	# The tolerance is |cost| × basis points ÷ 10000; multiplying instead of dividing keeps it exact. The
	# cost of a pool that is credited, or passed on whole and more, is negative.
	abs(difference) * 10000 > abs(cost) * data.parameters.tolerance_bp
}
