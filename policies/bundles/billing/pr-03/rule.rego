# METADATA
# title: Vendor invoices bear the contract's price
# description: >-
#   The unit price equals the contract's in force on the first of the month of service, exactly. The amount
#   is what the quantity costs at the invoiced price less what it costs at the agreed one, both rounded
#   half up to the minor unit of the currency.
# custom:
#   severity: high
#   references: [COSO 2013 principle 10]
package billing.pr_03

violation contains {
	"code": "vendor-price-off-contract",
	"expected": input.contract_price,
	"actual": input.unit_price,
	"amount": difference,
} if {
	input.unit_price != input.contract_price
	difference := cost(input.unit_price) - cost(input.contract_price)
}

cost(price) := decimal.round(price * input.quantity, money.minor_units(input.currency), "half_up")
