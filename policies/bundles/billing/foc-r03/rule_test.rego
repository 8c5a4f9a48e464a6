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
	every column in ["ListUnitPrice", "ListCost"] {
		codes(object.remove(wrong, [column])) == {"contracted-cost-differs"}
	}
	every column in ["ContractedUnitPrice", "ContractedCost"] {
		codes(object.remove(wrong, [column])) == {"list-cost-differs"}
	}
}
