package bench.checks

violation contains {"code": "currency-unknown"} if {
	not data.currencies[input.currency]
}

violation contains {"code": "outside-billing-period"} if {
	outside
}

outside if {
	input.charge_start < input.billing_start
}

outside if {
	input.charge_end > input.billing_end
}

violation contains {"code": "list-cost-differs"} if {
	abs(input.list_cost - (input.list_price * input.quantity)) > 0.00005
}

violation contains {"code": "vat-rate-differs"} if {
	vat := effective.at(data.vat, [input.country], input.charge_start)
	input.vat_rate != vat.rate
}

violation contains {"code": "account-suspense"} if {
	gl := effective.at(data.gl, [input.service, input.category, input.entity], input.charge_start)
	gl.account == "SUSPENSE"
}

violation contains {"code": "correction-without-original"} if {
	object.get(input, "charge_class", "") == "Correction"
	input.original == null
}

violation contains {"code": "negative-cost"} if {
	input.cost < 0
	input.category != "Credit"
	object.get(input, "charge_class", "") != "Correction"
}

violation contains {"code": "rate-differs"} if {
	rate := effective.at(data.rates, [input.sku], input.charge_start)
	input.unit_price != rate.unit_price
}

violation contains {"code": "cost-centre-without-owner"} if {
	no_owner
}

no_owner if {
	input.cost_centre == null
}

no_owner if {
	centre := effective.at(data.centres, [input.cost_centre], input.charge_start)
	centre.owner == null
}

violation contains {"code": "retention-over"} if {
	schedule := effective.at(data.retention, [input.class], data.run.as_of)
	date.add_years(input.trigger, schedule.years) <= data.run.as_of
}
