//! Time-stamp responses of [RFC 3161](https://www.rfc-editor.org/rfc/rfc3161) over the text of a checkpoint.
//!
//! What is stamped is the *text* of a checkpoint, without its signatures: cosignatures that come later change nothing.
//! A response is read strictly, and its imprint compared. **The authority's signature is not verified here**: that
//! takes X.509, ECDSA and RSA, which would more than double what an auditor has to trust. `openssl ts -verify` does it,
//! and the commands of `VERIFY.md` call it.

use crate::checkpoint::Checkpoint;
use crate::der::{BOOLEAN, Der, NULL, OCTETS, OID, SEQUENCE, SET, TIME, UTF8, tagged};
use crate::encoding::sha256;
use chrono::NaiveDateTime;
use tieout_controls::Digest;

/// The largest response, in bytes: with certificates it has some thousands.
pub(crate) const MAX_RESPONSE: usize = 1 << 20;

/// id-signedData, RFC 5652 section 5.1.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// id-ct-TSTInfo, RFC 3161 section 2.4.2.
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// id-sha256, RFC 5754 section 2.2.
pub(crate) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// What a token says, by the word of whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The SHA-256 of what was stamped.
    pub imprint: Digest,
    /// When: an instant in UTC, RFC 3339 with `Z`, with as many decimals of a second as the token has.
    pub time: String,
    /// The number of the request that was answered, as DER has it; `None` where it had none.
    pub nonce: Option<Vec<u8>>,
}

/// A response that is no token over what it is held against.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a response, or not in DER.
    #[error("not a time-stamp response (RFC 3161): {0}")]
    Syntax(&'static str),
    /// The authority gave no token.
    #[error("the time-stamp authority refused the request: {0}")]
    Refused(String),
    /// It is about something else.
    #[error("the token is over another text than this checkpoint's")]
    Imprint,
}

impl Token {
    /// Reads a response whose status is granted, or granted with modifications, with the token in it. Of the token
    /// the certificates and the one signature are not looked into.
    ///
    /// # Errors
    /// [`TokenError::Syntax`] and [`TokenError::Refused`].
    pub fn parse(response: &[u8]) -> Result<Self, TokenError> {
        if response.len() > MAX_RESPONSE {
            return Err(TokenError::Syntax("larger than 1 MiB"));
        }
        let mut all = Der(response);
        let mut parts = all.take(SEQUENCE).ok_or(TokenError::Syntax("no sequence in DER"))?;
        all.end().ok_or(TokenError::Syntax("something follows it"))?;
        let status = parts.take(SEQUENCE).ok_or(TokenError::Syntax("no status"))?;
        granted(status)?;
        let content = token(parts).ok_or(TokenError::Syntax("no signed token with one signer"))?;
        Self::of_info(content)
    }

    /// Reads a TSTInfo.
    fn of_info(info: &[u8]) -> Result<Self, TokenError> {
        let wrong = TokenError::Syntax;
        let mut all = Der(info);
        let mut info = all.take(SEQUENCE).ok_or(wrong("no TSTInfo"))?;
        all.end().ok_or(wrong("something follows the TSTInfo"))?;
        if info.integer() != Some(&[1]) {
            return Err(wrong("another version of TSTInfo than 1"));
        }
        info.take(OID).ok_or(wrong("no policy"))?;
        let imprint = imprint(&mut info).ok_or(wrong("no imprint by SHA-256"))?;
        info.integer().ok_or(wrong("no serial number"))?;
        let time = info.take(TIME).and_then(instant).ok_or(wrong("no time"))?;
        let nonce = rest(info).ok_or(wrong("other fields than those of a TSTInfo"))?;
        Ok(Self { imprint, time, nonce })
    }

    /// Whether the token is over that checkpoint.
    ///
    /// # Errors
    /// [`TokenError::Imprint`].
    pub fn is_over(&self, checkpoint: &Checkpoint) -> Result<(), TokenError> {
        if self.imprint == imprint_of(checkpoint) { Ok(()) } else { Err(TokenError::Imprint) }
    }
}

/// What is stamped of a checkpoint.
pub(crate) fn imprint_of(checkpoint: &Checkpoint) -> Digest {
    sha256(checkpoint.to_string().as_bytes())
}

