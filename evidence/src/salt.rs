//! What is derived from the workspace's secret: keys, the pack's id, salts.
//!
//! HMAC-SHA-256 throughout; each use has a label of its own, ended by a zero byte, so that no two
//! uses can meet.

use crate::encoding::base64_url;
use crate::line_proof::Tree;
use crate::sha::Midstate;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tieout_controls::Digest;

/// HMAC-SHA-256 under a key, the blocks of which are hashed once for many messages.
#[derive(Clone, Copy)]
pub(crate) struct Keyed {
    inner: Midstate,
    outer: Midstate,
}

impl Keyed {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let pad = |byte: u8| Midstate::NEW.block(&block(key).map(|own| own ^ byte));
        Self { inner: pad(0x36), outer: pad(0x5c) }
    }

    /// As [`mac`], of a label that ends with its zero byte and is shorter than a block, and one part.
    pub(crate) fn mac(&self, label: &[u8], part: &[u8]) -> [u8; 32] {
        self.outer.finish(&[], &self.inner.finish(label, part).0).0
    }
}

/// HMAC pads a key with zeros to the block of 64 bytes (RFC 2104, section 2).
fn block(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

/// HMAC-SHA-256 over a label and parts of fixed length.
pub(crate) fn mac(key: &[u8; 32], label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new(&block(key).into());
    mac.update(label.as_bytes());
    mac.update(&[0]);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// The salts of one pack.
pub(crate) struct Salts {
    key: [u8; 32],
    pack: [u8; 16],
}

impl Salts {
    /// The salts of the pack with that result: the digests of the run, of the datasets and of the
    /// refused rows. The pack's id depends on everything that the result says (the configuration's
    /// digest and the datasets' commitments are in it, and what no commitment covers is told row by
    /// row), so that two packs share salts only if they are the same pack.
    pub(crate) fn new(secret: &[u8; 32], result: [Digest; 3]) -> Self {
        let parts = result.each_ref().map(|digest| &digest.0[..]);
        let id = mac(secret, "tieout/pack-id/v1", &parts);
        Self { key: mac(secret, "tieout/salt-key/v1", &[]), pack: half(id) }
    }

    /// The same pack's salts under the key of persons in place of the workspace's secret.
    pub(crate) fn under(&self, key: &[u8; 32]) -> Self {
        Self { key: mac(key, "tieout/salt-key/v1", &[]), pack: self.pack }
    }

    /// The pack's id: 32 hexadecimal digits.
    pub(crate) fn pack_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.pack))
    }

    /// The salt of a slot of a line: 128 bits in base64url.
    pub(crate) fn salt(&self, tree: Tree, line: u64, slot: u16) -> String {
        let tree = match tree {
            Tree::Records => 1,
            Tree::Population => 2,
        };
        let place = [&[tree][..], &line.to_be_bytes(), &slot.to_be_bytes()].concat();
        base64_url(&half(mac(&self.key, "tieout/salt/v1", &[&self.pack, &place])))
    }
}

/// The first 16 bytes.
pub(crate) fn half(bytes: [u8; 32]) -> [u8; 16] {
    let [half, _] = *bytes.as_chunks::<16>().0 else { return [0; 16] };
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_hashed_before_is_the_same_key() {
        for length in [0, 1, 41, 42, 49, 50, 51, 300] {
            let part = vec![b'x'; length];
            let expected = mac(&[5; 32], "tieout/row/v1", &[&part]);
            assert_eq!(Keyed::new(&[5; 32]).mac(b"tieout/row/v1\0", &part), expected);
        }
    }

    #[test]
    fn hmac_of_rfc_4231() {
        // Test case 1, whose key is shorter than ours: its zeros change nothing. The message must
        // end with the zero byte of the label, so the label is cut from a message of our own.
        let mut key = [0; 32];
        key[..20].copy_from_slice(&[0x0b; 20]);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key[..20]).unwrap();
        mac.update(b"Hi There\0");
        assert_eq!(
            super::mac(&key, "Hi There", &[]),
            <[u8; 32]>::from(mac.finalize().into_bytes())
        );
    }

    #[test]
    fn every_place_has_its_own_salt() {
        let salts = Salts::new(&[7; 32], [1, 2, 3].map(|n| Digest([n; 32])));
        let mut seen = std::collections::BTreeSet::new();
        for tree in [Tree::Records, Tree::Population] {
            for line in 0..5 {
                for slot in 0..5 {
                    let salt = salts.salt(tree, line, slot);
                    assert_eq!(salt.len(), 22);
                    assert!(seen.insert(salt));
                }
            }
        }
        // A pack with other refused rows alone has other salts.
        let other = Salts::new(&[7; 32], [1, 2, 4].map(|n| Digest([n; 32])));
        assert!(seen.insert(other.salt(Tree::Records, 0, 0)));
    }
}
