package vat.vat_02_test

import data.vat.vat_02

rates := [
	{"country": "EE", "rate_class": "standard", "effective_from": "2024-01-01", "effective_to": "2025-07-01", "rate": 22},
	{"country": "EE", "rate_class": "standard", "effective_from": "2025-07-01", "effective_to": null, "rate": 24},
]

conforming := {
	"tax_point": "2025-06-15",
	"place_country": "EE",
	"rate_class": "standard",
	"vat_rate": 22,
	"net": 100,
	"vat_amount": 22,
}

stale := object.union(conforming, {"tax_point": "2025-07-15"})

codes(record) := found if {
	found := {fact.code | some fact in vat_02.violation} with input as record
		with data.vat_rates as rates
		with data.parameters as {"vat_amount_tolerance": 0.01}
}

facts(record) := found if {
	found := vat_02.violation with input as record
		with data.vat_rates as rates
		with data.parameters as {"vat_amount_tolerance": 0.01}
}

undetermined(record) := found if {
	found := {cause.column | some cause in vat_02.undetermined} with input as record
		with data.vat_rates as rates
		with data.parameters as {"vat_amount_tolerance": 0.01}
}

test_conforms if {
	codes(conforming) == set()
}

test_rate_not_in_force if {
	codes(stale) == {"rate-not-in-force"}
}

# The new rate holds from its first day on.
test_boundary if {
	codes(object.union(conforming, {"tax_point": "2025-06-30"})) == set()
	codes(object.union(conforming, {"tax_point": "2025-07-01"})) == {"rate-not-in-force"}
}

test_amount_is_charged_less_due if {
	amounts := {fact.amount | some fact in vat_02.violation} with input as stale
		with data.vat_rates as rates
	amounts == {-2}
}

# Half a cent is rounded away from zero: 24 % of 0.1875 is 0.045.
test_amount_is_rounded_half_up if {
	record := object.union(stale, {"net": 0.1875, "vat_amount": 0.04})
	amounts := {fact.amount | some fact in vat_02.violation} with input as record
		with data.vat_rates as rates
	amounts == {-0.01}
}

# Right rate, wrong amount; a difference of exactly the tolerance conforms, on both sides.
test_vat_amount_differs if {
	codes(object.union(conforming, {"vat_amount": 22.02})) == {"vat-amount-differs"}
	codes(object.union(conforming, {"vat_amount": 21.98})) == {"vat-amount-differs"}
	codes(object.union(conforming, {"vat_amount": 22.01})) == set()
	codes(object.union(conforming, {"vat_amount": 21.99})) == set()
}

# A wrong rate is reported for that alone, whatever the amount.
test_wrong_rate_and_amount if {
	codes(object.union(stale, {"vat_amount": 99})) == {"rate-not-in-force"}
}

# No rate for the country, class or date: undetermined.
test_no_rate if {
	codes(object.union(conforming, {"rate_class": "reduced"})) == set()
	codes(object.union(conforming, {"tax_point": "2023-12-31"})) == set()
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	every column in ["tax_point", "place_country", "rate_class", "vat_rate"] {
		codes(object.remove(stale, [column])) == set()
		undetermined(object.remove(stale, [column])) == {column}
	}
}

test_facts if {
	facts(stale) == {{
		"code": "rate-not-in-force",
		"expected": 24,
		"actual": 22,
		"amount": -2,
	}}
	# 22 % of 0.25 is 0.055, rounded away from zero.
	facts(object.union(conforming, {"net": 0.25, "vat_amount": 0.08})) == {{
		"code": "vat-amount-differs",
		"expected": 0.06,
		"actual": 0.08,
		"amount": 0.02,
	}}
}

# Whether there is a rate is asked first, whatever the rate says.
test_applicable_with_a_rate_in_force if {
	vat_02.applicable with input as conforming with data.vat_rates as rates
	none := object.union(conforming, {"rate_class": "reduced"})
	not vat_02.applicable with input as none with data.vat_rates as rates
	undetermined(none) == {"data.vat_rates"}
	blank := [object.union(rate, {"country": ""}) | some rate in rates]
	vat_02.applicable with input as object.union(conforming, {"place_country": ""}) with data.vat_rates as blank
}
