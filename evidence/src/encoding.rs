//! Base64 and SHA-256, in the one form in which the formats write them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use tieout_controls::Digest;

/// The SHA-256 of the bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// Standard base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard base64. Only the canonical text of the bytes is read: missing padding and
/// non-zero trailing bits give `None`, else a bit could flip unseen.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// URL-safe base64 without padding (RFC 4648, section 5).
pub(crate) fn base64_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the canonical standard base64 of 32 bytes.
pub(crate) fn digest_from_base64(text: &str) -> Option<Digest> {
    Some(Digest(from_base64(text)?.try_into().ok()?))
}

/// Reads the canonical URL-safe base64 of 32 bytes.
pub(crate) fn bytes_from_base64_url(text: impl AsRef<[u8]>) -> Option<[u8; 32]> {
    let mut bytes = [0; 33];
    let read = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    bytes.first_chunk().copied().filter(|_| read == 32)
}

/// Whether the text is the canonical URL-safe base64 of 32 bytes.
pub(crate) fn is_digest(text: &[u8]) -> bool {
    // 43 characters have two bits more than 32 bytes: those of the last one are zero.
    let Some([.., last]) = text.first_chunk::<43>() else { return false };
    // As many as a few vectors hold.
    let mut characters = [b'A'; 48];
    for (to, from) in characters.iter_mut().zip(text) {
        *to = *from;
    }
    let odd = characters.iter().fold(0, |odd, byte| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let other = (byte.wrapping_sub(b'0') < 10) | (*byte == b'-') | (*byte == b'_');
        odd | u8::from(!(letter | other))
    });
    text.len() == 43 && odd == 0 && b"AEIMQUYcgkosw048".contains(last)
}

/// Whether the text is the canonical URL-safe base64 of that many bytes.
pub(crate) fn is_base64_url(text: &str, len: usize) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_what_is_read_as_32_bytes() {
        let text = base64_url(&[0xa7; 32]);
        for at in 0..text.len() {
            for byte in 0..=255 {
                let mut changed = text.clone().into_bytes();
                changed[at] = byte;
                assert_eq!(is_digest(&changed), bytes_from_base64_url(&changed).is_some());
            }
        }
        for length in [0, 1, 42, 44, 86] {
            assert!(!is_digest(&text.as_bytes().repeat(2)[..length]));
        }
    }

    #[test]
    fn only_canonical_base64_is_read() {
        assert_eq!(from_base64("TWE="), Some(b"Ma".to_vec()));
        for text in ["TWF=", "TWE", "TWE=\n", " TWE=", "TW E=", "TWE_"] {
            assert_eq!(from_base64(text), None, "{text:?}");
        }
    }
}
