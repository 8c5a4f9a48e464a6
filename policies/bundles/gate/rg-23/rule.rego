# METADATA
# title: No request changes what judges it
# description: >-
#   A request that changes rates leaves policies, thresholds, waivers, the directory of people and keys as
#   they are; one that changes policies, all of these but the policies. Those are changed, and judged, by a
#   request of their own.
# custom:
#   severity: critical
#   references: [COSO 2013 principle 10, NIST SP 800-53 CM-3]
package gate.rg_23

applicable if {
	input.changes > 0
}

violation contains {
	"code": "protected-files-changed",
	"expected": 0,
	"actual": input.protected_changes,
	"message": sprintf("%v changes beside %v of files that judge them", [input.changes, input.protected_changes]),
} if {
	input.protected_changes > 0
}
