# METADATA
# title: Intercompany charges rest on an agreement in force
# description: >-
#   The population counts the agreements of seller and buyer for the category that are in force on the date
#   of the charge; at least one is needed.
# custom:
#   severity: high
#   references: [OECD TPG chapter V, OECD TPG chapter VII]
package transfer_pricing.tp_01

violation contains {
	"code": "no-agreement",
	"actual": input.agreements,
	"amount": input.txn_amount,
	"message": "no agreement of seller and buyer for the category is in force on the date",
} if {
	input.agreements == 0
}
