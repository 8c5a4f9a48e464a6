# METADATA
# title: Changed rules are clean
# description: >-
#   The linter has nothing to say of a rule in Rego that is added or changed, or whose tests are.
# custom:
#   severity: low
#   references: [COSO 2013 principle 11, NIST SP 800-53 CM-3]
package gate.pg_03

violation contains {
	"code": "lint-remark",
	"expected": 0,
	"actual": input.remarks,
	"message": sprintf("%v remarks of the linter", [input.remarks]),
} if {
	input.remarks > 0
}
