//! Rebuilds the crate when a file of the embedded catalogue changes.

fn main() {
    println!("cargo::rerun-if-changed=catalogue");
}
