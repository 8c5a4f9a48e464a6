package vat.vat_01_test

import data.vat.vat_01

treatments := {
	"EU|same-country|business|valid|electronic": {"category": "S", "bears_vat": true},
	"EU|other-eu|business|valid|electronic": {"category": "AE", "bears_vat": false},
}

domestic := {
	"treatment_key": "EU|same-country|business|valid|electronic",
	"vat_category": "S",
	"vat_amount": 19,
}

abroad := {
	"treatment_key": "EU|other-eu|business|valid|electronic",
	"vat_category": "AE",
	"vat_amount": 0,
}

codes(record) := found if {
	found := {fact.code | some fact in vat_01.violation} with input as record
		with data.treatment as treatments
}

test_conforms if {
	codes(domestic) == set()
	codes(abroad) == set()
}

# VAT that is charged where none is due is reported once, whatever the category on the line.
test_vat_charged_not_due if {
	codes(object.union(abroad, {"vat_category": "S", "vat_amount": 19})) == {"vat-charged-not-due"}
	codes(object.union(abroad, {"vat_amount": 19})) == {"vat-charged-not-due"}
}

test_wrong_category if {
	codes(object.union(abroad, {"vat_category": "O"})) == {"wrong-category"}
	codes(object.union(domestic, {"vat_category": "AE", "vat_amount": 0})) == {"wrong-category"}
}

# A cent is VAT, and so is a refunded one.
test_boundary if {
	codes(object.union(abroad, {"vat_amount": 0.01})) == {"vat-charged-not-due"}
	codes(object.union(abroad, {"vat_amount": -0.01})) == {"vat-charged-not-due"}
}

# A situation that the table doesn't know: undetermined.
test_unknown_situation if {
	codes(object.union(domestic, {"treatment_key": "US|abroad|business|none|other"})) == set()
}

# Without a column that the rules read there is nothing to report: the record is undetermined.
test_missing_column if {
	charged := object.union(abroad, {"vat_amount": 19})
	every column in ["treatment_key", "vat_amount"] {
		codes(object.remove(charged, [column])) == set()
	}
	wrong := object.union(abroad, {"vat_category": "O"})
	every column in ["treatment_key", "vat_category"] {
		codes(object.remove(wrong, [column])) == set()
	}
}
