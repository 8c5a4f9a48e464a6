# METADATA
# title: Intercompany charges are booked by both sides
# description: >-
#   A seller, buyer and reference has at least one receivable and at least one payable entry.
# custom:
#   severity: high
#   references: [IFRS 10 B86(c)]
package transfer_pricing.ic_04

violation contains {
	"code": "one-sided",
	"expected": "AR and AP",
	"actual": sprintf("%d AR, %d AP", [input.ar_entries, input.ap_entries]),
	"amount": input.txn_amount,
} if {
	one_sided
}

one_sided if {
	input.ar_entries == 0
}

one_sided if {
	input.ap_entries == 0
}
