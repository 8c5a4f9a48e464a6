# METADATA
# title: Rates follow their contracts
# description: >-
#   The unit price of a rate with a contract line is the contract price in force when the rate begins, plus the
#   overhead. The amount is what the difference came to on the charges that the rate made.
# custom:
#   severity: high
#   references: [Procurement contracts of the company]
package billing.pr_01

applicable if {
	input.has_contract
}

violation contains {
	"code": "rate-differs",
	"expected": input.expected,
	"actual": input.actual,
	"amount": input.amount,
} if {
	input.actual != input.expected
}
