//! `tieout gate`: changes of rate tables.

mod usage;

pub(super) use usage::usage;
