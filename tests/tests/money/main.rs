//! Money is exact: a million sums and a million products, of 2 to 12 digits behind the point and up
//! to 38 in all, in every path. What is right is computed on whole numbers by another library.

#![cfg(test)]

mod amounts;
mod decided;
mod documents;
mod read;