/// PKIStatusInfo: 0 is granted, 1 granted with modifications. The first text of a refusal is told.
fn granted(mut status: Der<'_>) -> Result<(), TokenError> {
    let number = status.integer().ok_or(TokenError::Syntax("no status"))?;
    if let [0 | 1] = number {
        return Ok(());
    }
    let text = status.take(SEQUENCE).and_then(|mut texts| texts.take(UTF8));
    let text = text.map_or_else(String::new, |text| {
        format!(", {}", crate::visible::visible(&String::from_utf8_lossy(text.0)))
    });
    let number = number.iter().fold(String::new(), |sum, byte| format!("{sum}{byte:02x}"));
    Err(TokenError::Refused(format!("status 0x{number}{text}")))
}

/// The signed content of a ContentInfo that stands alone: a SignedData (RFC 5652) of type id-ct-TSTInfo, with
/// exactly one signer (RFC 3161 section 2.4.2).
fn token(mut parts: Der<'_>) -> Option<&[u8]> {
    let mut token = parts.take(SEQUENCE)?;
    parts.end()?;
    (token.take(OID)?.0 == SIGNED_DATA).then_some(())?;
    let mut explicit = token.take(tagged(0))?;
    token.end()?;
    let mut signed = explicit.take(SEQUENCE)?;
    explicit.end()?;
    signed.integer()?;
    signed.take(SET)?;
    let mut content = signed.take(SEQUENCE)?;
    (content.take(OID)?.0 == TST_INFO).then_some(())?;
    let mut octets = content.take(tagged(0))?;
    content.end()?;
    let info = octets.take(OCTETS)?;
    octets.end()?;
    let _certificates = signed.optional(tagged(0))?;
    let _revoked = signed.optional(tagged(1))?;
    let mut signers = signed.take(SET)?;
    signed.end()?;
    signers.take(SEQUENCE)?;
    signers.end()?;
    Some(info.0)
}

/// A MessageImprint by SHA-256, whose parameters are absent or NULL.
fn imprint(info: &mut Der<'_>) -> Option<Digest> {
    let mut imprint = info.take(SEQUENCE)?;
    let mut algorithm = imprint.take(SEQUENCE)?;
    (algorithm.take(OID)?.0 == SHA256).then_some(())?;
    algorithm.optional(NULL)?.map_or(Some(()), Der::end)?;
    algorithm.end()?;
    let digest = imprint.take(OCTETS)?.0.try_into().ok()?;
    imprint.end()?;
    Some(Digest(digest))
}

/// What may follow the time, in its order: accuracy, ordering, nonce, the authority's name, extensions. Gives the nonce.
fn rest(mut info: Der<'_>) -> Option<Option<Vec<u8>>> {
    info.optional(SEQUENCE)?;
    if let Some(ordering) = info.optional(BOOLEAN)? {
        matches!(ordering.0, [0x00 | 0xff]).then_some(())?;
    }
    let nonce = match info.optional(crate::der::INTEGER)? {
        Some(nonce) => Some(nonce.as_integer()?.to_vec()),
        None => None,
    };
    info.optional(tagged(0))?;
    info.optional(tagged(1))?;
    info.end()?;
    Some(nonce)
}

/// A GeneralizedTime as RFC 3161 section 2.4.2 has it, `20260201093000.5Z`, as RFC 3339.
fn instant(time: Der<'_>) -> Option<String> {
    let text = std::str::from_utf8(time.0).ok()?.strip_suffix('Z')?;
    let (whole, decimals) =
        text.split_once('.').map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let decimals = match decimals {
        None => String::new(),
        Some(own) if (1..=9).contains(&own.len()) && digits(own) && !own.ends_with('0') => {
            format!(".{own}")
        }
        Some(_) => return None,
    };
    (whole.len() == 14 && digits(whole)).then_some(())?;
    let at = NaiveDateTime::parse_from_str(whole, "%Y%m%d%H%M%S").ok()?;
    Some(format!("{}{decimals}Z", at.format("%Y-%m-%dT%H:%M:%S")))
}

#[cfg(test)]
#[path = "../tests/evidence/token.rs"]
pub(crate) mod token_of;

#[cfg(test)]
mod tests {
    use super::token_of::{Response, tlv};
    use super::*;

    fn read(response: &Response) -> Result<Token, TokenError> {
        Token::parse(&response.to_der())
    }

