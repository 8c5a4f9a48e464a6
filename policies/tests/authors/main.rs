//! The author's tools over the shipped bundles.

#[cfg(test)]
mod formatting;
#[cfg(test)]
mod linting;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod unit_tests;
