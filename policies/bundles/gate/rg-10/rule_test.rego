package gate.rg_10_test

import data.gate.rg_10

conforming := {
	"method_doc_id": "METHOD-2025",
	"method_in_force": true,
	"old_price": 0.2,
	"old_currency": "EUR",
	"new_price": 0.25,
	"new_currency": "EUR",
	"effective_from": "2025-07-01T00:00:00Z",
}

undocumented := object.union(conforming, {"method_doc_id": null, "method_in_force": null})

outdated := object.union(conforming, {"method_in_force": false})

codes(record) := found if {
	found := {fact.code | some fact in rg_10.violation} with input as record
}

facts(record) := found if {
	found := rg_10.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_10.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_codes if {
	codes(undocumented) == {"no-method-document"}
	undetermined(undocumented) == set()
	codes(outdated) == {"method-not-in-force"}
	codes(object.union(outdated, {"method_doc_id": null})) == {"no-method-document"}
}

# Whether the document is in force isn't known.
test_missing_column if {
	codes(object.remove(outdated, ["method_in_force"])) == set()
	undetermined(object.remove(outdated, ["method_in_force"])) == {"method_in_force"}
}

test_facts if {
	facts(undocumented) == {{
		"code": "no-method-document",
		"message": "old price 0.2 EUR, new price 0.25 EUR",
	}}
	told := {"code": "method-not-in-force", "actual": "METHOD-2025"}
	changed := {"message": "old price 0.2 EUR, new price 0.25 EUR, from 2025-07-01T00:00:00Z"}
	facts(outdated) == {object.union(told, changed)}
	added := {"message": "old price none, new price 0.25 EUR, from 2025-07-01T00:00:00Z"}
	facts(object.union(outdated, {"old_price": null, "old_currency": null})) == {object.union(told, added)}
	moved := {"message": "old price 0.2 EUR, new price none, from 2025-07-01T00:00:00Z"}
	facts(object.union(outdated, {"new_price": null, "new_currency": null})) == {object.union(told, moved)}
}
