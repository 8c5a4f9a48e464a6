# METADATA
# title: Vendor invoices agree with the meters
# description: >-
#   The net amount of a line lies within the tolerance of what was metered of the service at the contract's
#   price. The population recomputes it; the message says which single mistakes explain a difference, where
#   any does.
# custom:
#   severity: high
#   references: [FOCUS 1.4 InvoiceDetail]
package billing.rc_02

violation contains {
	"code": "vendor-amount-off-meter",
	"expected": input.expected,
	"actual": input.actual,
	"amount": input.difference,
	"message": object.get(input, "class", "no single mistake explains it"),
} if {
	input.within == false
}
