# METADATA
# title: Changed rules are tested
# description: >-
#   A rule in Rego that is added or changed, or whose tests are, has at least one test, none that fails,
#   and no part that no test reaches.
# custom:
#   severity: high
#   references: [COSO 2013 principle 11, NIST SP 800-53 CM-3 and SA-11]
package gate.pg_01

violation contains {
	"code": "untested",
	"expected": 1,
	"actual": input.tests,
	"message": "the rule has no test",
} if {
	input.tests == 0
}

violation contains {
	"code": "test-fails",
	"expected": 0,
	"actual": input.tests_failed,
	"message": sprintf("%v of %v tests fail", [input.tests_failed, input.tests]),
} if {
	input.tests > 0
	input.tests_failed > 0
}

# Without tests it goes without saying.
violation contains {
	"code": "part-not-covered",
	"expected": 0,
	"actual": input.parts_not_covered,
	"message": sprintf("%v parts of the rule are reached by none of %v tests", [input.parts_not_covered, input.tests]),
} if {
	input.tests > 0
	input.parts_not_covered > 0
}
