//! Re-performance of billing: an auditor's own, independent recomputation of charges.
//!
//! What it is for: from usage, rate table, contract terms and a declared rounding specification to
//! the amount that should have been billed, with every step of the way, to be compared with what the
//! biller billed. And the other way round: from bills to the rounding rule that explains them.
//!
//! What it is not for: billing. It shares no code, no rate resolution and no rounding default with
//! any biller, nor with the generator of the test deck; it reads no files and no clock, and decides
//! about no record (that is a policy's part).
//!
//! Everything is exact: scaled integers, 128 bits wide where bounds allow it and arbitrary where
//! they don't, and rationals. Each rounding is a named rule at a named step. What is undetermined (a gap
//! in a rate table, an overlap, a null, usage between two tiers) is an error with its reason, never a
//! default.

pub mod allocation;
pub mod calendar;
pub mod exact;
pub mod fx;
pub mod infer;
pub mod integer;
pub mod interpolation;
pub mod rating;
pub mod rounding;
pub mod sampling;
pub mod sla;
pub mod tax;
pub mod time;
pub mod transfer_pricing;
