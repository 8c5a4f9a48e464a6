package gate.rg_03_test

import data.gate.rg_03

limits := {"margin_floor_percent": 5}

conforming := {
	"old_source_contract_line": "NIMBUS-2025/1",
	"source_contract_line": "NIMBUS-2025/1",
	"contract_price": 0.2,
	"margin_percent": 12,
	"old_price": 0.22,
	"old_currency": "EUR",
	"new_price": 0.224,
	"new_currency": "EUR",
}

thin := object.union(conforming, {"new_price": 0.204, "margin_percent": 2})

dropped := object.union(thin, {"source_contract_line": null, "contract_price": null, "margin_percent": null})

codes(record) := found if {
	found := {fact.code | some fact in rg_03.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := rg_03.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in rg_03.undetermined} with input as record
		with data.parameters as limits
}

applicable(record) if {
	rg_03.applicable with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
	applicable(conforming)
}

test_boundary if {
	codes(object.union(conforming, {"margin_percent": 5})) == set()
	codes(object.union(conforming, {"margin_percent": 4.9999})) == {"margin-below-floor"}
	codes(object.union(conforming, {"margin_percent": -3})) == {"margin-below-floor"}
}

# Without a contract there is nothing to stand above, whatever the margin says.
test_no_contract if {
	none := object.union(thin, {"old_source_contract_line": null, "source_contract_line": null})
	not applicable(none)
	codes(none) == set()
}

# A rate that gets a line has a margin from then on.
test_contract_appears if {
	every record in [thin, conforming] {
		applicable(object.union(record, {"old_source_contract_line": null}))
	}
	codes(object.union(thin, {"old_source_contract_line": null})) == {"margin-below-floor"}
	codes(object.union(conforming, {"old_source_contract_line": null})) == set()
}

# To lose it is no way around the floor; the margin that is then unknown leaves nothing open.
test_contract_dropped if {
	applicable(dropped)
	codes(dropped) == {"contract-line-dropped"}
	undetermined(dropped) == set()
}

# Another line is judged by its own price.
test_contract_replaced if {
	codes(object.union(conforming, {"source_contract_line": "NIMBUS-2026/1"})) == set()
	codes(object.union(thin, {"source_contract_line": "NIMBUS-2026/1"})) == {"margin-below-floor"}
}

# A contract without a price, or in another currency, gives no margin.
test_missing_column if {
	unknown := object.union(thin, {"contract_price": null, "margin_percent": null})
	codes(unknown) == set()
	undetermined(unknown) == {"margin_percent"}
}

test_facts if {
	told := {"code": "margin-below-floor", "expected": 5, "actual": 2}
	changed := {"message": "old price 0.22 EUR, new price 0.204 EUR, contract price 0.2"}
	facts(thin) == {object.union(told, changed)}
	added := {"message": "old price none, new price 0.204 EUR, contract price 0.2"}
	facts(object.union(thin, {"old_price": null, "old_currency": null})) == {object.union(told, added)}
	facts(dropped) == {{
		"code": "contract-line-dropped",
		"expected": "NIMBUS-2025/1",
		"actual": "none",
		"message": "old price 0.22 EUR, new price 0.204 EUR",
	}}
}
