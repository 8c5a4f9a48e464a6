//! The `tieout` command as its users meet it: what it prints, where, and its exit code.

#[cfg(test)]
mod announced;
#[cfg(test)]
#[cfg(unix)]
mod approve;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod charges;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod deck;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod erasure;
#[cfg(test)]
#[cfg(unix)]
mod guides;
#[cfg(test)]
mod harness;
#[cfg(test)]
#[cfg(unix)]
mod interruption;
#[cfg(test)]
mod keys;
#[cfg(test)]
#[cfg(unix)]
mod log;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod packs;
#[cfg(test)]
mod people;
#[cfg(test)]
mod policy;
#[cfg(test)]
#[cfg(unix)]
mod readme;
#[cfg(test)]
mod reperform;
#[cfg(test)]
mod search;
#[cfg(test)]
#[cfg(unix)]
mod timestamp;
#[cfg(test)]
mod waiver;
#[cfg(test)]
mod why;
#[cfg(test)]
mod workspace;
