//! The gate: a proposed change of rates or policies, judged by the protected base.

pub(crate) mod deployed;
#[cfg(test)]
mod fixture;
mod judge;
pub(crate) mod rates;
mod register;
pub(crate) mod render;
pub(crate) mod request;
pub(crate) mod result;
pub(crate) mod sides;
mod waived;
