# METADATA
# title: Rates follow each other without gap or overlap
# description: >-
#   At each instant from a key's first rate to its last one, exactly one rate holds in the new table, unless
#   the base table had the gap or overlap already.
# custom:
#   severity: high
#   references: [Rate policy of the company]
package gate.rg_12

# What the base table had before is no fault of this request.
applicable if {
	not input.in_base
}

violation contains {
	"code": "gap",
	"actual": input.rate_key,
	"message": sprintf("no rate holds for %s, from %v until %s", [quantities, input.effective_from, until]),
} if {
	input.kind == "gap"
}

violation contains {
	"code": "overlap",
	"actual": input.rate_key,
	"message": sprintf("more than one rate holds for %s, from %v until %s", [quantities, input.effective_from, until]),
} if {
	input.kind == "overlap"
}

until := sprintf("%v", [input.effective_to]) if {
	input.effective_to != null
}

until := "further notice" if {
	input.effective_to == null
}

quantities := sprintf("quantities from %v", [shown(input.tier_from)]) if {
	input.tier_from != null
}

quantities := "all quantities" if {
	input.tier_from == null
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
