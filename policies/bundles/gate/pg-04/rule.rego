# METADATA
# title: A changed verdict has a version
# description: >-
#   A rule that is added or changed has a higher version of its bundle. Where verdicts move, or nobody
#   looked, the changelog has a starred entry under that version. Where it couldn't be found out whether
#   they move, and there is no star, it is undetermined.
# custom:
#   severity: high
#   references: [COSO 2013 principle 11, NIST SP 800-53 CM-3]
package gate.pg_04

violation contains {
	"code": "version-not-raised",
	"expected": sprintf("more than %v", [was]),
	"actual": input.new_version,
	"message": sprintf("the rule changes, its bundle goes from version %v to %v", [was, becomes]),
} if {
	not new_bundle
	input.version_raised == false
}

violation contains {
	"code": "not-starred",
	"expected": "an entry with a star",
	"message": sprintf("%s, and the changelog has no entry with a star under version %v", [why, becomes]),
} if {
	may_move
	input.starred == false
}

# There is nothing that it could have been raised from.
new_bundle if {
	input.kind == "added"
	input.old_version == null
}

may_move if {
	unseen
}

may_move if {
	not unseen
	input.moves
}

# Nobody put the last period to both rules.
unseen if {
	input.comparison == "not-asked"
}

unseen if {
	input.comparison == "of-the-gate"
}

why := "verdicts move" if {
	not unseen
}

why := "verdicts were not compared" if {
	unseen
}

was := input.old_version if {
	input.old_version != null
}

was := "none" if {
	input.old_version == null
}

becomes := input.new_version if {
	input.new_version != null
}

becomes := "none" if {
	input.new_version == null
}
