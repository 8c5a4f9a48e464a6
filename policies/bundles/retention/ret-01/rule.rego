# METADATA
# title: Records are not deleted before their retention ends
# description: >-
#   The schedule in force on the day of the deletion decides. Counted from the end of the calendar year,
#   the record stays through 31 December of the trigger year plus the years; counted from the trigger
#   date, it may go on the same day that many years later.
# custom:
#   severity: critical
#   references: [HGB § 257(4), AO § 147(3), C. com. L123-22, CO 958f]
package retention.ret_01

violation contains {
	"code": "deleted-too-early",
	"expected": due,
	"actual": deleted,
	"message": "the retention period ends on the expected day",
} if {
	deleted := date.of(input.deleted_at)
	schedule := effective.at(data.schedules, [input.class, input.jurisdiction], deleted)
	due := end_of_period(schedule)
	too_early(schedule, deleted, due)
}

# Whether the period runs to the end of a calendar year. A schedule that counts in another way than these
# leaves the record undetermined.
to_year_end := {"calendar-year-end": true, "trigger-date": false}

end_of_period(schedule) := date.end_of_year(date.add_years(input.trigger_date, schedule.min_years)) if {
	to_year_end[schedule.counts_from]
}

end_of_period(schedule) := date.add_years(input.trigger_date, schedule.min_years) if {
	not to_year_end[schedule.counts_from]
}

too_early(_, deleted, due) if {
	deleted < due
}

# 31 December is still part of the period; the same day years later is not.
too_early(schedule, deleted, due) if {
	deleted == due
	to_year_end[schedule.counts_from]
}
