//! The two keys of `tieout demo`, whose private halves are in the program's source: what they
//! sign is no evidence, whatever a pack says of itself.

use crate::note::{Note, NoteKey};
use crate::public_key::PublicKey;
use tieout_controls::Digest;

/// The public keys: the operator's, the log's.
const KEYS: [[u8; 32]; 2] = [
    [
        0x4e, 0x18, 0xe0, 0x11, 0xf7, 0xc9, 0xec, 0x59, 0x84, 0x6d, 0xce, 0x51, 0xc7, 0x92, 0x49,
        0x54, 0x7e, 0xd1, 0x85, 0x67, 0x50, 0x7d, 0xb0, 0x37, 0x0b, 0xea, 0xdb, 0x52, 0x6f, 0x0b,
        0x92, 0x41,
    ],
    [
        0xb3, 0x2e, 0x30, 0xbb, 0xb5, 0x33, 0x80, 0xbb, 0x10, 0xfd, 0xfc, 0x45, 0xbc, 0x49, 0xba,
        0x8e, 0x73, 0xe7, 0x11, 0x3e, 0x52, 0xee, 0xaa, 0x89, 0x7e, 0xe1, 0x9e, 0x1e, 0xf0, 0x9f,
        0x2c, 0x28,
    ],
];

/// Whether it is one of them.
pub(crate) fn is_demo(key: &PublicKey) -> bool {
    KEYS.contains(&key.to_bytes())
}

/// Whether it is the id of one of them.
pub(crate) fn is_demo_id(id: &Digest) -> bool {
    keys().any(|key| key.id() == *id)
}

/// Whether the note says to be signed by one of them.
pub(crate) fn signs(note: &str) -> bool {
    let Ok(note) = Note::parse(note) else { return false };
    let by_demo = |name: &str, id| {
        let own = keys().filter_map(|key| NoteKey::new(name, key));
        own.into_iter().any(|own| own.id() == id)
    };
    note.signatures.iter().any(|signature| by_demo(&signature.name, signature.id))
}

fn keys() -> impl Iterator<Item = PublicKey> {
    KEYS.iter().filter_map(|bytes| PublicKey::from_bytes(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::sha256;

    /// The seeds are those of `cli/src/keys.rs`.
    #[test]
    fn these_are_the_demo_keys() {
        for (role, bytes) in ["operator", "log"].into_iter().zip(KEYS) {
            let seed = sha256(format!("tieout demo {role} key, not for evidence").as_bytes()).0;
            let key = PublicKey::from(&ed25519_dalek::SigningKey::from_bytes(&seed));
            assert_eq!(key.to_bytes(), bytes, "{role}");
            assert!(is_demo(&key) && is_demo_id(&key.id()));
        }
        assert!(!is_demo_id(&Digest([0; 32])));
    }
}
