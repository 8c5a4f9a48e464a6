//! Re-performance against oracles that share nothing with it, and against published examples.

#![cfg(test)]

mod bills;
mod allocation;
mod civil_days;
mod columns;
mod infer;
mod oracle;
mod rating;
mod rounding;
mod outside;
mod sampling;
mod tax;
mod terms;
mod transfer_pricing;
mod vectors;
