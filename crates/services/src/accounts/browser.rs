use std::str::FromStr;

use protocol::ParseIdError;
use sha2::{Digest, Sha256};

use crate::time::Randomness;

/// Ties a sign-in text to the browser that asked for it: the value of a cookie that exists before anybody signs in.
/// The database holds its hash only.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserId([u8; 32]);

impl BrowserId {
    /// A new one, for a browser without the cookie.
    pub fn draw(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0; 32];
        randomness.fill(&mut bytes);
        Self(bytes)
    }

    /// The value of the cookie: 64 hexadecimal digits.
    pub fn to_cookie(&self) -> String {
        hex::encode(self.0)
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl From<[u8; 32]> for BrowserId {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for BrowserId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseIdError { expected: 32 })?;
        Ok(Self(bytes))
    }
}

impl std::fmt::Debug for BrowserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserId(..)")
    }
}
