//! What members say to each other, and its bytes inside the encryption.
//!
//! A version byte; then in postcard the id, the time and a fallback sentence; then the body. A body of a kind that is not
//! known here leaves its fallback sentence; a version that is not known leaves nothing but that there was something.

use protocol::{MessageId, TipReference, UnixMillis, limits};
use serde::{Deserialize, Serialize};

use crate::E2eeError;

const VERSION: u8 = 1;
/// The number of kinds of bodies known here; `WireBody` counts from 0.
const KINDS: u32 = 2;
/// What a build that knows no tips shows instead.
const TIP_FALLBACK: &str = "Sent a tip. This version of Jackdaw cannot show it.";

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Drawn by its sender; also the id of its publish.
    pub id: MessageId,
    /// When it was written, by the sender's clock: a claim.
    pub at: UnixMillis,
    /// What it says.
    pub body: ContentBody,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentBody {
    /// Text, at most `limits::TEXT` bytes.
    Text(String),
    /// A tip, as its sender speaks of it: a claim.
    Tip(TipReference),
    /// Something of a newer build.
    Unknown {
        /// What its sender wants shown instead; may be empty.
        fallback: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Head {
    id: MessageId,
    at: UnixMillis,
    fallback: String,
}

/// Postcard numbers the variants by position: add at the end.
#[derive(Serialize, Deserialize)]
enum WireBody {
    Text(String),
    Tip(TipReference),
}

impl Content {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, E2eeError> {
        let body = match &self.body {
            ContentBody::Text(text) if text.len() > limits::TEXT => return Err(E2eeError::TooLarge),
            ContentBody::Text(text) => WireBody::Text(text.clone()),
            ContentBody::Tip(tip) => WireBody::Tip(*tip),
            ContentBody::Unknown { .. } => return Err(E2eeError::Unwritable),
        };
        let fallback = match body {
            WireBody::Text(_) => "",
            WireBody::Tip(_) => TIP_FALLBACK,
        };
        let head = Head {
            id: self.id,
            at: self.at,
            fallback: fallback.to_owned(),
        };
        postcard::to_extend(&(head, body), vec![VERSION]).map_err(crate::error::internal)
    }

    /// Reads what another member wrote. `id` is the one the message was sealed with.
    pub(crate) fn decode(bytes: &[u8], id: MessageId) -> Result<Self, E2eeError> {
        let (version, rest) = bytes.split_first().ok_or(E2eeError::Garbage)?;
        if *version != VERSION {
            return Ok(Self {
                id,
                at: UnixMillis(0),
                body: ContentBody::Unknown {
                    fallback: String::new(),
                },
            });
        }
        let (head, body): (Head, _) = postcard::take_from_bytes(rest).map_err(|_| E2eeError::Garbage)?;
        let (kind, _): (u32, _) = postcard::take_from_bytes(body).map_err(|_| E2eeError::Garbage)?;
        if head.id != id || head.fallback.len() > limits::TEXT {
            return Err(E2eeError::Garbage);
        }
        let body = if kind >= KINDS {
            ContentBody::Unknown {
                fallback: head.fallback,
            }
        } else {
            match postcard::take_from_bytes(body) {
                Ok((WireBody::Text(text), [])) if text.len() <= limits::TEXT => ContentBody::Text(text),
                Ok((WireBody::Tip(tip), [])) => ContentBody::Tip(tip),
                _ => return Err(E2eeError::Garbage),
            }
        };
        Ok(Self { id, at: head.at, body })
    }
}
