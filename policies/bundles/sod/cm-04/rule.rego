# METADATA
# title: Emergency changes are reviewed afterwards
# description: >-
#   An emergency change is reviewed, after it was deployed, within the days that are given for it. A change
#   that isn't deployed, or that still has time, is not judged yet.
# custom:
#   severity: high
#   references: [COSO 2013 principle 11, NIST SP 800-53 CM-3]
package sod.cm_04

# Reviewed in time, whenever that is looked at.
applicable if {
	in_time
}

# The last day has passed.
applicable if {
	input.deployed_at != null
	data.run.as_of > deadline
}

violation contains {
	"code": "not-reviewed-in-time",
	"expected": deadline,
	"actual": input.first_reviewed_at,
	"message": sprintf("deployed at %v; %s", [input.deployed_at, reviewed]),
} if {
	not in_time
}

deadline := date.add_days(date.of(input.deployed_at), data.parameters.days_to_review)

in_time if {
	input.first_reviewed_at != null
	date.of(input.first_reviewed_at) <= deadline
}

reviewed := "reviewed too late" if {
	input.first_reviewed_at != null
}

reviewed := "not reviewed" if {
	input.first_reviewed_at == null
}
