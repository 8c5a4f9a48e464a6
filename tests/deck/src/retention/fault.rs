//! Faults in keeping and deleting.

use super::{AS_OF, Record, Rule, TWO_YEARS_BEFORE, held};
use crate::calendar::{Date, HOUR, Instant};
use crate::fault::Chosen;
use crate::rng::Rng;
use crate::truth::{Answers, Fact, key};

/// A fault in a record.
pub(super) struct Planted {
    pub(super) control: &'static str,
    code: &'static str,
    name: &'static str,
    fits: fn(&Record) -> bool,
    change: fn(&mut Record, &mut Rng),
}

fn deleted_in_2025(record: &Record) -> bool {
    record.deleted.is_some_and(|d| d.date().year() == 2025)
}

fn of(record: &Record, class: &str, jurisdiction: &str) -> bool {
    record.class == class && record.jurisdiction == jurisdiction
}

/// Kept personal data that no hold protects.
fn free_log(record: &Record) -> bool {
    let class = record.class == "usage-log-personal" && record.deleted.is_none();
    class && !held(record.class, record.jurisdiction, AS_OF.start())
}

pub(super) const FAULTS: &[Planted] = &[
    Planted {
        control: "RET-01",
        code: "deleted-too-early",
        name: "voucher-deleted-after-seven-years",
        fits: |r| of(r, "booking-voucher", "DE") && deleted_in_2025(r),
        change: |r, rng| r.trigger = Date::new(2018, 1, 1).plus_days(rng.between(0, 364)),
    },
    Planted {
        control: "RET-01",
        code: "deleted-too-early",
        name: "meter-log-deleted-after-eighteen-months",
        fits: |r| r.rule == Rule::TwoYearsLeast && r.deleted.is_some(),
        change: |r, _| {
            let day = r.deleted.map_or(AS_OF, Instant::date);
            r.trigger = day.plus_days(-548);
        },
    },
    Planted {
        control: "RET-01",
        code: "deleted-too-early",
        name: "record-deleted-on-its-last-day",
        fits: |r| of(r, "accounting-record", "EE") && r.deleted.is_some(),
        change: |r, rng| {
            r.trigger = Date::new(2018, 1, 1).plus_days(rng.between(0, 364));
            r.deleted = Some(Date::new(2025, 12, 31).start().plus(22 * HOUR));
        },
    },
    Planted {
        control: "RET-02",
        code: "kept-too-long",
        name: "personal-log-kept-three-years",
        fits: free_log,
        change: |r, rng| r.trigger = Date::new(2022, 11, 1).plus_days(rng.between(0, 120)),
    },
    Planted {
        control: "RET-02",
        code: "kept-too-long",
        name: "personal-log-kept-a-day-too-long",
        fits: free_log,
        change: |r, _| r.trigger = TWO_YEARS_BEFORE.plus_days(-1),
    },
    Planted {
        control: "RET-04",
        code: "deleted-under-hold",
        name: "voucher-deleted-under-hold",
        fits: |r| of(r, "booking-voucher", "DE") && deleted_in_2025(r),
        change: |r, rng| {
            r.trigger = Date::new(2014, 1, 1).plus_days(rng.between(0, 364));
            r.deleted = Some(Date::new(2025, 3, 1).start().plus(rng.between(0, 1_400) * HOUR));
        },
    },
    Planted {
        control: "RET-04",
        code: "deleted-under-hold",
        name: "record-deleted-under-hold-on-all-classes",
        fits: |r| of(r, "accounting-record", "CH") && r.deleted.is_some(),
        change: |r, rng| {
            r.trigger = Date::new(2013, 1, 1).plus_days(rng.between(0, 364));
            r.deleted = Some(Date::new(2025, 9, 1).start().plus(rng.between(0, 700) * HOUR));
        },
    },
];

impl Planted {
    /// Plants it in a record that fits.
    pub(super) fn plant(
        &self,
        rng: &mut Rng,
        records: &mut [Record],
        chosen: &mut Chosen,
        answers: &mut Answers,
    ) -> Result<(), String> {
        let place = chosen.one(rng, records, self.name, self.fits)?;
        let Some(record) = records.get_mut(place) else { return Ok(()) };
        (self.change)(record, rng);
        answers.add(Fact {
            control: self.control,
            key: key([("record_id", &record.id)]),
            code: self.code,
            amount: None,
            fault: self.name,
            consequential: false,
        });
        Ok(())
    }
}
