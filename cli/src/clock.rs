//! The clock: the one place where the time of day is read.

use chrono::{DateTime, Datelike, SubsecRound, Utc};

/// Now, to the second.
#[expect(clippy::disallowed_methods, reason = "the command reads the clock, nobody else does")]
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::<Utc>::from(std::time::SystemTime::now()).trunc_subsecs(0)
}

/// The last calendar year that is over.
pub(crate) fn last_full_year() -> i32 {
    now().year().saturating_sub(1)
}
