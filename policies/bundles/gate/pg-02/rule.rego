# METADATA
# title: Tests notice a changed rule
# description: >-
#   Of the mutants of a rule in Rego that is added or changed, or whose tests are, at most so many
#   survive its tests as may. Those that are named as equivalent, with the reason, don't count.
# custom:
#   severity: medium
#   references: [COSO 2013 principle 11, NIST SP 800-53 CM-3 and SA-11]
package gate.pg_02

violation contains {
	"code": "mutants-survive",
	"expected": data.parameters.max_survivors,
	"actual": input.survivors,
	"message": sprintf("the tests don't notice %v of %v changes of the rule", [input.survivors, input.mutants]),
} if {
	input.survivors > data.parameters.max_survivors
}
