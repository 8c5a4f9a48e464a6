# METADATA
# title: Nothing becomes allowed unseen
# description: >-
#   No kind of request that the old version of a Cedar rule denied or could not decide is allowed by the
#   new one. Where that could not be found out it is undetermined.
# custom:
#   severity: critical
#   references: [COSO 2013 principle 10, NIST SP 800-53 AC-3 and CM-3]
package gate.pg_07

violation contains {
	"code": "became-allowed",
	"expected": 0,
	"actual": input.newly_allowed,
	"message": sprintf("%v kinds of requests become allowed, such as: %s", [input.newly_allowed, example]),
} if {
	input.newly_allowed > 0
}

example := input.newly_allowed_example if {
	input.newly_allowed_example != null
}

example := "no example" if {
	input.newly_allowed_example == null
}
