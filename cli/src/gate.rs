//! The gate: a proposed change of rates or policies, judged by the protected base.

#[cfg(test)]
mod fixture;
pub(crate) mod render;
pub(crate) mod result;
