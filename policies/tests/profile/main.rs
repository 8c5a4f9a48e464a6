//! What an author of policies relies on.

#[cfg(test)]
mod allowed;
#[cfg(test)]
mod arithmetic;
#[cfg(test)]
mod bundles;
#[cfg(test)]
mod cedar;
mod collections;
#[cfg(test)]
mod comprehensions;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod explained;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod language;
#[cfg(test)]
mod mangled;
#[cfg(test)]
mod nulls;
#[cfg(test)]
mod spans;
#[cfg(test)]
mod tables;