    #[test]
    fn a_response_is_read() {
        let told = read(&Response::over([7; 32], &[0x41, 2])).unwrap();
        assert_eq!(told.imprint, Digest([7; 32]));
        assert_eq!(
            (told.time.as_str(), told.nonce),
            ("2026-02-01T09:30:00.25Z", Some(vec![0x41, 2]))
        );
        let bare = Response { after: Vec::new(), ..Response::over([7; 32], &[1]) };
        assert_eq!(read(&bare).unwrap().nonce, None);
        let modified = Response { status: tlv(2, &[&[1]]), ..Response::over([7; 32], &[1]) };
        assert!(read(&modified).is_ok());
    }

    #[test]
    fn another_time_than_one_is_refused() {
        for (time, told) in [
            ("20260201093000Z", Some("2026-02-01T09:30:00Z")),
            ("20261231235960Z", Some("2026-12-31T23:59:60Z")),
            ("20260201093000.000000001Z", Some("2026-02-01T09:30:00.000000001Z")),
            ("20260201093000.50Z", None),
            ("20260201093000.Z", None),
            ("20260201093000.0000000001Z", None),
            ("20260201093000", None),
            ("202602010930Z", None),
            ("20260230093000Z", None),
            ("20260201243000Z", None),
            ("20260201093000+0100", None),
            ("2026020109300 Z", None),
            ("+2026201093000Z", None),
        ] {
            let response = Response { time: time.to_owned(), ..Response::over([7; 32], &[1]) };
            let found = read(&response).ok().map(|token| token.time);
            assert_eq!(found.as_deref(), told, "{time}");
        }
    }

    #[test]
    fn a_refusal_is_told() {
        let texts = tlv(0x30, &[&tlv(0x0c, &[b"no such policy"])]);
        let status = [tlv(2, &[&[2]]), texts].concat();
        let refused = Response { status, token: Some(Vec::new()), ..Response::over([7; 32], &[1]) };
        let told = read(&refused).unwrap_err();
        assert_eq!(
            told.to_string(),
            "the time-stamp authority refused the request: status 0x02, no such policy"
        );
        // Whatever the token is that a refusal comes with.
        let refused = Response { status: tlv(2, &[&[2]]), ..Response::over([7; 32], &[1]) };
        assert!(matches!(read(&refused), Err(TokenError::Refused(_))));
        let none = Response { token: Some(Vec::new()), ..Response::over([7; 32], &[1]) };
        assert!(matches!(read(&none), Err(TokenError::Syntax("no signed token with one signer"))));
    }

    #[test]
    fn nothing_is_missing_and_nothing_is_more() {
        let good = Response::over([7; 32], &[1]);
        let der = good.to_der();
        for end in 0..der.len() {
            assert!(Token::parse(&der[..end]).is_err(), "{end}");
        }
        assert!(Token::parse(&[&der[..], &[0]].concat()).is_err());
        assert!(Token::parse(&[&der[..], &vec![0; MAX_RESPONSE]].concat()).is_err());
        let over = || Response::over([7; 32], &[1]);
        let sha1 = tlv(6, &[&[0x2b, 14, 3, 2, 26]]);
        for (what, wrong) in [
            ("another version", Response { version: 2, ..over() }),
            ("another algorithm", Response { algorithm: sha1, ..over() }),
            ("a short digest", Response { imprint: vec![7; 31], ..over() }),
            (
                "a field out of its order",
                Response { after: [tlv(2, &[&[1]]), tlv(1, &[&[255]])].concat(), ..over() },
            ),
            ("an unknown field", Response { after: tlv(0xa2, &[&[]]), ..over() }),
            ("another content", Response { content: tlv(6, &[&[0x2a, 3]]), ..over() }),
            ("no signer", Response { signers: Vec::new(), ..over() }),
            (
                "two signers",
                Response { signers: [tlv(0x30, &[&[]]), tlv(0x30, &[&[]])].concat(), ..over() },
            ),
        ] {
            assert!(matches!(read(&wrong), Err(TokenError::Syntax(_))), "{what}");
        }
        // Each flipped bit of the imprint makes it another's.
        let at = der.windows(32).position(|own| own == [7; 32]).unwrap();
        for bit in 0..256 {
            let mut flipped = der.clone();
            flipped[at + bit / 8] ^= 1 << (bit % 8);
            assert_ne!(Token::parse(&flipped).unwrap().imprint, Digest([7; 32]));
        }
    }
}
