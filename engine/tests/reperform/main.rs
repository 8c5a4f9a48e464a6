//! Re-performance against oracles that share nothing with it, and against published examples.

#![cfg(test)]

mod allocation;
mod bills;
mod civil_days;
mod columns;
mod exercised;
mod infer;
mod oracle;
mod outside;
mod random;
mod rating;
mod rounding;
mod sampling;
mod scaled;
mod tax;
mod terms;
mod transfer_pricing;
mod vectors;
