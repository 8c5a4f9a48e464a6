# METADATA
# title: Large changes have more approvals
# description: >-
#   A request has as many valid approvals as its size asks for: one up to the small amount, two up to the
#   large one, three above it or where the amount isn't known. An emergency needs one. Where an author isn't
#   known, nobody can say that author and approver differ, and the request is undetermined.
# custom:
#   severity: critical
#   references: [COSO 2013 principle 10, NIST SP 800-53 AC-5]
package gate.rg_20

violation contains {
	"code": "approvals-missing",
	"expected": required,
	"actual": input.counted_approvals,
	"message": sprintf("%s of differences: %v approvals are needed, %v count", [size, required, input.counted_approvals]),
} if {
	input.counted_approvals < required
}

required := 1 if {
	input.emergency
}

required := by_size if {
	not input.emergency
}

by_size := 1 if {
	input.delta != null
	abs(input.delta) <= data.parameters.small
}

by_size := 2 if {
	input.delta != null
	abs(input.delta) > data.parameters.small
	abs(input.delta) <= data.parameters.large
}

by_size := 3 if {
	input.delta != null
	abs(input.delta) > data.parameters.large
}

by_size := 3 if {
	input.delta == null
}

size := sprintf("%v %s", [shown(input.delta), input.currency]) if {
	input.delta != null
}

size := "an unknown amount" if {
	input.delta == null
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
