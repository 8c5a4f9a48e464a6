//! Rebuilds the crate when a file of the embedded policy bundles changes.

fn main() {
    println!("cargo::rerun-if-changed=bundles");
}
