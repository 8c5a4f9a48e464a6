//! Pools, their keys, and what recipients bear.

use super::world::{World, metering_faults};

/// The controls.
pub(crate) const CONTROLS: &[&str] = &["AL-01", "AL-02", "AL-03", "TP-04"];

/// AL-06 says which rows of a key were changed, and of no amount.
#[test]
fn changed_keys_are_found() {
    let world = World::new(5, 200_000, metering_faults(3));
    assert_eq!(world.run(&["AL-06"]).code, 1);
    let (found, planted) = (world.found(), world.planted(&["AL-06"]));
    assert!(found.keys().eq(planted.keys()));
    assert_eq!(found.len(), 3);
    assert_eq!(world.undetermined(), 0);
}
