package retention.ret_02_test

import data.retention.ret_02

schedules := [
	{"class": "usage-log-personal", "jurisdiction": "DE", "effective_from": "2000-01-01", "effective_to": null, "counts_from": "trigger-date", "min_years": 0, "max_years": 2},
	{"class": "application", "jurisdiction": "DE", "effective_from": "2000-01-01", "effective_to": null, "counts_from": "calendar-year-end", "min_years": 0, "max_years": 1},
	{"class": "booking-voucher", "jurisdiction": "DE", "effective_from": "2000-01-01", "effective_to": null, "counts_from": "calendar-year-end", "min_years": 8, "max_years": null},
]

# Ended before, begins after, and covers another class.
elsewhere := [
	{"hold_id": "H-1", "scope_class": null, "scope_jurisdiction": null, "valid_from": "2024-01-01T00:00:00Z", "valid_to": "2026-01-31T00:00:00Z"},
	{"hold_id": "H-2", "scope_class": null, "scope_jurisdiction": null, "valid_from": "2026-02-01T00:00:00Z", "valid_to": null},
	{"hold_id": "H-3", "scope_class": "booking-voucher", "scope_jurisdiction": "DE", "valid_from": "2024-01-01T00:00:00Z", "valid_to": null},
]

conforming := {
	"class": "usage-log-personal",
	"jurisdiction": "DE",
	"trigger_date": "2024-06-01",
	"deleted_at": null,
}

old := object.union(conforming, {"trigger_date": "2023-06-01"})

codes_under(record, holds) := found if {
	found := {fact.code | some fact in ret_02.violation} with input as record
		with data.schedules as schedules
		with data.holds as holds
		with data.run.as_of as "2026-01-31"
}

facts_under(record, holds) := found if {
	found := ret_02.violation with input as record
		with data.schedules as schedules
		with data.holds as holds
		with data.run.as_of as "2026-01-31"
}

undetermined_under(record, holds) := found if {
	found := {cause.column | some cause in ret_02.undetermined} with input as record
		with data.schedules as schedules
		with data.holds as holds
		with data.run.as_of as "2026-01-31"
}

facts(record) := facts_under(record, elsewhere)

undetermined(record) := undetermined_under(record, elsewhere)

codes(record) := codes_under(record, elsewhere)

test_conforms if {
	codes(conforming) == set()
}

test_kept_too_long if {
	codes(old) == {"kept-too-long"}
	codes(object.union(old, {"class": "application"})) == {"kept-too-long"}
}

# The last day is still right.
test_boundary if {
	codes(object.union(conforming, {"trigger_date": "2024-01-31"})) == set()
	codes(object.union(conforming, {"trigger_date": "2024-01-30"})) == {"kept-too-long"}
}

test_boundary_calendar_year if {
	record := object.union(conforming, {"class": "application"})
	codes(object.union(record, {"trigger_date": "2025-01-01"})) == set()
	codes(object.union(record, {"trigger_date": "2024-12-31"})) == {"kept-too-long"}
}

# A hold that begins on the as-of date covers the record, one that ends on it doesn't.
test_hold if {
	hold := {"hold_id": "H-4", "scope_class": "usage-log-personal", "scope_jurisdiction": null, "valid_from": "2026-01-31T00:00:00Z", "valid_to": "2026-02-01T00:00:00Z"}
	codes_under(old, [hold]) == set()
	codes_under(old, [object.union(hold, {"scope_jurisdiction": "DE", "valid_to": null})]) == set()
	codes_under(old, [object.union(hold, {"scope_jurisdiction": "FR"})]) == {"kept-too-long"}
}

applicable(record) if {
	ret_02.applicable with input as record
		with data.schedules as schedules
		with data.holds as elsewhere
		with data.run.as_of as "2026-01-31"
}

# What was deleted only after the as-of date was still kept on it.
test_applicable_while_kept if {
	applicable(old)
	applicable(object.union(old, {"deleted_at": "2026-02-01T00:00:00Z"}))
	not applicable(object.union(old, {"deleted_at": "2026-01-31T23:59:59Z"}))
}

test_no_maximum if {
	codes(object.union(old, {"class": "booking-voucher", "trigger_date": "1999-01-01"})) == set()
}

# No schedule for the class: undetermined.
test_no_schedule if {
	codes(object.union(old, {"class": "love-letter"})) == set()
}

# Without a column that the rules read there is nothing to report: the record is undetermined.
test_missing_column if {
	every column in ["class", "jurisdiction", "trigger_date"] {
		codes(object.remove(old, [column])) == set()
		undetermined(object.remove(old, [column])) == {column}
	}
}

test_facts if {
	facts(old) == {{
		"code": "kept-too-long",
		"expected": "2025-06-01",
		"actual": "2026-01-31",
		"message": "the expected day was the last one on which the record could be kept",
	}}
}

# What has no maximum, or is held without end or scope, conforms: nothing is left open.
test_nothing_is_left_open if {
	undetermined(object.union(old, {"class": "booking-voucher", "trigger_date": "1999-01-01"})) == set()
	hold := {"hold_id": "H-5", "scope_class": null, "scope_jurisdiction": null, "valid_from": "2025-01-01T00:00:00Z", "valid_to": null}
	every given in [{}, {"scope_class": "usage-log-personal"}, {"scope_jurisdiction": "DE"}, {"valid_to": "2026-03-01T00:00:00Z"}] {
		codes_under(old, [object.union(hold, given)]) == set()
		undetermined_under(old, [object.union(hold, given)]) == set()
	}
}
