//! Frames to bytes and back: one version byte, then postcard (<https://postcard.jamesmunns.com/wire-format>).

use serde::{Serialize, de::DeserializeOwned};

use crate::{ErrorCode, limits};

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Over [`limits::FRAME`].
    #[error("a frame of {0} bytes is over the limit")]
    TooLarge(usize),
    /// The first byte is not [`limits::VERSION`].
    #[error("frame version {0} is not spoken here")]
    UnknownVersion(u8),
    /// Empty, cut short, of another shape, or with bytes left over.
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

/// The frame in `bytes`, all of them.
///
/// # Errors
/// For every sequence of bytes that [`encode`] does not give; never panics.
pub fn decode<F: DeserializeOwned>(bytes: &[u8]) -> Result<F, CodecError> {
    if bytes.len() > limits::FRAME {
        return Err(CodecError::TooLarge(bytes.len()));
    }
    let (version, rest) = bytes.split_first().ok_or(CodecError::Malformed)?;
    if *version != limits::VERSION {
        return Err(CodecError::UnknownVersion(*version));
    }
    match postcard::take_from_bytes(rest) {
        Ok((frame, [])) => Ok(frame),
        _ => Err(CodecError::Malformed),
    }
}
