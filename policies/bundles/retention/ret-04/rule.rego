# METADATA
# title: Records under legal hold are not deleted
# description: >-
#   The population counts the holds that covered the record when it was deleted; one is a violation.
# custom:
#   severity: critical
#   references: [FRCP rule 37(e), 18 USC 1519]
package retention.ret_04

violation contains {
	"code": "deleted-under-hold",
	"actual": input.deleted_at,
	"message": sprintf(
		"hold %s covered the record of class %s in %s when it was deleted",
		[input.first_hold, input.class, input.jurisdiction],
	),
} if {
	input.holds > 0
}
