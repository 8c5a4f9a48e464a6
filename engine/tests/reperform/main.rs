//! Re-performance against oracles that share nothing with it, and against published examples.

#![cfg(test)]

mod columns;
mod oracle;
mod vectors;
