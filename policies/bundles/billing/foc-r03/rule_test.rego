package billing.foc_r03_test

import data.billing.foc_r03

conforming := {
	"ListUnitPrice": 0.25,
	"ContractedUnitPrice": 0.2,
	"PricingQuantity": 100,
	"ListCost": 25,
	"ContractedCost": 20,
}

tolerances := {"list_cost_tolerance": 0.01, "contracted_cost_tolerance": 0.01}

codes(record) := found if {
	found := {fact.code | some fact in foc_r03.violation} with input as record
		with data.parameters as tolerances
}

facts(record) := found if {
	found := foc_r03.violation with input as record
		with data.parameters as tolerances
}

undetermined(record) := found if {
	found := {cause.column | some cause in foc_r03.undetermined} with input as record
		with data.parameters as tolerances
}

test_conforms if {
	codes(conforming) == set()
}

test_list_cost_differs if {
	codes(object.union(conforming, {"ListCost": 25.02})) == {"list-cost-differs"}
}

test_contracted_cost_differs if {
	codes(object.union(conforming, {"ContractedCost": 19.98})) == {"contracted-cost-differs"}
}

# A difference of exactly the tolerance conforms, on both sides.
test_boundary if {
	codes(object.union(conforming, {"ListCost": 25.01, "ContractedCost": 19.99})) == set()
}

test_negative_quantity if {
	refund := {"PricingQuantity": -100, "ListCost": -25, "ContractedCost": -20}
	codes(object.union(conforming, refund)) == set()
}

test_amount_is_signed if {
	record := object.union(conforming, {"ContractedCost": 19})
	amounts := {fact.amount | some fact in foc_r03.violation} with input as record
		with data.parameters as tolerances
	amounts == {-1}
}

# A list cost that differs is told, and counts in no total.
test_list_cost_has_no_amount if {
	record := object.union(conforming, {"ListCost": 24, "ContractedCost": 21})
	counted := [fact.code | some fact in foc_r03.violation; fact.amount] with input as record
		with data.parameters as tolerances
	counted == ["contracted-cost-differs"]
}

# Without a column that the rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	wrong := object.union(conforming, {"ListCost": 30, "ContractedCost": 30})
	codes(object.remove(wrong, ["PricingQuantity"])) == set()
	undetermined(object.remove(wrong, ["PricingQuantity"])) == {"PricingQuantity"}
	every column in ["ListUnitPrice", "ListCost"] {
		codes(object.remove(wrong, [column])) == {"contracted-cost-differs"}
		undetermined(object.remove(wrong, [column])) == {column}
	}
	every column in ["ContractedUnitPrice", "ContractedCost"] {
		codes(object.remove(wrong, [column])) == {"list-cost-differs"}
		undetermined(object.remove(wrong, [column])) == {column}
	}
}

test_facts if {
	facts(object.union(conforming, {"ListCost": 25.02})) == {{
		"code": "list-cost-differs",
		"expected": 25,
		"actual": 25.02,
	}}
	facts(object.union(conforming, {"ContractedCost": 19.98})) == {{
		"code": "contracted-cost-differs",
		"expected": 20,
		"actual": 19.98,
		"amount": -0.02,
	}}
}

# A product with more digits than a 64-bit float holds is the cost that it says.
test_product_is_exact if {
	exact := {"ListUnitPrice": "0.1234567890123456", "PricingQuantity": "3", "ListCost": "0.3703703670370368"}
	tight := {"list_cost_tolerance": 0, "contracted_cost_tolerance": 1000}
	foc_r03.violation == set() with input as object.union(conforming, exact) with data.parameters as tight
	more := object.union(exact, {"ListCost": "0.3703703670370369"})
	codes_of := {fact.code | some fact in foc_r03.violation} with input as object.union(conforming, more)
		with data.parameters as tight
	codes_of == {"list-cost-differs"}
}
