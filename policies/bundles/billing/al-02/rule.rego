# METADATA
# title: Shares follow what was metered
# description: >-
#   A share lies within the tolerance of the recipient's part of the driver as metered and known at the run.
# custom:
#   severity: high
#   references: [Allocation rules of the company, PCAOB AS 1105.20]
package billing.al_02

violation contains {
	"code": "share-off-driver",
	"expected": input.expected_share,
	"actual": input.share,
	"amount": input.difference,
} if {
	abs(input.share - input.expected_share) > data.parameters.share_tolerance
}
