# METADATA
# title: No control is switched off
# description: >-
#   A control is not taken out, stays mandatory where it was, and has no lower severity than it had.
# custom:
#   severity: critical
#   references: [COSO 2013 principle 11, NIST SP 800-53 CM-3]
package gate.pg_06

violation contains {
	"code": "control-removed",
	"message": sprintf("the control is gone; its severity was %s", [input.old_severity]),
} if {
	input.kind == "removed"
}

violation contains {
	"code": "no-longer-mandatory",
	"expected": true,
	"actual": false,
	"message": "the control was mandatory",
} if {
	input.kind != "removed"
	input.was_mandatory
	input.mandatory == false
}

violation contains {
	"code": "severity-lowered",
	"expected": input.old_severity,
	"actual": input.new_severity,
	"message": sprintf("the severity was %s and is %s", [input.old_severity, input.new_severity]),
} if {
	input.kind != "removed"
	lowered
}

lowered if {
	input.old_severity != "low"
	input.new_severity == "low"
}

lowered if {
	input.old_severity == "critical"
	input.new_severity != "critical"
}

lowered if {
	input.old_severity == "high"
	input.new_severity == "medium"
}
