use serde::{Deserialize, Serialize};

use crate::{Malformed, TooLarge};

/// A kind of body.
pub trait Kind: Sized {
    /// Its number, on the wire and in vaults. Never reused.
    const NUMBER: u16;

    /// The sentence that a build shows which does not know this kind. It travels with the content, at most
    /// `limits::TEXT` bytes; empty for kinds that every release knows.
    fn fallback(&self) -> String;

    /// Its bytes.
    ///
    /// # Errors
    /// It exceeds a limit of its kind.
    fn encode(&self) -> Result<Vec<u8>, TooLarge>;

    /// Reads [`Kind::encode`]'s bytes, all of them.
    ///
    /// # Errors
    /// They are something else, or exceed a limit of the kind.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed>;
}

/// The body of a content, as it travels and as vaults keep it: known here or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// [`Kind::NUMBER`], or [`FOREIGN`](crate::FOREIGN).
    pub kind: u16,
    /// In the encoding of the kind.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// What the sender wants shown where the kind is unknown; may be empty. Of a known kind it is empty: it follows from the
    /// value when the content is written.
    pub fallback: String,
}

impl Body {
    /// The body of this value.
    ///
    /// # Errors
    /// It exceeds a limit of its kind.
    pub fn of<K: Kind>(value: &K) -> Result<Self, TooLarge> {
        Ok(Self {
            kind: K::NUMBER,
            bytes: value.encode()?,
            fallback: String::new(),
        })
    }

    /// Whether this build knows the kind.
    pub fn is_known(&self) -> bool {
        !matches!(self.known(), Ok(None))
    }
}
