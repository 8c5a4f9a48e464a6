# METADATA
# title: Records are not kept beyond their maximum
# description: >-
#   The schedule in force on the as-of date decides. The last day is 31 December of the trigger year plus
#   the maximum years, or the trigger date plus them. A schedule without a maximum, or a hold, allows the
#   record to stay. A record that was deleted by the as-of date is not applicable.
# custom:
#   severity: high
#   references: [GDPR art. 5(1)(e), GDPR art. 17]
package retention.ret_02

# The as-of date decides, not the day on which the register was written: what was deleted only afterwards
# was still kept then.
applicable if {
	input.deleted_at == null
}

applicable if {
	date.of(input.deleted_at) > data.run.as_of
}

violation contains {
	"code": "kept-too-long",
	"expected": last_day,
	"actual": data.run.as_of,
	"message": "the expected day was the last one on which the record could be kept",
} if {
	schedule := effective.at(data.schedules, [input.class, input.jurisdiction], data.run.as_of)
	schedule.max_years != null
	last_day := end_of_period(schedule)
	data.run.as_of > last_day
	not held
}

# Whether the period runs to the end of a calendar year. A schedule that counts in another way than these
# leaves the record undetermined.
to_year_end := {"calendar-year-end": true, "trigger-date": false}

end_of_period(schedule) := date.end_of_year(date.add_years(input.trigger_date, schedule.max_years)) if {
	to_year_end[schedule.counts_from]
}

end_of_period(schedule) := date.add_years(input.trigger_date, schedule.max_years) if {
	not to_year_end[schedule.counts_from]
}

# Days, not instants: a hold covers the day on which it begins, and no longer the one on which it ends.
held if {
	some hold in data.holds
	covers_class(hold)
	covers_jurisdiction(hold)
	date.of(hold.valid_from) <= data.run.as_of
	goes_on(hold)
}

# A null scope of a hold means all classes, or all jurisdictions.
covers_class(hold) if {
	hold.scope_class == null
}

covers_class(hold) if {
	hold.scope_class == input.class
}

covers_jurisdiction(hold) if {
	hold.scope_jurisdiction == null
}

covers_jurisdiction(hold) if {
	hold.scope_jurisdiction == input.jurisdiction
}

goes_on(hold) if {
	hold.valid_to == null
}

goes_on(hold) if {
	data.run.as_of < date.of(hold.valid_to)
}
