//! Frames to bytes and back: one version byte, then postcard (<https://postcard.jamesmunns.com/wire-format>).

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

use crate::{ErrorCode, limits};

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Longer than [`limits::FRAME`].
    #[error("a frame of {0} bytes is over the limit")]
    TooLarge(usize),
    /// The first byte is not [`limits::VERSION`].
    #[error("frame version {0} is not spoken here")]
    UnknownVersion(u8),
    /// Empty, cut short, or of another shape.
    #[error("the frame does not decode")]
    Malformed,
}

impl From<CodecError> for ErrorCode {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::TooLarge(_) => Self::TooLarge,
            CodecError::UnknownVersion(_) => Self::UnknownVersion,
            CodecError::Malformed => Self::Malformed,
        }
    }
}

/// The bytes of a frame.
///
/// # Errors
/// `TooLarge` if it would not fit.
pub fn encode<F: Serialize>(frame: &F) -> Result<Vec<u8>, CodecError> {
    let bytes = postcard::to_extend(frame, vec![limits::VERSION]).map_err(|_| CodecError::Malformed)?;
    if bytes.len() > limits::FRAME {
        Err(CodecError::TooLarge(bytes.len()))
    } else {
        Ok(bytes)
    }
}

/// The frame at the start of `bytes`. What follows it are fields of a newer peer, which are ignored.
///
/// # Errors
/// If `bytes` are over the limit, of another version, or no frame; never panics.
pub fn decode<F: DeserializeOwned>(bytes: &[u8]) -> Result<F, CodecError> {
    if bytes.len() > limits::FRAME {
        return Err(CodecError::TooLarge(bytes.len()));
    }
    let (version, rest) = bytes.split_first().ok_or(CodecError::Malformed)?;
    if *version != limits::VERSION {
        return Err(CodecError::UnknownVersion(*version));
    }
    postcard::from_bytes(rest).map_err(|_| CodecError::Malformed)
}

/// Serde's `deserialize_with` for a field that was added at the end of a frame or an answer: its default if the peer is older and does not
/// send it.
///
/// # Errors
/// None: a field that does not decode is missing.
pub fn late<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(T::deserialize(deserializer).unwrap_or_default())
}

/// An argument that was added at the end of a server function's, where [`late`] cannot be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Late<T>(pub T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Late<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        late(deserializer).map(Self)
    }
}
