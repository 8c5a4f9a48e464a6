# METADATA
# title: What is no longer found is within limits
# description: >-
#   What is no longer found in the last period's records is, in each currency, at most so much money and
#   so many records as may be. Records of which none has an amount are only counted; where some have one
#   and others don't, the amount isn't known.
# custom:
#   severity: high
#   references: [COSO 2013 principle 11, NIST SP 800-53 CM-3]
package gate.pg_05

violation contains {
	"code": "loosened-amount",
	"expected": data.parameters.max_loosened_amount,
	"actual": input.all_amount,
	"message": sprintf("%v records are no longer found, %v %s", [input.loosened, shown(input.all_amount), input.currency]),
} if {
	input.loosened > input.loosened_without_amount
	abs(input.all_amount) > data.parameters.max_loosened_amount
}

violation contains {
	"code": "loosened-records",
	"expected": data.parameters.max_loosened_records,
	"actual": input.loosened,
	"message": sprintf("%v records are no longer found, %v of them without an amount", [input.loosened, input.loosened_without_amount]),
} if {
	input.loosened > data.parameters.max_loosened_records
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
