package gate.pg_05_test

import data.gate.pg_05

limits := {"max_loosened_amount": 10000, "max_loosened_records": 100}

conforming := {
	"loosened": 12,
	"loosened_without_amount": 0,
	"all_amount": -8400.5,
	"currency": "EUR",
}

large := object.union(conforming, {"all_amount": -12000})

many := object.union(conforming, {"loosened": 101})

codes(record) := found if {
	found := {fact.code | some fact in pg_05.violation} with input as record
		with data.parameters as limits
}

facts(record) := found if {
	found := pg_05.violation with input as record
		with data.parameters as limits
}

undetermined(record) := found if {
	found := {cause.column | some cause in pg_05.undetermined} with input as record
		with data.parameters as limits
}

test_conforms if {
	codes(conforming) == set()
	undetermined(conforming) == set()
	nothing := {"loosened": 0, "loosened_without_amount": 0, "all_amount": null, "currency": null}
	codes(nothing) == set()
	undetermined(nothing) == set()
}

test_boundary if {
	codes(object.union(conforming, {"all_amount": 10000})) == set()
	codes(object.union(conforming, {"all_amount": -10000})) == set()
	codes(object.union(conforming, {"all_amount": 10000.01})) == {"loosened-amount"}
	codes(object.union(conforming, {"all_amount": -10000.01})) == {"loosened-amount"}
	codes(object.union(conforming, {"loosened": 100})) == set()
	codes(many) == {"loosened-records"}
	codes(object.union(many, {"all_amount": 10000.01})) == {"loosened-amount", "loosened-records"}
}

# Of records without any amount there is none to compare; of some it isn't known.
test_without_amount if {
	none := {"loosened_without_amount": 12, "all_amount": null, "currency": null}
	codes(object.union(conforming, none)) == set()
	undetermined(object.union(conforming, none)) == set()
	some_of_them := {"loosened_without_amount": 11, "all_amount": null}
	undetermined(object.union(conforming, some_of_them)) == {"all_amount"}
	codes(object.union(many, some_of_them)) == {"loosened-records"}
}

test_missing_column if {
	every column in ["loosened", "loosened_without_amount", "all_amount"] {
		codes(object.remove(large, [column])) == set()
		undetermined(object.remove(large, [column])) == {column}
	}
}

test_facts if {
	facts(large) == {{
		"code": "loosened-amount",
		"expected": 10000,
		"actual": -12000,
		"message": "12 records are no longer found, -12000 EUR",
	}}
	facts(object.union(many, {"loosened_without_amount": 101})) == {{
		"code": "loosened-records",
		"expected": 100,
		"actual": 101,
		"message": "101 records are no longer found, 101 of them without an amount",
	}}
}
