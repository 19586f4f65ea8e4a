//! The bytes of a content.
//!
//! A version byte; then, in postcard, the id, the time, the fallback and the number of a form. Forms 0 and 1 are the text and
//! the tip of the first release and end with that body. Form 2 holds every other content: its relations, the number of its
//! kind, and the length and bytes of its body. The first release knows only forms 0 and 1 and shows the fallback of any
//! other; what it can read is therefore still written in the form that it knows. Bytes behind a form 2 are of a later build
//! and are skipped.

use protocol::{MessageId, UnixMillis, limits};
use serde::{Deserialize, Serialize};

use crate::{Body, Kind, Malformed, Text, TipReference, TooLarge};

const VERSION: u8 = 1;
const TEXT: u32 = 0;
const TIP: u32 = 1;
const ANY: u32 = 2;

/// The kind of a body that is in no form this build can read. Its bytes are everything behind the version byte, or behind
/// the form's number.
pub const FOREIGN: u16 = u16::MAX;

/// One message with its head and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Drawn by its sender; also the id of its publish.
    pub id: MessageId,
    /// When it was written, by the sender's clock: a claim.
    pub at: UnixMillis,
    /// The message that it answers or annotates.
    pub in_reply_to: Option<MessageId>,
    /// The message of the same author whose place it takes. No kind of this release uses it.
    pub replaces: Option<MessageId>,
    /// How long it is to be kept after it was stored, in seconds. Not acted on by this release.
    pub expires: Option<u32>,
    /// What it says.
    pub body: Body,
}

#[derive(Serialize, Deserialize)]
struct Head {
    id: MessageId,
    at: UnixMillis,
    fallback: String,
}

#[derive(Serialize, Deserialize)]
struct Any {
    in_reply_to: Option<MessageId>,
    replaces: Option<MessageId>,
    expires: Option<u32>,
    kind: u16,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
}

impl Content {
    /// A content that stands alone.
    pub fn new(id: MessageId, at: UnixMillis, body: Body) -> Self {
        Self {
            id,
            at,
            in_reply_to: None,
            replaces: None,
            expires: None,
            body,
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// The fallback is too long.
    pub fn encode(&self) -> Result<Vec<u8>, TooLarge> {
        let related = self.in_reply_to.is_some() || self.replaces.is_some() || self.expires.is_some();
        let mut fallback = match self.body.known() {
            Ok(Some(known)) => known.fallback(),
            _ => self.body.fallback.clone(),
        };
        if related && self.body.kind == Text::NUMBER {
            // The first release shows the text of a reply, without what it answers.
            fallback = String::from_utf8(self.body.bytes.clone()).unwrap_or_default();
        }
        if fallback.len() > limits::TEXT {
            return Err(TooLarge);
        }
        let head = Head {
            id: self.id,
            at: self.at,
            fallback,
        };
        let bytes = match self.body.kind {
            Text::NUMBER if !related => with(vec![VERSION], &(head, TEXT, serde_bytes::Bytes::new(&self.body.bytes))),
            TipReference::NUMBER if !related => {
                let mut bytes = with(vec![VERSION], &(head, TIP));
                bytes.extend(&self.body.bytes);
                bytes
            }
            kind => {
                let any = Any {
                    in_reply_to: self.in_reply_to,
                    replaces: self.replaces,
                    expires: self.expires,
                    kind,
                    bytes: self.body.bytes.clone(),
                };
                with(vec![VERSION], &(head, ANY, any))
            }
        };
        Ok(bytes)
    }

    /// Reads what another member wrote. `id` is the one the message was sealed with. What is of a newer build is no error.
    ///
    /// # Errors
    /// The bytes are of a known form and do not hold, or carry another id.
    pub fn decode(bytes: &[u8], id: MessageId) -> Result<Self, Malformed> {
        let (version, rest) = bytes.split_first().ok_or(Malformed)?;
        if *version != VERSION {
            return Ok(Self::new(id, UnixMillis(0), foreign(rest, String::new())));
        }
        let (head, rest): (Head, _) = postcard::take_from_bytes(rest).map_err(|_| Malformed)?;
        let (form, rest): (u32, _) = postcard::take_from_bytes(rest).map_err(|_| Malformed)?;
        if head.id != id || head.fallback.len() > limits::TEXT {
            return Err(Malformed);
        }
        let known = |kind, bytes: &[u8]| Body {
            kind,
            bytes: bytes.to_vec(),
            fallback: String::new(),
        };
        let mut content = match form {
            TEXT => match postcard::take_from_bytes::<&[u8]>(rest) {
                Ok((text, [])) => Self::new(id, head.at, known(Text::NUMBER, text)),
                _ => return Err(Malformed),
            },
            TIP => Self::new(id, head.at, known(TipReference::NUMBER, rest)),
            ANY => {
                let (any, _): (Any, _) = postcard::take_from_bytes(rest).map_err(|_| Malformed)?;
                let body = Body {
                    kind: any.kind,
                    bytes: any.bytes,
                    fallback: head.fallback,
                };
                Self {
                    in_reply_to: any.in_reply_to,
                    replaces: any.replaces,
                    expires: any.expires,
                    ..Self::new(id, head.at, body)
                }
            }
            _ => Self::new(id, head.at, foreign(rest, head.fallback)),
        };
        if content.body.known()?.is_some() {
            content.body.fallback.clear();
        }
        Ok(content)
    }
}

fn foreign(bytes: &[u8], fallback: String) -> Body {
    Body {
        kind: FOREIGN,
        bytes: bytes.to_vec(),
        fallback,
    }
}

fn with<T: Serialize>(bytes: Vec<u8>, value: &T) -> Vec<u8> {
    postcard::to_extend(value, bytes).expect("plain data always encodes")
}
