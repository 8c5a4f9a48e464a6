//! Time-stamp responses byte by byte, signed by nobody.

/// A response, part by part.
pub(crate) struct Response {
    /// The content of PKIStatusInfo.
    pub(crate) status: Vec<u8>,
    /// The type of what is signed, an object identifier.
    pub(crate) content: Vec<u8>,
    pub(crate) version: u8,
    /// What the imprint is made by.
    pub(crate) algorithm: Vec<u8>,
    pub(crate) imprint: Vec<u8>,
    pub(crate) time: String,
    /// What follows the time.
    pub(crate) after: Vec<u8>,
    pub(crate) signers: Vec<u8>,
    /// These bytes in place of the token.
    pub(crate) token: Option<Vec<u8>>,
}

impl Response {
    /// Over that digest, to a request of that number.
    pub(crate) fn over(imprint: [u8; 32], nonce: &[u8]) -> Self {
        // Half a second, in order.
        let accuracy = tlv(0x30, &[&tlv(0x80, &[&[1, 0xf4]])]);
        Self {
            status: tlv(2, &[&[0]]),
            content: tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4]]),
            version: 1,
            algorithm: [sha256(), vec![5, 0]].concat(),
            imprint: imprint.to_vec(),
            time: "20260201093000.25Z".to_owned(),
            after: [accuracy, tlv(1, &[&[0xff]]), tlv(2, &[nonce])].concat(),
            signers: tlv(0x30, &[&[7; 300]]),
            token: None,
        }
    }

    pub(crate) fn to_der(&self) -> Vec<u8> {
        let token = self.token.clone().unwrap_or_else(|| self.token());
        tlv(0x30, &[&tlv(0x30, &[&self.status]), &token])
    }

    fn token(&self) -> Vec<u8> {
        let imprint = tlv(0x30, &[&tlv(0x30, &[&self.algorithm]), &tlv(4, &[&self.imprint])]);
        let (policy, serial) = (tlv(6, &[&[0x2a, 3, 4, 1]]), tlv(2, &[&[1]]));
        let (version, time) = (tlv(2, &[&[self.version]]), tlv(0x18, &[self.time.as_bytes()]));
        let info = tlv(0x30, &[&version, &policy, &imprint, &serial, &time, &self.after]);
        let content = tlv(0x30, &[&self.content, &tlv(0xa0, &[&tlv(4, &[&info])])]);
        let algorithms = tlv(0x31, &[&tlv(0x30, &[&sha256()])]);
        let signers = tlv(0x31, &[&self.signers]);
        let data = tlv(0x30, &[&tlv(2, &[&[3]]), &algorithms, &content, &signers]);
        let kind = tlv(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]]);
        tlv(0x30, &[&kind, &tlv(0xa0, &[&data])])
    }
}

fn sha256() -> Vec<u8> {
    tlv(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]])
}

/// A value in DER.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let digits = length.to_be_bytes();
    let digits = &digits[digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len() - 1)..];
    let mut der = vec![tag];
    if length >= 0x80 {
        der.push(0x80 | u8::try_from(digits.len()).unwrap());
    }
    [&der, digits, &content].concat()
}
