package retention.ret_01_test

import data.retention.ret_01

schedules := [
	{"class": "booking-voucher", "jurisdiction": "DE", "effective_from": "2000-01-01", "effective_to": "2025-01-01", "counts_from": "calendar-year-end", "min_years": 10, "max_years": null},
	{"class": "booking-voucher", "jurisdiction": "DE", "effective_from": "2025-01-01", "effective_to": null, "counts_from": "calendar-year-end", "min_years": 8, "max_years": null},
	{"class": "raw-meter-log", "jurisdiction": "DE", "effective_from": "2000-01-01", "effective_to": null, "counts_from": "trigger-date", "min_years": 2, "max_years": null},
]

voucher := {
	"class": "booking-voucher",
	"jurisdiction": "DE",
	"trigger_date": "2016-05-10",
	"deleted_at": "2025-02-01T00:00:00Z",
}

log := {
	"class": "raw-meter-log",
	"jurisdiction": "DE",
	"trigger_date": "2023-05-10",
	"deleted_at": "2025-06-01T00:00:00Z",
}

codes(record) := found if {
	found := {fact.code | some fact in ret_01.violation} with input as record
		with data.schedules as schedules
}

facts(record) := found if {
	found := ret_01.violation with input as record
		with data.schedules as schedules
}

undetermined(record) := found if {
	found := {cause.column | some cause in ret_01.undetermined} with input as record
		with data.schedules as schedules
}

test_conforms if {
	codes(voucher) == set()
	codes(log) == set()
}

test_deleted_too_early if {
	codes(object.union(voucher, {"trigger_date": "2017-05-10"})) == {"deleted-too-early"}
	codes(object.union(log, {"trigger_date": "2023-06-02"})) == {"deleted-too-early"}
}

# 2017 plus 8 years: through 31 December 2025.
test_boundary_calendar_year if {
	record := object.union(voucher, {"trigger_date": "2017-01-01"})
	codes(object.union(record, {"deleted_at": "2025-12-31T23:59:59Z"})) == {"deleted-too-early"}
	codes(object.union(record, {"deleted_at": "2026-01-01T00:00:00Z"})) == set()
}

# The same day two years later is the first one allowed; 29 February becomes 28 February.
test_boundary_trigger_date if {
	codes(object.union(log, {"deleted_at": "2025-05-10T00:00:00Z"})) == set()
	codes(object.union(log, {"deleted_at": "2025-05-09T23:59:59Z"})) == {"deleted-too-early"}
	leap := object.union(log, {"trigger_date": "2024-02-29"})
	codes(object.union(leap, {"deleted_at": "2026-02-27T12:00:00Z"})) == {"deleted-too-early"}
	codes(object.union(leap, {"deleted_at": "2026-02-28T00:00:00Z"})) == set()
}

# The day of the deletion chooses the schedule: ten years until the end of 2024, eight from then on.
test_schedule_in_force_on_deletion if {
	codes(object.union(voucher, {"deleted_at": "2024-12-31T00:00:00Z"})) == {"deleted-too-early"}
	codes(object.union(voucher, {"deleted_at": "2025-01-01T00:00:00Z"})) == set()
}

# No schedule for the class: undetermined.
test_no_schedule if {
	codes(object.union(voucher, {"class": "love-letter"})) == set()
}

# Without a column that the rules read there is nothing to report: the record is undetermined.
test_missing_column if {
	early := object.union(voucher, {"trigger_date": "2017-05-10"})
	every column in ["class", "jurisdiction", "trigger_date", "deleted_at"] {
		codes(object.remove(early, [column])) == set()
		undetermined(object.remove(early, [column])) == {column}
	}
}

test_facts if {
	facts(object.union(voucher, {"trigger_date": "2017-05-10"})) == {{
		"code": "deleted-too-early",
		"expected": "2025-12-31",
		"actual": "2025-02-01",
		"message": "the retention period ends on the expected day",
	}}
}

test_no_schedule_is_undetermined if {
	undetermined(object.union(voucher, {"class": "love-letter"})) == {"data.schedules"}
}
