//! A key as the vault's file has it, and what is sealed under keys.

use super::files::Epoch;
use super::{Handle, VaultError, random};
use crate::salt::mac;
use age::x25519::{Identity, Recipient};
use bech32::{Bech32, Hrp};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};

/// The bytes of a slot. Several fill a sector, and none lies in two.
pub(super) const SLOT: usize = 128;

/// A key that is not destroyed.
#[derive(Clone)]
pub(super) struct Slot {
    /// The HMAC of whose it is.
    pub(super) tag: [u8; 32],
    pub(super) handle: Handle,
    /// The key; `None` where it is sealed to the privacy officer.
    pub(super) key: Option<[u8; 32]>,
    /// Whether it is restricted.
    pub(super) restricted: bool,
}

/// What stands in a slot of the file.
pub(super) enum Stored {
    /// A key that was destroyed.
    Gone,
    /// A key.
    Key(Slot),
    /// One that can't be unwrapped: half overwritten where the journal says that it is restricted or
    /// destroyed, and else damaged, or of another epoch.
    Torn(Slot),
}

/// The bytes of a slot: `tag ‖ handle ‖ nonce[12] ‖ wrapped[48] ‖ 0[20]`, the key wrapped by ChaCha20-Poly1305
/// (RFC 8439) under the epoch's key with `tag ‖ handle ‖ epoch` as what is authenticated beside. In one that is
/// restricted, nonce and wrapped are zeros.
pub(super) fn bytes(slot: &Slot, epoch: &Epoch) -> Result<[u8; SLOT], VaultError> {
    let mut parts = vec![slot.tag.to_vec(), slot.handle.0.to_be_bytes().to_vec()];
    if let Some(key) = slot.key.filter(|_| !slot.restricted) {
        let nonce: Vec<u8> = random()?.into_iter().take(12).collect();
        let beside = beside(&slot.tag, slot.handle, epoch);
        let text = Payload { msg: &key, aad: &beside };
        let wrapped = cipher(epoch).encrypt(&Nonce::try_from(&nonce[..]).map_err(unfit)?, text);
        parts.extend([nonce, wrapped.map_err(unfit)?]);
    }
    Ok(padded(parts.concat()))
}

/// The bytes of a slot whose key was destroyed: zeros but for the handle.
///
/// INVARIANT: a slot is overwritten with its own handle only. So one that is half overwritten still says whose
/// state in the journal decides, wherever the write was torn.
pub(super) fn wiped(handle: Handle) -> [u8; SLOT] {
    padded([&[0; 32][..], &handle.0.to_be_bytes()].concat())
}

fn padded(parts: Vec<u8>) -> [u8; SLOT] {
    let mut bytes = [0; SLOT];
    for (to, from) in bytes.iter_mut().zip(parts) {
        *to = from;
    }
    bytes
}

/// Reads a slot.
pub(super) fn parse(bytes: &[u8; SLOT], epoch: &Epoch) -> Stored {
    let zeros = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let (tag, rest) = parted::<32>(bytes);
    let (handle, rest) = parted::<16>(rest);
    let (nonce, rest) = parted::<12>(rest);
    let (wrapped, rest) = parted::<48>(rest);
    let handle = Handle(u128::from_be_bytes(handle));
    let without = zeros(&nonce) && zeros(&wrapped) && zeros(rest);
    // A tag is an HMAC: none is zeros.
    if without && zeros(&tag) {
        return Stored::Gone;
    }
    let mut slot = Slot { tag, handle, key: None, restricted: true };
    if without {
        return Stored::Key(slot);
    }
    let beside = beside(&tag, handle, epoch);
    let text = Payload { msg: &wrapped, aad: &beside };
    let key = cipher(epoch).decrypt(&Nonce::from(nonce), text).ok();
    match key.and_then(|key| key.try_into().ok()).filter(|_| zeros(rest)) {
        Some(key) => {
            (slot.key, slot.restricted) = (Some(key), false);
            Stored::Key(slot)
        }
        None => Stored::Torn(slot),
    }
}

/// The first bytes, and the rest; none is short of what is asked.
fn parted<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    bytes.split_first_chunk().map_or(([0; N], bytes), |(first, rest)| (*first, rest))
}

fn cipher(epoch: &Epoch) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&epoch.key.into())
}

fn beside(tag: &[u8; 32], handle: Handle, epoch: &Epoch) -> Vec<u8> {
    [&tag[..], &handle.0.to_be_bytes(), &epoch.number.to_be_bytes()].concat()
}

fn unfit(error: impl std::fmt::Display) -> VaultError {
    VaultError::new(format!("a key can't be wrapped: {error}"))
}

/// Seals for who has the key: an [age](https://c2sp.org/age) file to the X25519 identity that it gives.
pub(crate) fn sealed(key: &[u8; 32], text: &[u8]) -> Result<Vec<u8>, VaultError> {
    let unfit = || VaultError::new("disclosures can't be sealed");
    let identity = identity(key).ok_or_else(unfit)?;
    age::encrypt(&identity.to_public(), text).map_err(|_| unfit())
}

/// Opens what [`sealed`] sealed; `None` with another key.
pub(crate) fn unsealed(key: &[u8; 32], file: &[u8]) -> Option<Vec<u8>> {
    age::decrypt(&identity(key)?, file).ok()
}

/// Seals a key to a recipient (`age1…`).
pub(super) fn sealed_to(recipient: &str, key: &[u8; 32]) -> Result<Vec<u8>, VaultError> {
    let unfit = |e: &dyn std::fmt::Display| {
        VaultError::new(format!("that is no age recipient: {e}"))
            .help("`age-keygen` makes one: the line that begins with `age1`")
    };
    let recipient: Recipient = recipient.parse().map_err(|e| unfit(&e))?;
    age::encrypt(&recipient, key).map_err(|e| unfit(&e))
}

/// Opens a key that was sealed to the recipient of that identity (`AGE-SECRET-KEY-1…`).
pub(super) fn opened_by(identity: &str, file: &[u8]) -> Option<[u8; 32]> {
    let identity: Identity = identity.parse().ok()?;
    age::decrypt(&identity, file).ok()?.try_into().ok()
}

fn identity(key: &[u8; 32]) -> Option<Identity> {
    let secret = mac(key, "tieout/age-identity/v1", &[]);
    let prefix = Hrp::parse("age-secret-key-").ok()?;
    bech32::encode::<Bech32>(prefix, &secret).ok()?.to_uppercase().parse().ok()
}
