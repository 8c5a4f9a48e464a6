# METADATA
# title: VAT of a document follows from its categories
# description: >-
#   The VAT that the lines of an invoice bear adds up to the VAT of the document: for each category and
#   rate the net amounts times the rate, rounded half up to the minor unit of the currency. The population
#   recomputes it; the message says which single mistake explains a difference exactly, where one does.
# custom:
#   severity: high
#   references: [EN 16931-1 BR-CO-14, EN 16931-1 BR-CO-17]
package vat.vat_03

violation contains {
	"code": "document-vat-differs",
	"expected": input.expected,
	"actual": input.actual,
	"amount": input.difference,
	"message": object.get(input, "class", "no single mistake explains it"),
} if {
	input.difference != 0
}
