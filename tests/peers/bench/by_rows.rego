# The ten checks as Rego in full has them: tables as documents, days as text. A lookup that finds
# nothing is undefined, and the check says nothing; it has no word for "can't be told".
package bench.rows

day := substring(input.charge_start, 0, 10)

as_of := "2026-01-01"

in_force(rows, at) := row if {
	some row in rows
	row.from <= at
	at < row.to
}

violation contains "currency-unknown" if not data.currencies[input.currency]

violation contains "outside-billing-period" if input.charge_start < input.billing_start

violation contains "outside-billing-period" if input.charge_end > input.billing_end

violation contains "list-cost-differs" if {
	abs(input.list_cost - (input.list_price * input.quantity)) > 0.00005
}

violation contains "vat-rate-differs" if {
	input.vat_rate != in_force(data.vat[input.country], day).rate
}

violation contains "account-suspense" if {
	in_force(data.gl[input.service][input.category][input.entity], day).account == "SUSPENSE"
}

violation contains "correction-without-original" if {
	input.charge_class == "Correction"
	input.original == null
}

violation contains "negative-cost" if {
	input.cost < 0
	input.category != "Credit"
	input.charge_class != "Correction"
}

violation contains "rate-differs" if {
	input.unit_price != in_force(data.rates[input.sku], day).unit_price
}

violation contains "cost-centre-without-owner" if input.cost_centre == null

violation contains "cost-centre-without-owner" if {
	in_force(data.centres[input.cost_centre], day).owner == null
}

# The year of the trigger's text goes up; 29 February sorts before 1 March in a year without it too.
violation contains "retention-over" if {
	years := in_force(data.retention[input.class], as_of).years
	later := to_number(substring(input.trigger, 0, 4)) + years
	sprintf("%d%s", [later, substring(input.trigger, 4, -1)]) <= as_of
}
