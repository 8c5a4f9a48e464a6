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

facts(record) := found if {
	found := vat_01.violation with input as record
		with data.treatment as treatments
}

undetermined(record) := found if {
	found := {cause.column | some cause in vat_01.undetermined} with input as record
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
		undetermined(object.remove(charged, [column])) == {column}
	}
	wrong := object.union(abroad, {"vat_category": "O"})
	every column in ["treatment_key", "vat_category"] {
		codes(object.remove(wrong, [column])) == set()
		undetermined(object.remove(wrong, [column])) == {column}
	}
}

test_facts if {
	facts(object.union(abroad, {"vat_amount": 19})) == {{
		"code": "vat-charged-not-due",
		"expected": 0,
		"actual": 19,
		"amount": 19,
		"message": "category AE bears no VAT",
	}}
	facts(object.union(abroad, {"vat_category": "O"})) == {{
		"code": "wrong-category",
		"expected": "AE",
		"actual": "O",
	}}
}

# What the table says nothing of is undetermined for that one cause; a blank category decides nothing.
test_applicable_where_the_treatment_is_known if {
	vat_01.applicable with input as abroad with data.treatment as treatments
	unknown := object.union(domestic, {"treatment_key": "US|abroad|business|none|other"})
	not vat_01.applicable with input as unknown with data.treatment as treatments
	undetermined(unknown) == {"data.treatment"}
	blank := {domestic.treatment_key: {"category": "", "bears_vat": true}}
	not vat_01.applicable with input as domestic with data.treatment as blank
}
