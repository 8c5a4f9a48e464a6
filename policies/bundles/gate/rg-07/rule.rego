# METADATA
# title: Dearer prices are announced in time
# description: >-
#   What makes a rate dearer was announced at least the days of notice before it takes effect. A change that
#   makes nothing dearer needs no notice.
# custom:
#   severity: high
#   references: [Agreements of the company with its customers]
package gate.rg_07

applicable if {
	input.kind == "price-raised"
}

# A date, a boundary or a mode of tiers that changes is a raise for those who pay more by it.
applicable if {
	input.dearer
}

violation contains {
	"code": "not-announced",
	"expected": data.parameters.notice_days_min,
	"message": sprintf("%s, in effect from %v", [prices, input.effective_from]),
} if {
	input.announced_on == null
}

violation contains {
	"code": "notice-too-short",
	"expected": data.parameters.notice_days_min,
	"actual": input.notice_days,
	"message": sprintf("%s, announced on %v, in effect from %v", [prices, input.announced_on, input.effective_from]),
} if {
	input.announced_on != null
	input.notice_days < data.parameters.notice_days_min
}

prices := sprintf("old price %s, new price %s", [was, becomes])

was := sprintf("%v %s", [shown(input.old_price), input.old_currency]) if {
	input.old_price != null
}

was := "none" if {
	input.old_price == null
}

becomes := sprintf("%v %s", [shown(input.new_price), input.new_currency]) if {
	input.new_price != null
}

becomes := "none" if {
	input.new_price == null
}

# Without the zeros that its column ends in. The factor sees to it that there is a point.
shown(number) := trim_right(trim_right(sprintf("%v", [number * 1.0]), "0"), ".")
