//! The ids that documents give to parts of a pack.

use sha2::{Digest as _, Sha256};
use tieout_controls::Digest;

/// A UUID of a part of a pack: the same at each export. `version` is 4 or 8 (RFC 9562, sections 5.4 and
/// 5.8): the digits are a digest's.
pub(super) fn uuid(version: char, pack: Digest, part: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"tieout report\n");
    hash.update(pack.0);
    hash.update(part.as_bytes());
    let digest = Digest(hash.finalize().into()).to_string();
    let digits = digest.chars().enumerate().map(|(at, digit)| match at {
        12 => version,
        16 => '8',
        _ => digit,
    });
    let mut uuid = String::new();
    for (at, digit) in digits.take(32).enumerate() {
        if [8, 12, 16, 20].contains(&at) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}
