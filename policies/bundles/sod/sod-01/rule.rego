# METADATA
# title: Nobody holds two actions that must be separate
# description: >-
#   The population says of each account and rule whether the account can perform both actions of the
#   rule, and by which paths; a conflict is a violation.
# custom:
#   severity: critical
#   references: [COSO 2013 principle 10, NIST SP 800-192]
package sod.sod_01

violation contains {
	"code": "toxic-pair",
	"actual": sprintf("%s; %s", [input.path_a, input.path_b]),
	"message": sprintf(
		"%s account, %s and %s since %v, severity %s",
		[
			object.get(input, "user_type", "unregistered"),
			input.action_a, input.action_b, input.since, input.severity,
		],
	),
} if {
	input.conflict
}
